"""The pairs a person is asked about: one sealed dataset per batch, small, so that a page need not read the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.linking.reviewing.identity import Marked
from zhigong.exchange.linking.types import LinkOutcome
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.kernel.errors import NotFound
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import Layer

pc: Any = pyarrow.compute
SAID = ("name", "id_number", "employer_name", "credit_code")
DOUBTS = pa.schema(
    [
        ("row", pa.int64()),  # the first of the rows that name the same one
        ("rows", pa.int64()),  # how many they are
        ("token", pa.binary(16)),  # whom the row names
        ("alone", pa.bool_()),  # whether next month's row can be told by it
        ("person_id", pa.string()),  # the person of the base it may be about
        ("score", pa.float64()),  # as made, before anybody ruled
        ("method", pa.string()),
        ("reason", pa.string()),
        *((name, pa.string()) for name in SAID),  # what the row says
    ]
)
"""Columns of the datasets `doubts-<source>` (entity layer), versions as of the links they belong to."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One line of `DOUBTS`."""

    row: int
    rows: int
    token: bytes
    alone: bool
    person_id: str
    score: float
    method: str
    reason: str
    name: str
    id_number: str
    employer_name: str
    credit_code: str


def doubts_of(
    incoming: pa.Table, made: pa.Table, marks: Sequence[Marked], after: Mapping[int, Mapping[str, Any]]
) -> pa.Table:
    """Doubtful pairs of the links as made, and pairs that were ruled on; rows that name the same one are one."""
    places = set(pc.indices_nonzero(pc.equal(made["outcome"], LinkOutcome.DOUBTFUL.value)).to_pylist()) | after.keys()
    found: dict[tuple[bytes, str], dict[str, Any]] = {}
    for one in (one for one in marks if one.place in places and one.token is not None):
        line = made.slice(one.place, 1).to_pylist()[0]
        ruled = after.get(one.place, {}).get("person_id")
        own = (line["person_id"], line["candidate_id"])
        pairs = {person: person in own for person in (line["candidate_id"], ruled) if person is not None}
        if one.place in after and not pairs:
            pairs = {line["person_id"]: True}
        for person, known in pairs.items():
            said = incoming.slice(one.place, 1).to_pylist()[0]
            first = {name: said[name] or "" for name in SAID} | {"row": line["row"], "rows": 0, "token": one.token}
            first |= {"alone": one.alone, "person_id": person, "score": line["score"] if known else None}
            first |= {"method": line["method"] if known else None, "reason": line["reason"] if known else None}
            found.setdefault((one.token or b"", person), first)["rows"] += 1
    return pa.Table.from_pylist(list(found.values()), schema=DOUBTS)


def write_doubts(source: str, version: str, doubts: pa.Table) -> None:
    """Keep them beside the links of that version; the same again changes nothing, others take their place."""
    name = f"doubts-{source}"
    kept = lake_queries.batch(lake_root(), layer=Layer.ENTITIES, name=name, version=version)
    if kept is not None:
        if pa.Table.from_batches(list(lake_queries.rows(kept, keys=lake_keys())), schema=DOUBTS).equals(doubts):
            return
        lake.drop_batch(kept)
    with lake.write_batch(lake_root(), layer=Layer.ENTITIES, name=name, keys=lake_keys()) as writer:
        writer.write(doubts)
        writer.commit(version=version)


def edition(source: str, version: str) -> str:
    """Which writing of the pairs of a batch is there: another one was written anew; empty when there is none."""
    ref = lake_queries.batch(lake_root(), layer=Layer.ENTITIES, name=f"doubts-{source}", version=version)
    return ref.salt if ref is not None else ""


def read_doubts(source: str, version: str) -> list[Doubt]:
    """The pairs of a batch; raises NotFound when its links were made before there were reviews."""
    ref = lake_queries.batch(lake_root(), layer=Layer.ENTITIES, name=f"doubts-{source}", version=version)
    if ref is None:
        raise NotFound("这个批次还没有列出待核对的关联。", where=source, do="请刷新一次数据")
    found = lake_queries.rows(ref, keys=lake_keys())
    return [Doubt(**_whole(row)) for part in found for row in part.to_pylist()]


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """A pair that only a ruling made has neither score nor reason."""
    return row | {"score": row["score"] or 0.0, "method": row["method"] or "", "reason": row["reason"] or ""}
