"""One module per verb; each offers `command`."""
