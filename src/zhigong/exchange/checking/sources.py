"""Loads the source folders of the catalogue, strictly."""

from __future__ import annotations

from pathlib import Path

from zhigong.exchange.checking.types import Source


def source_names(roots: tuple[Path, ...] = ()) -> tuple[str, ...]:
    """Every source the catalogue offers."""
    raise NotImplementedError


def load_source(name: str, roots: tuple[Path, ...] = ()) -> Source:
    """One source by name; `roots` are a city's catalogue folders, nearest first, before the national one.

    Raises Refused with the file and key for anything unknown, missing or of the wrong type.
    """
    raise NotImplementedError
