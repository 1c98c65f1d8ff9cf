"""Pure: a fictional city, dirty as in life, with the truth beside it. Used by demos, tests and benchmarks."""
