"""The union tree of the city, and who works under which union."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhigong.generator import divisions
from zhigong.generator.arrow import pa
from zhigong.generator.checkdigits import credit_codes
from zhigong.generator.draw import Column, apportion, chance, pick, rank_within, stream
from zhigong.generator.employers import branch_names, make_employers
from zhigong.generator.industries import INDUSTRIAL_UNIONS, INDUSTRIES, INSTITUTIONS, NEW_FORMS, ZONES
from zhigong.generator.texts import Text, fixed
from zhigong.generator.types import Employers, Setting, Unions, Workplaces

LEVELS = ("市总", "区县总", "乡镇街道", "基层")
CITY_FEDERATION, INDUSTRIAL, STREET, ZONE, SINGLE, JOINT, NEW_FORM, INSTITUTION = range(8)
SORTS = ("federation", "industry", "street", "zone", "enterprise", "joint", "new-form", "institution")
KINDS = (
    *("地方总工会", "产业工会", "地方总工会", "地方总工会"),
    *("独立基层工会", "联合基层工会", "行业工会联合会", "机关事业单位工会"),
)
"""What the file says of each sort."""
KIND_CODES = (
    "federation",
    "industrial",
    "federation",
    "federation",
    "enterprise",
    "joint",
    "industrial",
    "institution",
)
"""The national code of each sort."""
OVERDUE_SHARE = 0.005
"""Grassroots unions whose term has run out."""
DUE_SHARE = 0.01
"""Grassroots unions whose term ends within 30 days."""
COVERED_SHARE = 0.92
"""Enterprises that a union covers."""
_PER_JOINT = 29
"""Employers in a joint union where those are many (domain facts §1.4: 721 unions, 20 600 enterprises)."""
_JOINT_STEMS = ("工业园区", "商贸区", "楼宇", "创业园", "批发市场", "物流园", "商业街", "村企")
_PLACE, _SERIAL = 10**8, 10**5
"""A union's code has 14 digits: county (6), street or trade (3), serial (5); short enough for a spreadsheet."""


@dataclass(frozen=True)
class Shape:
    """How many grassroots unions of each sort, and how many employers the joint ones cover."""

    single: int
    joint: int
    jointly: int
    institutions: int
    branches: int
    new_forms: int


