"""Where things lie under a lake's root, and the manifest that makes a folder a batch."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from pathlib import Path

from zhigong.kernel.errors import Refused
from zhigong.lake.types import BatchRef, Layer, Part

MANIFEST = "manifest.json"
ORIGINAL = "original.bin"
SCRATCH = ".writing"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def batch_path(root: Path, layer: Layer, name: str, version: str) -> Path:
    """root/layer/name/version, each part checked so that none can climb out of the root."""
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise Refused(
            "批次名称不合规则", where=f"{layer}/{name}/{version}"[:200], why="只允许字母、数字、点、横线和下划线"
        )
    return root / layer / name / version


def write_manifest(folder: Path, ref: BatchRef) -> None:
    """The last file written into a batch."""
    kept = asdict(ref)
    del kept["path"]
    write_durably(folder / MANIFEST, json.dumps(kept, ensure_ascii=False, indent=1).encode())


def read_manifest(folder: Path) -> BatchRef:
    """The batch in that folder; Refused when there is none."""
    try:
        kept = json.loads((folder / MANIFEST).read_bytes())
        kept["layer"] = Layer(kept["layer"])
        kept["parts"] = tuple(Part(**part) for part in kept["parts"])
        return BatchRef(path=folder, **kept)
    except FileNotFoundError:
        raise Refused("数据湖里没有这个批次", where=f"{folder.parent.name}/{folder.name}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            "批次清单读不懂",
            where=f"{folder.parent.name}/{folder.name}",
            why=type(error).__name__,
            do="从备份恢复该批次",
        ) from None


def write_durably(path: Path, data: bytes) -> None:
    """Write and fsync a small file."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """fsync a file or folder that others wrote."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
