"""Pure: immutable, encrypted Parquet layers and the DuckDB engine.  Knows no Django and no domain.

Owns raw / conformed / entities / facts / marts under one root folder; offers `operations` (write a batch, sweep what a
killed writer left), `queries` (find, read), `types`; must not know what a source, a person or a union is.
"""
