"""One box for persons, unions, employers, and cases by number."""
