-- One row per owner or tenant of public housing.
SELECT * FROM typed
