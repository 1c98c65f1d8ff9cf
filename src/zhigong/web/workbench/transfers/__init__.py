"""Transfers between unions: ask, accept, send back, withdraw."""
