"""`zhigong simulate`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    from zhigong.casework.queries import Change, Simulation


@click.command(cls=Command)
@click.argument("service_id", metavar="服务")
@click.option(
    "--set",
    "pairs",
    multiple=True,
    required=True,
    metavar="名字=值",
    help="改成的数，例 dibao_month=120000；列表用逗号隔开。",
)
@verb
def command(out: Output, *, service_id: str, pairs: tuple[str, ...]) -> None:
    """改一个数会怎样：谁新符合、谁不再符合、费用增减，按区县。只算不改。例：hardship/archive。"""
    from zhigong.conf.runtime import domain

    values = dict(_pair(one) for one in pairs)
    with domain(role="job", tell=out.tell):
        from zhigong.casework import queries
        from zhigong.kernel.clock import today
        from zhigong.orgs import operations as orgs

        with orgs.city_scope(on=today()) as actor:
            found = queries.simulate(actor, service_id, values=values)
    total = {name: value for name, value in asdict(found.total).items() if name != "district"}
    changed = {name: [str(before), str(after)] for name, (before, after) in found.changed.items()}
    data = {"service": service_id, "set": changed, **total, "districts": [asdict(one) for one in found.districts]}
    out.result(data, _lines(found))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise Refused("请写成 名字=值。", where=text, do="例：--set dibao_month=120000")
    return name.strip(), value.strip()


def _lines(found: Simulation) -> list[str]:
    lines = [f"{name}：{before} → {after}" for name, (before, after) in found.changed.items()]
    lines.append(_line("全市", found.total))
    return lines + [_line(one.district, one) for one in found.districts]


def _line(where: str, one: Change) -> str:
    from zhigong.kernel.money import format_yuan

    return (
        f"{where}：新符合 {one.gain}，不再符合 {one.lose}，不变 {one.unchanged}；"
        f"费用 {format_yuan(one.cost_before)} → {format_yuan(one.cost_after)}"
    )
