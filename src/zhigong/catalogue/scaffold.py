"""A new service folder that passes `check` as it is, to be rewritten file by file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from zhigong.catalogue import folders, loading
from zhigong.kernel import resources
from zhigong.kernel.errors import Conflict, Refused

TEMPLATE = Path(__file__).with_name("template")


def make(service_id: str, *, into: Path | None = None) -> tuple[Path, ...]:
    """Write the six files of a new service; their paths. `into`: the catalogue to write to, else the nearest.

    Raises Conflict when a service of that id exists, Refused for an id that is none. All files appear, or none.
    """
    if not folders.ID.fullmatch(service_id):
        raise Refused(
            "服务的名称不对。",
            where=service_id,
            why="须是 类别/名称，小写字母、数字和连字符",
            do="例如 hardship/tuition。",
        )
    root = _root(into)
    target = root / folders.ROOT / service_id
    if target.exists() or service_id in folders.ids():
        do = f"要改国家目录的服务，只把要改的文件复制到 {target}，再修改。"
        raise Conflict("这项服务已经有了。", where=service_id, do=do)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as draft:
        made = Path(draft) / "made"
        shutil.copytree(TEMPLATE, made)
        made.replace(target)
    loading.load(service_id, vocabulary=loading.present(), roots=[root, *resources.roots()])
    return tuple(target / f"{part}.yaml" for part in folders.PARTS)


def _root(into: Path | None) -> Path:
    root = into or resources.roots()[0]
    if not root.is_dir():
        raise Refused("目录不存在。", where=str(root), do="请先建好城市目录。")
    if into is None and root.is_relative_to(Path(__file__).resolve().parents[1]):
        why = "随程序安装的国家目录会被下次升级覆盖"
        raise Refused("不能写进安装好的国家目录。", where=str(root), why=why, do="请用 --into 指定城市目录。")
    return root
