"""Whom a row names, as a keyed token that next month's row has too: rulings are kept by it, never by a row's number.

A token begins with two keyed bytes of the name alone, so that the rows of a city need not all be hashed to find one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from zhigong.kernel.names import unit_key
from zhigong.kernel.vault import vault

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute
ROW, NAME = "link.row", "link.row.name"
TOKEN_BYTES, NAME_BYTES = 16, 2
ENOUGH_DIGITS = 10
"""A number of which fewer are left (Excel's 3.40E+17) says no more than where somebody was born."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A row and whom it names. token: None when it names nobody.

    alone: no other row of the batch may be meant by it; a number or two rows of the same words never fail that.
    """

    place: int
    token: bytes | None
    alone: bool


def mark(incoming: pa.Table, evidence: pa.Table, names: Any = None) -> list[Marked]:  # noqa: ANN401 - Arrow's values
    """Rows that bear one of these names (None: all rows), in the order of the batch.

    incoming, evidence: columns of linking's `INCOMING` and `EVIDENCE`, row for row. names: as compared (`name_key`).
    """
    places = range(evidence.num_rows)
    chosen, seen = incoming, evidence
    if names is not None:
        at = pc.indices_nonzero(pc.is_in(evidence["name_key"], value_set=names))
        places, chosen, seen = at.to_pylist(), incoming.take(at), evidence.take(at)
    bearing = seen["name_key"].to_pylist()
    texts = [
        _text(*one)
        for one in zip(
            bearing,
            chosen["id_number"].to_pylist(),
            seen["digits"].to_pylist(),
            chosen["credit_code"].to_pylist(),
            chosen["employer_name"].to_pylist(),
            strict=True,
        )
    ]
    times = Counter(text for text, strong in texts if not strong)
    tokens = _tokens(bearing, [text for text, _ in texts])
    return [
        Marked(place, token, strong or times[text] == 1)
        for place, token, (text, strong) in zip(places, tokens, texts, strict=True)
    ]


def names_behind(evidence: pa.Table, tokens: Iterable[bytes]) -> Any:  # noqa: ANN401 - Arrow's values
    """Names of a batch that rows of these tokens may bear."""
    wanted = {token[:NAME_BYTES] for token in tokens}
    names = pc.unique(evidence["name_key"])
    return names.filter(pa.array([one in wanted for one in _buckets(names.to_pylist())], pa.bool_()))


def _buckets(names: Sequence[str | None]) -> list[bytes]:
    return [one[:NAME_BYTES] if one else bytes(NAME_BYTES) for one in vault().blind(NAME).index_many(names)]


def _tokens(names: Sequence[str | None], texts: Sequence[str]) -> list[bytes | None]:
    """Keyed tokens; an empty text has none."""
    whole = zip(_buckets(names), vault().blind(ROW).index_many(texts), strict=True)
    return [bucket + one[: TOKEN_BYTES - NAME_BYTES] if one else None for bucket, one in whole]


def _text(
    name: str | None, number: str | None, digits: str | None, code: str | None, unit: str | None
) -> tuple[str, bool]:
    """What the token is of, and whether a number carries it; without one, the employer must."""
    if number and len(digits or "") >= ENOUGH_DIGITS:
        return f"number|{name or ''}|{number}", True
    if not name:
        return "", False
    return f"words|{name}|{number or ''}|{code or unit_key(unit or '')}", False
