"""Rulings over links: a pure function of the links as made, line by line, that changes no other line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.linking.reviewing.identity import Marked
from zhigong.exchange.linking.types import LINKS, LinkOutcome

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute
RULED, APART = "ruled", "ruled-apart"
"""Methods of lines that somebody ruled on: about this person, not about that one."""
CHANGED = ("subject_id", "person_id", "method", "score", "outcome", "candidate_id", "reason")
FORM = "2"
"""Counts up when datasets of doubts come to look otherwise, so that they are made anew."""
Marks = Sequence[Marked]
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rulings:
    """What is in force for one source: whom a token means, and whom it does not."""

    same: Mapping[bytes, str] = field(default_factory=dict)
    apart: Mapping[bytes, frozenset[str]] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """Equal marks: equal rulings."""
        said = [f"{token.hex()}={person}" for token, person in self.same.items()]
        said += [f"{token.hex()}!{person}" for token, persons in self.apart.items() for person in persons]
        return f"{FORM}.{hashlib.sha256('|'.join(sorted(said)).encode()).hexdigest()[:12]}" if said else FORM

    @property
    def persons(self) -> frozenset[str]:
        """Everybody somebody said something about."""
        return frozenset(self.same.values()).union(*self.apart.values())


def overrule(
    lines: pa.Table, marks: Marks, rulings: Rulings, *, own: Callable[[Sequence[int]], Sequence[str | None]]
) -> tuple[pa.Table, dict[int, Line]]:
    """The links with the rulings laid over, and what became of the lines concerned, by their place.

    lines: `LINKS` as made. marks: whom rows name, at least those that rulings are about. own: pseudonyms of the rows'
    own sound numbers, for rows that are parted from a person of the base.
    """
    about = [one for one in marks if one.alone and one.token in rulings.same.keys() | rulings.apart.keys()]
    before = lines.take(pa.array([one.place for one in about], pa.int64())).to_pylist()
    parted, after = [], {}
    for one, line in zip(about, before, strict=True):
        token = one.token or b""
        if token in rulings.same:
            after[one.place] = _linked(line, rulings.same[token])
        elif (line["person_id"] or line["candidate_id"]) in rulings.apart[token] | {None}:
            # A row that links left open is parted too: what other sources tell must not find her in it.
            parted.append((one.place, line))
    names = own([place for place, line in parted if line["person_id"]])
    hidden = dict(zip([place for place, line in parted if line["person_id"]], names, strict=True))
    after |= {place: _apart(line, hidden.get(place, line["subject_id"])) for place, line in parted}
    return _laid(lines, after), after


def _linked(line: Line, person: str) -> Line:
    about = person in (line["person_id"], line["candidate_id"])
    return line | {
        "subject_id": person,
        "person_id": person,
        "method": RULED,
        "score": 1.0,
        "outcome": LinkOutcome.LINKED.value,
        "candidate_id": None,
        "reason": line["reason"] if about else None,
    }


def _apart(line: Line, subject: str | None) -> Line:
    return line | {
        "subject_id": subject,
        "person_id": None,
        "method": APART,
        "score": None,
        "outcome": (LinkOutcome.NEW if subject else LinkOutcome.NONE).value,
        "candidate_id": None,
        "reason": None,
    }


def _laid(lines: pa.Table, after: Mapping[int, Line]) -> pa.Table:
    if not after:
        return lines
    places = sorted(after)
    mask = np.zeros(lines.num_rows, dtype=bool)
    mask[places] = True
    for name in CHANGED:
        kind = LINKS.field(name)
        given = pa.array([after[place][name] for place in places], kind.type)
        column = pc.replace_with_mask(lines[name].combine_chunks(), pa.array(mask), given)
        lines = lines.set_column(lines.column_names.index(name), kind, column)
    return lines


def digest(after: Mapping[int, Line]) -> str:
    """Eight hex digits of what rulings changed; empty when nothing."""
    said = [f"{place}:{after[place]['method']}:{after[place]['person_id']}" for place in sorted(after)]
    return hashlib.sha256("|".join(said).encode()).hexdigest()[:8] if said else ""


def names_of(lines: pa.Table, evidence: pa.Table, rulings: Rulings) -> Any:  # noqa: ANN401 - Arrow's values
    """Names of rows that are doubtful, or linked to somebody whom a ruling is about."""
    about = pc.is_in(lines["person_id"], value_set=pa.array(sorted(rulings.persons), pa.string()))
    wanted = pc.or_(pc.equal(lines["outcome"], LinkOutcome.DOUBTFUL.value), about)
    return pc.unique(evidence["name_key"].filter(wanted))
