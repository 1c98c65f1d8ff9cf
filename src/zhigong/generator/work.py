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
class _Age:
    years: Column
    retired: Column


def make_work(setting: Setting, employers: Employers, unions: Unions, places: Workplaces, people: People) -> Work:
    """Jobs, employers, wages, dates of hiring and joining."""
    rng = stream(setting.seed, "work")
    years = (setting.today - people.birth) / YEAR
    age = _Age(years, years >= np.where(people.sex == 1, 60, 55))
    job = _jobs(rng, people, age)
    employer = _employers(rng, employers, places, people, job)
    education = _education(rng, setting, employers, people, employer, age)
    wage = _wages(rng, employers, people, age, job, employer, education)
    hired = _hired(rng, setting, employers, people, age, employer)
    former, left = _former(rng, setting, employers, age, job, employer, hired)
    joined = _joined(rng, setting, unions, places, people, hired)
    return Work(job, wage, employer, hired, joined, former, left, education)


def _jobs(rng: np.random.Generator, people: People, age: _Age) -> Column:
    size = people.count
    job = np.full(size, HOME)
    works = chance(
        rng, np.select([people.role == CHILD, people.role == SIBLING, people.migrant], [0.86, 0.86, 0.68], 0.75), size
    )
    job[works] = AT_WORK
    job[(people.role == HEAD) & (people.member == 0)] = AT_WORK
    pension = chance(rng, np.where(people.migrant, 0.05, np.where(people.rural, 0.35, 0.97)), size)
    job[age.retired] = np.where(pension[age.retired], RETIRED, HOME)
    job[(age.years < 19) | ((age.years < 22.5) & chance(rng, 0.75, size))] = PUPIL
    job[age.years < 3] = INFANT
    active = people.member == ACTIVE
    turn = pick(rng, [0.9735, 0.009, 0.003, 0.007, 0.0075], size)
    turn[(turn == 4) & (age.years < 50)] = 0
    job[active] = np.where(age.retired, RETIRED, np.array([AT_WORK, IDLE, JOBLESS, SICK, EARLY])[turn])[active]
    kept = people.member == RETAINED
    job[kept] = np.where(age.retired, RETIRED, np.where(chance(rng, 0.6, size), IDLE, JOBLESS))[kept]
    gone = people.member == LEFT
    job[gone] = np.where(age.retired, RETIRED, np.where(chance(rng, 0.7, size), AT_WORK, HOME))[gone]
    job[(people.member == DECEASED) | (people.state != ALIVE)] = HOME
    return job.astype(np.int8)


def _employers(
    rng: np.random.Generator, employers: Employers, places: Workplaces, people: People, job: Column
) -> Column:
    """Employer of everybody at work: the workplace's for members, any for others; -1 for flexible employment."""
    bare = np.ones(employers.count, dtype=bool)
    bare[places.employer[(places.union >= 0) & (places.employer >= 0)]] = False
    weight = employers.size * np.where(bare, _BARE_PULL, 1.0)
    anywhere = pick(rng, weight, people.count)
    flexible = chance(rng, _FLEXIBLE_SHARE, people.count)
    other = np.where((job == AT_WORK) & ~flexible, anywhere, -1)
    stays = np.isin(people.member, (ACTIVE, RETAINED))
    return np.where(stays, places.employer[people.workplace], other)


def _education(
    rng: np.random.Generator, setting: Setting, employers: Employers, people: People, employer: Column, age: _Age
) -> Column:
    """Index into EDUCATION: better in well-paid trades and for the young."""
    wages = np.array([row.wage for row in (*INDUSTRIES, *INSTITUTIONS)], dtype=np.float64)
    pull = np.where(employer >= 0, np.log(wages[employers.industry[employer]] / 6500) * 2.2, -0.4)
    born = setting.as_of.year - age.years
    score = rng.normal(0, 0.9, people.count) + pull + (born - 1982).clip(-30, 18) * 0.045 - people.migrant * 0.7
    limits = np.array([3.6, 2.5, 1.05, 0.35, 0.0, -0.55, -1.9])
    level = (score[:, None] < limits).sum(axis=1)
    youngest = np.select(
        [age.years < 13, age.years < 16, age.years < 19, age.years < 22.5, age.years < 28], [7, 6, 5, 2, 1], 0
    )
    return np.maximum(level, youngest).astype(np.int8)


def _wages(
    rng: np.random.Generator,
    employers: Employers,
    people: People,
    age: _Age,
    job: Column,
    employer: Column,
    education: Column,
) -> Column:
    """Whole yuan a month: pay, allowance or pension."""
    size = people.count
    wages = np.array([row.wage for row in (*INDUSTRIES, *INSTITUTIONS)])
    payer = rng.lognormal(0, 0.14, employers.count)
    middle = np.where(employer >= 0, wages[employers.industry[employer]] * payer[employer], 5_600.0)
    career = 1.06 - ((age.years - 44) / 44) ** 2 * 0.55
    learned = np.array([1.6, 1.35, 1.14, 1.02, 0.97, 0.95, 0.92, 0.88])[education]
    pay = np.maximum(2_060, middle * career * learned * rng.lognormal(0, 0.24, size))
    pension = rng.lognormal(np.log(3_500), 0.26, size).clip(1_600, 12_000)
    share = np.select([job == AT_WORK, job == SICK, job == EARLY], [1.0, 0.6, 0.62], 0.0)
    wage = np.select([job == RETIRED, job == IDLE], [pension, np.full(size, 1_450.0)], pay * share)
    return np.rint(wage).astype(np.int64)


def _hired(
    rng: np.random.Generator, setting: Setting, employers: Employers, people: People, age: _Age, employer: Column
) -> Column:
    """Day of hiring: after the 18th birthday and the founding of the employer."""
    stay = rng.exponential(np.where(people.migrant, 3.2, 7.0), people.count).clip(0.02, 35) * YEAR
    adult = people.birth + 18 * YEAR + rng.integers(0, 60, people.count)
    founded = np.where(employer >= 0, employers.founded[employer], 0)
    day = np.maximum(setting.today - stay, np.maximum(adult, founded))
    return np.minimum(day, setting.today - 20).astype(np.int64)


def _former(
    rng: np.random.Generator,
    setting: Setting,
    employers: Employers,
    age: _Age,
    job: Column,
    employer: Column,
    hired: Column,
) -> tuple[Column, Column]:
    """The employer before this one, as far as the insurance register remembers (five years), and the day it ended."""
    size = len(job)
    stay = setting.today - hired
    share = np.select([stay < 400, stay < 4 * YEAR], [0.85, 0.06], 0.0)
    before = chance(rng, share, size) & (job == AT_WORK) & (age.years - stay / YEAR > 19.5)
    former = np.where(before, pick(rng, employers.size + 1, size), -1)
    former[former == employer] = -1
    return former, hired - rng.integers(1, 75, size)


def _joined(
    rng: np.random.Generator, setting: Setting, unions: Unions, places: Workplaces, people: People, hired: Column
) -> Column:
    """Day of joining: soon after being hired, once the union existed."""
    union = np.where(people.workplace >= 0, places.union[people.workplace], 0)
    day = np.maximum(
        hired + rng.integers(5, 160, people.count), unions.founded[union] + rng.integers(0, 200, people.count)
    )
    return np.minimum(day, setting.today - 3)
