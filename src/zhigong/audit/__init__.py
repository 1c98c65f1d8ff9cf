"""Append-only record of acts and of who read whose data; sealed in batches, verifiable without this system."""
