"""Writes the truth beside the files: who is who, who is in hardship, what each row is about, what was spoilt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from zhigong.generator.arrow import pa
from zhigong.generator.draw import Column
from zhigong.generator.hardship import GRADES, graded_members, months_between
from zhigong.generator.identity import DOCUMENTS
from zhigong.generator.names import PEOPLES
from zhigong.generator.sheet import Sheet
from zhigong.generator.sources.organisation import payroll
from zhigong.generator.texts import Text, same, spread, take, whole
from zhigong.generator.types import City
from zhigong.generator.unions import KIND_CODES, LEVELS, SORTS
from zhigong.generator.work import EDUCATION, JOBS

if TYPE_CHECKING:
    from pathlib import Path

MEMBER_STATES = ("", "active", "retained", "left", "deceased")
_LINKS = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("person", pa.int64()),
        ("employer", pa.int64()),
        ("union", pa.int64()),
    ]
)
_DIRT = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("kind", pa.string()),
        ("clean", pa.string()),
    ]
)


@dataclass
class Ledger:
    """Collects links and dirt file by file; rows count from 1 within each file."""

    folder: Path
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._links = pq.ParquetWriter(self.folder / "links.parquet", _LINKS, compression="zstd")
        self._dirt = pq.ParquetWriter(self.folder / "dirt.parquet", _DIRT, compression="zstd")

    def add(self, sheet: Sheet, file: Text | str, row: Column | None = None, name: str = "") -> None:
        """Record one sheet; `file` and `row` per data row when it was split over several files."""
        row = np.arange(sheet.rows) + 1 if row is None else row
        files = same(file, sheet.rows) if isinstance(file, str) else file
        keys = [_key(one) for one in (sheet.person, sheet.employer, sheet.union)]
        self._links.write_table(pa.table([same(sheet.source, sheet.rows), files, pa.array(row), *keys], schema=_LINKS))
        seen: dict[str, int] = {}
        for stain in sheet.stains:
            at, size = stain.rows, len(stain.rows)
            parts = [
                same(sheet.source, size),
                take(files, at),
                pa.array(row[at]),
                same(stain.column, size),
                same(stain.kind, size),
                stain.clean,
            ]
            self._dirt.write_table(pa.table(parts, schema=_DIRT))
            seen[f"{stain.column}:{stain.kind}"] = seen.get(f"{stain.column}:{stain.kind}", 0) + size
        self.counts[name or sheet.source] = sheet.counts()
        self.kinds[name or sheet.source] = seen

    def close(self) -> dict[str, Path]:
        """Finish both files and write expected.json."""
        self._links.close()
        self._dirt.close()
        path = self.folder / "expected.json"
        book = {name: {**self.counts[name], "dirt": self.kinds[name]} for name in self.counts}
        path.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
        return {"links": self.folder / "links.parquet", "dirt": self.folder / "dirt.parquet", "expected": path}


def _key(rows: Column) -> Text:
    return pa.array(np.asarray(rows, dtype=np.int64), mask=np.asarray(rows) < 0)


def _day(days: Column) -> Text:
    return pa.array(np.asarray(days, dtype=np.int32)).cast(pa.date32())


def write_truth(city: City, folder: Path) -> dict[str, Path]:
    """persons, unions, employers, memberships, coverage, households, facts and hardship."""
    tables = {
        "persons": _persons(city),
        "unions": _unions(city),
        "employers": _employers(city),
        "memberships": _memberships(city),
        "coverage": _coverage(city),
        "households": _households(city),
        "facts": _facts(city, np.flatnonzero(city.people.member > 0)),
        "hardship": _hardship(city),
    }
    paths = {}
    for name, columns in tables.items():
        paths[name] = folder / f"{name}.parquet"
        pq.write_table(pa.table(columns), paths[name], compression="zstd")
    return paths


def _persons(city: City) -> dict[str, Any]:
    people, work, own = city.people, city.work, city.identity
    union = np.where(people.member > 0, city.workplaces.union[people.workplace], -1)
    return {
        "person": pa.array(np.arange(people.count)),
        "number": own.number,
        "document": spread(DOCUMENTS, own.document),
        "name": own.name,
        "birth": _day(people.birth),
        "sex": pa.array(people.sex),
        "people": spread([name for name, _ in PEOPLES], own.people),
        "phone": pa.array(own.phone, mask=own.phone == 0).cast(pa.string()),
        "household": pa.array(people.household),
        "role": spread(["head", "spouse", "child", "parent", "sibling"], people.role),
        "state": spread(["alive", "dead", "moved"], people.state),
        "father": _key(people.father),
        "origin": whole(own.origin),
        "street": whole(people.street),
        "migrant": pa.array(people.migrant),
        "rural": pa.array(people.rural),
        "job": spread(JOBS, work.job),
        "employer": _key(work.employer),
        "former_employer": _key(work.former),
        "wage_month": pa.array(work.wage * 100),
        "hired": pa.array(work.hired.astype(np.int32), mask=work.employer < 0).cast(pa.date32()),
        "education": spread(EDUCATION, work.education),
        "homes": pa.array(city.homes),
        "member": spread(MEMBER_STATES, people.member),
        "union": _key(union),
    }


def _unions(city: City) -> dict[str, Any]:
    own = city.unions
    active = np.flatnonzero(city.people.member == 1)
    members = np.bincount(city.workplaces.union[city.people.workplace[active]], minlength=own.count)
    return {
        "union": pa.array(np.arange(own.count)),
        "code": whole(own.code),
        "name": own.name,
        "parent": _key(own.parent),
        "level": spread(LEVELS, own.level),
        "kind": spread(KIND_CODES, own.kind),
        "sort": spread(SORTS, own.kind),
        "division": whole(own.division),
        "founded": _day(own.founded),
        "expires": _day(own.expires),
        "credit_code": own.credit,
        "active_members": pa.array(members),
    }


def _employers(city: City) -> dict[str, Any]:
    own = city.employers
    staff, wages = payroll(city)
    return {
        "employer": pa.array(np.arange(own.count)),
        "code": own.code,
        "name": own.name,
        "short": own.short,
        "former": own.former,
        "kind": spread(["enterprise", "institution"], (np.arange(own.count) >= own.enterprises).astype(int)),
        "street": whole(own.street),
        "founded": _day(own.founded),
        "state": spread(["存续", "注销", "吊销"], own.state),
        "staff": pa.array(staff),
        "wages_month": pa.array(np.rint(wages).astype(np.int64)),
    }


def _memberships(city: City) -> dict[str, Any]:
    rows = np.flatnonzero(city.people.member > 0)
    return {
        "person": pa.array(rows),
        "union": pa.array(city.workplaces.union[city.people.workplace[rows]]),
        "employer": _key(city.workplaces.employer[city.people.workplace[rows]]),
        "state": spread(MEMBER_STATES, city.people.member[rows]),
        "joined": _day(city.work.joined[rows]),
    }


def _coverage(city: City) -> dict[str, Any]:
    places = city.workplaces
    rows = np.flatnonzero((places.union >= 0) & (places.employer >= 0))
    return {
        "employer": pa.array(places.employer[rows]),
        "union": pa.array(places.union[rows]),
        "branch": pa.array(places.branch[rows]),
    }


def _households(city: City) -> dict[str, Any]:
    fate = city.hardship
    return {
        "household": pa.array(np.arange(len(fate.size))),
        **_household_facts(city, np.arange(len(fate.size))),
        "grade": spread(GRADES, fate.grade),
    }


def _household_facts(city: City, homes: Column) -> dict[str, Any]:
    """The fixed fact names; yuan amounts are integer fen."""
    fate = city.hardship
    return {
        "household_income_year": pa.array(fate.income[homes]),
        "household_rigid_expense_year": pa.array(fate.rigid[homes]),
        "household_size": pa.array(fate.size[homes]),
        "homes_owned": pa.array(fate.homes[homes]),
        "runs_business_with_employees": pa.array(fate.business[homes]),
        "private_school_or_study_abroad": pa.array(fate.private[homes]),
        "sudden_loss_year": pa.array(fate.loss[homes]),
    }


def _facts(city: City, persons: Column) -> dict[str, Any]:
    people = city.people
    return {
        "person": pa.array(persons),
        "household": pa.array(people.household[persons]),
        "membership_status": spread(MEMBER_STATES, people.member[persons]),
        **_household_facts(city, people.household[persons]),
        "is_migrant": pa.array((people.migrant & people.rural)[persons]),
        "months_of_labour_relation": pa.array(months_between(city.work.hired[persons], city.setting.today)),
    }


def _hardship(city: City) -> dict[str, Any]:
    rows = graded_members(city.setting, city.people, city.work, city.hardship)
    grade = city.hardship.grade[city.people.household[rows]]
    return {**_facts(city, rows), "grade": spread(GRADES, grade)}
