"""我的事实: what the departments know of me, and saying that it is wrong."""
