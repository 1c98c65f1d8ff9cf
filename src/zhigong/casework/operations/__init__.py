"""Writes of casework: every function is keyword-only, actor first, atomic, audited, and done once per key."""

from zhigong.casework.operations.acting import act, act_many
from zhigong.casework.operations.applying import Account, apply, withdraw_case
from zhigong.casework.operations.asking_again import answer_recheck
from zhigong.casework.operations.clock import run_clock
from zhigong.casework.operations.heirs import name_heir
from zhigong.casework.operations.noticing import read_notices
from zhigong.casework.operations.objecting import answer_objection, object
from zhigong.casework.operations.posting import ask_return, post_kept_return, post_return
from zhigong.casework.operations.publishing import object_publicity
from zhigong.casework.operations.rating import follow_up, rate
from zhigong.casework.operations.rechecking import confirm_recheck, confirm_rechecks, return_recheck
from zhigong.casework.operations.screening import refresh, screen_service
from zhigong.casework.operations.supplementing import supply

__all__ = [
    "Account",
    "act",
    "act_many",
    "answer_objection",
    "answer_recheck",
    "apply",
    "ask_return",
    "confirm_recheck",
    "confirm_rechecks",
    "follow_up",
    "name_heir",
    "object",
    "object_publicity",
    "post_kept_return",
    "post_return",
    "rate",
    "read_notices",
    "refresh",
    "return_recheck",
    "run_clock",
    "screen_service",
    "supply",
    "withdraw_case",
]
