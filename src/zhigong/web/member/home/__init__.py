"""The first screen of a member."""
