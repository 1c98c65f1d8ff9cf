"""`zhigong receipt`."""

from __future__ import annotations

from pathlib import Path

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb


@click.command(cls=Command)
@click.argument("batch", metavar="批次号", type=int)
@click.option("--out", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写到这个文件。")
@verb
def command(out: Output, *, batch: int, target: Path) -> None:
    """取回一批文件：原样的表格，每个有问题的格子旁写明原因。"""
    from zhigong.conf.runtime import domain

    with domain(role="job", tell=out.tell):
        from zhigong.exchange import operations as exchange
        from zhigong.exchange import queries
        from zhigong.kernel.clock import today
        from zhigong.orgs import operations as orgs

        with orgs.city_scope(on=today()) as actor:
            found = queries.batch_by_number(actor, batch)
            exchange.write_batch_receipt(by=actor, batch_id=found.id, out=target)
    out.result({"batch": batch, "out": str(target)}, [f"回执已写好：{target}"])
