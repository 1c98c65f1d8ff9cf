"""`zhigong down`."""

from __future__ import annotations

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb


@click.command(cls=Command)
@verb
def command(out: Output) -> None:
    """停止由本数据目录（ZHIGONG_HOME）启动的一切；别的数据目录不受影响。"""
    from zhigong.conf.supervisor import stop_running

    stopped = stop_running()
    out.result({"stopped": stopped}, ["已停止。" if stopped else "没有在运行。"])
