"""P1: a roster into the base with all its indexes, against a bare COPY of the same final rows into tables with the same indexes.

The floor runs in the same server right after, over the files that COPY TO wrote: no checks, no keys, no policies, no other work.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._city import AS_OF, SIZES, Measured, exponent, figure, generate, load, run, say, server

TABLES = ("people_person", "people_membership")


def main() -> None:
    """Three sizes of CSV; at the largest the floor, and the same rows as workbooks of 50 000."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=SIZES, default="small")
    top = SIZES[parser.parse_args().scale]
    sizes = [top // 4, top // 2, top]
    seconds: list[float] = []
    with server():
        for size in sizes:
            city = generate(size)
            _empty()
            load(city, roster=False)
            say(f"  measuring {size:,}")
            ours = run("ingest", "roster", str(city / "roster.csv"), "--as-of", AS_OF.isoformat())
            seconds.append(ours.seconds)
            _tell(ours)
            if size == top:
                floor = _floor()
                figure(
                    figure="P1", work=f"{ours.answer['rows']:,}-row roster, CSV", ours=round(ours.seconds, 2), other=round(floor, 2),
                    against="COPY into the same indexes", unit="s", reach="≤ 2.0, ≤ 500 MB", memory_mb=round(ours.memory_mb),
                    exponent=round(exponent(sizes, seconds), 3), rows_per_second=round(ours.answer["rows"] / ours.seconds),
                )
                _workbooks(city, floor, rows=ours.answer["rows"])
            shutil.rmtree(city)


def _tell(ours: Measured) -> None:
    say(f"  {ours.answer['rows']:,} rows in {ours.seconds:.1f} s, {ours.memory_mb:.0f} MB")


def _admin() -> psycopg.Connection[Any]:
    from zhigong.conf.database import address, admin_parameters

    return psycopg.connect(**admin_parameters(name=address()["name"]), autocommit=True)


def _empty() -> None:
    """Empty every table of ours, as the administrator."""
    with _admin() as admin:
        rows = admin.execute(
            "SELECT string_agg(quote_ident(relname), ', ') FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
            "AND NOT relispartition AND relname ~ '^(orgs|people|exchange|audit)_'"
        ).fetchone()
        admin.execute(f"TRUNCATE {rows[0]} CASCADE")  # type: ignore[index]


def _floor() -> float:
    """Seconds that PostgreSQL needs to COPY the rows we just wrote into empty tables with the same columns, checks and indexes."""
    total = 0.0
    with _admin() as admin:
        folder = Path(admin.execute("SHOW data_directory").fetchone()[0]) / "floor"  # type: ignore[index]
        for table in TABLES:
            # The server's own file, so that no client is in the way.
            file = f"{folder}-{table}.copy"
            admin.execute(f"COPY {table} TO '{file}'")
            admin.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            admin.execute("CHECKPOINT")
            started = time.perf_counter()
            admin.execute(f"COPY floor_{table} FROM '{file}'")
            total += time.perf_counter() - started
            admin.execute(f"DROP TABLE floor_{table}")
            Path(file).unlink()
    return total


def _workbooks(city: Path, floor: float, *, rows: int) -> None:
    """The same roster as twenty workbooks, as cadres send them."""
    import csv

    import xlsxwriter

    folder = city / "workbooks"
    folder.mkdir()
    each = -(-rows // 20)
    with (city / "roster.csv").open(encoding="utf-8-sig", newline="") as source:
        reader = csv.reader(source)
        header = next(reader)
        book = sheet = None
        for number, row in enumerate(reader):
            if number % each == 0:
                if book:
                    book.close()
                book = xlsxwriter.Workbook(str(folder / f"{number // each:02d}.xlsx"), {"constant_memory": True, "strings_to_numbers": False})
                sheet = book.add_worksheet()
                sheet.write_row(0, 0, header)
            sheet.write_row(number % each + 1, 0, row)  # type: ignore[union-attr]
        if book:
            book.close()
    _empty()
    load(city, roster=False)
    say("  measuring workbooks")
    files = sorted(map(str, folder.glob("*.xlsx")))
    ours = run("ingest", "roster", *files, "--as-of", AS_OF.isoformat())
    _tell(ours)
    figure(
        figure="P1", work=f"the same as {len(files)} workbooks", ours=round(ours.seconds, 2), other=round(floor, 2),
        against="COPY into the same indexes", unit="s", reach="≤ 2.0, ≤ 500 MB", memory_mb=round(ours.memory_mb),
        rows_per_second=round(ours.answer["rows"] / ours.seconds),
    )


if __name__ == "__main__":
    main()
