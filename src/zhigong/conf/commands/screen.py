"""`zhigong screen`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb

if TYPE_CHECKING:
    from zhigong.casework.queries import Comparison, Screened


@click.command(cls=Command)
@click.argument("service_id", metavar="服务")
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="名单写到这个 CSV：person_id,verdict,amount。",
)
@click.option(
    "--truth",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="与 zhigong generate 写下的真值比较：召回率、精确率、差别的原因。",
)
@verb
def command(out: Output, *, service_id: str, target: Path | None, truth: Path | None) -> None:
    """同一条规则筛查所有人：多少人符合、不符合、待定，用时多少。只看不写。例：hardship/archive。"""
    import time

    from zhigong.conf.runtime import domain

    with domain(role="job", tell=out.tell):
        from zhigong.casework import queries
        from zhigong.kernel.clock import today
        from zhigong.orgs import operations as orgs

        with orgs.city_scope(on=today()) as actor:
            began = time.perf_counter()
            found = queries.screen(actor, service_id)
            seconds = time.perf_counter() - began
            compared = queries.compare(actor, service_id, truth=truth) if truth else None
    data, lines = _counted(found, seconds)
    if target:
        lines.append(f"{_write(found, target)} 行：{target}")
        data["out"] = str(target)
    if compared:
        data["truth"] = _as_data(compared)
        lines += _explained(compared)
    out.result(data, lines)


def _counted(found: Screened, seconds: float) -> tuple[dict[str, Any], list[str]]:
    counts = {name: found.count(verdict=one) for name, one in (("true", True), ("false", False), ("unknown", None))}
    data = {"service": found.service_id, "rows": found.rows.num_rows, **counts, "seconds": round(seconds, 3)}
    lines = [
        f"{found.rows.num_rows} 人：符合 {counts['true']}，不符合 {counts['false']}，待定 {counts['unknown']}",
        f"用时 {seconds:.2f} 秒",
    ]
    return data, lines


def _write(found: Screened, target: Path) -> int:
    """person_id,verdict,amount; an unknown verdict is empty."""
    words = {True: "true", False: "false", None: ""}
    columns = [found.rows.column(name).to_pylist() for name in ("person_id", "verdict", "amount")]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["person_id", "verdict", "amount"])
        writer.writerows(
            (person, words[verdict], "" if amount is None else amount)
            for person, verdict, amount in zip(*columns, strict=True)
        )
    return int(found.rows.num_rows)


def _as_data(compared: Comparison) -> dict[str, Any]:
    return {
        "truth": compared.truth,
        "found": compared.found,
        "both": compared.both,
        "recall": round(compared.recall, 4),
        "precision": round(compared.precision, 4),
        "missed": dict(compared.missed),
        "extra": dict(compared.extra),
    }


def _explained(compared: Comparison) -> list[str]:
    lines = [
        f"真值 {compared.truth} 人，筛出 {compared.found} 人，相同 {compared.both} 人",
        f"召回率 {compared.recall:.3f}，精确率 {compared.precision:.3f}",
    ]
    lines += [f"漏 {count}：{cause}" for cause, count in compared.missed.items()]
    return lines + [f"多 {count}：{cause}" for cause, count in compared.extra.items()]
