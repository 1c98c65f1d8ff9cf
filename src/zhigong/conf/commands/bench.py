"""`zhigong bench`."""

from __future__ import annotations

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb


@click.command(cls=Command)
@click.argument("names", metavar="[名称]...", nargs=-1)
@click.option(
    "--scale", default="small", show_default=True, type=click.Choice(["small", "city", "capital"]), help="规模。"
)
@verb
def command(out: Output, *, names: tuple[str, ...], scale: str) -> None:
    """运行性能测量：我们的、对照的、比值、内存，以及三种规模下的增长指数。

    每个测量在自己的数据目录里运行，不碰现有数据。不给名称就全部运行。
    """
    from zhigong.conf import benchmarking

    figures = [figure for name in benchmarking.choose(names) for figure in benchmarking.run(name, scale, tell=out.tell)]
    lines = [benchmarking.HEADER, *(benchmarking.row(figure) for figure in figures)]
    out.result({"scale": scale, "machine": benchmarking.machine(), "figures": figures}, lines)
