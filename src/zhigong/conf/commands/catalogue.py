"""`zhigong catalogue`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhigong.conf.cli import Group
from zhigong.conf.output import REFUSED, Output, verb
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    from zhigong.catalogue.queries import Difference, Winner

_KINDS = {"added": "新增", "replaced": "替换", "same": "与国家目录相同，可以删去"}
_TITLES = {
    "codes": "代码表 {} 张",
    "sources": "来源 {} 个",
    "facts": "事实 {} 项",
    "parameters": "共用参数 {} 个",
    "services": "服务 {} 项",
    "cases": "例子 {} 个",
}


@click.group(cls=Group, name="catalogue")
def command() -> None:
    """目录：一个城市的服务、事实、参数、数据来源和代码表。城市目录由环境变量 ZHIGONG_CATALOGUE 指定。"""


@command.command()
@verb
def check(out: Output) -> int | None:
    """检查目录中的每个文件，并跑完每项服务的例子；有一个不合格，退出码就是 1。"""
    from zhigong.conf.offline import without_database

    without_database()
    from zhigong.catalogue import queries as catalogue

    found: list[dict[str, str]] = []
    checked = {"codes": _codes(found), "sources": _sources(found)}
    report = catalogue.check()
    checked |= report.checked
    found += [asdict(problem) for problem in report.problems]
    lines = [line for problem in found for line in _told(problem)]
    counts = "，".join(_TITLES[kind].format(checked[kind]) for kind in _TITLES)
    out.result({"checked": checked, "problems": found}, [*lines, f"{counts}；问题 {len(found)} 处。"])
    return REFUSED if found else None


def _told(problem: dict[str, str]) -> list[str]:
    lines = [f"✗ {problem['where']}：{problem['what']}"]
    lines += [f"    原因：{problem['why']}"] if problem["why"] else []
    lines += [f"    办法：{problem['do']}"] if problem["do"] else []
    return lines


@command.command()
@click.argument("service_id", metavar="类别/名称")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False, exists=True), help="写进这个目录，默认是城市目录。"
)
@verb
def new(out: Output, *, service_id: str, into: Path | None) -> None:
    """新建一项服务：生成六个文件的样板，样板本身能通过检查。例：hardship/tuition。"""
    from zhigong.conf.offline import without_database

    without_database()
    from zhigong.catalogue import operations as catalogue

    files = catalogue.scaffold(service_id, into=into)
    lines = [*(str(file) for file in files), "请逐个改写，然后运行 zhigong catalogue check。"]
    out.result({"service": service_id, "files": [str(file) for file in files]}, lines)


@command.command()
@click.argument("path", metavar="路径")
@verb
def which(out: Output, *, path: str) -> None:
    """某个路径由哪个文件生效，遮住了哪些。例：services/hardship/archive，或 hardship/archive。"""
    from zhigong.conf.offline import without_database

    without_database()
    from zhigong.catalogue import queries as catalogue

    found = catalogue.which(path)
    data = [{"path": one.path, "file": str(one.file), "hidden": [str(file) for file in one.hidden]} for one in found]
    out.result({"files": data}, [line for one in found for line in _winner(one)])


def _winner(one: Winner) -> list[str]:
    return [f"{one.path}：{one.file}", *(f"    遮住 {file}" for file in one.hidden)]


@command.command()
@verb
def diff(out: Output) -> None:
    """城市目录改了国家目录的什么：新增的文件、替换的文件和其中不同的值。"""
    from zhigong.conf.offline import without_database

    without_database()
    from zhigong.catalogue import queries as catalogue

    found = catalogue.differences()
    lines = [line for one in found for line in _difference(one)]
    lines = lines or ["没有城市目录，或城市目录是空的：用的都是国家目录。"]
    out.result({"differences": [_plain(one) for one in found]}, lines)


def _plain(one: Difference) -> dict[str, Any]:
    changes = [asdict(change) for change in one.changes]
    return {"path": one.path, "file": str(one.file), "kind": one.kind, "changes": changes}


def _difference(one: Difference) -> list[str]:
    lines = [f"{_KINDS[one.kind]}：{one.path}"]
    for change in one.changes:
        before = "（没有）" if change.before is None else change.before
        lines.append(f"    {change.key}：{before} → {'（没有）' if change.after is None else change.after}")
    return lines


def _codes(found: list[dict[str, str]]) -> int:
    from pathlib import PurePosixPath

    from zhigong.kernel import resources
    from zhigong.kernel.codes import load_table

    names = [PurePosixPath(path).stem for path in resources.all_under("codes") if path.endswith(".yaml")]
    for name in names:
        _try(found, lambda name=name: load_table(name))  # type: ignore[misc]
    return len(names)


def _sources(found: list[dict[str, str]]) -> int:
    from zhigong.exchange.checking import load_source, source_names

    names = source_names()
    for name in names:
        _try(found, lambda name=name: load_source(name))  # type: ignore[misc]
    return len(names)


def _try(found: list[dict[str, str]], load: Callable[[], object]) -> None:
    try:
        load()
    except Refused as reason:
        found.append(reason.as_dict())
