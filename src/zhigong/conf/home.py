"""The home of a run: every file a running system leaves behind lies under one directory."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]


def home() -> Path:
    """ZHIGONG_HOME, by default var/ beside the source tree or below the working directory."""
    configured = os.environ.get("ZHIGONG_HOME")
    if configured:
        return Path(configured).resolve()
    base = PROJECT if (PROJECT / "pyproject.toml").exists() else Path.cwd()
    return base / "var"


def key_file() -> Path:
    """Where the master key lies: ZHIGONG_KEY_FILE, else inside the home."""
    return Path(os.environ.get("ZHIGONG_KEY_FILE") or home() / "key.json")
