"""Measures and dashboards over the marts of the lake.

Offers figures for a scope; must not know single persons."""
