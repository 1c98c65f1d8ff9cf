"""One box for persons, unions and employers."""
