"""Writes of money. Every one is keyed or guarded by state, so that doing it twice does it once."""

from zhigong.funds.operations.batching import dissolve_batch, draft_batch, freeze_batch, release_batch
from zhigong.funds.operations.budgets import allot, open_budget
from zhigong.funds.operations.filing import bank_file
from zhigong.funds.operations.passing import (
    ask_bank_file,
    build_asked_file,
    fetch_bank_file,
    keep_return,
    note_job,
    open_return,
    settle_file,
)
from zhigong.funds.operations.reconciling import reconcile
from zhigong.funds.operations.recovering import recover, recoveries, repay, write_off
from zhigong.funds.operations.registering import (
    checked_number,
    open_account_number,
    register_account,
    register_accounts,
)
from zhigong.funds.operations.requesting import cancel_payment, request_payment, request_payments
from zhigong.funds.operations.returning import post_return, retry_payment

__all__ = [
    "allot",
    "ask_bank_file",
    "bank_file",
    "build_asked_file",
    "cancel_payment",
    "checked_number",
    "dissolve_batch",
    "draft_batch",
    "fetch_bank_file",
    "freeze_batch",
    "keep_return",
    "note_job",
    "open_account_number",
    "open_budget",
    "open_return",
    "post_return",
    "reconcile",
    "recover",
    "recoveries",
    "register_account",
    "register_accounts",
    "release_batch",
    "repay",
    "request_payment",
    "request_payments",
    "retry_payment",
    "settle_file",
    "write_off",
]
