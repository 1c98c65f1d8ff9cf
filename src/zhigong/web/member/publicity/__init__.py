"""公示: names published with a part hidden, open to objection."""
