"""The tree of unions, the page of one, and its changes."""
