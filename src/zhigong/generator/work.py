"""What people do, where, since when and for how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhigong.generator.draw import Column, chance, pick, stream
from zhigong.generator.industries import INDUSTRIES, INSTITUTIONS
from zhigong.generator.people import CHILD, HEAD, SIBLING, YEAR
from zhigong.generator.types import (
    ACTIVE,
    ALIVE,
    DECEASED,
    LEFT,
    RETAINED,
    Employers,
    People,
    Setting,
    Unions,
    Work,
    Workplaces,
)

JOBS = ("学龄前", "在校", "在岗", "待岗", "失业", "退休", "无业", "病休", "退养")
INFANT, PUPIL, AT_WORK, IDLE, JOBLESS, RETIRED, HOME, SICK, EARLY = range(9)
EARNING = (AT_WORK, IDLE, RETIRED, SICK, EARLY)
EDUCATION = ("博士", "硕士", "本科", "大专", "中专", "高中", "初中", "小学及以下")
_FLEXIBLE_SHARE = 0.12
"""Family members at work who pay their own insurance, without an employer."""
_BARE_PULL = 3.0
"""How much likelier a non-member works where there is no union."""


@dataclass
class _Base:
    rng: np.random.Generator
    setting: Setting
    employers: Employers
    unions: Unions
    places: Workplaces
    people: People
    years: Column
    retired: Column


def make_work(setting: Setting, employers: Employers, unions: Unions, places: Workplaces, people: People) -> Work:
    """Jobs, employers, wages, dates of hiring and joining."""
    years = (setting.today - people.birth) / YEAR
    retired = years >= np.where(people.sex == 1, 60, 55)
    base = _Base(stream(setting.seed, "work"), setting, employers, unions, places, people, years, retired)
    job = _jobs(base)
    employer = _employers(base, job)
    education = _education(base, employer)
    wage = _wages(base, job, employer, education)
    hired = _hired(base, employer)
    former, left = _former(base, job, employer, hired)
    return Work(job, wage, employer, hired, _joined(base, hired), former, left, education)


def _jobs(base: _Base) -> Column:
    rng, people, years, retired = base.rng, base.people, base.years, base.retired
    size = people.count
    job = np.full(size, HOME)
    works = chance(
        rng, np.select([people.role == CHILD, people.role == SIBLING, people.migrant], [0.86, 0.86, 0.68], 0.75), size
    )
    job[works] = AT_WORK
    job[(people.role == HEAD) & (people.member == 0)] = AT_WORK
    pension = chance(rng, np.where(people.migrant, 0.05, np.where(people.rural, 0.35, 0.97)), size)
    job[retired] = np.where(pension[retired], RETIRED, HOME)
    job[(years < 19) | ((years < 22.5) & chance(rng, 0.75, size))] = PUPIL
    job[years < 3] = INFANT
    active = people.member == ACTIVE
    turn = pick(rng, [0.9735, 0.009, 0.003, 0.007, 0.0075], size)
    turn[(turn == 4) & (years < 50)] = 0
    job[active] = np.where(retired, RETIRED, np.array([AT_WORK, IDLE, JOBLESS, SICK, EARLY])[turn])[active]
    kept = people.member == RETAINED
    job[kept] = np.where(retired, RETIRED, np.where(chance(rng, 0.6, size), IDLE, JOBLESS))[kept]
    gone = people.member == LEFT
    job[gone] = np.where(retired, RETIRED, np.where(chance(rng, 0.7, size), AT_WORK, HOME))[gone]
    job[(people.member == DECEASED) | (people.state != ALIVE)] = HOME
    return job.astype(np.int8)


def _employers(base: _Base, job: Column) -> Column:
    """Employer of everybody at work: the workplace's for members, any for others; -1 for flexible employment."""
    rng, employers, places, people = base.rng, base.employers, base.places, base.people
    bare = np.ones(employers.count, dtype=bool)
    bare[places.employer[(places.union >= 0) & (places.employer >= 0)]] = False
    weight = employers.size * np.where(bare, _BARE_PULL, 1.0)
    anywhere = pick(rng, weight, people.count)
    flexible = chance(rng, _FLEXIBLE_SHARE, people.count)
    other = np.where((job == AT_WORK) & ~flexible, anywhere, -1)
    stays = np.isin(people.member, (ACTIVE, RETAINED))
    return np.where(stays, places.employer[people.workplace], other)


