"""The rows of one batch as linking reads them: conformed fields, and damaged numbers as they came."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.checking import Source
from zhigong.exchange.linking.linker import INCOMING
from zhigong.exchange.models import Batch
from zhigong.exchange.operations.checks import conformed_version
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.kernel.errors import Refused
from zhigong.kernel.folding import fold_code
from zhigong.lake import queries as lake
from zhigong.lake.types import BatchRef, Layer

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute


def incoming(batch: Batch, source: Source) -> pa.Table:
    """Every row of a batch (columns of `INCOMING`, by row). Raises Refused when its rows are not in the lake."""
    ref = _ref(batch, Layer.CONFORMED, conformed_version(batch))
    fields = _fields(source)
    chunks = list(lake.rows(ref, keys=lake_keys(), columns=["data_row", *fields.values()]))
    if not chunks:
        return INCOMING.empty_table()
    found = pa.Table.from_batches(chunks)
    columns = {"row": found["data_row"].cast(pa.int64())}
    for name in INCOMING.names[1:]:
        columns[name] = found[fields[name]] if name in fields else pa.nulls(found.num_rows, pa.string())
    if "id_number" in fields:
        columns["id_number"] = _with_damaged(batch, source, columns["row"], columns["id_number"])
    return pa.table(columns, schema=INCOMING)


def _fields(source: Source) -> dict[str, str]:
    """Which field of the source says what: the same names, and the only unit name there is."""
    own = {name: name for name in INCOMING.names[1:] if name in source.fields}
    if source.entity == "employer":
        own.pop("name", None)
    units = [column.field for column in source.columns if column.kind == "unit_name"]
    return own | ({"employer_name": units[0]} if units else {})


def _ref(batch: Batch, layer: Layer, version: str) -> BatchRef:
    ref = lake.batch(lake_root(), layer=layer, name=batch.source, version=version)
    if ref is None:
        raise Refused(
            "这个批次的数据不在数据湖里", where=f"批次 {batch.number}", do="从备份恢复该批次，或重新导入原文件"
        )
    return ref


def _with_damaged(batch: Batch, source: Source, rows: Any, numbers: Any) -> Any:  # noqa: ANN401
    """Numbers that did not pass their check have no conformed value: what was written is in the raw layer."""
    bare = rows.filter(pc.is_null(numbers)).combine_chunks()
    header = next(column.name for column in source.columns if column.field == "id_number")
    if not len(bare):
        return numbers
    written: dict[int, str] = {}
    for chunk in lake.rows(_ref(batch, Layer.RAW, batch.sha256), keys=lake_keys(), columns=["data_row", header]):
        hits = chunk.filter(pc.is_in(chunk["data_row"], bare.cast(chunk["data_row"].type)))
        written |= dict(zip(hits["data_row"].to_pylist(), hits[header].to_pylist(), strict=True))
    texts = [fold_code(written.get(row) or "") or None for row in bare.to_pylist()]
    return pc.replace_with_mask(
        numbers.combine_chunks(), pc.is_null(numbers).combine_chunks(), pa.array(texts, pa.string())
    )
