"""The exchange board: how fresh each department's data are, what its last batch brought, batches that wait."""
