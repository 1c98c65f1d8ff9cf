"""Writes of the organisation: every function is keyword-only, actor first, atomic and audited."""

from zhigong.orgs.operations.loading import load_coverages, load_employers, load_unions
from zhigong.orgs.operations.posts import appoint, end_post, start_term
from zhigong.orgs.operations.scope import acting_as, city_scope, open_session, session_scope
from zhigong.orgs.operations.tree import dissolve, found, found_city, merge_into, move, rename, split_off

__all__ = [
    "acting_as",
    "appoint",
    "city_scope",
    "dissolve",
    "end_post",
    "found",
    "found_city",
    "load_coverages",
    "load_employers",
    "load_unions",
    "merge_into",
    "move",
    "open_session",
    "rename",
    "session_scope",
    "split_off",
    "start_term",
]
