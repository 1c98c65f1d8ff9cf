"""Gathers what was found about each row: its problems, gravest first, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhigong.exchange.checking.fields import ROW_COLUMNS
from zhigong.exchange.checking.sentences import PLACE, sentences
from zhigong.exchange.checking.types import PROBLEM, Source
from zhigong.kernel.errors import Refused

PREFIXES = ("found", "problem", "noted")
RANKS = {"reject": 0, "unverify": 1, "warn": 2}
VERDICTS = pa.array(["rejected", "unverified", "accepted"])


@dataclass(frozen=True)
class Between:
    """A problem found between rows: position in the chunk, code, and the other row as told to the sender."""

    position: int
    column: str
    code: str
    place: str


@dataclass
class _Heap:
    """Problems of a chunk, column by column: row position, rank, and the parts of PROBLEM."""

    rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    ranks: list[npt.NDArray[np.int8]] = field(default_factory=list)
    problems: list[Any] = field(default_factory=list)

    def add(self, rows: npt.NDArray[np.int64], ranks: Sequence[int], parts: Sequence[Any]) -> None:
        """Problems of one kind of column; parts are arrays of column, code, severity, text."""
        self.rows.append(rows)
        self.ranks.append(np.array(ranks, dtype=np.int8))
        self.problems.append(pa.StructArray.from_arrays(list(parts), fields=list(PROBLEM)))


def gathered(source: Source, conformed: pa.Table, between: Sequence[Between] = ()) -> pa.Table:
    """Place columns, fields, `problems` and `verdict` of conformed rows."""
    known = {(column, code): (severity, text) for column, code, severity, text in sentences(source)}
    heap = _Heap()
    for column in source.columns:
        for prefix in PREFIXES:
            name = f"{prefix}:{column.name}"
            if name in conformed.column_names and conformed[name].null_count < conformed.num_rows:
                _add_codes(heap, column.name, conformed[name].combine_chunks(), known)
    if between:
        _add_between(heap, between, known)
    problems, verdicts = _settled(heap, conformed.num_rows)
    chosen = conformed.select([*ROW_COLUMNS, *source.fields])
    return chosen.append_column("problems", problems).append_column("verdict", verdicts)


def _add_codes(heap: _Heap, column: str, codes: Any, known: dict[tuple[str, str], tuple[str, str]]) -> None:  # noqa: ANN401
    rows = np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False))
    coded = codes.drop_null().dictionary_encode()
    told = [_sentence(known, column, code) for code in coded.dictionary.to_pylist()]
    severities, texts = pa.array([one[0] for one in told]), pa.array([one[1] for one in told])
    ranks = np.array([RANKS[severity] for severity, _ in told])[coded.indices.to_numpy()]
    names = pa.repeat(pa.scalar(column), len(rows))
    parts = [names, coded.dictionary.take(coded.indices), severities.take(coded.indices), texts.take(coded.indices)]
    heap.add(rows, ranks.tolist(), parts)


def _add_between(heap: _Heap, between: Sequence[Between], known: dict[tuple[str, str], tuple[str, str]]) -> None:
    told = [_sentence(known, one.column, one.code) for one in between]
    texts = [text.replace(PLACE, one.place) for one, (_, text) in zip(between, told, strict=True)]
    parts = [
        pa.array([one.column for one in between]),
        pa.array([one.code for one in between]),
        pa.array([severity for severity, _ in told]),
        pa.array(texts),
    ]
    heap.add(np.array([one.position for one in between]), [RANKS[severity] for severity, _ in told], parts)


def _sentence(known: dict[tuple[str, str], tuple[str, str]], column: str, code: str) -> tuple[str, str]:
    if (column, code) not in known:
        raise Refused(
            "来源的 SQL 模型给出了没有说明的问题", where=f"{column}：{code}", do="请在 source.yaml 的 problems 里写明"
        )
    return known[column, code]


def _settled(heap: _Heap, count: int) -> tuple[Any, Any]:
    """The problems as one list a row, gravest first, and the verdict of the gravest."""
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *heap.rows])
    ranks = np.concatenate([np.zeros(0, dtype=np.int8), *heap.ranks])
    order = np.lexsort((np.arange(len(rows)), ranks, rows))
    flat = pa.concat_arrays([pa.array([], PROBLEM), *heap.problems]).take(pa.array(order))
    offsets = np.searchsorted(rows[order], np.arange(count + 1)).astype(np.int32)
    problems = pa.ListArray.from_arrays(pa.array(offsets), flat).cast(pa.list_(PROBLEM))
    worst = np.full(count, RANKS["warn"])
    np.minimum.at(worst, rows, ranks)
    return problems, VERDICTS.take(pa.array(worst))
