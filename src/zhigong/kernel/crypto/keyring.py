"""The key ring: a KEK wraps one key per field and version, per blind index and per seal (security.md §4.5)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag

from zhigong.kernel.crypto import keyfile
from zhigong.kernel.crypto.blind import BlindIndex
from zhigong.kernel.crypto.fields import FieldCipher
from zhigong.kernel.crypto.keyfile import KeyFile
from zhigong.kernel.crypto.profiles import AES, NONCE_BYTES, PROFILES, Profile
from zhigong.kernel.crypto.signing import Signer
from zhigong.kernel.errors import Refused

MAX_VERSION = 255  # one byte in every sealed value


class Keyring:
    """All keys of one installation, opened from its key file.

    Keys of new fields are made when first asked for, under a file lock, so that processes agree on them. A process that
    meets a version made elsewhere reads the file again.
    """

    def __init__(self, path: Path, contents: KeyFile) -> None:
        self._path = path
        self._contents = contents
        self._keys: dict[str, bytes] = {}
        self._fields: dict[str, FieldCipher] = {}
        self._blinds: dict[tuple[str, int], BlindIndex] = {}
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"Keyring({str(self._path)!r}, profile={self.profile.name!r}, current_version={self.current_version})"

    @classmethod
    def create(cls, path: Path | str, *, profile: str = AES.name) -> Self:
        """A new key file with fresh keys; raises Refused when one is there already."""
        target, chosen = Path(path), _profile(profile)
        contents = KeyFile(
            profile=chosen,
            kek=os.urandom(chosen.key_bytes),
            fields={1: chosen.name},
            current=1,
            blinds={1: chosen.name},
            blind_current=1,
        )
        ring = cls(target, contents)
        contents.wrapped["root"] = ring._wrap("root", os.urandom(32))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            keyfile.write(target, contents, new=True)
        except FileExistsError as error:
            raise Refused(
                "密钥文件已存在，不会覆盖。",
                where=str(target),
                why="覆盖后，已加密的数据将永远无法读取",
                do="如确需重新开始，请先把旧文件移到安全的地方。",
            ) from error
        return ring

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """The ring of an existing key file; raises Refused when it is missing, open to others or damaged."""
        return cls(Path(path), keyfile.read(Path(path)))

    # --- what the ring hands out

    def field(self, name: str) -> FieldCipher:
        """The cipher of one column, named `table.column`."""
        with self._lock:
            if name not in self._fields:
                self._fields[name] = FieldCipher(name, self)
            return self._fields[name]

    def blind(self, name: str, *, version: int | None = None) -> BlindIndex:
        """The blind index of one kind of value (`person.id_number`), of the current or an older version."""
        chosen = version or self._contents.blind_current
        with self._lock:
            if (name, chosen) not in self._blinds:
                profile = self._known("blinds", chosen)
                self._blinds[name, chosen] = BlindIndex(self._key(f"blind:{name}:{chosen}", 32), profile)
            return self._blinds[name, chosen]

    def signer(self, name: str) -> Signer:
        """The Ed25519 signer of that name; its public key stays the same across rotations of field keys."""
        return Signer(self._key(f"sign:{name}", 32))

    def derive(self, label: str, length: int = 32) -> bytes:
        """A secret that depends on this ring and the label only: role passwords, scope and session keys."""
        if not label:
            raise ValueError("a derived secret needs a label")
        return self.profile.derive(self._key("root", 32), info=f"zhigong derive|{label}", length=length)

    def field_key(self, name: str, version: int) -> tuple[bytes, Profile]:
        """Key and profile of one field and version, for FieldCipher; raises Refused when the version is retired."""
        profile = self._known("fields", version)
        return self._key(f"field:{name}:{version}", profile.key_bytes), profile

    @property
    def profile(self) -> Profile:
        """The algorithms that protect the file itself and the derived secrets."""
        return self._contents.profile

    @property
    def current_version(self) -> int:
        """The version new values are sealed with."""
        return self._contents.current

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that can be read, oldest first."""
        return tuple(sorted(self._contents.fields))

    @property
    def blind_version(self) -> int:
        """The version of blind indexes in use."""
        return self._contents.blind_current

    # --- changes

    def rotate(self, *, profile: str | None = None) -> int:
        """Add a version for new values and return its number; older versions stay readable until retired."""
        with self._changing() as contents:
            name = _profile(profile or contents.fields[contents.current]).name
            contents.current = _next(contents.fields)
            contents.fields[contents.current] = name
        return self.current_version

    def rotate_blind(self, *, profile: str | None = None) -> int:
        """Add a version of all blind indexes and return its number: write both, backfill, then retire the old one."""
        with self._changing() as contents:
            name = _profile(profile or contents.blinds[contents.blind_current]).name
            contents.blind_current = _next(contents.blinds)
            contents.blinds[contents.blind_current] = name
        return self.blind_version

    def rotate_kek(self) -> None:
        """Wrap every key under a fresh KEK; no stored value changes."""
        with self._changing() as contents:
            opened = {entry: self._unwrap(entry, blob) for entry, blob in contents.wrapped.items()}
            contents.kek = os.urandom(contents.profile.key_bytes)
            contents.wrapped = {entry: self._wrap(entry, key) for entry, key in opened.items()}

    def retire(self, version: int) -> None:
        """Forget the field keys of one version for good; what is still sealed with it can never be read again."""
        if version == self.current_version:
            raise Refused("不能停用当前版本的密钥。", where=f"版本 {version}", do="请先轮换密钥，再停用旧版本。")
        with self._changing() as contents:
            if contents.fields.pop(version, None) is None:
                raise Refused("没有这个版本的密钥。", where=f"版本 {version}")
            for entry in [e for e in contents.wrapped if e.startswith("field:") and e.endswith(f":{version}")]:
                del contents.wrapped[entry]

    def refresh(self) -> None:
        """Read the file again, after another process rotated or retired keys."""
        with self._lock:
            self._contents = keyfile.read(self._path)
            self._forget()

    # --- inside

    @contextmanager
    def _changing(self) -> Iterator[KeyFile]:
        """Read the file afresh under its lock, let the caller change it, write it whole; an error changes nothing."""
        with self._lock, keyfile.locked(self._path):
            before, self._contents = self._contents, keyfile.read(self._path)
            try:
                yield self._contents
                keyfile.write(self._path, self._contents)
            except OSError as error:
                self._contents = before
                raise Refused(
                    "密钥文件没有写成，刚才的操作未生效。",
                    where=str(self._path),
                    why=error.strerror or str(error),
                    do="请检查磁盘空间和目录权限后重试。",
                ) from error
            except BaseException:
                self._contents = before
                raise
            self._forget()

    def _forget(self) -> None:
        self._keys.clear()
        self._blinds.clear()
        for cipher in self._fields.values():
            cipher.forget()

    def _known(self, kind: str, version: int) -> Profile:
        for attempt in range(2):
            versions: dict[int, str] = getattr(self._contents, kind)
            if version in versions:
                return PROFILES[versions[version]]
            if attempt == 0:
                self.refresh()
        raise Refused(
            "这些数据所用版本的密钥不在密钥文件中。",
            where=f"版本 {version}",
            why="该版本已停用，或密钥文件不是加密时的那一个",
            do="请从密钥备份恢复含有该版本的密钥文件。",
        )

    def _key(self, entry: str, length: int) -> bytes:
        with self._lock:
            if entry in self._keys:
                return self._keys[entry]
            if entry not in self._contents.wrapped:
                with self._changing() as contents:
                    if entry not in contents.wrapped:
                        contents.wrapped[entry] = self._wrap(entry, os.urandom(length))
            self._keys[entry] = self._unwrap(entry, self._contents.wrapped[entry])
            return self._keys[entry]

    def _wrap(self, entry: str, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.profile.aead(self._contents.kek).encrypt(nonce, key, entry.encode())

    def _unwrap(self, entry: str, blob: bytes) -> bytes:
        try:
            kek = self.profile.aead(self._contents.kek)
            return kek.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], entry.encode())
        except InvalidTag as error:
            raise Refused(
                "密钥文件中的一个密钥打不开。", where=f"{self._path}：{entry}", do="请从密钥备份恢复。"
            ) from error


def _profile(name: str) -> Profile:
    if name not in PROFILES:
        raise Refused("没有这种加密方案。", where=name, do="可选：aes（默认）、sm4（商用密码）。")
    return PROFILES[name]


def _next(versions: dict[int, str]) -> int:
    number = max(versions) + 1
    if number > MAX_VERSION:
        raise Refused("密钥版本已用完。", why=f"版本号最大 {MAX_VERSION}", do="请先停用并清理旧版本。")
    return number
