"""Both sides made comparable: name keys, what is left of a number, tokens, how frequent each value is."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence

import pyarrow as pa

from zhigong.kernel import identity_numbers as idn
from zhigong.kernel import sql_checks
from zhigong.lake.operations import Engine
from zhigong.lake.queries import ENGINE_VERSION

PAPERS = "[HM](?:[0-9]{8}|[0-9]{10})|[0-9]{8}|[0-9]{10}(?:[(][A-Z0-9][)])?|[A-Z]{1,3}[0-9]{6,14}"
"""Passports and permits, which have no check digit: they serve as keys, with the name, but never by likeness."""
NAME_KEY = "nullif(upper(regexp_replace(normal_name(name), '[· .]', '', 'g')), '')"
# DuckDB's own distances count bytes; a hanzi has three.
ONE_OFF = """CREATE OR REPLACE MACRO one_character_off(a, b) AS length(a) = length(b)
    AND len(list_filter(range(1, length(a) + 1), lambda i: substr(a, i, 1) <> substr(b, i, 1))) = 1"""
STEM = "left(name_key, 1) || length(name_key)"


def prepare(engine: Engine, *, hidden: Callable[[Sequence[str]], list[str]], on: dt.date) -> None:
    """Tables `cells` (one line per row) and `numbers` (one per distinct number: damage, what is left, its token)."""
    engine.run(f"CREATE OR REPLACE TABLE receipt AS SELECT DATE '{on.isoformat()}' AS receipt_day")
    engine.run(
        f"CREATE OR REPLACE TABLE cells AS SELECT *, {STEM} AS name_stem FROM"
        f" (SELECT row, {NAME_KEY} AS name_key, id_number,"
        " head_id_number, guardian_id_number, unit_key(employer_name) AS unit, credit_code FROM incoming)"
    )
    every = " UNION ".join(
        f"SELECT {name} AS id_number FROM cells WHERE {name} IS NOT NULL"
        for name in ("id_number", "head_id_number", "guardian_id_number")
    )
    engine.run(f"CREATE OR REPLACE TABLE judged AS {_judged(every)}")
    engine.run("CREATE TABLE IF NOT EXISTS tokens_known (id_number VARCHAR, token VARCHAR)")
    fresh = engine.fetch_arrow(
        "SELECT id_number FROM judged ANTI JOIN tokens_known USING (id_number) WHERE damage IN ('sound', 'other')"
    )["id_number"]
    tokens = pa.array(hidden(fresh.to_pylist()), pa.string())
    engine.register("tokens", pa.table({"id_number": fresh, "token": tokens}))
    engine.run("INSERT INTO tokens_known SELECT id_number, token FROM tokens")
    # On another day the same number may be no sound one: its birth lies in the future.
    engine.run(
        "CREATE OR REPLACE TABLE numbers AS"
        " SELECT j.*, CASE WHEN j.damage IN ('sound', 'other') THEN t.token END AS token"
        " FROM judged j LEFT JOIN tokens_known t USING (id_number)"
    )


def _judged(every: str) -> str:
    """What is wrong with each number and what of it survives. A number cut by Excel shows the century at its place."""
    damage = f"""CASE
        WHEN id_problem(id_number, receipt_day) IS NULL THEN 'sound'
        WHEN regexp_full_match(id_number, '{PAPERS}') THEN 'other'
        WHEN regexp_full_match(id_number, '{idn.SCIENTIFIC}') THEN 'display'
        WHEN regexp_full_match(id_number, '[0-9]{{15}}000|{idn.CUT_TO_FIFTEEN}|{idn.TRUNCATED_NUMBER}') THEN 'cut'
        WHEN regexp_full_match(id_number, '[0-9]{{16,18}}[0-9X]') THEN 'damaged' ELSE 'none' END"""
    digits = """CASE damage WHEN 'cut' THEN left(id_number, 15)
        WHEN 'display' THEN rtrim(replace(split_part(id_number, 'E', 1), '.', ''), '0')
        WHEN 'damaged' THEN id_number END"""
    return f"""SELECT id_number, damage, {digits} AS digits,
        CASE WHEN damage IN ('sound', 'cut') OR (damage = 'damaged' AND length(id_number) = 18)
             THEN zg_born(substr(id_number, 7, 8)) END AS birth_date,
        CASE WHEN damage = 'sound' THEN 2 - try_cast(substr(id_number, 17, 1) AS BIGINT) % 2 END AS sex
        FROM (SELECT id_number, {damage} AS damage FROM ({every}) CROSS JOIN receipt)"""


_PEOPLE = (
    f"SELECT *, {STEM} AS name_stem FROM (SELECT person_id, {NAME_KEY} AS name_key, birth_date,"
    " CASE WHEN sex IN (1, 2) THEN sex END AS sex, token, unit_key(employer_name) AS unit FROM base_persons)"
)
PREPARED = hashlib.sha256("\n".join((_PEOPLE, ENGINE_VERSION, *sql_checks.statements())).encode()).hexdigest()[:12]
"""Changes with what `people` makes of the same persons."""


def people(engine: Engine, base_persons: pa.Table) -> pa.Table:
    """Persons with name keys and unit keys."""
    engine.register("base_persons", base_persons)
    found = engine.fetch_arrow(_PEOPLE)
    engine.unregister("base_persons")
    return found


def open_base(engine: Engine, base_persons: pa.Table, base_employers: pa.Table, *, prepared: bool) -> None:
    """Tables of the base that every batch is compared with, made once: `people` with name keys and unit keys, `size`,
    and how frequent names, characters of names, birth dates and units are."""
    engine.run(ONE_OFF)
    engine.register("base_employers", base_employers)
    engine.run("CREATE OR REPLACE TABLE firms_known AS SELECT * FROM base_employers")
    engine.register("prepared", base_persons if prepared else people(engine, base_persons))
    engine.run("CREATE OR REPLACE TABLE people AS SELECT * FROM prepared")
    engine.unregister("prepared")
    engine.run("CREATE OR REPLACE TABLE size AS SELECT greatest(count(*), 1)::DOUBLE AS n FROM people")
    for column in ("name_key", "birth_date", "unit"):
        engine.run(
            f"CREATE OR REPLACE TABLE times_{column} AS"
            f" SELECT {column} AS value, count(*) AS times FROM people GROUP BY 1"
        )
    spots = " UNION ALL ".join(
        f"SELECT {min(spot, 2)} AS spot, substr(value, {spot}, 1) AS one, sum(times) AS n FROM times_name_key"
        f" WHERE length(value) >= {spot} GROUP BY 2"
        for spot in range(1, 5)
    )
    engine.run(
        "CREATE OR REPLACE TABLE spots AS SELECT spot, one, sum(n) / sum(sum(n)) OVER (PARTITION BY spot) AS share"
        f" FROM ({spots}) GROUP BY spot, one"
    )


def compare_persons(engine: Engine, *, everybody: bool = False) -> None:
    """Table `persons`: the base with employers by the same keys as the rows', as far as `lefts` may mean them."""
    near = (
        ""
        if everybody
        else (
            " WHERE p.name_key IN (SELECT name_key FROM lefts)"
            " OR (p.name_stem, p.birth_date) IN"
            " (SELECT (name_stem, birth_date) FROM lefts WHERE birth_date IS NOT NULL)"
        )
    )
    engine.run(
        "CREATE OR REPLACE TABLE persons AS SELECT p.*, coalesce(f.employer_key, 'name:' || p.unit) AS employer_key"
        f" FROM people p LEFT JOIN firm_names f ON f.unit = p.unit{near}"
    )


