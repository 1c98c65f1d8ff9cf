"""`zhigong decide`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb

if TYPE_CHECKING:
    from zhigong.catalogue.types import Service
    from zhigong.rules.types import Decision

_MARKS = {True: "✓", False: "✗", None: "?"}


@click.command(cls=Command)
@click.argument("service_id", metavar="服务")
@click.option(
    "--facts",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="事实的 JSON 文件：名字和值，金额以分计，不知道的写 null 或不写。",
)
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="按哪一天的标准，默认今天。")
@verb
def command(out: Output, *, service_id: str, file: Path, day: datetime | None) -> None:
    """一项服务对一个人：符合与否、等级和金额、每条理由，还缺哪些事实。例：hardship/archive。"""
    from zhigong.conf.offline import without_database

    without_database()
    from zhigong.catalogue import queries as catalogue
    from zhigong.kernel.clock import today

    service = catalogue.service(service_id)
    facts = catalogue.read_facts(file.read_text(encoding="utf-8-sig"), where=str(file))
    on = day.date() if day else today()
    found = catalogue.decide(service, facts, on=on)
    reasons = [{"text": one.text, "holds": one.holds, "facts": dict(one.facts)} for one in found.reasons]
    data = {"verdict": found.verdict, "grade": found.grade, "amount": found.amount}
    out.result({**data, "reasons": reasons, "missing": list(found.missing)}, _lines(service, found, on))


def _lines(service: Service, found: Decision, on: date) -> list[str]:
    from zhigong.kernel.money import format_yuan

    grades = {one.grade: one.label for one in service.rule.grades}
    verdict = {True: "符合", False: "不符合", None: "还不能判断"}[found.verdict]
    lines = [f"{service.title}（按 {on} 的标准）：{verdict}"]
    lines += [f"等级：{grades[found.grade]}"] if found.grade else []
    lines += [f"金额：{format_yuan(found.amount)}"] if found.amount is not None else []
    lines += [f"应收回：{format_yuan(found.recover)}"] if found.recover else []
    lines += [f"{_MARKS[one.holds]} {one.text}" for one in found.reasons]
    words = service.rule.kinds
    lines += [f"还缺：{words[name].label}（{name}）" for name in found.missing]
    return [*lines, f"版本 {service.version[:12]}"]
