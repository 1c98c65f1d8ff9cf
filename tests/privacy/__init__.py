"""What is kept about whom: every column classified, guarded as its class demands, and nothing sealed in the clear."""
