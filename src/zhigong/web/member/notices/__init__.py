"""通知: what the union told me."""
