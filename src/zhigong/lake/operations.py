"""Writes: one immutable batch at a time, visible only when complete; and sweeping up after killed writers."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from zhigong.kernel.errors import Refused
from zhigong.lake import folders, sealing
from zhigong.lake.engine import Engine
from zhigong.lake.models import run_models
from zhigong.lake.snapshots import drop_snapshot, one_writer, swap_snapshot
from zhigong.lake.types import BatchRef, LakeKeys, Layer, Part

__all__ = [
    "BatchWriter",
    "Engine",
    "drop_batch",
    "drop_snapshot",
    "one_writer",
    "run_models",
    "swap_snapshot",
    "sweep",
    "write_batch",
]

PART_ROWS = 1_000_000
READ_BYTES = 2**20


class BatchWriter:
    """Collects one batch in a scratch folder; `write_batch` makes it and cleans up after it."""

    def __init__(self, root: Path, scratch: Path, ref: BatchRef, keys: LakeKeys | None) -> None:
        self._root, self._scratch, self._ref = root, scratch, ref
        self._master = keys.master(ref.key_id) if keys else b""
        self._writer: pq.ParquetWriter | None = None
        self._part_rows = 0
        self._parts: list[Part] = []
        self.committed: BatchRef | None = None

    def keep_original(self, source: Path | BinaryIO) -> str:
        """Keep the file as it came, sealed; returns its SHA-256 (hex), the natural version of the batch.

        Streams: memory is a few chunks whatever the size.
        """
        if not self._master:
            raise Refused("原始文件只能加密保存", why="没有提供数据湖密钥", do="检查密钥文件")
        if isinstance(source, Path):
            with source.open("rb") as file:
                return self.keep_original(file)
        digest, size = hashlib.sha256(), 0
        key = sealing.derive(self._master, bytes.fromhex(self._ref.salt), folders.ORIGINAL)
        with (self._scratch / folders.ORIGINAL).open("xb") as sink:
            sealer = sealing.Sealer(sink, key)
            while data := source.read(READ_BYTES):
                digest.update(data)
                size += len(data)
                sealer.write(data)
            sealer.close()
            sink.flush()
            os.fsync(sink.fileno())
        self._ref = replace(self._ref, original_bytes=size, version=digest.hexdigest())
        return self._ref.version

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Append rows; the first call fixes the schema."""
        if self._writer is None:
            self._writer = self._open_part(rows.schema)
        if isinstance(rows, pa.RecordBatch):
            self._writer.write_batch(rows)
        else:
            self._writer.write_table(rows)
        self._part_rows += rows.num_rows
        if self._part_rows >= PART_ROWS:
            self._close_part()

    def commit(self, version: str = "") -> BatchRef:
        """Make the batch visible under `version` (default: the original's SHA-256), all of it or nothing.

        The same version again: the batch already there stays and is returned, this one is dropped.
        """
        self._close_part()
        version = version or self._ref.version
        target = folders.batch_path(self._root, self._ref.layer, self._ref.name, version)
        ref = replace(
            self._ref, path=target, version=version, parts=tuple(self._parts), rows=sum(p.rows for p in self._parts)
        )
        if not (target / folders.MANIFEST).exists():
            folders.write_manifest(self._scratch, ref)
            folders.sync(self._scratch)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._move(target)
        self.committed = folders.read_manifest(target)
        return self.committed

    def _move(self, target: Path) -> None:
        try:
            self._scratch.rename(target)
        except OSError:
            # Another writer was first with the same content: theirs stays.
            if not (target / folders.MANIFEST).exists():
                raise
        folders.sync(target.parent)

    def close(self) -> None:
        """Give up open files; what was not committed is deleted by `write_batch`."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _open_part(self, schema: pa.Schema) -> pq.ParquetWriter:
        name = f"part-{len(self._parts):05d}.parquet"
        properties = None
        if self._master:
            properties = sealing.parquet_writing(self._master, bytes.fromhex(self._ref.salt), name)
        return pq.ParquetWriter(
            self._scratch / name, schema, compression="zstd", encryption_properties=properties, version="2.6"
        )

    def _close_part(self) -> None:
        if self._writer is None:
            return
        self.close()
        path = self._scratch / f"part-{len(self._parts):05d}.parquet"
        folders.sync(path)
        self._parts.append(Part(file=path.name, rows=self._part_rows, bytes=path.stat().st_size))
        self._part_rows = 0


@contextmanager
def write_batch(root: Path, *, layer: Layer, name: str, keys: LakeKeys | None = None) -> Iterator[BatchWriter]:
    """A writer for one batch of `layer`/`name`; leaving the block without `commit` leaves nothing behind.

    keys: must be given for layers that carry identities and must not for the others (they stay readable to all tools).
    """
    if layer.sealed == (keys is None):
        raise Refused("数据湖分层与密钥不符", where=f"{layer}/{name}", why="含身份信息的层必须加密，其余层不加密")
    folders.batch_path(root, layer, name, "0")
    salt = os.urandom(32).hex() if keys else ""
    key_id = keys.current if keys else ""
    with _scratch_folder(root) as scratch:
        ref = BatchRef(path=scratch, layer=layer, name=name, version="", rows=0, parts=(), key_id=key_id, salt=salt)
        writer = BatchWriter(root, scratch, ref, keys)
        try:
            yield writer
        finally:
            writer.close()


def sweep(root: Path) -> int:
    """Delete what killed writers left behind; returns how many.  Living writers hold a lock and are left alone."""
    swept = 0
    for lock_path in (root / folders.SCRATCH).glob("*.lock"):
        with lock_path.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(lock_path.with_suffix(""), ignore_errors=True)
            lock_path.unlink(missing_ok=True)
            swept += 1
    return swept


def drop_batch(ref: BatchRef) -> None:
    """Delete one batch for good (retention, deletion on request): hidden by a rename first, then removed."""
    scratch = ref.path.parents[2] / folders.SCRATCH
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    hidden = scratch / uuid.uuid4().hex
    hidden.with_suffix(".lock").touch(mode=0o600)
    ref.path.rename(hidden)
    shutil.rmtree(hidden)
    hidden.with_suffix(".lock").unlink(missing_ok=True)


@contextmanager
def _scratch_folder(root: Path) -> Iterator[Path]:
    """A private folder, guarded by a lock that dies with this process."""
    parent = root / folders.SCRATCH
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = parent / uuid.uuid4().hex
    lock_path = scratch.with_suffix(".lock")
    with _held(lock_path):
        scratch.mkdir(mode=0o700)
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            lock_path.unlink(missing_ok=True)


@contextmanager
def _held(lock_path: Path) -> Iterator[None]:
    # A sweeper may take and delete the file between our open and our lock: then begin again.
    while True:
        with lock_path.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not lock_path.exists() or lock_path.stat().st_ino != os.fstat(lock.fileno()).st_ino:
                continue
            yield
            return
