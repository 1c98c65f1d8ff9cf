"""Budgets, the double-entry ledger, payouts, bank files, reconciliation.

Owns every fen that moves; offers requests for payment and recovery; must not know why somebody is paid."""
