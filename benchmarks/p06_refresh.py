"""P6: refresh after a daily delta of 1 % on every department source, all stages, against a full refresh of the same home.

The delta takes 1 % of each file's rows (spread evenly) as a batch of its own: settlements as new ones, of the other rows
one in two with another amount, so that rows come, rows replace others, and their households are derived again. Both runs are the
verb itself, its start included; `without_news` is a third run right after.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks._city import AS_OF, Measured, figure, generate, load, run, say, server

MEMBERS = {"small": 42_000, "city": 686_500, "capital": 1_000_000}
SHARE = 100
SOURCES = (
    *("social-insurance", "household", "housing", "tax", "low-income", "medical-settlement", "work-injury", "school"),
)
AMOUNTS = ("缴费基数", "房屋套数", "学费", "月保障金额")
SERIAL = "结算流水号"


def main() -> None:
    """Load, refresh in full, bring the delta, refresh again, refresh without news."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=MEMBERS, default="small")
    parser.add_argument("--members", type=int, default=0, help="another size, to try it out")
    chosen = parser.parse_args()
    members = chosen.members or MEMBERS[chosen.scale]
    with server():
        city = generate(members)
        load(city)
        for source in SOURCES:
            _ingest(source, next(city.glob(f"{source}.*")))
        full = run("refresh")  # the first links everything, too; --full would keep the links
        _tell("full", full)
        for source in SOURCES:
            _ingest(source, _delta(city, source), "--delta")
        delta = run("refresh")
        _tell("delta", delta)
        nothing = run("refresh")
        _tell("without news", nothing)
        shutil.rmtree(city)
    figure(
        figure="P6",
        work=f"daily delta of 1 % on every source at {members:,} members",
        ours=round(delta.seconds, 2),
        other=round(full.seconds, 2),
        against="full refresh",
        unit="s",
        reach="≤ 5 %",
        memory_mb=round(delta.memory_mb),
        without_news=round(nothing.seconds, 2),
        stages={name: stage["seconds"] for name, stage in delta.answer.items()},
        full_stages={name: stage["seconds"] for name, stage in full.answer.items()},
    )


def _ingest(source: str, file: Path, *more: str) -> None:
    say(f"  ingesting {source} {' '.join(more)}")
    run("ingest", source, str(file), "--as-of", AS_OF.isoformat(), *more)


def _delta(city: Path, source: str) -> Path:
    """One row in a hundred of a source's file."""
    header, *rows = _rows(next(city.glob(f"{source}.*")))
    places = [place for place, name in enumerate(header) if name in AMOUNTS]
    chosen = [list(row) for row in rows[::SHARE]]
    for row in chosen if SERIAL in header else ():
        row[header.index(SERIAL)] += "9"
    for row in chosen[::2]:
        for place in places:
            row[place] = _more(row[place])
    out = city / f"delta-{source}.csv"
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *chosen])
    return out


def _more(text: str) -> str:
    """A little more, where it is a plain number."""
    try:
        return f"{float(text) + 1:.2f}" if "." in text else str(int(text) + 1)
    except ValueError:
        return text


def _rows(file: Path) -> Sequence[Sequence[str]]:
    if file.suffix == ".csv":
        data = file.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
        return list(csv.reader(text.splitlines()))
    import openpyxl

    sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def _tell(what: str, measured: Measured) -> None:
    stages = "  ".join(f"{name} {stage['seconds']:.1f}" for name, stage in measured.answer.items())
    say(f"  {what}: {measured.seconds:.1f} s, {measured.memory_mb:.0f} MB ({stages})")


if __name__ == "__main__":
    main()
