"""Random draws: one independent stream per stage, so that a change in one stage leaves the others as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Column: TypeAlias = npt.NDArray[Any]


def stream(seed: int, stage: str) -> np.random.Generator:
    """The generator of one named stage."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(stage.encode())])))


def pick(rng: np.random.Generator, weights: Sequence[float] | Column, size: int) -> Column:
    """`size` indices drawn with the given weights."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    place: Column = np.searchsorted(edges, rng.random(size) * edges[-1], side="right").astype(np.int32)
    return place


def pick_rows(rng: np.random.Generator, weights: Column, row: Column) -> Column:
    """For each i an index drawn with the weights in `weights[row[i]]`."""
    edges = np.cumsum(weights, axis=1)
    edges /= edges[:, -1:]
    chosen = np.zeros(len(row), dtype=np.int32)
    position = rng.random(len(row))
    for column in range(weights.shape[1] - 1):
        chosen += position >= edges[row, column]
    return chosen


def chance(rng: np.random.Generator, share: float | Column, size: int) -> Column:
    """A mask that is true with the given share."""
    return rng.random(size) < share


def apportion(total: int, weights: Column, least: int = 0) -> Column:
    """Split `total` into whole parts proportional to `weights`, each at least `least` while the total allows."""
    count = len(weights)
    least = min(least, total // max(count, 1))
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    whole = np.rint(edges / edges[-1] * (total - least * count)).astype(np.int64)
    parts: Column = np.diff(whole, prepend=0) + least
    return parts


def rank_within(*keys: Column) -> Column:
    """Position of each element inside its group of equal keys, in the order given."""
    order = np.lexsort(keys[::-1])
    changed = np.zeros(len(order), dtype=bool)
    for key in keys:
        ordered = key[order]
        changed[1:] |= ordered[1:] != ordered[:-1]
    starts = np.where(changed, np.arange(len(order)), 0)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.maximum.accumulate(starts)
    return rank
