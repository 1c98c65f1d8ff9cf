"""`zhigong links`."""

from __future__ import annotations

from pathlib import Path

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb


@click.command(cls=Command)
@click.argument("source", metavar="来源")
@click.option(
    "--out", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写到这个 CSV 文件。"
)
@verb
def command(out: Output, *, source: str, target: Path) -> None:
    """导出来源中每一行对应到的人：batch,row,person_id,method,score（第一行数据是 1）。"""
    from zhigong.conf.runtime import domain

    with domain(role="job", tell=out.tell):
        from zhigong.exchange import queries
        from zhigong.kernel.clock import today
        from zhigong.orgs import operations as orgs

        with orgs.city_scope(on=today()) as actor:
            written = queries.write_links(actor, source, target)
    out.result({"source": source, "lines": written, "out": str(target)}, [f"{written} 行：{target}"])
