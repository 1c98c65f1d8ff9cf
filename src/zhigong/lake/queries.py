"""Reads: which batches are there, their rows as a stream, their originals as they came."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from zhigong.kernel.errors import Refused
from zhigong.lake import folders, sealing, snapshots
from zhigong.lake.engine import ENGINE_VERSION
from zhigong.lake.models import lineage, needed_by, plan
from zhigong.lake.types import BatchRef, LakeKeys, Layer, Part, Snapshot

__all__ = [
    "ENGINE_VERSION",
    "batch",
    "batches",
    "fingerprint",
    "lineage",
    "needed_by",
    "original",
    "plan",
    "rows",
    "schema",
    "snapshot",
    "table",
]

READ_BYTES = 2**20


def fingerprint(path: Path) -> str:
    """SHA-256 (hex) of a file: the version its batch has or would have."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def batch(root: Path, *, layer: Layer, name: str, version: str) -> BatchRef | None:
    """The batch of that version, or None."""
    folder = folders.batch_path(root, layer, name, version)
    return folders.read_manifest(folder) if (folder / folders.MANIFEST).exists() else None


def batches(root: Path, *, layer: Layer, name: str) -> tuple[BatchRef, ...]:
    """Every complete batch of one name, by version."""
    parent = folders.batch_path(root, layer, name, "0").parent
    found = sorted(parent.glob(f"*/{folders.MANIFEST}")) if parent.is_dir() else []
    return tuple(folders.read_manifest(manifest.parent) for manifest in found)


def snapshot(root: Path, *, name: str) -> Snapshot | None:
    """The datasets in force under that name, None before the first refresh."""
    return snapshots.read_snapshot(root, name)


def rows(
    ref: BatchRef, *, keys: LakeKeys | None = None, columns: Sequence[str] | None = None, at_most: int = 50_000
) -> Iterator[pa.RecordBatch]:
    """The rows of a batch in order, in record batches of at most `at_most`; memory is that of a row group.

    A part without rows gives one empty batch, so that its columns are known.
    """
    for part in ref.parts:
        with _opened(ref, part, keys) as file:
            yield from file.iter_batches(batch_size=at_most, columns=list(columns) if columns else None)
            if not part.rows:
                yield _empty(file.schema_arrow, columns)


def table(ref: BatchRef, *, keys: LakeKeys | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of a batch in order, at once: faster than `rows`, for memory. Without parts it has no columns."""
    found = []
    for part in ref.parts:
        with _opened(ref, part, keys, memory_map=True) as file:
            found.append(file.read(columns=list(columns) if columns else None))
    rows = pa.concat_tables(found) if found else pa.table({})
    return rows.select(list(columns)) if found and columns else rows


@contextmanager
def _opened(ref: BatchRef, part: Part, keys: LakeKeys | None, *, memory_map: bool = False) -> Iterator[pq.ParquetFile]:
    """One file of a batch. Raises Refused when it can't be read."""
    properties = None
    if ref.key_id:
        properties = sealing.parquet_reading(_master(ref, keys), bytes.fromhex(ref.salt), part.file)
    try:
        with pq.ParquetFile(
            ref.path / part.file, decryption_properties=properties, pre_buffer=False, memory_map=memory_map
        ) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise Refused(
            "数据湖批次读不出来",
            where=f"{ref.layer}/{ref.name}/{ref.version[:12]}/{part.file}",
            why=f"文件缺失、被改动，或密钥不对（{type(error).__name__}）",
            do="从备份恢复该批次",
        ) from None


def schema(ref: BatchRef, *, keys: LakeKeys | None = None) -> pa.Schema | None:
    """The schema of a batch, None when it has no rows."""
    first = next(rows(ref, keys=keys, at_most=1), None)
    return None if first is None else first.schema


def original(ref: BatchRef, *, keys: LakeKeys) -> BinaryIO:
    """The file as it came, as a stream; reading raises Refused when it was tampered with.  Close it after use."""
    path = ref.path / folders.ORIGINAL
    if ref.original_bytes < 0 or not path.exists():
        raise Refused("这个批次没有原始文件", where=f"{ref.layer}/{ref.name}/{ref.version[:12]}")
    key = sealing.derive(_master(ref, keys), bytes.fromhex(ref.salt), folders.ORIGINAL)
    opener = sealing.Opener(path.open("rb"), key, f"{ref.layer}/{ref.name}/{ref.version[:12]}")
    return io.BufferedReader(opener, buffer_size=READ_BYTES)


def _empty(schema: pa.Schema, columns: Sequence[str] | None) -> pa.RecordBatch:
    wanted = pa.schema([schema.field(name) for name in columns]) if columns else schema
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in wanted], schema=wanted)


def _master(ref: BatchRef, keys: LakeKeys | None) -> bytes:
    if keys is None:
        raise Refused("这个批次是加密的", where=f"{ref.layer}/{ref.name}", why="没有提供数据湖密钥", do="检查密钥文件")
    return keys.master(ref.key_id)
