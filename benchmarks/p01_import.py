"""P1: a roster into the base with all its indexes, against a bare COPY of the same final rows into tables with the same indexes.

The floor runs in the same server right after, over the files that COPY TO wrote: no checks, no keys, no policies, no other work.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import time
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import psycopg

from benchmarks._city import AS_OF, SIZES, Measured, exponent, figure, generate, load, run, say, server

TABLES = ("people_person", "people_membership")


def main() -> None:
    """Three sizes of CSV; at the largest the floor, and the same rows as workbooks of 50 000."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=SIZES, default="small")
    top = SIZES[parser.parse_args().scale]
    sizes = [top // 10, top * 3 // 10, top]
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
                    figure="P1",
                    work=f"{ours.answer['rows']:,}-row roster, CSV",
                    ours=round(ours.seconds, 2),
                    other=round(floor, 2),
                    against="COPY into the same indexes",
                    unit="s",
                    reach="≤ 2.0, ≤ 500 MB",
                    memory_mb=round(ours.memory_mb),
                    exponent=round(exponent(sizes, seconds), 3),
                    rows_per_second=round(ours.answer["rows"] / ours.seconds),
                )
                _workbooks(city, floor, rows=ours.answer["rows"])
            shutil.rmtree(city)


def _tell(ours: Measured) -> None:
    say(f"  {ours.answer['rows']:,} rows in {ours.seconds:.1f} s, {ours.memory_mb:.0f} MB")


def _admin() -> psycopg.Connection[Any]:
    from zhigong.conf.database import address, admin_parameters

    return psycopg.connect(**admin_parameters(name=address()["name"]), autocommit=True)


def _empty() -> None:
    """Empty every table of ours, as the administrator; the guards of append-only tables sleep meanwhile."""
    with _admin() as admin:
        admin.execute("SET session_replication_role = replica")
        rows = admin.execute(
            "SELECT string_agg(quote_ident(relname), ', ') FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
            "AND NOT relispartition AND relname ~ '^(orgs|people|exchange)_'"
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
            admin.execute(f"DROP TABLE IF EXISTS floor_{table}")
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
    folder = city / "workbooks"
    folder.mkdir()
    with (city / "roster.csv").open(encoding="utf-8-sig", newline="") as source:
        reader = csv.reader(source)
        header = next(reader)
        for number, lines in enumerate(batched(reader, -(-rows // 20))):
            _workbook(folder / f"{number:02d}.xlsx", [header, *lines])
    _empty()
    load(city, roster=False)
    say("  measuring workbooks")
    files = sorted(map(str, folder.glob("*.xlsx")))
    ours = run("ingest", "roster", *files, "--as-of", AS_OF.isoformat())
    _tell(ours)
    figure(
        figure="P1",
        work=f"the same as {len(files)} workbooks",
        ours=round(ours.seconds, 2),
        other=round(floor, 2),
        against="COPY into the same indexes",
        unit="s",
        reach="≤ 2.0, ≤ 500 MB",
        memory_mb=round(ours.memory_mb),
        rows_per_second=round(ours.answer["rows"] / ours.seconds),
    )


def batched(rows: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    """Lists of at most `size` rows."""
    while lines := list(islice(rows, size)):
        yield lines


def _workbook(path: Path, lines: list[list[str]]) -> None:
    """A plain workbook of text cells, written by hand: a library would take longer than what is measured."""
    cells = (
        f'<row r="{n}">' + "".join(f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>' for text in line) + "</row>"
        for n, line in enumerate(lines, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(cells)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)


if __name__ == "__main__":
    main()
