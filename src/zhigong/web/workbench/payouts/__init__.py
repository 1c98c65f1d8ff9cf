"""Money: budgets, batches of payments in two hands, the bank's answers, what waits, what is to be had back."""
