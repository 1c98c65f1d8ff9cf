"""From frames to record batches of even size, at the speed of Arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from zhigong.exchange.reading.frames import BREAK, UNIT
from zhigong.exchange.reading.types import Column
from zhigong.kernel.errors import Refused

# Their stubs demand exact array types that Arrow's own functions don't return.
pc: Any = pyarrow.compute
pcsv: Any = pyarrow.csv

RECEIPT_TOKEN = r"〔#(?P<ref>[A-Za-z0-9.-]{1,80}-[0-9]{1,12})〕\s*$"  # noqa: S105 - marks a row, no secret
BLOCK_BYTES = 512 * 2**20


class ChunkBuilder:
    """Collects frames of one sheet until a chunk is full, then hands it on."""

    def __init__(self, columns: Sequence[Column], chunk_rows: int, on_chunk: Callable[[pa.RecordBatch], None]) -> None:
        self._names = [column.name for column in columns]
        self._chunk_rows, self._on_chunk = chunk_rows, on_chunk
        self._metas: list[dict[str, Any]] = []
        self._bodies: list[memoryview] = []
        self._waiting, self._given = 0, 0

    def add(self, meta: dict[str, Any], body: memoryview) -> None:
        """One frame; frames of another sheet or shape begin a new chunk."""
        if self._metas and not _alike(self._metas[-1], meta):
            self.flush()
        rows = sum(count for _, count in meta["runs"])
        if self._waiting + rows > self._chunk_rows:
            self.flush()
        self._metas.append(meta)
        self._bodies.append(body)
        self._waiting += rows

    def flush(self) -> None:
        """Hand on what is waiting."""
        if not self._metas:
            return
        batch = self._batch()
        self._metas, self._bodies, self._waiting = [], [], 0
        for start in range(0, batch.num_rows, self._chunk_rows):
            self._on_chunk(batch.slice(start, self._chunk_rows))

    def _batch(self) -> pa.RecordBatch:
        meta = self._metas[0]
        names = meta["columns"]
        table = _parsed(b"\n".join(self._bodies), len(names))
        if table.num_rows != self._waiting:
            raise Refused("文件读不下去", why="解析进程给出的行数不符", do="请重新上传")
        numbers = np.concatenate([np.arange(first, first + count) for m in self._metas for first, count in m["runs"]])
        first = self._given + 1
        self._given += table.num_rows
        known = {name: position for position, (name, _) in enumerate(names) if name}
        arrays: dict[str, pa.Array[Any]] = {
            "sheet": pa.repeat(pa.scalar(meta["sheet"]), table.num_rows),
            "row": pa.array(numbers, pa.int32()),
            "data_row": pa.array(np.arange(first, first + table.num_rows), pa.int64()),
            "receipt_ref": _receipt_refs(table, meta["receipt"]),
            "damaged": self._damaged(table.num_rows, names),
            "extra": _extra(table, names, meta["receipt"]),
        }
        empty = pa.nulls(table.num_rows, pa.string())
        for name in self._names:
            arrays[name] = table[known[name]] if name in known else empty
        return pa.record_batch(arrays)

    def _damaged(self, rows: int, names: Sequence[Sequence[str]]) -> pa.Array[Any]:
        marks: dict[int, list[str]] = {}
        offset = 0
        for meta in self._metas:
            for index, position in meta.get("wide", ()):
                marks.setdefault(offset + index, []).append(names[position][0] or names[position][1])
            offset += sum(count for _, count in meta["runs"])
        if not marks:
            return pa.repeat(pa.scalar([], pa.list_(pa.string())), rows)
        return pa.array([marks.get(index, []) for index in range(rows)], pa.list_(pa.string()))


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[part] == other[part] for part in ("sheet", "columns", "receipt"))


def _parsed(body: bytes, width: int) -> pa.RecordBatch:
    """Canonical rows as one record batch of string columns; empty cells are null."""
    columns = [str(position) for position in range(width)]
    try:
        table = pcsv.read_csv(
            pa.BufferReader(body),
            read_options=pcsv.ReadOptions(column_names=columns, use_threads=False, block_size=BLOCK_BYTES),
            parse_options=pcsv.ParseOptions(
                delimiter=UNIT, quote_char=False, escape_char=False, newlines_in_values=False, ignore_empty_lines=False
            ),
            convert_options=pcsv.ConvertOptions(
                column_types={column: pa.string() for column in columns}, null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowException as error:
        raise Refused("文件读不下去", why=f"解析进程的输出不合规（{type(error).__name__}）", do="请重新上传") from None
    if BREAK.encode() in body:
        table = pa.table({c: pc.replace_substring(table[c], BREAK, "\n") for c in columns})
    batch: pa.RecordBatch = table.combine_chunks().to_batches()[0]
    return batch


def _receipt_refs(batch: pa.RecordBatch, position: int | None) -> pa.Array[Any]:
    if position is None:
        return pa.nulls(batch.num_rows, pa.string())
    refs: pa.Array[Any] = pc.struct_field(pc.extract_regex(batch[position], RECEIPT_TOKEN), "ref")
    return refs


def _extra(batch: pa.RecordBatch, names: Sequence[Sequence[str]], receipt: int | None) -> pa.Array[Any]:
    """The unknown columns of each row as a JSON object, null where all are empty."""
    unknown = {
        header or f"第{position + 1}列": batch[position]
        for position, (name, header) in enumerate(names)
        if not name and position != receipt and batch[position].null_count < batch.num_rows
    }
    return with_values(pa.nulls(batch.num_rows, pa.string()), unknown)


def with_values(objects: pa.Array[Any], values: Mapping[str, pa.Array[Any]]) -> pa.Array[Any]:
    """JSON objects (or nulls) with further text values; null values are left out, an object of nothing is null."""
    if not values:
        return objects
    pieces = [pc.fill_null(pc.binary_join_element_wise(pc.utf8_slice_codeunits(objects, 1, -1), ",", ""), "")]
    for label, column in values.items():
        name = _json_escaped(pa.array([label]))[0].as_py()
        piece = pc.binary_join_element_wise(f'"{name}":"', _json_escaped(column), '",', "")
        pieces.append(pc.fill_null(piece, ""))
    # Not by the join's own skipping of nulls: it loses rows that are null throughout.
    joined = pc.utf8_rtrim(pc.binary_join_element_wise(*pieces, ""), ",")
    joined = pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)
    made: pa.Array[Any] = pc.binary_join_element_wise("{", joined, "}", "")
    return made


def _json_escaped(column: pa.Array[Any]) -> pa.Array[Any]:
    escapes = [("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")]
    for character, code in escapes:
        column = pc.replace_substring(column, character, code)
    escaped: pa.Array[Any] = pc.replace_substring_regex(column, r"[\x00-\x1f]", " ")
    return escaped