def _education(base: _Base, employer: Column) -> Column:
    """Index into EDUCATION: better in well-paid trades and for the young."""
    rng, people, years, employers = base.rng, base.people, base.years, base.employers
    wages = np.array([row.wage for row in (*INDUSTRIES, *INSTITUTIONS)], dtype=np.float64)
    pull = np.where(employer >= 0, np.log(wages[employers.industry[employer]] / 6500) * 2.2, -0.4)
    born = base.setting.as_of.year - years
    score = rng.normal(0, 0.9, people.count) + pull + (born - 1982).clip(-30, 18) * 0.045 - people.migrant * 0.7
    limits = np.array([3.6, 2.5, 1.05, 0.35, 0.0, -0.55, -1.9])
    level = (score[:, None] < limits).sum(axis=1)
    youngest = np.select([years < 13, years < 16, years < 19, years < 22.5, years < 28], [7, 6, 5, 2, 1], 0)
    level = np.maximum(level, youngest).astype(np.int8)
    return np.asarray(level)


def _wages(base: _Base, job: Column, employer: Column, education: Column) -> Column:
    """Whole yuan a month: pay, allowance or pension."""
    rng, employers = base.rng, base.employers
    size = base.people.count
    wages = np.array([row.wage for row in (*INDUSTRIES, *INSTITUTIONS)])
    payer = rng.lognormal(0, 0.14, employers.count)
    middle = np.where(employer >= 0, wages[employers.industry[employer]] * payer[employer], 5_600.0)
    career = 1.06 - ((base.years - 44) / 44) ** 2 * 0.55
    learned = np.array([1.6, 1.35, 1.14, 1.02, 0.97, 0.95, 0.92, 0.88])[education]
    pay = np.maximum(2_060, middle * career * learned * rng.lognormal(0, 0.24, size))
    pension = rng.lognormal(np.log(3_500), 0.26, size).clip(1_600, 12_000)
    share = np.select([job == AT_WORK, job == SICK, job == EARLY], [1.0, 0.6, 0.62], 0.0)
    wage: Column = np.select([job == RETIRED, job == IDLE], [pension, np.full(size, 1_450.0)], pay * share)
    return np.rint(wage).astype(np.int64)


def _hired(base: _Base, employer: Column) -> Column:
    """Day of hiring: after the 18th birthday and the founding of the employer."""
    rng, setting, people, employers = base.rng, base.setting, base.people, base.employers
    stay = rng.exponential(np.where(people.migrant, 3.2, 7.0), people.count).clip(0.02, 35) * YEAR
    adult = people.birth + 18 * YEAR + rng.integers(0, 60, people.count)
    founded = np.where(employer >= 0, employers.founded[employer], 0)
    day = np.maximum(setting.today - stay, np.maximum(adult, founded))
    limited: Column = np.minimum(day, setting.today - 20).astype(np.int64)
    return limited


def _former(base: _Base, job: Column, employer: Column, hired: Column) -> tuple[Column, Column]:
    """The employer before this one, as far as the insurance register remembers (five years), and the day it ended."""
    rng = base.rng
    size = len(job)
    stay = base.setting.today - hired
    share = np.select([stay < 400, stay < 4 * YEAR], [0.85, 0.06], 0.0)
    before = chance(rng, share, size) & (job == AT_WORK) & (base.years - stay / YEAR > 19.5)
    former = np.where(before, pick(rng, base.employers.size + 1, size), -1)
    former[former == employer] = -1
    return former, hired - rng.integers(1, 75, size)


def _joined(base: _Base, hired: Column) -> Column:
    """Day of joining: soon after being hired, once the union existed."""
    rng, people = base.rng, base.people
    union = np.where(people.workplace >= 0, base.places.union[people.workplace], 0)
    day = np.maximum(
        hired + rng.integers(5, 160, people.count), base.unions.founded[union] + rng.integers(0, 200, people.count)
    )
    return np.minimum(day, base.setting.today - 3)
