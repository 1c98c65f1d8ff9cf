"""Writes of persons: every function is keyword-only, actor first, atomic and audited."""

from zhigong.people.operations.admission import Admission
from zhigong.people.operations.deaths import note_deaths
from zhigong.people.operations.households import HOUSEHOLD_ROWS, publish_households
from zhigong.people.operations.keeping import correct, open_fields, recount, register
from zhigong.people.operations.restructuring import dissolve_union, merge_unions, split_union
from zhigong.people.operations.transferring import (
    accept_transfer,
    expire_transfers,
    refuse_transfer,
    request_transfer,
    withdraw_transfer,
)
from zhigong.people.operations.undoing import keep_those_in, undo_admission
from zhigong.people.operations.viewing import drop_view, record_export, save_view, view_person

__all__ = [
    "HOUSEHOLD_ROWS",
    "Admission",
    "accept_transfer",
    "correct",
    "dissolve_union",
    "drop_view",
    "expire_transfers",
    "keep_those_in",
    "merge_unions",
    "note_deaths",
    "open_fields",
    "publish_households",
    "record_export",
    "recount",
    "refuse_transfer",
    "register",
    "request_transfer",
    "save_view",
    "split_union",
    "undo_admission",
    "view_person",
    "withdraw_transfer",
]
