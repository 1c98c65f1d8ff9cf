"""Member face, phone first: home, card, my data, who looked at it."""
