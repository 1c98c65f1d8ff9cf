"""`zhigong demo`."""

from __future__ import annotations

import time

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb


@click.command(cls=Command)
@click.option("--profile", default="demo", show_default=True, help="城市的规模：demo、wuhu、hangzhou、beijing。")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址。")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口。")
@click.option("--reset", is_flag=True, help="清空演示数据，从头再来。")
@verb
def command(out: Output, *, profile: str, host: str, port: int, reset: bool) -> None:
    """生成演示城市，导入十一个来源的文件，推算事实、筛查，办理一批示例办件，然后启动。

    打开地址，点一下就能以各种身份登录。

    第二次运行时，做过的事不再做。演示登录只在这条命令下存在。
    """
    from zhigong.conf import demo
    from zhigong.conf.supervisor import Address, Supervisor
    from zhigong.generator.profiles import choose_profile

    begun = time.monotonic()
    choose_profile(profile, None)
    if reset:
        demo.reset()
    demo.claim(profile)
    generating = demo.Generating(profile)
    supervisor = Supervisor(address=Address(host, port), tell=out.tell, demo=True)
    with supervisor.prepared(beside=generating.start):
        generating.finish()
        demo.load(generating.folder, tell=out.tell)

        def ready() -> None:
            out.tell(f"演示城市已就绪，用时 {time.monotonic() - begun:.0f} 秒：{supervisor.address.url}（Ctrl-C 停止）")

        supervisor.serve(ready=ready)
    out.result({"stopped": True}, ["已停止。"])
