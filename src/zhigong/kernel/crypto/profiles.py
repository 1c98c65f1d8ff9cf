"""The two sets of algorithms: AES-256-GCM with SHA-256 (default), SM4-GCM with SM3 (商用密码)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
TAG_BYTES = 16


class Aead(Protocol):
    """Authenticated encryption with associated data; `decrypt` raises InvalidTag."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        """Ciphertext followed by a 16-byte tag."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        """The plain bytes."""
        ...


class Sm4Gcm:
    """SM4 in GCM (RFC 8998) behind the interface of cryptography's AESGCM, which has no SM4 sister."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext followed by a 16-byte tag."""
        cipher = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(associated_data or b"")
        sealed = cipher.update(data) + cipher.finalize()
        return sealed + cipher.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The plain bytes; raises InvalidTag."""
        if len(data) < TAG_BYTES:
            raise InvalidTag
        cipher = Cipher(self._algorithm, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        cipher.authenticate_additional_data(associated_data or b"")
        return cipher.update(data[:-TAG_BYTES]) + cipher.finalize()


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)


def _hmac_sm3(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


@dataclass(frozen=True)
class Profile:
    """One set of algorithms. format_byte is the first byte of every sealed value."""

    name: str
    format_byte: int
    key_bytes: int
    aead: Callable[[bytes], Aead]
    mac: Callable[[bytes, bytes], bytes]
    hash_algorithm: Callable[[], hashes.HashAlgorithm]

    def derive(self, secret: bytes, *, info: str, length: int = 32) -> bytes:
        """HKDF (RFC 5869) without salt: the secret is already uniform."""
        return HKDF(self.hash_algorithm(), length, salt=None, info=info.encode()).derive(secret)


AES = Profile("aes", 1, 32, AESGCM, _hmac_sha256, hashes.SHA256)
SM4_PROFILE = Profile("sm4", 2, 16, Sm4Gcm, _hmac_sm3, hashes.SM3)
PROFILES = {profile.name: profile for profile in (AES, SM4_PROFILE)}
