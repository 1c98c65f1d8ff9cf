"""P11: the member list exported, against COPY (CSV) and against xlsxwriter in constant memory alone (workbook)."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import xlsxwriter

from benchmarks._city import SIZES, figure, loaded, own_memory_mb, say, scope, server


def main() -> None:
    """CSV first, then the workbook; each beside its floor in the same run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=SIZES, default="small")
    members = SIZES[parser.parse_args().scale]
    with server(), TemporaryDirectory() as folder:
        loaded(members)
        _csv(Path(folder))
        _workbook(Path(folder))


def _csv(folder: Path) -> None:
    from zhigong.people import queries as people
    from zhigong.people.types import MemberFilter
    from zhigong.web.workbench.export import writing

    before = own_memory_mb()
    with scope() as actor, (folder / "ours.csv").open("wb") as sink:
        started = time.perf_counter()
        for piece in writing.csv_pieces(list(people.EXPORT_COLUMNS), people.export_csv(actor, MemberFilter())):
            sink.write(piece)
        ours = time.perf_counter() - started
    lines = sum(1 for _ in (folder / "ours.csv").open(encoding="utf-8-sig")) - 1
    other = _copy(folder / "floor.csv")
    say(f"  {lines:,} lines of CSV in {ours:.1f} s")
    figure(
        figure="P11",
        work=f"{lines:,} members as CSV",
        ours=round(ours, 2),
        other=round(other, 2),
        against="COPY of the same columns",
        unit="s",
        reach="≤ 1.3, memory flat",
        memory_mb=round(own_memory_mb() - before),
    )


def _copy(file: Path) -> float:
    """The floor: PostgreSQL's own COPY of the same columns in the same order, as the administrator."""
    from zhigong.conf.database import address, admin_parameters
    from zhigong.people.queries import EXPORT_COLUMNS

    columns = ", ".join(EXPORT_COLUMNS.values())
    query = (
        f"COPY (SELECT {columns} FROM people_person p JOIN orgs_union u ON u.id = p.union_id WHERE p.membership_status = 1 "
        "ORDER BY p.name_sort, p.id) TO STDOUT (FORMAT csv)"
    )
    with (
        psycopg.connect(**admin_parameters(name=address()["name"])) as admin,
        file.open("wb") as sink,
        admin.cursor() as cursor,
    ):
        started = time.perf_counter()
        with cursor.copy(query) as copy:
            for block in copy:
                sink.write(block)
        return time.perf_counter() - started


def _workbook(folder: Path) -> None:
    from zhigong.people import queries as people
    from zhigong.people.types import MemberFilter
    from zhigong.web.workbench.export import writing

    columns = list(people.EXPORT_COLUMNS)
    before = own_memory_mb()
    with scope() as actor:
        started = time.perf_counter()
        writing.write_workbook(
            folder / "ours.xlsx", columns, people.export(actor, MemberFilter()), notes=(("人数", "全部"),)
        )
        ours = time.perf_counter() - started
    memory = own_memory_mb() - before
    with scope() as actor:
        rows = [
            list(row)
            for batch in people.export(actor, MemberFilter())
            for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)
        ]
    started = time.perf_counter()
    with xlsxwriter.Workbook(str(folder / "floor.xlsx"), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, text in enumerate(row):
                sheet.write_string(number, place, text or "")
    other = time.perf_counter() - started
    say(f"  {len(rows):,} rows of workbook in {ours:.1f} s")
    figure(
        figure="P11",
        work=f"{len(rows):,} members as a workbook",
        ours=round(ours, 2),
        other=round(other, 2),
        against="xlsxwriter in constant memory, rows already in memory",
        unit="s",
        reach="≤ 1.3, memory flat",
        memory_mb=round(memory),
    )


if __name__ == "__main__":
    main()
