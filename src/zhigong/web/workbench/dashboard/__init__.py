"""The overview: members, linked, found, helped, paid, by union below."""
