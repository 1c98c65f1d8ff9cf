"""UUIDv7 identifiers (RFC 9562): ordered by time, so that inserts stay at the right edge of an index.

One by one with `uuid7()`; by the million with `uuid7_bytes`, `uuid7_texts` and `uuid7_batch`, which take the moment as
an argument and are strictly increasing within a batch.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from uuid import UUID, SafeUUID

import numpy as np
import numpy.typing as npt

Entropy = Callable[[int], bytes]

MAX_BATCH = 1 << 32
_MS_BOUND = 1 << 48
_TAIL_BITS = 62
_HEX = np.frombuffer(b"".join(b"%02x" % value for value in range(256)), dtype="S2")
_DASHES = (8, 13, 18, 23)
_DIGITS = tuple(place for place in range(36) if place not in _DASHES)


class _Last:
    """The last single id given by this process: milliseconds and 74 free bits as one number."""

    lock = threading.Lock()
    value = 0


def uuid7() -> UUID:
    """One id for now; strictly increasing within this process, also when the clock steps back."""
    drawn = (time.time_ns() // 1_000_000 << 74) | (int.from_bytes(os.urandom(10)) >> 6)
    with _Last.lock:
        if drawn <= _Last.value:
            drawn = _Last.value + 1 + int.from_bytes(os.urandom(5))
        _Last.value = drawn
    return _assemble(drawn >> 74, (drawn >> _TAIL_BITS) & 0xFFF, drawn & ((1 << _TAIL_BITS) - 1))


def uuid7_bytes(count: int, *, at_ms: int, entropy: Entropy = os.urandom) -> npt.NDArray[np.uint8]:
    """`count` ids of one moment as a (count, 16) array of bytes, strictly increasing.

    at_ms: Unix milliseconds, 48 bits. entropy: where random bytes come from; a seeded source makes a batch repeatable.
    The 12 bits of rand_a are drawn once for the batch; the 62 bits of rand_b grow by random steps, so that two batches
    of one millisecond do not meet and an id does not give away its neighbour. Raises ValueError outside the bounds.
    """
    if not 0 <= at_ms < _MS_BOUND:
        raise ValueError(f"at_ms needs 48 bits: {at_ms}")
    if not 0 <= count < MAX_BATCH:
        raise ValueError(f"a batch holds 0 to {MAX_BATCH - 1} ids: {count}")
    head = at_ms << 16 | 0x7000 | (int.from_bytes(entropy(2)) & 0xFFF)
    table = np.empty((count, 2), dtype=">u8")
    table[:, 0] = head
    table[:, 1] = _growing(count, entropy) | np.uint64(1 << 63)
    return table.view(np.uint8).reshape(count, 16)


def _growing(count: int, entropy: Entropy) -> npt.NDArray[np.uint64]:
    """`count` strictly increasing numbers below 2**62: each step random, none above an equal share of the room."""
    room = np.uint64((1 << _TAIL_BITS) // (count + 1) - 1)
    steps = np.frombuffer(entropy(8 * count), dtype=np.uint64) % room + np.uint64(1)
    return np.cumsum(steps, dtype=np.uint64)


def uuid7_texts(count: int, *, at_ms: int, entropy: Entropy = os.urandom) -> list[str]:
    """`count` ids as canonical texts, for COPY; bounds as in `uuid7_bytes`."""
    return texts_of(uuid7_bytes(count, at_ms=at_ms, entropy=entropy))


def texts_of(rows: npt.NDArray[np.uint8]) -> list[str]:
    """Canonical texts of a (n, 16) array of id bytes."""
    hexed = _HEX[rows].view("S1").reshape(len(rows), 32)
    lines = np.full((len(rows), 36), b"-", dtype="S1")
    lines[:, _DIGITS] = hexed
    joined = lines.tobytes().decode("ascii")
    return [joined[start : start + 36] for start in range(0, len(joined), 36)]


def uuid7_batch(count: int, *, at_ms: int, entropy: Entropy = os.urandom) -> list[UUID]:
    """`count` ids as UUID objects; bounds as in `uuid7_bytes`."""
    halves = uuid7_bytes(count, at_ms=at_ms, entropy=entropy).view(">u8").reshape(count, 2)
    head = int(halves[0, 0]) << 64 if count else 0
    return [_known_good(head | tail) for tail in halves[:, 1].tolist()]


def _known_good(value: int) -> UUID:
    """A UUID without the checks of its constructor, which cost more than everything else here."""
    made = UUID.__new__(UUID)
    object.__setattr__(made, "int", value)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


def milliseconds_of(identifier: UUID) -> int:
    """The Unix milliseconds a version 7 id carries."""
    return identifier.int >> 80


def _assemble(milliseconds: int, rand_a: int, rand_b: int) -> UUID:
    return UUID(int=milliseconds << 80 | 7 << 76 | rand_a << 64 | 2 << 62 | rand_b)