def shape_of(unions: int, enterprises: int, upper: int) -> Shape:
    """Split the grassroots unions: unions − upper = single + joint + institutions + branches + new forms."""
    grassroots = unions - upper
    covered = round(enterprises * COVERED_SHARE)
    new_forms = min(len(NEW_FORMS) * 30, max(3, grassroots // 100))
    institutions = max(6, grassroots // 8)
    room = grassroots - new_forms - institutions
    joint = max((covered - room) // (_PER_JOINT - 1), room // 50, 1)
    jointly = min(joint * _PER_JOINT, covered - 1 if covered > room else round(covered * 0.4))
    single = min(covered - jointly, room - joint)
    spare = room - joint - single
    more = min(spare, round(0.22 * grassroots))
    return Shape(single, joint, jointly, institutions + more, spare - more, new_forms)


def make_organisation(setting: Setting) -> tuple[Employers, Unions, Workplaces]:
    """Employers, unions and workplaces."""
    rng = stream(setting.seed, "unions")
    upper = _upper(setting)
    shape = shape_of(setting.profile.unions, setting.profile.employers, len(upper))
    employers = make_employers(setting, shape.institutions)
    places = _cover(rng, employers, shape)
    unions = _tree(rng, setting, employers, upper, places)
    places.union = np.where(places.union >= 0, places.union + len(upper), -1)
    places.members = _members(rng, setting.profile.members, places, employers, unions)
    return employers, unions, places


@dataclass(frozen=True)
class _Upper:
    code: int
    name: str
    parent: int
    level: int
    kind: int
    division: int


def _upper(setting: Setting) -> list[_Upper]:
    """City, district, industrial, street and zone unions."""
    city = divisions.CITY
    rows = [_Upper(city * _PLACE, "云泽市总工会", -1, 0, CITY_FEDERATION, city)]
    seat = {}
    for row in divisions.districts():
        seat[row.code] = len(rows)
        rows.append(_Upper(row.code * _PLACE, f"{row.name}总工会", 0, 1, CITY_FEDERATION, row.code))
    for place, (trade, _) in enumerate(INDUSTRIAL_UNIONS):
        rows.append(_Upper(city * _PLACE + (901 + place) * _SERIAL, f"云泽市{trade}工会", 0, 1, INDUSTRIAL, city))
    for row in divisions.streets_in_use(setting.profile.unions):
        rows.append(_Upper(row.code * _SERIAL, f"{row.name}总工会", seat[row.parent], 2, STREET, row.code))
    for place, (name, district) in enumerate(ZONES):
        code = district * _PLACE + (801 + place) * _SERIAL
        rows.append(_Upper(code, f"{name}总工会", seat[district], 2, ZONE, district))
    return rows


def _cover(rng: np.random.Generator, employers: Employers, shape: Shape) -> Workplaces:
    """Workplaces; `union` counts grassroots unions from 0: single, joint, branches, institutions, new forms."""
    firms = np.flatnonzero(employers.state[: employers.enterprises] == 0)
    order = firms[np.argsort(-employers.size[firms] * rng.lognormal(0, 0.4, len(firms)), kind="stable")]
    single = order[: shape.single]
    rest = order[len(single) :]
    jointly = rest[: shape.jointly] if shape.joint else rest[:0]
    bare = rest[len(jointly) :]
    at = len(single)
    jointly = jointly[np.argsort(employers.street[jointly], kind="stable")]
    joint_union = at + np.arange(len(jointly)) * shape.joint // max(len(jointly), 1)
    at += shape.joint
    hosts = single[np.arange(shape.branches) % max(len(single), 1)]
    branch_union = at + np.arange(shape.branches)
    at += shape.branches
    bodies = employers.enterprises + np.arange(shape.institutions)
    body_union = at + np.arange(shape.institutions)
    at += shape.institutions
    riders, riders_union = _rider_places(employers, shape, at)
    employer = np.concatenate([single, jointly, hosts, bodies, riders, bare])
    union = np.concatenate(
        [np.arange(len(single)), joint_union, branch_union, body_union, riders_union, np.full(len(bare), -1)]
    )
    branch = np.zeros(len(employer), dtype=np.int64)
    start = len(single) + len(jointly)
    branch[start : start + len(hosts)] = 1 + np.arange(len(hosts)) // max(len(single), 1)
    return Workplaces(employer=employer, union=union, members=np.zeros(len(employer), dtype=np.int64), branch=branch)


def _rider_places(employers: Employers, shape: Shape, first: int) -> tuple[Column, Column]:
    """Each new-form union covers up to three service firms of the platforms, and workers without an employer."""
    trade = [place for place, row in enumerate(INDUSTRIES) if row.code in ("G60", "G54")]
    firms = np.flatnonzero(np.isin(employers.industry, trade) & (employers.state == 0))
    each = 3 if len(firms) >= 3 * shape.new_forms else 1
    unions = first + np.arange(shape.new_forms)
    with_firm = np.repeat(unions, each)
    picked = firms[np.arange(len(with_firm)) % len(firms)] if len(firms) else np.full(len(with_firm), -1)
    return np.concatenate([picked, np.full(len(unions), -1)]), np.concatenate([with_firm, unions])


def _tree(
    rng: np.random.Generator, setting: Setting, employers: Employers, upper: list[_Upper], places: Workplaces
) -> Unions:
    """The rows of the tree; grassroots follow the upper ones in the order of `_cover`."""
    covered = np.flatnonzero(places.union >= 0)
    first = np.full(int(places.union.max()) + 1, -1)
    first[places.union[covered][::-1]] = covered[::-1]
    employer, branch = places.employer[first], places.branch[first]
    kind = _kinds(places, len(first), employer >= employers.enterprises)
    street = np.where(
        employer >= 0, employers.street[employer], employers.street[np.arange(len(first)) % employers.count]
    )
    parent = _parents(rng, employers, upper, kind, employer, street)
    prefix = np.array([row.code // _SERIAL for row in upper])[parent]
    code = prefix * _SERIAL + rank_within(prefix) + 1
    level = np.array([row.level for row in upper])
    name = pa.concat_arrays([pa.array([row.name for row in upper]), _names(employers, kind, employer, branch, street)])
    founded, expires = _terms(rng, setting, len(upper), len(first))
    every_kind = np.concatenate([[row.kind for row in upper], kind])
    division = np.concatenate([[row.division for row in upper], street])
    home = np.where(division > 10**8, division // 1000, division)
    return Unions(
        code=np.concatenate([[row.code for row in upper], code]),
        name=name,
        parent=np.concatenate([[row.parent for row in upper], parent]),
        level=np.concatenate([level, np.full(len(first), 3)]),
        kind=every_kind,
        division=division,
        founded=founded,
        expires=expires,
        credit=fixed(credit_codes(np.full(len(home), 81), home, np.arange(len(home)) + 5_000_000)),
    )


def _kinds(places: Workplaces, count: int, public: Column) -> Column:
    covers = np.bincount(places.union[places.union >= 0], minlength=count)
    riders = np.zeros(count, dtype=bool)
    riders[places.union[(places.employer < 0) & (places.union >= 0)]] = True
    return np.where(riders, NEW_FORM, np.where(covers > 1, JOINT, np.where(public, INSTITUTION, SINGLE)))


def _parents(
    rng: np.random.Generator, employers: Employers, upper: list[_Upper], kind: Column, employer: Column, street: Column
) -> Column:
    """Street unions by default; part of the matching trades goes to industrial unions, a tenth to the zones."""
    by_division = {row.division: place for place, row in enumerate(upper) if row.kind == STREET}
    known = np.array(sorted(by_division))
    parent = np.array([by_division[code] for code in known])[np.searchsorted(known, street)]
    codes = [row.code for row in INDUSTRIES] + [row.branch for row in INSTITUTIONS]
    trade = np.array([_industrial(code) for code in codes])[employers.industry[employer]]
    big = employers.size[employer] > np.quantile(employers.size, 0.6)
    joins = (
        np.isin(kind, (SINGLE, INSTITUTION))
        & (trade >= 0)
        & (big | (employer >= employers.enterprises))
        & chance(rng, 0.55, len(kind))
    )
    first = next(place for place, row in enumerate(upper) if row.kind == INDUSTRIAL)
    parent = np.where(joins, first + trade, parent)
    zones = [place for place, row in enumerate(upper) if row.kind == ZONE]
    for place in zones:
        near = (street // 1000 == upper[place].division) & ~joins & (kind != NEW_FORM) & chance(rng, 0.2, len(kind))
        parent = np.where(near, place, parent)
    return parent


def _industrial(code: str) -> int:
    return next((place for place, (_, codes) in enumerate(INDUSTRIAL_UNIONS) if code in codes), -1)


def _names(employers: Employers, kind: Column, employer: Column, branch: Column, street: Column) -> Text:
    """Full names; stems and trades take turns, repeated ones in a street are numbered."""
    places = {row.code: row.name for row in divisions.all_divisions()}
    own = branch_names(employers.name, np.maximum(employer, 0), branch).to_pylist()
    turn = rank_within(kind)
    stems = np.where(kind == JOINT, turn % len(_JOINT_STEMS), turn % len(NEW_FORMS))
    serial = rank_within(street, kind, stems)
    out = []
    for place, sort in enumerate(kind):
        where, more, stem = int(street[place]), int(serial[place]), int(stems[place])
        if sort == JOINT:
            number = f"第{more + 1}" if more else ""
            out.append(f"{places[where]}{_JOINT_STEMS[stem]}{number}联合工会委员会")
        elif sort == NEW_FORM:
            number = f"第{more + 1}分会" if more else ""
            out.append(f"{places[where // 1000]}{places[where]}{NEW_FORMS[stem]}行业工会联合会{number}")
        else:
            out.append(f"{own[place]}工会委员会")
    return pa.array(out, pa.string())


def _terms(rng: np.random.Generator, setting: Setting, upper: int, grassroots: int) -> tuple[Column, Column]:
    """Founding days and ends of terms; terms last five years above the grassroots, three or five below."""
    size = upper + grassroots
    years = np.where(np.arange(size) < upper, 5, np.where(chance(rng, 0.45, size), 3, 5))
    ahead = rng.integers(31, years * 365 - 30)
    fate = pick(rng, [OVERDUE_SHARE, DUE_SHARE, 1 - OVERDUE_SHARE - DUE_SHARE], size)
    fate[: 1 + len(divisions.districts())] = 2
    ahead = np.where(fate == 0, -rng.integers(1, 540, size), np.where(fate == 1, rng.integers(0, 31, size), ahead))
    today = np.datetime64(setting.as_of)
    expires = today + ahead.astype("timedelta64[D]")
    terms = np.where(np.arange(size) < upper, rng.integers(3, 9, size), rng.integers(1, 6, size))
    month = expires.astype("datetime64[M]")
    day = expires - month.astype("datetime64[D]")
    founded = (month - (years * terms * 12).astype("timedelta64[M]")).astype("datetime64[D]") + np.minimum(
        day, np.timedelta64(27, "D")
    )
    return founded.astype(np.int64), expires.astype(np.int64)


def _members(rng: np.random.Generator, total: int, places: Workplaces, employers: Employers, unions: Unions) -> Column:
    """Active members per workplace, adding up to the profile's number."""
    sizes = np.where(places.employer >= 0, employers.size[np.maximum(places.employer, 0)], 40.0)
    kind = np.where(places.union >= 0, unions.kind[np.maximum(places.union, 0)], -1)
    weight = sizes * rng.lognormal(0, 0.15, len(sizes))
    weight[kind == JOINT] *= 0.6
    weight[kind == NEW_FORM] = np.where(places.employer[kind == NEW_FORM] >= 0, 40.0, 90.0)
    weight[places.branch > 0] *= 0.5
    members = np.zeros(len(sizes), dtype=np.int64)
    covered = np.flatnonzero(places.union >= 0)
    members[covered] = apportion(total, weight[covered], least=2)
    return members
