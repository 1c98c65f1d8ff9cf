"""Cadres: who holds which post, appointing and ending, terms that end."""
