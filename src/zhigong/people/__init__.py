"""Persons, households, memberships and transfers.

Owns who a person is and where she belongs; offers admission, transfer, search; must not know files or screens."""
