"""Tests that belong to no single package: the platform, the architecture, and stories over the whole."""
