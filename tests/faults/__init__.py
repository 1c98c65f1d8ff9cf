"""Processes killed with -9 while files come in: nothing lost, nothing doubled."""
