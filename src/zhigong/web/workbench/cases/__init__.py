"""Cases: what waits for me, all of my scope, whom the data found, and one case with its evidence and decision."""
