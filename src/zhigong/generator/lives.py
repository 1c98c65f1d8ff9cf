"""Homes, schooling and illness: the things that cost money or shelter it."""

from __future__ import annotations

import numpy as np

from zhigong.generator import divisions
from zhigong.generator.draw import Column, chance, pick_rows, stream
from zhigong.generator.people import CHILD, HEAD, SIBLING, SPOUSE, YEAR
from zhigong.generator.texts import Text, join, spread, whole
from zhigong.generator.types import ALIVE, People, Setting, Settlements, Studies, Work
from zhigong.generator.work import PUPIL

STAGES = ("学前", "小学", "初中", "高中", "中职", "高校")
KINDS = ("门诊", "门诊慢特病", "住院")
CLINIC, CHRONIC, WARD = range(3)
DISEASES = (
    "上呼吸道感染", "急性支气管炎", "慢性胃炎", "高血压", "2型糖尿病", "腰椎间盘突出", "牙周炎", "过敏性鼻炎",
    "肺炎", "胆囊结石", "骨折", "冠心病", "脑梗死", "分娩", "白内障", "慢性阻塞性肺疾病",
    "恶性肿瘤", "尿毒症", "急性心肌梗死", "脑出血", "多发伤", "白血病", "重型再生障碍性贫血",
)  # fmt: skip
_CLINIC_DISEASES, _WARD_DISEASES, _GRAVE_DISEASES = (0, 8), (8, 16), (16, 23)
REVERSED_SHARE = 0.012
"""Settlements taken back (冲销); half of them are settled anew at a corrected amount."""
LAST_YEAR_SHARE = 0.05
"""Settlements of the year before that come in late: they count for no fact of this year."""


def make_homes(setting: Setting, people: People, work: Work) -> Column:
    """Homes per person: owned by the head, a second one often by the spouse."""
    rng = stream(setting.seed, "homes")
    count = int(people.household.max()) + 1
    income = np.bincount(people.household, work.wage, minlength=count)
    group = np.searchsorted([3_500, 7_000, 14_000, 22_000], income)
    away = np.zeros(count, dtype=bool)
    away[people.household[people.migrant]] = True
    shares = np.array(
        [[54, 44, 2, 0], [36, 58, 6, 0], [23, 65, 11, 1], [14, 64, 19, 3], [8, 56, 29, 7], [86, 12, 2, 0]],
        dtype=np.float64,
    )
    owned = pick_rows(rng, shares, np.where(away, 5, group))
    spouse = np.zeros(count, dtype=bool)
    spouse[people.household[people.role == SPOUSE]] = True
    hers = np.where(spouse & (owned > 0) & chance(rng, 0.45, count), 1, 0)
    homes = np.zeros(people.count, dtype=np.int64)
    head = people.role == HEAD
    wife = people.role == SPOUSE
    homes[head] = (owned - hers)[people.household[head]]
    first = np.flatnonzero(wife)[np.unique(people.household[wife], return_index=True)[1]]
    homes[first] = hers[people.household[first]]
    return homes


def make_studies(setting: Setting, people: People, work: Work) -> Studies:
    """Children in school with their fees; guardian is the father, else the head of the household."""
    rng = stream(setting.seed, "studies")
    person = np.flatnonzero((work.job == PUPIL) & np.isin(people.role, (CHILD, SIBLING)) & (people.state == ALIVE))
    age = (setting.today - people.birth[person]) / YEAR
    size = len(person)
    stage = np.searchsorted([6.2, 12.2, 15.2, 18.2], age)
    stage = np.where((stage == 3) & chance(rng, 0.4, size), 4, np.where(stage == 4, 5, stage))
    private = chance(rng, np.array([0.12, 0.025, 0.03, 0.03, 0.02, 0.05])[stage], size)
    public = np.array([5_600, 0, 0, 1_700, 0, 5_400])[stage] + np.where(
        np.isin(stage, (0, 3, 5)), rng.integers(0, 9, size) * 100, 0
    )
    dear = np.array([24_000, 26_000, 28_000, 32_000, 14_000, 25_000])[stage] + rng.integers(0, 40, size) * 500
    head = np.zeros(int(people.household.max()) + 1, dtype=np.int64)
    heads = np.flatnonzero(people.role == HEAD)
    head[people.household[heads]] = heads
    father = people.father[person]
    guardian = np.where(father >= 0, father, head[people.household[person]])
    school = _schools(rng, people.street[person], stage, private)
    return Studies(person, guardian, stage, school, np.where(private, dear, public) * 100, private)


def _schools(rng: np.random.Generator, street: Column, stage: Column, private: Column) -> Text:
    rows = divisions.all_divisions()
    known = sorted(row.code for row in rows)
    names = {row.code: row.name for row in rows}
    place = spread([names[code] for code in known], np.searchsorted(known, street))
    number = whole(rng.integers(1, 4, len(street)))
    kind = spread(["幼儿园", "小学", "初级中学", "高级中学", "职业技术学校", "学院"], stage)
    mark = spread(["民办英华", "第"], np.where(private, 0, 1))
    return join(place, mark, number, kind)


