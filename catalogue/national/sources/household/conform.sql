-- One row per registered person; the household number keeps a household together.
SELECT * FROM typed
