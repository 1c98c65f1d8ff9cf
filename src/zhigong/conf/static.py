"""Static files: collected into the home when they have changed since the last start."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from zhigong.conf.home import PROJECT, home
from zhigong.conf.processes import die_with_parent, environment, write_atomically
from zhigong.kernel.errors import Refused

_SOURCES = (Path(__file__).resolve().parents[1] / "web", PROJECT / "package-lock.json")
_PACKAGES = ("django", "django-htmx", "django-allauth", "whitenoise")


def fingerprint() -> str:
    """Changes with our static files, the browser libraries' lock and the packages that bring files of their own."""
    digest = hashlib.sha256(str(PROJECT).encode())
    for name in _PACKAGES:
        digest.update(f"{name} {version(name)}\0".encode())
    for source in _SOURCES:
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        for file in files:
            if file.is_file() and (source.is_file() or "static" in file.parts or file.name == "assets.py"):
                digest.update(f"{file}\0".encode() + file.read_bytes())
    return digest.hexdigest()


class Collecting:
    """collectstatic in a child process beside the other preparations; `finish` waits for it."""

    def __init__(self) -> None:
        self._mark = home() / "static" / ".collected"
        self._wanted = fingerprint()
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start unless the files are as they were."""
        if self._mark.exists() and self._mark.read_text(encoding="utf-8") == self._wanted:
            return
        code = (
            "import django; django.setup(); from django.core.management import call_command as call; "
            "call('collectstatic', verbosity=0, interactive=False, clear=True)"
        )
        self._child = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment(
                DJANGO_SETTINGS_MODULE="zhigong.conf.settings", ZHIGONG_ROLE="owner", ZHIGONG_HOME=str(home())
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=os.sep,
            preexec_fn=die_with_parent(),  # started from the only thread
        )

    def finish(self) -> bool:
        """Wait; whether anything was collected. Raises Refused with the reason."""
        if self._child is None:
            return False
        output, _ = self._child.communicate()
        if self._child.returncode:
            words = output.strip().splitlines()[-1:] or [""]
            raise Refused("页面所需的静态文件没有准备好。", why=words[0], do="请执行 make assets 后重试。")
        write_atomically(self._mark, self._wanted)
        return True
