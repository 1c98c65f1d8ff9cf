"""`zhigong doctor`."""

from __future__ import annotations

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import REFUSED, Output, verb

_SIGNS = {"good": "✓", "warn": "!", "bad": "✗"}


@click.command(cls=Command)
@verb
def command(out: Output) -> int | None:
    """检查版本、数据库、磁盘、密钥、时钟和日历，说明该修什么。有必须修的问题时退出码为 1。"""
    from zhigong.conf import checkup

    found = checkup.report()
    bad = sum(finding.state == checkup.BAD for finding in found)
    lines = [f"{_SIGNS[f.state]} {f.name}：{f.text}" + (f"　→ {f.do}" if f.do else "") for f in found]
    lines.append("一切正常。" if not bad else f"有 {bad} 处必须修。")
    out.result({"sound": bad == 0, "findings": [finding.as_dict() for finding in found]}, lines)
    return REFUSED if bad else None
