"""`zhigong catalogue`."""

from __future__ import annotations

from collections.abc import Callable

import click

from zhigong.conf.cli import Group
from zhigong.conf.output import REFUSED, Output, verb
from zhigong.kernel.errors import Refused


@click.group(cls=Group, name="catalogue")
def command() -> None:
    """目录：一个城市的数据来源、代码表（以后还有服务、事实、指标）。"""


@command.command()
@verb
def check(out: Output) -> int | None:
    """检查目录中的每个文件；有一个不合格，退出码就是 1。"""
    found: list[dict[str, str]] = []
    checked = {"codes": _codes(found), "sources": _sources(found)}
    lines = [f"✗ {problem['where']}：{problem['what']}{problem['why']}" for problem in found]
    lines.append(f"代码表 {checked['codes']} 张，来源 {checked['sources']} 个，问题 {len(found)} 处。")
    out.result({"checked": checked, "problems": found}, lines)
    return REFUSED if found else None


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
