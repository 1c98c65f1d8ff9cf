"""Pure: Parquet layers and the DuckDB engine. Knows no Django and no domain."""
