"""A member about herself: her data and its sources, who looked, a copy to take away."""
