"""Where the catalogue lies: city folders, then the national one; the nearest file wins, whole (architecture.md)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import zhigong
from zhigong.kernel.errors import NotFound, Refused

VARIABLE = "ZHIGONG_CATALOGUE"


def roots() -> tuple[Path, ...]:
    """The folders searched, nearest first: those of ZHIGONG_CATALOGUE, then the national one."""
    named = [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    for folder in named:
        if not folder.is_dir():
            raise Refused("城市目录不存在。", where=str(folder), why=f"由环境变量 {VARIABLE} 指定", do="请改正路径。")
    return (*named, national())


def national() -> Path:
    """The national catalogue: inside the installed package, or in the source tree."""
    package = Path(zhigong.__file__).resolve().parent
    for folder in (package / "_catalogue" / "national", package.parents[1] / "catalogue" / "national"):
        if folder.is_dir():
            return folder
    raise Refused("找不到国家目录 catalogue/national。", where=str(package), do="请重新安装智工。")


def find(path: str, *, within: Sequence[Path] | None = None) -> Path:
    """The file that wins for a catalogue path such as `codes/gender.yaml`; raises NotFound."""
    found = which(path, within=within)
    if not found:
        searched = "、".join(str(root) for root in (within if within is not None else roots()))
        raise NotFound("目录中没有这个文件。", where=path, why=f"已查找：{searched}")
    return found[0]


def which(path: str, *, within: Sequence[Path] | None = None) -> list[Path]:
    """Every file of that path: the winner first, then those it hides."""
    relative = _inside(path)
    candidates = [root / relative for root in (within if within is not None else roots())]
    return [one for one in candidates if one.is_file()]


def all_under(prefix: str, *, within: Sequence[Path] | None = None) -> dict[str, Path]:
    """Winning files under a folder of the catalogue: catalogue path -> file, sorted; hidden files are left out."""
    relative = _inside(prefix)
    found: dict[str, Path] = {}
    for root in reversed(within if within is not None else roots()):
        for one in (root / relative).rglob("*"):
            path = one.relative_to(root)
            if one.is_file() and not any(part.startswith(".") for part in path.parts):
                found[path.as_posix()] = one
    return dict(sorted(found.items()))


def _inside(path: str) -> PurePosixPath:
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\\" in path or "\0" in path:
        raise Refused("目录路径只能在目录之内。", where=path)
    return relative
