"""`zhigong refresh`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb

_WORDS = {"conform": "核对", "link": "关联", "facts": "推算", "publish": "发布", "screen": "筛查", "marts": "统计"}


@click.command(cls=Command)
@click.option("--full", is_flag=True, help="全部重新推算和发布，而不只是有变化的。")
@verb
def command(out: Output, *, full: bool) -> None:
    """让已导入的部门数据生效：关联到人员和单位，推算事实，发布有变化的。

    只处理上次以后的变化；没有变化就什么也不做。中途被打断，再运行一次即可。
    输出每一步的行数、变化数和秒数。
    """
    from zhigong.conf.runtime import domain

    with domain(role="job", tell=out.tell):
        report = _refresh(out, full=full)
    out.result(dict(report), [_line(stage, counts) for stage, counts in report.items()])


def _refresh(out: Output, *, full: bool) -> Mapping[str, Any]:
    from zhigong.insight import operations as insight
    from zhigong.kernel.clock import now, today
    from zhigong.orgs import operations as orgs

    return insight.refresh_all(
        scope=partial(orgs.city_scope, on=today()), at_ms=int(now().timestamp() * 1000), tell=out.tell, full=full
    )


def _line(stage: str, counts: Mapping[str, Any]) -> str:
    return f"{_WORDS.get(stage, stage)}：{counts['rows']} 行，{counts['changed']} 处变化，{counts['seconds']:.1f} 秒"