def make_settlements(setting: Setting, people: People) -> Settlements:
    """Ordinary illness: visits and ward stays by age; grave illness is added by `hardship`."""
    rng = stream(setting.seed, "illness")
    age = (setting.today - people.birth) / YEAR
    alive = people.state == ALIVE
    rate = np.select([age < 6, age < 45, age < 60], [0.30, 0.20, 0.32], 0.55)
    visits = np.repeat(np.arange(people.count), rng.poisson(rate) * alive)
    stays = np.flatnonzero(
        chance(rng, np.select([age < 6, age < 45, age < 60], [0.04, 0.025, 0.05], 0.14), people.count) & alive
    )
    person = np.concatenate([visits, stays])
    kind = np.concatenate([np.where(chance(rng, 0.2, len(visits)), CHRONIC, CLINIC), np.full(len(stays), WARD)])
    ward = kind == WARD
    disease = np.where(ward, rng.integers(*_WARD_DISEASES, len(kind)), rng.integers(*_CLINIC_DISEASES, len(kind)))
    total = np.where(ward, rng.lognormal(np.log(9_500), 0.7, len(kind)), rng.lognormal(np.log(420), 0.8, len(kind)))
    paid = np.where(ward, rng.uniform(0.12, 0.30, len(kind)), rng.uniform(0.25, 0.55, len(kind)))
    fen = np.rint(total * 100).astype(np.int64)
    own = np.rint(fen * paid).astype(np.int64)
    policy = np.rint(own * rng.uniform(0.55, 0.92, len(own))).astype(np.int64)
    return Settlements(person, kind, disease, _days(rng, setting, len(own)), fen, policy, own, None, None)


def _days(rng: np.random.Generator, setting: Setting, size: int) -> Column:
    """Days of this year so far (of the last sixty, early in January)."""
    return rng.integers(first_day(setting), setting.today, size)


def first_day(setting: Setting) -> int:
    """The first day that counts for the facts of the year."""
    return min(setting.year_start, setting.today - 60)


def grave_settlements(rng: np.random.Generator, setting: Setting, person: Column, own: Column) -> Settlements:
    """Grave illness: each patient's own share (fen) split over three to five ward stays."""
    parts = rng.integers(3, 6, len(person))
    row = np.repeat(np.arange(len(person)), parts)
    weight = rng.uniform(0.6, 1.4, len(row))
    share = weight / np.bincount(row, weight)[row]
    paid = np.floor(own[row] * share).astype(np.int64)
    paid[np.cumsum(parts) - parts] += own - np.bincount(row, paid, minlength=len(person)).astype(np.int64)
    part = rng.uniform(0.28, 0.45, len(row))
    disease = rng.integers(*_GRAVE_DISEASES, len(person))[row]
    total = np.rint(paid / part).astype(np.int64)
    policy = np.rint(paid * rng.uniform(0.6, 0.9, len(row))).astype(np.int64)
    day = _days(rng, setting, len(row))
    return Settlements(person[row], np.full(len(row), WARD), disease, day, total, policy, paid, None, None)


def finish_settlements(setting: Setting, parts: list[Settlements]) -> Settlements:
    """All settlements in order of day with serial numbers, last year's late ones and reversals among them."""
    rng = stream(setting.seed, "settlements")
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("person", "kind", "disease", "day", "total", "policy", "own")
    }
    size = len(columns["person"])
    late = np.flatnonzero(chance(rng, LAST_YEAR_SHARE, size) & (columns["kind"] != WARD))
    undone = np.flatnonzero(
        chance(rng, REVERSED_SHARE, size) & (columns["day"] < setting.today - 8) & (columns["kind"] != WARD)
    )
    again = undone[chance(rng, 0.5, len(undone))]
    index = np.concatenate([np.arange(size), late, undone, again])
    part = np.repeat([0, 1, 2, 3], [size, len(late), len(undone), len(again)])
    made = {name: column[index] for name, column in columns.items()}
    made["day"] = made["day"] - np.where(part == 1, 366 + 60, 0) + np.where(part == 2, 3, 0) + np.where(part == 3, 5, 0)
    made["day"] = np.where(
        part == 1, np.minimum(made["day"], min(setting.year_start, setting.today - 366) - 1), made["day"]
    )
    sign = np.where(part == 2, -1.0, np.where(part == 3, 0.9, 1.0))
    for name in ("total", "policy", "own"):
        made[name] = np.rint(made[name] * sign).astype(np.int64)
    order = np.lexsort((np.arange(len(index)), part == 2, made["day"]))
    return _numbered(made, order, part, index)


def _numbered(made: dict[str, Column], order: Column, part: Column, index: Column) -> Settlements:
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    serial = join("YB9901", whole(10**9 + np.arange(len(order))))
    target = np.where(part == 2, place[index], -1)[order]
    return Settlements(
        **{name: column[order] for name, column in made.items()}, serial=serial, reverses=spread(serial, target)
    )


def own_pay(people: People, settlements: Settlements, setting: Setting) -> tuple[Column, Column]:
    """Net own pay this year per household in fen: all, and in wards alone."""
    count = int(people.household.max()) + 1
    now = settlements.day >= first_day(setting)
    home = people.household[settlements.person]
    every = np.bincount(home[now], settlements.own[now], minlength=count)
    ward = now & (settlements.kind == WARD)
    return np.rint(every).astype(np.int64), np.rint(
        np.bincount(home[ward], settlements.own[ward], minlength=count)
    ).astype(np.int64)
