"""One builder per department file: clean first, then dirt."""
