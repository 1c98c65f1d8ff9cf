"""Which file of the catalogue wins, and what a city changes against the national one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhigong.catalogue import folders
from zhigong.catalogue.schemas import likely, place
from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import NotFound, Refused

ADDED, REPLACED, SAME = "added", "replaced", "same"


@dataclass(frozen=True, slots=True)
class Winner:
    """One catalogue path: the file in force, and those it hides, nearest first."""

    path: str
    file: Path
    hidden: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; None where a side has none."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a city does with one path: `added`, `replaced`, or `same` (copied without need)."""

    path: str
    file: Path
    kind: str
    changes: tuple[Change, ...] = ()


def which(path: str) -> tuple[Winner, ...]:
    """The winning files of a catalogue path: a file, a folder, or the id of a service; raises NotFound."""
    named = path.strip("/")
    paths = sorted(resources.all_under("."))
    for candidate in (named, f"{folders.ROOT}/{named}"):
        inside = [one for one in paths if one == candidate or one.startswith(f"{candidate}/")]
        if inside:
            return tuple(_winner(one) for one in inside)
    near = likely(named, paths)
    do = f"是不是想看 {near}？" if near else "路径从 services、facts、parameters、sources 或 codes 写起。"
    raise NotFound("目录中没有这个路径。", where=path, do=do)


def _winner(path: str) -> Winner:
    first, *others = resources.which(path)
    return Winner(path=path, file=first, hidden=tuple(others))


def differences() -> tuple[Difference, ...]:
    """Every path that a city's folders hold, notes left out, with what it changes; empty when there is no city."""
    found = [_winner(path) for path in resources.all_under(".") if not path.endswith(".md")]
    national = resources.national()
    return tuple(_difference(one, national) for one in found if not one.file.is_relative_to(national))


def _difference(one: Winner, national: Path) -> Difference:
    before = next((file for file in one.hidden if file.is_relative_to(national)), None)
    if before is None:
        return Difference(one.path, one.file, ADDED)
    if before.read_bytes() == one.file.read_bytes():
        return Difference(one.path, one.file, SAME)
    return Difference(one.path, one.file, REPLACED, _changes(before, one.file))


def _changes(before: Path, after: Path) -> tuple[Change, ...]:
    if after.suffix != ".yaml":
        return ()
    try:
        left, right = _flat(yaml.load(before)), _flat(yaml.load(after))
    except Refused:  # a file that cannot be read is what `check` is for
        return ()
    keys = [*left, *(key for key in right if key not in left)]
    return tuple(
        Change(key=place(key), before=left.get(key), after=right.get(key))
        for key in keys
        if left.get(key) != right.get(key)
    )


def _flat(value: object) -> dict[tuple[str | int, ...], str]:
    return dict(_leaves(value, ()))


def _leaves(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    items: Any = None
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    if items is None:
        yield path, str(value)
        return
    for key, item in items:
        yield from _leaves(item, (*path, key))
