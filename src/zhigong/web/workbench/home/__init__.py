"""What waits for me, by deadline; the figures of my scope below."""
