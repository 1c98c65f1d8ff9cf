-- One row per person of a protected household.
SELECT * FROM typed
