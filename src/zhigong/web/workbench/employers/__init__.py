"""Lists and pages of employers."""
