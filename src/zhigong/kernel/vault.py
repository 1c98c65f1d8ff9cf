"""The key ring of this process, loaded once from the key file."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from zhigong.kernel.crypto import Keyring


@cache
def _load(path: str) -> Keyring:
    return Keyring.load(Path(path))


def vault() -> Keyring:
    """The key ring; raises Refused with what to do when the key file is missing or damaged.

    The composition root sets ZHIGONG_KEY_FILE for every process it starts.
    """
    return _load(os.environ.get("ZHIGONG_KEY_FILE", "var/key.json"))
