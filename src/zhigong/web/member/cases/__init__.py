"""办件: my cases, each with its way, and what I may do about it."""
