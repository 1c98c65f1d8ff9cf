"""The database's part of the kernel: roles, signed scope, scoped tables, bulk writing."""
