"""Reads of casework; the actor comes first."""

from zhigong.casework.queries.board import publicities, publicity_board
from zhigong.casework.queries.case_page import case
from zhigong.casework.queries.cases import cases, counts, todo_count, todo_tallies, todos
from zhigong.casework.queries.comparing import Comparison, compare
from zhigong.casework.queries.desk import cases_of, may_follow_up, numbered, of_person, offers, why_not
from zhigong.casework.queries.exporting import mart_cases, mart_entitlements
from zhigong.casework.queries.found import found_for, my_cases, notices, service_page, unread
from zhigong.casework.queries.grounds import grounds
from zhigong.casework.queries.rechecks import recheck, rechecks_asked
from zhigong.casework.queries.reviewing import Review, review
from zhigong.casework.queries.screened import Change, Screened, Simulation, screen, simulate

__all__ = [
    "Change",
    "Comparison",
    "Review",
    "Screened",
    "Simulation",
    "case",
    "cases",
    "cases_of",
    "compare",
    "counts",
    "found_for",
    "grounds",
    "mart_cases",
    "mart_entitlements",
    "may_follow_up",
    "my_cases",
    "notices",
    "numbered",
    "of_person",
    "offers",
    "publicities",
    "publicity_board",
    "recheck",
    "rechecks_asked",
    "review",
    "screen",
    "service_page",
    "simulate",
    "todo_count",
    "todo_tallies",
    "todos",
    "unread",
    "why_not",
]
