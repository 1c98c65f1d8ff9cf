"""Writes a fictional city: eleven department files, a folder of union workbooks, and the truth beside them."""

from __future__ import annotations

import json
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from zhigong.generator.files import write_sheet
from zhigong.generator.profiles import choose_profile
from zhigong.generator.rosters import Books, plan_books, write_books
from zhigong.generator.sources import departments, events, organisation
from zhigong.generator.sources.roster import roster_sheet
from zhigong.generator.texts import join, spread
from zhigong.generator.truth import Ledger, write_truth
from zhigong.generator.types import AS_OF, City, GeneratedCity, Setting
from zhigong.generator.world import make_city
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from zhigong.generator.sheet import Sheet

MARK = "city.json"
"""The file that says a folder was written here, so that it may be written again."""
SOURCES = (
    "unions",
    "roster",
    "enterprises",
    "social-insurance",
    "household",
    "housing",
    "tax",
    "low-income",
    "medical-settlement",
    "work-injury",
    "school",
)


def generate(
    *,
    out: Path,
    profile: str | None = None,
    members: int | None = None,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
    as_of: date = AS_OF,
) -> GeneratedCity:
    """Write the city of a profile, or of `members` active members, below `out`; the same arguments give the same bytes.

    Refused: both or an unknown size, a negative seed, a folder that holds something else.
    """
    if seed < 0:
        raise Refused("种子不能是负数。", where="--seed", do="给一个 0 或正整数。")
    setting = Setting(choose_profile(profile, members), seed, as_of)
    _prepare(out)
    note = progress or (lambda _: None)
    start = perf_counter()
    city = make_city(setting, note)
    seconds = {"city": perf_counter() - start}
    ledger = Ledger(out / "truth")
    books = plan_books(city)
    paths = _write_sources(city, books, out, ledger, seconds, note)
    rosters = _write_rosters(city, books, out, ledger, seconds)
    start = perf_counter()
    truth = {**write_truth(city, out / "truth"), **ledger.close()}
    seconds["truth"] = perf_counter() - start
    mark = {"profile": setting.profile.name, "seed": seed, "as_of": as_of.isoformat(), "counts": ledger.counts}
    (out / MARK).write_text(json.dumps(mark, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return GeneratedCity(out, setting.profile.name, seed, as_of, paths, rosters, truth, ledger.counts, seconds)


def _prepare(out: Path) -> None:
    """An empty folder, or one of ours cleared of what an earlier run wrote."""
    if out.exists() and not out.is_dir():
        raise Refused("输出位置不是文件夹。", where=str(out), do="换一个文件夹。")
    out.mkdir(parents=True, exist_ok=True)
    if not any(out.iterdir()):
        return
    if not (out / MARK).is_file():
        raise Refused(
            "文件夹里已有别的文件，没有改动。",
            where=str(out),
            why=f"里面没有 {MARK}，不是本命令写的。",
            do="换一个空文件夹。",
        )
    for pattern in ("*.csv", "*.xlsx", "rosters/*", "truth/*"):
        for path in out.glob(pattern):
            path.unlink()


def _write_sources(
    city: City, books: Books, out: Path, ledger: Ledger, seconds: dict[str, float], note: Callable[[str], None]
) -> dict[str, Path]:
    makers: dict[str, Callable[[City], Sheet]] = {
        "unions": organisation.unions_sheet,
        "roster": lambda one: roster_sheet(one, books.held),
        "enterprises": organisation.enterprises_sheet,
        "social-insurance": departments.social_insurance_sheet,
        "household": departments.household_sheet,
        "housing": departments.housing_sheet,
        "tax": organisation.tax_sheet,
        "low-income": departments.low_income_sheet,
        "medical-settlement": events.medical_sheet,
        "work-injury": events.injury_sheet,
        "school": events.school_sheet,
    }
    paths = {}
    for source in SOURCES:
        start = perf_counter()
        sheet = makers[source](city)
        paths[source] = write_sheet(sheet, out)
        ledger.add(sheet, paths[source].name)
        seconds[source] = perf_counter() - start
        note(f"{paths[source].name}：{sheet.rows} 行（{seconds[source]:.1f} 秒）")
    return paths


def _write_rosters(city: City, books: Books, out: Path, ledger: Ledger, seconds: dict[str, float]) -> tuple[Path, ...]:
    start = perf_counter()
    paths = write_books(city, books, out / "rosters")
    if books.sheet is not None:
        place = np.searchsorted(books.unions, books.row_union)
        row = np.arange(len(place)) - np.searchsorted(place, place) + 1
        files = join("rosters/", spread([path.name for path in paths], place))
        ledger.add(books.sheet, files, row, "rosters")
    seconds["rosters"] = perf_counter() - start
    return tuple(paths)
