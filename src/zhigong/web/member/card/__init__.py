"""The virtual card of a member."""
