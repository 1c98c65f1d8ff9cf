"""Service folders as they lie on disk: which files make one up, and their values once their format is in order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhigong.catalogue import schemas
from zhigong.catalogue.types import Problem
from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import NotFound, Refused

ROOT = "services"
PARTS = ("service", "form", "rules", "amounts", "route", "cases")
ID = re.compile(r"[a-z][a-z0-9-]{0,40}/[a-z][a-z0-9-]{0,60}")


@dataclass(frozen=True, slots=True)
class Folder:
    """The winning files of one service: part -> file, and part -> value."""

    id: str
    files: Mapping[str, Path]
    parts: Mapping[str, Any]

    def where(self, part: str, *path: str | int) -> str:
        """How to name a place in one of its files."""
        at = schemas.place(path)
        return f"{self.files[part]}：{at}" if at else str(self.files[part])


def ids(*, roots: Sequence[Path] | None = None) -> tuple[str, ...]:
    """The ids of all service folders, sound or not, sorted."""
    return tuple(sorted({"/".join(path.split("/")[1:3]) for path in _files(roots) if path.count("/") >= 3}))


def read(service_id: str, *, roots: Sequence[Path] | None = None) -> Folder:
    """The folder with its files read and held against their schemas; raises NotFound, CatalogueRefused."""
    files = _parts_of(service_id, roots)
    parts: dict[str, Any] = {}
    found: list[Problem] = []
    for part in PARTS:
        try:
            parts[part] = yaml.load(files[part])
        except Refused as reason:
            found.append(Problem(**{**reason.as_dict()}))
            continue
        found += schemas.problems(part, parts[part], where=str(files[part]))
    if found:
        raise schemas.refused(found, what=f"服务 {service_id} 的文件有误：")
    return Folder(id=service_id, files=files, parts=parts)


def _parts_of(service_id: str, roots: Sequence[Path] | None) -> dict[str, Path]:
    if not ID.fullmatch(service_id):
        raise NotFound("没有这项服务。", where=service_id, why="名称形如 hardship/archive", do="请核对服务的名称。")
    prefix = f"{ROOT}/{service_id}/"
    files = {path.removeprefix(prefix): file for path, file in _files(roots).items() if path.startswith(prefix)}
    if not files:
        known = ids(roots=roots)
        near = schemas.likely(service_id, known)
        do = f"是不是想用 {near}？" if near else f"现有的服务：{'、'.join(known) or '没有'}。"
        raise NotFound("没有这项服务。", where=service_id, do=do)
    found = _incomplete(service_id, files)
    if found:
        raise schemas.refused(found, what=f"服务 {service_id} 的文件夹不完整：")
    return {part: files[f"{part}.yaml"] for part in PARTS}


def _incomplete(service_id: str, files: Mapping[str, Path]) -> list[Problem]:
    folder = str(next(iter(files.values())).parent)
    missing = [f"{part}.yaml" for part in PARTS if f"{part}.yaml" not in files]
    strange = sorted(files.keys() - {f"{part}.yaml" for part in PARTS})
    found = []
    if missing:
        do = f"请补齐；可以用 zhigong catalogue new {service_id} 生成样板后对照。"
        found.append(Problem(folder, f"缺少 {'、'.join(missing)}。", "一项服务由六个文件组成，缺一不可", do))
    if strange:
        why = f"只认这六个：{'、'.join(f'{part}.yaml' for part in PARTS)}"
        found.append(Problem(folder, f"有不认识的文件：{'、'.join(strange)}。", why, "请改名或移走。"))
    return found


def _files(roots: Sequence[Path] | None) -> dict[str, Path]:
    return resources.all_under(ROOT, within=roots)


def strays(*, roots: Sequence[Path] | None = None) -> list[Problem]:
    """Files under services/ that belong to no service folder."""
    return [
        Problem(str(file), "这个文件不属于任何一项服务。", "服务的路径是 services/类别/名称/", "请移到服务的文件夹里。")
        for path, file in _files(roots).items()
        if path.count("/") != 3 or not ID.fullmatch("/".join(path.split("/")[1:3]))
    ]
