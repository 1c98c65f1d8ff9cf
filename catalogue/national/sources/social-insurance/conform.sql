-- One row per insured person and employer: the month last paid, or the pension of the retired.
SELECT * FROM typed
