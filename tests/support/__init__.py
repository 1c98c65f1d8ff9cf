"""Shared helpers of tests: a small city made through the product's own operations."""
