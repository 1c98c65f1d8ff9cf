"""P12: `make demo` in a clean clone until the first page answers; package caches as the machine has them."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks._city import figure, run, say

LIMIT = 600


def main() -> None:
    """Clone, make demo, wait, stop; then the generation of the demo city alone."""
    argparse.ArgumentParser().parse_known_args()
    project = Path(__file__).resolve().parents[1]
    folder = Path(tempfile.mkdtemp(prefix="zhigong-clone-"))
    try:
        subprocess.run(["git", "clone", "--quiet", str(project), str(folder / "clone")], check=True)
        seconds = _first_page(folder / "clone")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figure(
        figure="P12",
        work="make demo, clean clone to first page",
        ours=round(seconds, 1),
        other=None,
        unit="s",
        reach="≤ 120 s",
    )
    city = run("generate", "--profile", "demo", "--out", str(Path(os.environ["ZHIGONG_HOME"]) / "demo-city"))
    figure(
        figure="P12",
        work="demo city generated",
        ours=round(city.seconds, 1),
        other=None,
        unit="s",
        reach="≤ 20 s",
        memory_mb=round(city.memory_mb),
    )


def _first_page(clone: Path) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ZHIGONG_", "DJANGO_", "PYTHONPATH", "VIRTUAL_ENV"))
    }
    started = time.perf_counter()
    with (clone / "demo.log").open("wb") as log:
        child = subprocess.Popen(
            ["make", "demo", f"PORT={port}"], cwd=clone, env=clean, stdout=log, stderr=log, start_new_session=True
        )
    try:
        while time.perf_counter() - started < LIMIT and child.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    if page.status == 200:
                        return time.perf_counter() - started
            except OSError:
                time.sleep(0.2)
        say((clone / "demo.log").read_text(encoding="utf-8")[-3000:])
        raise SystemExit(1)
    finally:
        os.killpg(child.pid, signal.SIGINT)
        child.wait(timeout=60)


if __name__ == "__main__":
    main()
