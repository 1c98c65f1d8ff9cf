"""Who is in hardship: the official formula over the true facts, and the fate that makes about 2.5 % of members meet it.

Grade by the fixed names of the command contract: per head (income - rigid) / 12 / size below dibao is deep, below twice
dibao relative; a loss above 80 % of yearly income is sudden; two homes, a business or a dear school exclude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhigong.generator.draw import Column, chance, pick, stream
from zhigong.generator.lives import finish_settlements, grave_settlements, make_settlements, own_pay
from zhigong.generator.types import ACTIVE, ALIVE, Hardship, People, Setting, Settlements, Studies, Work
from zhigong.generator.work import EARNING

DIBAO_MONTH = 106_200
"""Fen a month; the fictional city's minimum living standard from 2026-01-01."""
RELATIVE_MULTIPLE = 2
LOSS_SHARE = 0.8
MIGRANT_MONTHS = 12
GRADES = ("", "deep", "relative", "sudden")
DEEP, RELATIVE, SUDDEN = 1, 2, 3
TARGET_SHARE = 0.025
"""Members in hardship; reached by lifting the wages of some poor households and letting illness strike others."""
POOR_SHARE = 0.58
"""Of these, the part that is poor by income; the rest by illness or loss."""
LOSS_FATE_SHARE = 0.0007
"""Members hit by a loss no department knows of (fire, flood, accident): they can only tell it themselves."""
_SPARED_SHARE = 0.008
"""Households struck by grave illness that stay above the line: near misses for every rule."""


@dataclass
class Fate:
    """What hardship is made from, per household; amounts in fen."""

    tuition: Column
    size: Column
    homes: Column
    business: Column
    private: Column
    loss: Column


def months_between(earlier: Column, today: int) -> Column:
    """Whole months of 30.4375 days."""
    months: Column = np.floor((today - earlier) / 30.4375).astype(np.int64)
    return months


def eligible_members(setting: Setting, people: People, work: Work) -> Column:
    """Active members, and for migrants twelve months of labour relation."""
    stayed = months_between(work.hired, setting.today) >= MIGRANT_MONTHS
    farm = people.migrant & people.rural
    fit: Column = (people.member == ACTIVE) & (people.state == ALIVE) & (~farm | stayed)
    return fit


@dataclass
class _Case:
    """The city while fate is at work; members: eligible ones per household, quota: members to be in hardship."""

    rng: np.random.Generator
    setting: Setting
    people: People
    work: Work
    fate: Fate
    members: Column
    quota: float


def decide(
    setting: Setting, people: People, work: Work, homes: Column, studies: Studies
) -> tuple[Hardship, Settlements]:
    """Bend wages and illness until the share is met, then state facts and grades; `work.wage` changes in place."""
    rng = stream(setting.seed, "hardship")
    fate = _fate(rng, people, homes, studies)
    members = np.bincount(people.household, eligible_members(setting, people, work), minlength=len(fate.size))
    case = _Case(rng, setting, people, work, fate, members, TARGET_SHARE * setting.profile.members)
    ordinary = make_settlements(setting, people)
    paid, _ = own_pay(people, finish_settlements(setting, [ordinary]), setting)
    _lift_poor(case, paid)
    spare = _head_money(people, work, fate, paid)
    _lose(case, spare)
    settlements = finish_settlements(setting, [ordinary, _strike(case, spare)])
    rigid, wards = own_pay(people, settlements, setting)
    return _grade(people, work, fate, rigid, wards), settlements


def income_of(people: People, work: Work) -> Column:
    """Yearly income per household in fen: twelve times what its living members earn or draw."""
    counts = np.isin(work.job, EARNING) & (people.state == ALIVE)
    monthly = np.bincount(people.household, work.wage * counts, minlength=int(people.household.max()) + 1)
    return np.rint(monthly).astype(np.int64) * 1200


def _fate(rng: np.random.Generator, people: People, homes: Column, studies: Studies) -> Fate:
    count = int(people.household.max()) + 1
    tuition = np.bincount(people.household[studies.person], studies.fee, minlength=count)
    dear = np.zeros(count, dtype=bool)
    dear[people.household[studies.person[studies.private]]] = True
    return Fate(
        tuition=np.rint(tuition).astype(np.int64),
        size=np.bincount(people.household, people.state == ALIVE, minlength=count).astype(np.int64),
        homes=np.rint(np.bincount(people.household, homes, minlength=count)).astype(np.int64),
        business=chance(rng, 0.011, count),
        private=dear | chance(rng, 0.002, count),
        loss=np.zeros(count, dtype=np.int64),
    )


def _head_money(people: People, work: Work, fate: Fate, paid: Column) -> Column:
    """Fen a month and head, after rigid expense."""
    return (income_of(people, work) - fate.tuition - paid) / 12 / np.maximum(fate.size, 1)


def _excluded(fate: Fate) -> Column:
    return (fate.homes >= 2) | fate.business | fate.private


