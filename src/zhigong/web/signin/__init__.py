"""The door: signing in by password and second factor, by phone code, in the demo by one click; confirmations."""
