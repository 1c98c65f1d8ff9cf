"""Blind indexes: find an encrypted value by equality, without storing anything that reveals it.

Callers pass the *normalised* value (kernel.identity_numbers, kernel.phones): equal people must give equal tokens.
A tail token has 16 bits and is only ever indexed together with an organisation, else equal values leak their frequency
(security.md §4.5).
"""

from __future__ import annotations

from collections.abc import Iterable

from zhigong.kernel.crypto.profiles import Profile

TAIL_CHARACTERS = 4


class BlindIndex:
    """Tokens of one kind of value under one key."""

    def __init__(self, key: bytes, profile: Profile) -> None:
        self._full = profile.derive(key, info="zhigong blind|full")
        self._short = profile.derive(key, info="zhigong blind|tail")
        self._mac = profile.mac
        self._tails: dict[str, int] = {}

    def index(self, value: str) -> bytes:
        """The 32-byte token of a whole value; raises ValueError for an empty one."""
        if not value:
            raise ValueError("an empty value has no token")
        return self._mac(self._full, value.encode())

    def index_many(self, values: Iterable[str | None]) -> list[bytes | None]:
        """Tokens of a column; None and '' give None."""
        mac, key = self._mac, self._full
        return [mac(key, value.encode()) if value else None for value in values]

    def tail(self, value: str) -> int:
        """A token from 0 to 65535 of the last four characters; a search box may pass just those four."""
        if len(value) < TAIL_CHARACTERS:
            raise ValueError("a tail needs four characters")
        last = value[-TAIL_CHARACTERS:]
        token = self._tails.get(last)
        if token is None:
            token = self._tails[last] = int.from_bytes(self._mac(self._short, last.encode())[:2])
            if len(self._tails) > 1 << 17:  # hostile input must not fill memory; real tails are at most 11 000
                self._tails.clear()
        return token

    def tail_many(self, values: Iterable[str | None]) -> list[int | None]:
        """Tail tokens of a column; None and values shorter than four characters give None."""
        return [self.tail(value) if value and len(value) >= TAIL_CHARACTERS else None for value in values]
