"""`zhigong up`."""

from __future__ import annotations

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址；0.0.0.0 表示所有网卡。")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口。")
@verb
def command(out: Output, *, host: str, port: int) -> None:
    """启动：升级数据库，运行网页服务和后台任务，直到按下 Ctrl-C。

    没有设置 DATABASE_URL 时，同时运行内置的 PostgreSQL。
    """
    from zhigong.conf.supervisor import Address, Supervisor

    supervisor = Supervisor(address=Address(host, port), tell=out.tell)
    with supervisor.prepared():
        supervisor.serve(ready=lambda: out.tell(f"已启动：{supervisor.address.url}（Ctrl-C 停止）"))
    out.result({"stopped": True}, ["已停止。"])