def _lift_poor(case: _Case, paid: Column) -> None:
    """Raise the best earner's wage in poor households beyond the quota; those without any earner stay poor."""
    people, work, fate, members = case.people, case.work, case.fate, case.members
    spare = _head_money(people, work, fate, paid)
    line = DIBAO_MONTH * RELATIVE_MULTIPLE
    poor = np.flatnonzero((spare < line * 1.02) & (members > 0) & ~_excluded(fate))
    earns = np.where(np.isin(work.job, EARNING) & (people.state == ALIVE), work.wage, -1)
    order = np.lexsort((np.arange(people.count), -earns, people.household))
    best = order[np.unique(people.household[order], return_index=True)[1]]
    helpless = earns[best[poor]] <= 0
    queue = poor[np.lexsort((case.rng.random(len(poor)), ~helpless))]
    kept = np.cumsum(members[queue]) <= case.quota * POOR_SHARE
    lifted = queue[~kept]
    lifted = lifted[earns[best[lifted]] > 0]
    goal = line * (1.06 + case.rng.exponential(0.45, len(lifted)))
    more = np.ceil((goal - spare[lifted]) * fate.size[lifted] / 100).astype(np.int64)
    work.wage[best[lifted]] += more


def _lose(case: _Case, spare: Column) -> None:
    """Losses above 80 % of income for some, smaller ones for as many others."""
    rng, fate, members = case.rng, case.fate, case.members
    quota = LOSS_FATE_SHARE * case.setting.profile.members
    safe = np.flatnonzero((spare > DIBAO_MONTH * 2.6) & (members > 0) & ~_excluded(fate))
    queue = rng.permutation(safe)
    hit = queue[: np.searchsorted(np.cumsum(members[queue]), quota) + 1]
    near = queue[len(hit) : 2 * len(hit)]
    income = income_of(case.people, case.work)
    fate.loss[hit] = np.rint(income[hit] * rng.uniform(0.86, 1.7, len(hit)))
    fate.loss[near] = np.rint(income[near] * rng.uniform(0.1, 0.72, len(near)))


def _strike(case: _Case, spare: Column) -> Settlements:
    """Grave illness: some fall below a line, others stay just above."""
    rng, fate, members = case.rng, case.fate, case.members
    quota = case.quota * (1 - POOR_SHARE)
    line = DIBAO_MONTH * RELATIVE_MULTIPLE
    fit = (spare > line * 1.06) & (spare < line * 4) & (members > 0) & ~_excluded(fate) & (fate.loss == 0)
    queue = rng.permutation(np.flatnonzero(fit))
    fall = queue[: np.searchsorted(np.cumsum(members[queue]), quota) + 1]
    near = queue[len(fall) : len(fall) + round(_SPARED_SHARE * case.setting.profile.members)]
    deep = chance(rng, 0.42, len(fall))
    low = np.where(deep, rng.uniform(0.05, 0.97, len(fall)), rng.uniform(1.02, 1.97, len(fall))) * DIBAO_MONTH
    keep = np.minimum(rng.uniform(1.03, 1.7, len(near)) * line, spare[near] * 0.97)
    homes = np.concatenate([fall, near])
    left = np.concatenate([np.minimum(low, spare[fall] * 0.97), np.maximum(keep, line * 1.02)])
    own = np.ceil((spare[homes] - left) * 12 * fate.size[homes]).astype(np.int64)
    homes, own = homes[own > 200_000], own[own > 200_000]
    return grave_settlements(rng, case.setting, _patients(rng, case.people, homes), own)


def _patients(rng: np.random.Generator, people: People, homes: Column) -> Column:
    """One living person of each household, the old more often."""
    living = np.flatnonzero(people.state == ALIVE)
    key = rng.random(len(living)) ** np.where(people.birth[living] < np.quantile(people.birth, 0.6), 0.5, 1.5)
    order = living[np.lexsort((-key, people.household[living]))]
    found, first = np.unique(people.household[order], return_index=True)
    return order[first[np.searchsorted(found, homes)]]


def _grade(people: People, work: Work, fate: Fate, rigid: Column, wards: Column) -> Hardship:
    income = income_of(people, work)
    spend = fate.tuition + rigid
    size = np.maximum(fate.size, 1)
    loss = fate.loss + wards
    head = (income - spend) / 12 / size
    sudden = loss > LOSS_SHARE * income
    grade = np.select([head < DIBAO_MONTH, head < DIBAO_MONTH * RELATIVE_MULTIPLE, sudden], [DEEP, RELATIVE, SUDDEN], 0)
    grade = np.where(_excluded(fate) | (fate.size == 0), 0, grade)
    return Hardship(income, spend, fate.size, fate.homes, fate.business, fate.private, loss, grade.astype(np.int8))


def graded_members(setting: Setting, people: People, work: Work, hardship: Hardship) -> Column:
    """Rows of members in hardship."""
    return np.flatnonzero(eligible_members(setting, people, work) & (hardship.grade[people.household] > 0))


def protected_category(rng: np.random.Generator, hardship: Hardship) -> Column:
    """Per household what civil affairs grant: 0 none, 1 低保, 2 低保边缘, 3 特困; many who could do not apply."""
    head = hardship.income / 12 / np.maximum(hardship.size, 1)
    after = (hardship.income - hardship.rigid) / 12 / np.maximum(hardship.size, 1)
    count = len(head)
    alive = (hardship.size > 0) & (hardship.homes < 2)
    poor = (head < DIBAO_MONTH) & alive & chance(rng, 0.6, count)
    edge = (after < DIBAO_MONTH * 1.5) & alive & ~poor & chance(rng, 0.4, count)
    alone = (hardship.income == 0) & (hardship.size == 1) & poor
    kind = np.where(poor, 1, np.where(edge, 2, 0))
    return np.where(alone & (pick(rng, [1, 1], count) == 1), 3, kind)
