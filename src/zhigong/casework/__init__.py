"""Entitlements, cases, routes, deadlines, publicity, decisions, ratings.

Owns how a case goes from found or applied to paid and rated; must not know screens."""