def rest(engine: Engine) -> None:
    """Table `lefts`: rows that no number led to a person, and that have a name to compare."""
    engine.run(
        "CREATE OR REPLACE TABLE lefts AS"
        " SELECT c.row, c.name_key, c.name_stem, coalesce(n.damage, 'none') AS damage, n.digits,"
        " n.birth_date, n.sex, coalesce(f.employer_key, 'name:' || c.unit) AS employer_key"
        " FROM cells c LEFT JOIN numbers n USING (id_number)"
        " LEFT JOIN firms f ON f.unit IS NOT DISTINCT FROM c.unit AND f.credit_code IS NOT DISTINCT FROM c.credit_code"
        " WHERE c.name_key IS NOT NULL AND c.row NOT IN (SELECT row FROM exact) AND c.row NOT IN (SELECT row FROM kept)"
    )


def terms(engine: Engine) -> None:
    """How frequent each value is among the persons: relations term_<column>(value, share).

    A name borne once in the base says little about how rare it is: its characters' frequencies do, down to one in a
    million, below which they say nothing.
    """
    parts = "".join(
        f" LEFT JOIN spots s{spot} ON s{spot}.spot = {min(spot, 2)} AND s{spot}.one = substr(value, {spot}, 1)"
        for spot in range(1, 5)
    )
    guess = " * ".join(f"coalesce(s{spot}.share, 1)" for spot in range(1, 5))
    engine.run(
        f"CREATE OR REPLACE TABLE term_name_key AS SELECT value, greatest((times - 1) / n, {guess}, 1e-6) AS share FROM"
        " (SELECT * FROM times_name_key WHERE value IN (SELECT name_key FROM rights))"
        f" CROSS JOIN size{parts}"
    )
    engine.run(
        "CREATE OR REPLACE TABLE term_birth_date AS SELECT value, greatest((times - 1) / n, 1 / 20000) AS share"
        " FROM times_birth_date CROSS JOIN size"
    )
    engine.run(
        "CREATE OR REPLACE TABLE term_employer_key AS SELECT value, times / n AS share FROM"
        " (SELECT coalesce(f.employer_key, 'name:' || u.value) AS value, sum(u.times) AS times"
        "  FROM times_unit u LEFT JOIN firm_names f ON f.unit = u.value GROUP BY 1) CROSS JOIN size"
    )
