"""`zhigong ingest`."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import DONE, REFUSED, Output, verb

_SUMS = ("rows", "accepted", "unverified", "rejected", "created", "updated", "unchanged", "elsewhere")


@click.command(cls=Command)
@click.argument("source", metavar="来源")
@click.argument(
    "files", metavar="文件...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="数据截止日，默认今天。")
@click.option("--union", "union_code", default="", metavar="工会编码", help="名册中没有工会编码时，所属的工会。")
@click.option("--dry-run", is_flag=True, help="只检查，不入库。")
@click.option("--delta/--full", default=None, help="文件是增补还是整份替换；默认按来源的惯例。")
@click.option("--accept", is_flag=True, help="与上一批出入较大也放行（请先核对）。")
@click.option("--note", default="", metavar="文字", help="放行的理由，随批次留存。")
@verb
def command(  # noqa: PLR0913 — one per option
    out: Output,
    *,
    source: str,
    files: tuple[Path, ...],
    as_of: datetime | None,
    union_code: str,
    dry_run: bool,
    delta: bool | None,
    accept: bool,
    note: str,
) -> int:
    """导入一个来源的文件：原样保存、检查、入库、出回执。同一个文件再来一次不会重复。

    \b
    来源：unions 工会组织、enterprises 市场监管、roster 会员名册，
    social-insurance 人社参保、household 公安户籍、housing 住建、tax 税务、
    low-income 民政、medical-settlement 医保结算、work-injury 工伤、school 教育。

    部门文件与上一批出入较大（少了三成行、缺列、多列、内容矛盾等）时先扣下，退出码为 1；
    核对无误后加 --accept 再来一次。
    一个文件时输出它的回执；多个文件时输出 {"batches": […]} 和合计。
    """
    from zhigong.conf.memory import give_back, trim
    from zhigong.conf.runtime import domain

    told = (note or "命令行 --accept") if accept else ""
    give_back()
    with domain(role="job", tell=out.tell):
        from zhigong.exchange import operations as exchange
        from zhigong.kernel.clock import now, today
        from zhigong.orgs import operations as orgs

        received = exchange.ingest_files(
            scope=partial(orgs.city_scope, on=today()),
            source=source,
            files=files,
            as_of=as_of.date() if as_of else today(),
            at_ms=int(now().timestamp() * 1000),
            union_code=union_code,
            dry_run=dry_run,
            delta=delta,
            accept=told,
        )
        receipts = []
        for receipt in received:
            receipts.append(receipt.as_dict())
            trim()
    data = receipts[0] if len(receipts) == 1 else {"batches": receipts, **_total(receipts)}
    out.result(data, [_line(file, receipt) for file, receipt in zip(files, receipts, strict=True)])
    return REFUSED if any(receipt["held"] for receipt in receipts) else DONE


def _total(receipts: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(receipt.get(name) or 0 for receipt in receipts) for name in _SUMS}


def _line(file: Path, receipt: dict[str, Any]) -> str:
    if receipt["duplicate_of"]:
        return f"{file.name}：与批次 {receipt['duplicate_of']} 是同一个文件，没有重复导入。"
    counts = (
        f"{receipt['rows']} 行，通过 {receipt['accepted']}，待核实 {receipt['unverified']}，退回 {receipt['rejected']}"
    )
    hint = (
        ""
        if receipt["rejected"] + receipt["unverified"] == 0
        else f"（原因见 zhigong receipt {receipt['batch']} --out 文件）"
    )
    if receipt["held"]:
        reasons = "".join(f"\n  · {text}" for text in receipt["held"])
        return (
            f"{file.name}：批次 {receipt['batch']} 扣下待确认，{counts}{hint}{reasons}"
            "\n  核对无误后加 --accept 再导入一次。"
        )
    return f"{file.name}：批次 {receipt['batch']}，{counts}{hint}"
