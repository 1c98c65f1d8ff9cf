"""Encryption of what lies on disk: key derivation, Parquet properties, and a sealed byte stream for originals.

The sealed stream is AES-256-GCM in chunks (the STREAM construction): nonce = chunk counter + last-chunk flag under a
key used for this one file, so chunks can't be swapped, dropped or cut off unnoticed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zhigong.kernel.errors import Refused
from zhigong.lake.types import KEY_BYTES

# The stubs lag behind: they lack the two functions used here.
pe: Any = import_module("pyarrow.parquet.encryption")

MAGIC = b"ZGSEAL1\n"
CHUNK = 2**20
TAG = 16


def derive(master: bytes, salt: bytes, purpose: str) -> bytes:
    """A data key for one file of one batch."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=f"zhigong lake {purpose}".encode()).derive(master)


def parquet_writing(master: bytes, salt: bytes, purpose: str) -> Any:  # noqa: ANN401 - pyarrow ships no type for it
    """FileEncryptionProperties of one Parquet file; its purpose is bound in as additional data."""
    return pe.create_encryption_properties(
        derive(master, salt, purpose), aad_prefix=purpose.encode(), store_aad_prefix=False
    )


def parquet_reading(master: bytes, salt: bytes, purpose: str) -> Any:  # noqa: ANN401
    """The inverse of `parquet_writing`."""
    return pe.create_decryption_properties(derive(master, salt, purpose), aad_prefix=purpose.encode())


class Sealer:
    """Writes bytes to `sink` sealed; `close` writes the last chunk, without it the stream can't be opened."""

    def __init__(self, sink: BinaryIO, key: bytes) -> None:
        self._sink, self._cipher, self._counter, self._pending = sink, AESGCM(key), 0, b""
        sink.write(MAGIC)

    def write(self, data: bytes) -> None:
        """Seal every full chunk; the rest waits."""
        data = self._pending + data
        whole = max(0, (len(data) - 1) // CHUNK) * CHUNK
        for start in range(0, whole, CHUNK):
            self._seal(data[start : start + CHUNK], last=False)
        self._pending = data[whole:]

    def close(self) -> None:
        """Seal the last chunk (it may be empty)."""
        self._seal(self._pending, last=True)
        self._pending = b""

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._counter, last=last), chunk, None))
        self._counter += 1


class Opener(io.RawIOBase):
    """Reads what `Sealer` wrote, one chunk in memory at a time; Refused when anything was changed or is missing."""

    def __init__(self, source: BinaryIO, key: bytes, where: str) -> None:
        self._source, self._where = source, where
        self._chunks, self._rest = _opened(source, AESGCM(key), where), b""

    def readable(self) -> bool:
        """Always, until closed."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol has no name before 3.12
        """As in io.RawIOBase."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def close(self) -> None:
        """Close the file beneath as well."""
        self._source.close()
        super().close()


def _opened(source: BinaryIO, cipher: AESGCM, where: str) -> Iterator[bytes]:
    if source.read(len(MAGIC)) != MAGIC:
        raise _damaged(where)
    counter, chunk = 0, source.read(CHUNK + TAG)
    while True:
        following = source.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(counter, last=not following), chunk, None)
        except (InvalidTag, ValueError):
            raise _damaged(where) from None
        if not following:
            return
        counter, chunk = counter + 1, following


def _nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes([last])


def _damaged(where: str) -> Refused:
    return Refused(
        "数据湖里的原始文件打不开",
        where=where,
        why="文件被改动、截断，或密钥不对",
        do="从备份恢复该批次，或重新导入原文件",
    )
