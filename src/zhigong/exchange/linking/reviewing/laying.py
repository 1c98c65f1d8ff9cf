"""From links as made to links in force: rulings laid over them, and what is still to be asked kept beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.linking.reviewing.doubting import doubts_of
from zhigong.exchange.linking.reviewing.identity import mark, names_behind
from zhigong.exchange.linking.reviewing.overruling import Rulings, digest, names_of, overrule
from zhigong.exchange.types import Verdict
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.vault import vault

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute
# Rulings on persons who are gone from the base count for nothing.
_IN_FORCE = """
    SELECT r.token, r.person_id::text, r.verdict FROM exchange_ruling r JOIN people_person p ON p.id = r.person_id
    WHERE r.source = %(source)s AND r.verdict IN (1, 2)
      AND NOT EXISTS (SELECT 1 FROM exchange_ruling later WHERE later.replaces = r.id)
    ORDER BY r.id"""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Links in force with their version, and the pairs to ask about (columns of `DOUBTS`)."""

    version: str
    lines: pa.Table
    doubts: pa.Table


def in_force(source: str) -> Rulings:
    """The rulings in force of a source, in the scope of the whole city."""
    same: dict[bytes, str] = {}
    apart: dict[bytes, set[str]] = {}
    for token, person, verdict in fetch(_IN_FORCE, {"source": source}):
        if verdict == Verdict.SAME:
            same[bytes(token)] = person
        else:
            apart.setdefault(bytes(token), set()).add(person)
    return Rulings(same, {token: frozenset(persons) for token, persons in apart.items()})


def made_in(layout: Mapping[str, Any]) -> str:
    """The version of the links as made, of what a batch notes."""
    return made_of(str(layout.get("links", "")))


def made_of(version: str) -> str:
    """The version of the links as made that those of this version were laid over."""
    return "-".join(version.split("-")[:2])


def review(made: str, incoming: pa.Table, lines: pa.Table, evidence: pa.Table, rulings: Rulings) -> Reviewed:
    """Lay the rulings over the links of one batch. made: their version; incoming: its rows; all row for row.

    Rows are looked for among those whose names are in question; only when a ruling finds none there, among
    those whose names may be behind it.
    """
    in_question = names_of(lines, evidence, rulings)
    marks = mark(incoming, evidence, in_question)
    missing = (rulings.same.keys() | rulings.apart.keys()) - {one.token for one in marks}
    if missing:
        names = pc.unique(pa.concat_arrays([in_question, names_behind(evidence, missing)]))
        marks = mark(incoming, evidence, names)

    def own(places: Sequence[int]) -> list[str | None]:
        return _pseudonyms(evidence.take(pa.array(places, pa.int64())))

    laid, after = overrule(lines, marks, rulings, own=own)
    changed = digest(after)
    doubts = doubts_of(incoming, lines, marks, after)
    return Reviewed(f"{made}-{changed}" if changed else made, laid, doubts)


def _pseudonyms(evidence: pa.Table) -> list[str | None]:
    """Pseudonyms of the sound numbers of rows, None where there is none."""
    keys = vault()
    sound = [
        digits if damage in ("sound", "other") else None
        for damage, digits in zip(evidence["damage"].to_pylist(), evidence["digits"].to_pylist(), strict=True)
    ]
    tokens = [one[:16].hex() if one else None for one in keys.blind("person.id_number").index_many(sound)]
    return [f"s-{one[:16].hex()}" if one else None for one in keys.blind("link.subject").index_many(tokens)]
