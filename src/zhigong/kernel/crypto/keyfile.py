"""The key file on disk: JSON, readable by its owner only, written whole or not at all, and checked against damage."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hmac
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhigong.kernel.crypto.profiles import PROFILES, Profile
from zhigong.kernel.errors import Refused

FORMAT = "zhigong-keyring/1"
_MAX_BYTES = 8 << 20


@dataclass
class KeyFile:
    """What the file holds. Wrapped keys open only with the KEK; versions name the profile they were made for.

    fields, blinds: version -> profile name. wrapped: entry name -> nonce + ciphertext + tag under the KEK.
    """

    profile: Profile
    kek: bytes
    fields: dict[int, str]
    current: int
    blinds: dict[int, str]
    blind_current: int
    wrapped: dict[str, bytes] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The file's contents without the check value."""
        return {
            "format": FORMAT,
            "profile": self.profile.name,
            "kek": _text(self.kek),
            "fields": {str(version): name for version, name in sorted(self.fields.items())},
            "current": self.current,
            "blinds": {str(version): name for version, name in sorted(self.blinds.items())},
            "blind_current": self.blind_current,
            "wrapped": {name: _text(blob) for name, blob in sorted(self.wrapped.items())},
        }


def read(path: Path) -> KeyFile:
    """The checked contents; raises Refused when the file is missing, open to others, or damaged."""
    _refuse_wrong_mode(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _missing(path, str(error)) from error
    try:
        if len(raw) > _MAX_BYTES:
            raise ValueError("the file is larger than a key file can be")
        return _parse(json.loads(raw))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise Refused(
            "密钥文件已损坏，无法使用。",
            where=str(path),
            why="内容不完整、被改动，或不是密钥文件",
            do="请从密钥备份恢复此文件；不要新建密钥文件代替它，否则已加密的数据将无法读取。",
        ) from error


def write(path: Path, contents: KeyFile, *, new: bool = False) -> None:
    """Write whole or not at all; `new` refuses to replace a file that exists."""
    data = contents.as_json()
    data["check"] = _text(_check_value(contents.profile, contents.kek, data))
    text = json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            os.link(draft, path)
        else:
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file's neighbour lock, so that two processes never add keys at once."""
    lock = path.with_name(f".{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Refused(
            "需要写入密钥文件，但目录不可写。",
            where=str(path.parent),
            why=error.strerror or str(error),
            do="请让运行本系统的用户可以写该目录，或先在可写环境中执行一次需要新密钥的操作。",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refuse_wrong_mode(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise _missing(path, error.strerror or str(error)) from error
    if not stat.S_ISREG(mode):
        raise Refused("密钥文件不是普通文件。", where=str(path), do="请检查 ZHIGONG_KEY_FILE 指向的路径。")
    if mode & 0o077:
        raise Refused(
            "密钥文件对其他用户开放，已停止使用。",
            where=str(path),
            why=f"权限是 {stat.S_IMODE(mode):04o}，只允许属主读写（0600）",
            do=f"请执行 chmod 600 {path}，并考虑轮换密钥。",
        )


def _missing(path: Path, why: str) -> Refused:
    return Refused(
        "找不到密钥文件。",
        where=str(path),
        why=why,
        do="第一次使用请执行 zhigong up 生成；如果已有加密数据，请从密钥备份恢复原文件，不要新建。",
    )


def _parse(data: Any) -> KeyFile:  # noqa: ANN401 — json.loads gives anything; every part is checked here
    check = base64.b64decode(data.pop("check"), validate=True)
    profile = PROFILES[data["profile"]]
    kek = base64.b64decode(data["kek"], validate=True)
    if data["format"] != FORMAT or not hmac.compare_digest(check, _check_value(profile, kek, data)):
        raise ValueError("the check value does not match")
    return KeyFile(
        profile=profile,
        kek=kek,
        fields={int(version): name for version, name in data["fields"].items()},
        current=data["current"],
        blinds={int(version): name for version, name in data["blinds"].items()},
        blind_current=data["blind_current"],
        wrapped={name: base64.b64decode(blob, validate=True) for name, blob in data["wrapped"].items()},
    )


def _check_value(profile: Profile, kek: bytes, data: dict[str, Any]) -> bytes:
    key = profile.derive(kek, info="zhigong key file check")
    return profile.mac(key, json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
