"""Writes of identity: accounts, codes, sessions. Each is keyword-only and takes the moment as an argument."""

from zhigong.identity.operations.accounts import (
    create_account,
    disable_account,
    enable_account,
    link_person,
    remove_second_factors,
    set_password,
    set_phone,
)
from zhigong.identity.operations.opening import issue_opening_code, open_account
from zhigong.identity.operations.phone_codes import forget_codes, request_phone_code, sign_in_by_code
from zhigong.identity.operations.recording import record_sign_in
from zhigong.identity.operations.sessions import end_sessions, open_from_session, require_step_up, seal_for_session

__all__ = [
    "create_account",
    "disable_account",
    "enable_account",
    "end_sessions",
    "forget_codes",
    "issue_opening_code",
    "link_person",
    "open_account",
    "open_from_session",
    "record_sign_in",
    "remove_second_factors",
    "request_phone_code",
    "require_step_up",
    "seal_for_session",
    "set_password",
    "set_phone",
    "sign_in_by_code",
]
