"""Reads of casework; the actor comes first."""

from zhigong.casework.queries.board import publicities, publicity_board
from zhigong.casework.queries.case_page import case
from zhigong.casework.queries.cases import cases, counts, todo_count, todos
from zhigong.casework.queries.found import found_for, my_cases, notices, service_page, unread

__all__ = [
    "case",
    "cases",
    "counts",
    "found_for",
    "my_cases",
    "notices",
    "publicities",
    "publicity_board",
    "service_page",
    "todo_count",
    "todos",
    "unread",
]
