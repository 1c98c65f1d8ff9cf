"""Review of doubtful links: the queue, one pair side by side, rulings and their withdrawal."""
