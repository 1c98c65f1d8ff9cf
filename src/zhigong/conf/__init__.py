"""Composition root: settings, urls, server processes and the command line.

Owns nothing of the domain; it alone may import every package."""
