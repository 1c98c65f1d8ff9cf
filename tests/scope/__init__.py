"""Who sees and writes what: the database compared with an oracle that knows only chains."""
