"""Lists of members, the page of a person, registering and correcting."""
