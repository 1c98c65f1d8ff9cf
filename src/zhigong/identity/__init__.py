"""Accounts, sign-in and sessions. Knows accounts, not what they may see."""
