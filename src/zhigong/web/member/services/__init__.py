"""服务: what the union offers, what of it fits me, and asking for it."""
