"""Public notices of the scope: masked names, the day they end, objections."""
