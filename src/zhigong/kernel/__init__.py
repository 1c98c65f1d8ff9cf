"""Ids, workdays, money, national codes and checks, encryption, errors, YAML, and the database's scope functions."""
