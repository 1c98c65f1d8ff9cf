"""The link model as one SQL statement: weight of every pair of a blocking, in one pass.

Splink computes the same from the same weights, but compiles and materialises a statement per step (ADR 0010).
"""

from __future__ import annotations

from zhigong.exchange.linking.model import Comparison, Level, LinkModel

TERM_FLOOR = 1e-9
MIXED = ("name_key", "birth_date", "employer_key", "sex", "name_stem")
BOTH = ", ".join(MIXED)
"""Columns that both sides have."""


def pairs_sql(model: LinkModel, *, rows: str, persons: str) -> str:
    """(row, person_id) of every pair worth comparing, each once.

    A row with a sound number meets only persons without one: two sound numbers that differ are two persons.
    """
    allowed = "(l.damage NOT IN ('sound', 'other') OR r.token IS NULL)"
    each = (
        f"SELECT l.row, r.person_id FROM {rows} l JOIN {persons} r ON {when} WHERE {allowed}"
        for _, when in model.blocking
    )
    return " UNION ".join(each)


def scored_sql(model: LinkModel, *, pairs: str, rows: str, persons: str) -> str:
    """(row, person_id, odds, reason): odds is the Bayes factor of the pair, reason the levels reached.

    Needs the relations term_<column>(value, share) for every term of the model.
    """
    sides = ", ".join(f"l.{name} AS {name}_l, r.{name} AS {name}_r" for name in MIXED)
    grades = ", ".join(f"{_grade(one)} AS g_{one.name}" for one in model.comparisons)
    factors = " * ".join(f"({_factor(one)})" for one in model.comparisons)
    reasons = " || ' ' || ".join(f"'{one.name}:' || {_spelled(one)}" for one in model.comparisons)
    terms = sorted({level.term for one in model.comparisons for level in one.levels if level.term})
    shares = "".join(f", coalesce(t_{term}.share, {TERM_FLOOR}) AS s_{term}" for term in terms)
    joins = "".join(f" LEFT JOIN term_{term} t_{term} ON t_{term}.value = g.{term}_r" for term in terms)
    return f"""
        WITH paired AS (
            SELECT p.row, p.person_id, {sides}, l.damage AS damage_l, l.digits AS digits_l,
                   r.id_number AS id_number_r
            FROM {pairs} p JOIN {rows} l ON l.row = p.row JOIN {persons} r ON r.person_id = p.person_id
        ), graded AS (SELECT *, {grades} FROM paired),
        shared AS (SELECT g.*{shares} FROM graded g{joins})
        SELECT row, person_id, ({factors})::DOUBLE AS odds, {reasons} AS reason FROM shared"""


def _grade(one: Comparison) -> str:
    """Number of the level reached, -1 when unknown."""
    levels = " ".join(f"WHEN {level.when} THEN {place}" for place, level in enumerate(one.levels))
    return f"CASE WHEN {one.unknown} THEN -1 {levels} END"


def _factor(one: Comparison) -> str:
    levels = " ".join(f"WHEN {place} THEN {_ratio(level)}" for place, level in enumerate(one.levels))
    return f"CASE g_{one.name} {levels} ELSE 1.0::DOUBLE END"


def _ratio(level: Level) -> str:
    return f"{level.m!r}::DOUBLE / s_{level.term}" if level.term else f"{level.m / level.u!r}::DOUBLE"


def _spelled(one: Comparison) -> str:
    levels = " ".join(f"WHEN {place} THEN '{level.name}'" for place, level in enumerate(one.levels))
    return f"CASE g_{one.name} {levels} ELSE '-' END"
