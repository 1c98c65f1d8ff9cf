"""Workbench of cadres: to-dos, search, unions, people, imports, posts, audit."""
