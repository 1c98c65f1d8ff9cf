"""Runs the files of benchmarks/: each `pNN_*.py` prints JSON lines, one per figure, measured in a home of its own.

A figure: {"figure", "work", "ours", "other", "against", "unit", "ratio", "reach", "memory_mb", "exponent"}; ratio is
ours divided by other, measured in the same run. Results are kept in benchmarks/RESULTS.md.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from zhigong.conf.home import PROJECT
from zhigong.conf.processes import environment
from zhigong.kernel.errors import Refused

HEADER = "| 数字 | 工作 | 我们 | 对照 | 比值 | 目标 | 内存 | 增长指数 |"


def folder() -> Path:
    """Where the benchmarks lie; only a source tree has them."""
    found = PROJECT / "benchmarks"
    if not found.is_dir():
        raise Refused(
            "这里没有性能测量。", where=str(found), why="它们只在源代码中，不随安装包发布", do="请在源代码目录中运行。"
        )
    return found


def choose(names: Sequence[str]) -> list[str]:
    """The benchmarks of those names (p1, p01_import, import …), or all."""
    there = sorted(file.stem for file in folder().glob("p[0-9]*_*.py"))
    if not names:
        return there
    chosen = []
    for name in names:
        fits = [
            stem
            for stem in there
            if name in {stem, stem.split("_")[0], "p" + stem.split("_")[0][1:].lstrip("0")} or stem.endswith(f"_{name}")
        ]
        if not fits:
            raise Refused(f"没有名为“{name}”的测量。", do=f"可用：{'、'.join(there) or '（还没有）'}。")
        chosen += fits
    return chosen


def run(name: str, scale: str, *, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Run one in a child process with its own home; its figures. Its stderr is passed on."""
    tell(f"{name}（{scale}）……")
    home = Path(tempfile.mkdtemp(prefix="zhigong-bench-"))
    changes = {"ZHIGONG_HOME": str(home), "ZHIGONG_KEY_FILE": str(home / "key.json"), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, str(folder() / f"{name}.py"), "--scale", scale]
    try:
        done = subprocess.run(command, env=environment(**changes), stdout=subprocess.PIPE, text=True, check=False)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if done.returncode:
        raise Refused(f"测量 {name} 没有完成。", where=f"benchmarks/{name}.py", why=f"退出码 {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def row(figure: dict[str, Any]) -> str:
    """One line of the table."""
    unit = figure.get("unit", "")
    cells = [
        figure.get("figure", ""),
        figure.get("work", ""),
        f"{_number(figure.get('ours'))} {unit}",
        f"{_number(figure.get('other'))} {unit}（{figure.get('against', '')}）"
        if figure.get("other") is not None
        else "—",
        _number(figure.get("ratio")),
        str(figure.get("reach", "")),
        f"{_number(figure.get('memory_mb'))} MB" if figure.get("memory_mb") is not None else "—",
        _number(figure.get("exponent")),
    ]
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """What it was measured on; names nobody and no place."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return {
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "python": platform.python_version(),
        "system": platform.system(),
    }
