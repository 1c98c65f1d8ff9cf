"""Snapshots: datasets that belong together, named by one small file that a rename swaps.

Readers open what the file names and go on reading it while a writer prepares the next; a killed writer changes nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from zhigong.kernel.errors import Conflict, Refused
from zhigong.lake import folders
from zhigong.lake.types import BatchRef, Layer, Snapshot

FOLDER = "snapshots"
WRITER_LOCK = "writer.lock"


def read_snapshot(root: Path, name: str) -> Snapshot | None:
    """The snapshot in force, None before the first; Refused when a dataset it names is gone."""
    path = _path(root, name)
    try:
        kept = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise Refused("数据湖的快照读不懂", where=path.name, do="删除该文件后运行 zhigong refresh --full") from None
    datasets = {}
    for key, (layer, dataset, version) in kept["datasets"].items():
        datasets[key] = folders.read_manifest(folders.batch_path(root, Layer(layer), dataset, version))
    return Snapshot(number=kept["number"], datasets=datasets, notes=kept["notes"])


def swap_snapshot(root: Path, name: str, datasets: Mapping[str, BatchRef], notes: Mapping[str, str]) -> Snapshot:
    """Put these datasets in force, all at once; durable when it returns.  Call under `one_writer`."""
    path = _path(root, name)
    before = read_number(path)
    kept = {
        "number": before + 1,
        "datasets": {key: [ref.layer.value, ref.name, ref.version] for key, ref in datasets.items()},
        "notes": dict(notes),
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{name}.{uuid.uuid4().hex}")
    folders.write_durably(fresh, json.dumps(kept, ensure_ascii=False, indent=1).encode())
    fresh.replace(path)
    folders.sync(path.parent)
    for left in path.parent.glob(f".{name}.*"):
        left.unlink(missing_ok=True)
    return Snapshot(number=before + 1, datasets=dict(datasets), notes=dict(notes))


def drop_snapshot(root: Path, name: str) -> None:
    """Forget that name; its datasets stay."""
    _path(root, name).unlink(missing_ok=True)


def read_number(path: Path) -> int:
    """The number of the snapshot in that file, 0 when there is none or it can't be read."""
    try:
        return int(json.loads(path.read_bytes())["number"])
    except (FileNotFoundError, ValueError, KeyError):
        return 0


@contextmanager
def one_writer(root: Path) -> Iterator[None]:
    """The right to swap snapshots of this lake, for one process at a time; Conflict when another has it.

    The lock dies with its holder, however it ends.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(root / WRITER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("数据湖正在由另一个进程刷新。", why="同时只能有一个写入者", do="请等它结束后再试") from None
        yield
    finally:
        os.close(handle)


def _path(root: Path, name: str) -> Path:
    folders.batch_path(root, Layer.FACTS, name, "0")
    return root / FOLDER / f"{name}.json"
