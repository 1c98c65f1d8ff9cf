"""Workbooks of the members' sheet as cadres fill it in: the provincial template with its traps, one union a file."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zhigong.generator.draw import Column, stream
from zhigong.generator.sheet import VERDICTS, Sheet
from zhigong.generator.sources.roster import COLUMNS, make_roster, spoil_roster
from zhigong.generator.template import NOTE, Page, write_template
from zhigong.generator.texts import spread

if TYPE_CHECKING:
    from pathlib import Path

    from zhigong.generator.types import City

WORKBOOKS = 32
FEATURES: tuple[tuple[str, ...], ...] = (
    (),
    ("numbers",),
    ("dates",),
    ("two-sheets",),
    ("sample-row", "signature"),
    ("blank-rows", "subtotal"),
    ("hidden-row", "hidden-column"),
    ("extra-columns",),
    ("aliases",),
    ("no-note",),
    ("header-first", "reordered"),
    ("repeated-header",),
    ("formula-serials", "subtotal", "signature"),
    ("epoch-1904", "dates"),
    ("csv-gb18030", "signature"),
    ("two-sheets", "numbers", "extra-columns"),
)
"""What each workbook has beyond the template, in turn; documented in `template`."""
_LEAST, _MOST = 12, 70


@dataclass
class Books:
    """The rows kept for workbooks: which unions, whose rows, and which of these are also in the large roster."""

    unions: Column
    held: Column
    """Per person: left out of the large roster."""
    persons: Column
    row_union: Column
    update: Column
    sheet: Sheet | None = None
    manifest: list[dict[str, Any]] = field(default_factory=list)


def plan_books(city: City) -> Books:
    """Choose unions; every other one sends all its members in a workbook, the rest newcomers and corrections."""
    rng = stream(city.setting.seed, "rosters")
    union = np.where(city.people.member > 0, city.workplaces.union[city.people.workplace], -1)
    counts = np.bincount(union[union >= 0], minlength=city.unions.count)
    fit = np.flatnonzero((counts >= _LEAST) & (counts <= _MOST) & (city.unions.level == 3))
    chosen = np.sort(rng.permutation(fit)[: min(WORKBOOKS, max(1, len(fit) // 2))])
    held = np.zeros(city.people.count, dtype=bool)
    rows, again = [], []
    for place, one in enumerate(chosen):
        own = np.flatnonzero(union == one)
        fresh = own if place % 2 == 0 else own[: max(6, len(own) // 3)]
        held[fresh] = True
        corrected = own[len(fresh) :][:5]
        rows.append(np.concatenate([fresh, corrected]))
        again.append(np.repeat([False, True], [len(fresh), len(corrected)]))
    persons = np.concatenate(rows)
    return Books(chosen, held, persons, np.repeat(chosen, [len(one) for one in rows]), np.concatenate(again))


def write_books(city: City, books: Books, folder: Path) -> list[Path]:
    """Write the workbooks and their manifest; `books.sheet` keeps all rows, in the order of files."""
    sheet = make_roster(city, "workbooks", books.persons, books.row_union)
    spoil_roster(city, sheet, books.persons, books.row_union)
    books.sheet = sheet
    folder.mkdir(parents=True, exist_ok=True)
    names = city.unions.name.to_pylist()
    chairs = spread(city.identity.name, np.arange(len(books.unions))).to_pylist()
    paths = []
    for place, union in enumerate(books.unions):
        rows = np.flatnonzero(books.row_union == union)
        features = FEATURES[place % len(FEATURES)]
        page = Page(names[union], chairs[place], _cells(sheet, rows), _numeric(sheet, rows), frozenset(features))
        stem = f"{place + 1:02d}-{city.unions.code[union]}"
        path = _write(page, folder, stem)
        paths.append(path)
        books.manifest.append(_entry(city, books, path, int(union), rows, features))
    text = json.dumps({"note": _ABOUT, "files": books.manifest}, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return paths


_ABOUT = (
    "One union a file, named in the title and by union_code here; new counts rows of people who are not in roster.csv, "
    "updates rows of people who are. rows and verdicts are those of a perfect checker; features are explained in the "
    "generator's template module."
)


def _cells(sheet: Sheet, rows: Column) -> dict[str, list[str]]:
    """The twenty columns of the template."""
    return {name: spread(sheet.columns[name], rows).to_pylist() for name in COLUMNS[1:]}


def _numeric(sheet: Sheet, rows: Column) -> set[int]:
    """Rows (within these) whose number a spreadsheet has cut: written as a number, as it was when that happened."""
    cut = [one.rows for one in sheet.stains if one.column == "证件号码" and one.kind == "id-excel-cut"]
    every = np.concatenate(cut) if cut else np.array([], dtype=np.int64)
    return set(np.flatnonzero(np.isin(rows, every)).tolist())


def _entry(city: City, books: Books, path: Path, union: int, rows: Column, features: tuple[str, ...]) -> dict[str, Any]:
    sheet = books.sheet
    verdicts = np.bincount(sheet.verdict[rows], minlength=3) if sheet else np.zeros(3)
    return {
        "file": path.name,
        "union_code": str(city.unions.code[union]),
        "union_name": city.unions.name[union].as_py(),
        "features": list(features),
        "rows": len(rows),
        **{name: int(verdicts[place]) for place, name in enumerate(VERDICTS)},
        "new": int((~books.update[rows]).sum()),
        "updates": int(books.update[rows].sum()),
    }


def _write(page: Page, folder: Path, stem: str) -> Path:
    if "csv-gb18030" in page.features:
        path = folder / f"{stem}.csv"
        _write_flat(page, path)
        return path
    path = folder / f"{stem}.xlsx"
    write_template(page, path)
    return path


def _write_flat(page: Page, path: Path) -> None:
    """The template saved as CSV: titles above the header, the note and a signature below, commas and all."""
    names = list(page.cells)
    blank = [""] * (len(names) - 1)
    lines = [["附件四", *blank], [page.title, *blank], [f"填表单位（盖章）：{page.union}", *blank], names]
    lines += [list(row) for row in zip(*page.cells.values(), strict=True)]
    lines += [[NOTE, *blank], [page.signature, *blank]]
    with path.open("w", encoding="gb18030", newline="") as out:
        csv.writer(out).writerows(lines)
