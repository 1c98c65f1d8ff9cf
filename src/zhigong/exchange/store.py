"""Where batches lie: the lake's root, its keys, the code tables a source needs, and originals opened for parsing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from zhigong.exchange.checking import Source
from zhigong.kernel.codes import load_table
from zhigong.kernel.vault import vault
from zhigong.lake import queries as lake
from zhigong.lake.types import BatchRef, LakeKeys

INBOX = "inbox"


def lake_root() -> Path:
    """Root of the lake: below the home of this run, unless ZHIGONG_LAKE names a place (a database has one lake)."""
    named = os.environ.get("ZHIGONG_LAKE")
    return Path(named) if named else Path(os.environ.get("ZHIGONG_HOME", "var")) / "lake"


def lake_keys() -> LakeKeys:
    """The lake's master key, derived from the key ring."""
    return LakeKeys(current="v1", keys={"v1": vault().derive("lake")})


def code_tables(source: Source) -> dict[str, pa.Table]:
    """The code tables a source's columns name, as (label, code) rows."""
    tables = {}
    for name in source.tables:
        rows = load_table(name).as_rows()
        tables[name] = pa.table({"label": [label for label, _ in rows], "code": [code for _, code in rows]})
    return tables


@contextmanager
def opened(ref: BatchRef, *, suffix: str) -> Iterator[Path]:
    """The original of a batch as a file for the parser; in memory where the system has /dev/shm, gone afterwards.

    Identity data must not lie in the clear on disk, not even for a moment.
    """
    memory = Path("/dev/shm")  # noqa: S108 — memory, not disk; the folder made below is private
    base = memory if memory.is_dir() and os.access(memory, os.W_OK) and _room(memory) > 4 * ref.original_bytes else None
    with tempfile.TemporaryDirectory(prefix=f"zhigong-{os.getpid()}-", dir=base) as folder:
        path = Path(folder) / f"original{suffix}"
        with lake.original(ref, keys=lake_keys()) as source, path.open("wb") as sink:
            shutil.copyfileobj(source, sink, 2**20)
        yield path


def _room(folder: Path) -> int:
    return shutil.disk_usage(folder).free
