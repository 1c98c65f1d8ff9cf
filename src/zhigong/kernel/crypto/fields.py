"""Sealing the values of one column, each bound to its row.

A sealed value is: format byte | key version | 12-byte nonce | ciphertext | 16-byte tag. The associated data is
`table|column|` + the row id's 16 bytes + the key version, so a value copied into another row or column does not open.
Nonces are random: one key may seal 2**32 values before it should be rotated (NIST SP 800-38D §8.3).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag

from zhigong.kernel.crypto.profiles import NONCE_BYTES, TAG_BYTES, Aead, Profile
from zhigong.kernel.errors import Refused

HEAD_BYTES = 2
OVERHEAD_BYTES = HEAD_BYTES + NONCE_BYTES + TAG_BYTES

RowIds = Sequence[UUID] | npt.NDArray[np.uint8]


class FieldKeys(Protocol):
    """Where a field finds its keys."""

    @property
    def current_version(self) -> int:
        """The version new values are sealed with."""
        ...

    def field_key(self, name: str, version: int) -> tuple[bytes, Profile]:
        """Key and profile of one version."""
        ...


class FieldCipher:
    """Seals and opens the values of one column, named `table.column`."""

    def __init__(self, name: str, keys: FieldKeys) -> None:
        table, dot, column = name.partition(".")
        if not (table and dot and column) or "|" in name or ":" in name:
            raise ValueError(f"a field is named table.column: {name!r}")
        self.name = name
        self._keys = keys
        self._context = f"{table}|{column}|".encode()
        self._ready: dict[int, tuple[Aead, bytes]] = {}

    def forget(self) -> None:
        """Drop opened keys; they are fetched again when needed."""
        self._ready.clear()

    def seal(self, plain: str, row_id: UUID) -> bytes:
        """The sealed value of one row."""
        version = self._keys.current_version
        aead, head = self._opened(version)
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + aead.encrypt(nonce, plain.encode(), self._context + row_id.bytes + head[1:])

    def open(self, blob: bytes, row_id: UUID) -> str:
        """The plain value; raises Refused for a value of another row or column, a changed one, or a retired key."""
        return self._open(bytes(blob), row_id.bytes)

    def seal_many(self, values: Iterable[str | None], row_ids: RowIds) -> list[bytes | None]:
        """Seal a column; None stays None. row_ids: UUIDs, or the (n, 16) array of `ids.uuid7_bytes`."""
        version = self._keys.current_version
        aead, head = self._opened(version)
        encrypt, context, tail = aead.encrypt, self._context, head[1:]
        rows = _row_bytes(row_ids)
        nonces = os.urandom(NONCE_BYTES * len(rows))
        sealed: list[bytes | None] = []
        for place, (value, row) in enumerate(zip(values, rows, strict=True)):
            if value is None:
                sealed.append(None)
                continue
            nonce = nonces[place * NONCE_BYTES : (place + 1) * NONCE_BYTES]
            sealed.append(head + nonce + encrypt(nonce, value.encode(), context + row + tail))
        return sealed

    def open_many(self, blobs: Iterable[bytes | None], row_ids: RowIds) -> list[str | None]:
        """Open a column; None stays None; raises Refused as `open` does."""
        pairs = zip(blobs, _row_bytes(row_ids), strict=True)
        return [None if blob is None else self._open(bytes(blob), row) for blob, row in pairs]

    def is_current(self, blob: bytes) -> bool:
        """Whether the value was sealed with the current version; rotation reseals those that were not."""
        return len(blob) >= OVERHEAD_BYTES and blob[1] == self._keys.current_version

    def reseal(self, blob: bytes, row_id: UUID) -> bytes:
        """The same value under the current version."""
        return self.seal(self.open(blob, row_id), row_id)

    def _opened(self, version: int) -> tuple[Aead, bytes]:
        ready = self._ready.get(version)
        if ready is None:
            key, profile = self._keys.field_key(self.name, version)
            ready = self._ready[version] = (profile.aead(key), bytes((profile.format_byte, version)))
        return ready

    def _open(self, blob: bytes, row: bytes) -> str:
        if len(blob) < OVERHEAD_BYTES:
            raise self._unreadable(row, "内容过短，不是加密值")
        aead, head = self._opened(blob[1])
        if blob[0] != head[0]:
            raise self._unreadable(row, "加密方案标记不符")
        nonce, body = blob[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], blob[HEAD_BYTES + NONCE_BYTES :]
        try:
            return aead.decrypt(nonce, body, self._context + row + blob[1:2]).decode()
        except InvalidTag as error:
            raise self._unreadable(row, "内容被改动、被换到别的行或列，或密钥不符") from error

    def _unreadable(self, row: bytes, why: str) -> Refused:
        where = f"{self.name}，行 {UUID(bytes=row)}"
        return Refused("这一项加密数据打不开。", where=where, why=why, do="请联系系统管理员核对密钥文件与数据备份。")


def _row_bytes(row_ids: RowIds) -> list[bytes]:
    if isinstance(row_ids, np.ndarray):
        raw = np.ascontiguousarray(row_ids).tobytes()
        return [raw[start : start + 16] for start in range(0, len(raw), 16)]
    return [row_id.bytes for row_id in row_ids]
