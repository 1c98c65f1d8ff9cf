"""Whom rows are about that their own source leaves open, told by what other sources know: no person of the base is
found here who has not been found elsewhere.

Two things are learned. A sound number of a person whom the base has without one, linked in one source by name, birth
and employer, means her in every source. And a damaged number is about the one subject of that name whose sound number,
seen in any source, has the surviving digits. What two subjects may claim stays open. All of it is a function of the
links as they were made, so that the order of batches cannot matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from zhigong.exchange.linking.preparing import ONE_OFF
from zhigong.exchange.linking.types import EVIDENCE, LINKS
from zhigong.lake.operations import Engine

COMPARED = (
    *("row", "subject_id", "head_subject_id", "guardian_subject_id"),
    *("method", "outcome", "employer_key"),
)
"""What of `LINKS` is looked at."""
RESOLVED = pa.schema(
    [
        ("batch", pa.string()),
        ("row", pa.int64()),
        ("subject_id", pa.string()),
        ("head_subject_id", pa.string()),
        ("guardian_subject_id", pa.string()),
        ("method", pa.string()),  # alias, digits, name; null when only head or guardian is another
    ]
)
"""Rows whose subjects are others than their links say; subjects not concerned as in the links."""
PARTS = pa.schema(
    [
        ("place", pa.int16()),
        ("batch", pa.string()),
        ("source", pa.string()),
        ("snapshot", pa.bool_()),
        ("year", pa.int64()),
    ]
)
FEWEST_DIGITS = 10
GROWN_UP = 16
NEARLY_ALL = 0.9
RULES = "3"
"""Counts up with every change of the rules below, so that kept answers are found anew."""
SURVIVING = (
    "o.damage = 'cut' AND left(k.digits, 15) = o.digits",
    f"o.damage = 'display' AND length(o.digits) >= {FEWEST_DIGITS}"
    f" AND left(k.digits, {FEWEST_DIGITS}) = left(o.digits, {FEWEST_DIGITS}) AND starts_with(k.digits, o.digits)",
    "o.damage NOT IN ('cut', 'display') AND abs(length(k.digits) - length(o.digits)) <= 1"
    " AND damerau_levenshtein(k.digits, o.digits) <= 2",
)
"""What is left of a number against a sound one, by kind of damage; the first two by equality: they are joined fast."""


@dataclass(frozen=True, slots=True)
class Known:
    """One batch: its links (`LINKS`), its evidence (`EVIDENCE`), both by row; snapshot: its source has
    one row per person and unit;
    year: of which the file speaks."""

    batch: str
    source: str
    snapshot: bool
    year: int
    links: pa.Table
    evidence: pa.Table


def resolution_mark(versions: Iterable[str]) -> str:
    """Equal marks: the same links give the same answer."""
    return hashlib.sha256("\n".join((RULES, *sorted(versions))).encode()).hexdigest()[:24]


def resolve(batches: Iterable[Known], *, threads: int = 2, memory_mib: int = 4096) -> pa.Table:
    """Rows with another subject than their links say (`RESOLVED`), by batch and row."""
    with Engine(memory_mib=memory_mib, threads=threads) as engine:
        engine.run(ONE_OFF)
        _load(engine, batches)
        _learn_aliases(engine)
        _match_digits(engine)
        _match_names(engine)
        return engine.fetch_arrow(_ANSWER).cast(RESOLVED)


def _load(engine: Engine, batches: Iterable[Known]) -> None:
    """Relations `lines` (one per row, in the place of its batch) and `parts` (place, batch, source, snapshot, year)."""
    parts, tables = [], []
    for place, one in enumerate(batches):
        parts.append((place, one.batch, one.source, one.snapshot, one.year))
        linked = one.links.drop_columns(["row"])
        columns = {name: one.evidence[name] for name in one.evidence.column_names}
        columns |= {name: linked[name] for name in linked.column_names}
        tables.append(pa.table({"place": pa.repeat(pa.scalar(place, pa.int16()), linked.num_rows), **columns}))
    nothing = pa.schema([("place", pa.int16()), *EVIDENCE, *(LINKS.field(name) for name in COMPARED[1:])])
    engine.register("lines", pa.concat_tables([nothing.empty_table(), *tables]))
    rows = [dict(zip(PARTS.names, part, strict=True)) for part in parts]
    engine.register("parts", pa.Table.from_pylist(rows, schema=PARTS))


def _learn_aliases(engine: Engine) -> None:
    """Table `aliases` (own, name_key, person_id): numbers that the model gave to one person, and she has no other."""
    engine.run("""
        CREATE TABLE aliases AS WITH given AS (
            SELECT DISTINCT own, subject_id AS person_id FROM lines
            WHERE method IN ('model', 'ruled') AND outcome = 'linked' AND own IS NOT NULL
        ), counted AS (
            SELECT *, count(*) OVER (PARTITION BY own) AS persons, count(*) OVER (PARTITION BY person_id) AS numbers
            FROM given
        )
        SELECT own, person_id FROM counted WHERE persons = 1 AND numbers = 1""")
    engine.run("""
        CREATE TABLE renamed AS SELECT DISTINCT l.place, l.row, a.person_id AS subject_id, 'alias' AS method
        FROM lines l JOIN aliases a ON a.own = l.subject_id
        JOIN (SELECT DISTINCT own, name_key FROM lines WHERE method IN ('model', 'ruled') AND own IS NOT NULL) n
            ON n.own = a.own
        WHERE l.method IS DISTINCT FROM 'ruled-apart'
            AND (l.name_key = n.name_key OR one_character_off(l.name_key, n.name_key))""")


def _match_digits(engine: Engine) -> None:
    """Table `found` (place, source, row, subject_id, method): rows whose name and surviving digits mean one subject."""
    engine.run("""
        CREATE TABLE open AS
        SELECT place, source, snapshot, year, row, name_key, damage, digits, employer_key
        FROM lines JOIN parts USING (place)
        WHERE subject_id IS NULL AND outcome = 'none' AND name_key IS NOT NULL
            AND method IS DISTINCT FROM 'ruled-apart'""")
    engine.run(f"CREATE TABLE coverage AS {_COVERAGE}")
    asked = f"damage <> 'display' OR length(digits) >= {FEWEST_DIGITS}"
    known = _known(f"SELECT name_key FROM open WHERE digits IS NOT NULL AND ({asked})")
    engine.run(f"CREATE TABLE known AS SELECT DISTINCT * FROM ({known})")
    alike = " UNION ALL ".join(
        f"SELECT o.place, o.row, k.subject_id FROM open o JOIN known k ON k.name_key = o.name_key AND {surviving}"
        for surviving in SURVIVING
    )
    engine.run(f"""
        CREATE TABLE meant AS SELECT place, row, min(subject_id) AS subject_id FROM ({alike})
        GROUP BY place, row HAVING count(DISTINCT subject_id) = 1""")
    engine.run(f"CREATE TABLE met AS {_placed('SELECT subject_id FROM meant')}")
    engine.run("""
        CREATE TABLE found AS WITH once AS (
            SELECT m.*, o.source, o.snapshot, o.employer_key,
                   count(*) OVER (PARTITION BY o.source, m.subject_id, o.employer_key) AS times
            FROM meant m JOIN open o USING (place, row)
        )
        SELECT place, source, row, subject_id, 'digits' AS method FROM once o
        WHERE NOT snapshot OR (times = 1 AND NOT EXISTS (SELECT 1 FROM met p WHERE p.source = o.source
            AND p.subject_id = o.subject_id AND p.employer_key IS NOT DISTINCT FROM o.employer_key))""")


def _match_names(engine: Engine) -> None:
    """Add to `found`: the only row of a name with too few digits in a snapshot. It is about the one subject of that
    name who has no row there yet, provided that she is grown up, and that no other has the name or the snapshot is a
    register that has nearly everybody. Persons of the base are never found by name alone."""
    engine.run(f"""
        CREATE TABLE bare AS SELECT * FROM (
            SELECT *, count(*) OVER (PARTITION BY source, name_key) AS times FROM open
            WHERE snapshot AND (damage = 'none' OR (damage = 'display' AND length(digits) < {FEWEST_DIGITS}))
        ) WHERE times = 1""")
    engine.run(f"CREATE TABLE namesakes AS SELECT DISTINCT * FROM ({_known('SELECT name_key FROM bare')})")
    engine.run(f"CREATE TABLE there AS {_placed('SELECT subject_id FROM namesakes')}")
    engine.run(f"""
        INSERT INTO found WITH named AS (
            SELECT b.place, b.source, b.row, b.year, b.digits, k.subject_id, k.digits AS number,
                   p.subject_id IS NULL AND f.subject_id IS NULL AS free, c.share
            FROM bare b JOIN namesakes k USING (name_key) JOIN coverage c USING (source)
            LEFT JOIN (SELECT DISTINCT source, subject_id FROM there) p
                ON p.source = b.source AND p.subject_id = k.subject_id
            LEFT JOIN (SELECT DISTINCT source, subject_id FROM found) f
                ON f.source = b.source AND f.subject_id = k.subject_id
        )
        SELECT place, source, row, min(CASE WHEN free THEN subject_id END) AS subject_id, 'name' AS method FROM named
        GROUP BY place, source, row
        HAVING count(DISTINCT CASE WHEN free THEN subject_id END) = 1
            AND (count(DISTINCT subject_id) = 1 OR min(share) >= {NEARLY_ALL})
            AND bool_and(NOT free OR (subject_id LIKE 's-%' AND (digits IS NULL OR starts_with(number, digits))
                AND try_cast(substr(number, 7, 4) AS INTEGER) + {GROWN_UP} <= year))""")


_SUBJECT = "coalesce(a.person_id, l.subject_id)"
_LINES = "lines l LEFT JOIN aliases a ON a.own = l.subject_id"


def _known(names: str) -> str:
    """Subjects with a sound number in any source, of these names: name_key, digits, subject_id; they repeat."""
    return (
        f"SELECT l.name_key, l.digits, {_SUBJECT} AS subject_id FROM {_LINES}"
        f" WHERE l.damage = 'sound' AND l.subject_id IS NOT NULL AND l.name_key IN ({names})"
    )


def _placed(subjects: str) -> str:
    """Where these subjects have a row in a snapshot."""
    return (
        f"SELECT DISTINCT p.source, {_SUBJECT} AS subject_id, l.employer_key FROM {_LINES} JOIN parts p USING (place)"
        f" WHERE p.snapshot AND {_SUBJECT} IN ({subjects})"
    )


# Subjects are counted by hash: at worst one in 2⁶⁴ counts twice.
_COVERAGE = f"""
    WITH known AS (
        SELECT DISTINCT hash({_SUBJECT}) AS subject FROM {_LINES}
        WHERE l.damage = 'sound' AND l.subject_id IS NOT NULL AND l.name_key IN (SELECT name_key FROM open)
    ), placed AS (
        SELECT source, count(DISTINCT subject) AS subjects FROM (
            SELECT p.source, hash({_SUBJECT}) AS subject FROM {_LINES} JOIN parts p USING (place)
            WHERE p.snapshot AND l.subject_id IS NOT NULL
        ) SEMI JOIN known USING (subject) GROUP BY source
    )
    SELECT s.source, coalesce(p.subjects, 0) / (SELECT count(*) FROM known) AS share
    FROM (SELECT DISTINCT source FROM open WHERE snapshot) s LEFT JOIN placed p USING (source)"""


_ANSWER = """
    WITH concerned AS (
        SELECT place, row FROM found UNION SELECT place, row FROM renamed
        UNION SELECT place, row FROM lines WHERE head_subject_id IN (SELECT own FROM aliases)
        UNION SELECT place, row FROM lines WHERE guardian_subject_id IN (SELECT own FROM aliases)
    ), here AS (SELECT * FROM lines SEMI JOIN concerned USING (place, row))
    SELECT p.batch, l.row, coalesce(f.subject_id, r.subject_id, l.subject_id) AS subject_id,
           coalesce(h.person_id, l.head_subject_id) AS head_subject_id,
           coalesce(g.person_id, l.guardian_subject_id) AS guardian_subject_id,
           coalesce(f.method, r.method) AS method
    FROM here l JOIN parts p USING (place)
    LEFT JOIN found f ON f.place = l.place AND f.row = l.row LEFT JOIN renamed r ON r.place = l.place AND r.row = l.row
    LEFT JOIN aliases h ON h.own = l.head_subject_id LEFT JOIN aliases g ON g.own = l.guardian_subject_id
    ORDER BY p.batch, l.row"""
