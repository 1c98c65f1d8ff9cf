"""Members and the families around them: who lives with whom, at plausible ages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhigong.generator import divisions
from zhigong.generator.draw import Column, apportion, chance, pick, stream
from zhigong.generator.industries import INDUSTRIES, INSTITUTIONS
from zhigong.generator.types import (
    ACTIVE,
    ALIVE,
    DEAD,
    DECEASED,
    LEFT,
    MOVED,
    RETAINED,
    Employers,
    People,
    Setting,
    Unions,
    Workplaces,
)

HEAD, SPOUSE, CHILD, PARENT, SIBLING = range(5)
YEAR = 365.25
RETAINED_SHARE, LEFT_SHARE, DECEASED_SHARE = 0.015, 0.02, 0.002
"""People on the rolls beyond the active members: membership kept, ended, or holder dead and still on the list."""
RETIRED_SHARE = 0.05
MIGRANT_SHARE, MIGRANT_SHARE_BODIES = 0.24, 0.05
COUPLES_OF_MEMBERS = 0.66
"""Share of the married women members whose husband is a member too."""
LONE_WORKERS_SHARE = 0.04
"""People at work in the city who are neither members nor family of members, per member."""
_MARRIED = ((0, 0.0), (22, 0.15), (26, 0.5), (30, 0.8), (35, 0.9), (46, 0.92), (61, 0.85))
"""From an age on: share that is married."""


@dataclass
class _Members:
    workplace: Column
    state: Column
    sex: Column
    birth: Column
    migrant: Column


@dataclass
class _Kin:
    """Family members to be appended: the household, the role, sex, birth and the father's row if known."""

    household: Column
    role: int
    sex: Column
    birth: Column
    father: Column


def make_people(setting: Setting, employers: Employers, unions: Unions, places: Workplaces) -> People:
    """Members first (by workplace), then spouses, children, parents, siblings, then people living on their own."""
    rng = stream(setting.seed, "people")
    own = _draw_members(rng, setting, employers, unions, places)
    married = _married(rng, setting, own)
    household, partner = _pair(rng, own, married)
    kin = _families(rng, setting, own, household, partner, married)
    kin.append(_lone(rng, setting, int(household.max()) + 1))
    return _assemble(rng, setting, own, household, partner, kin)


def _draw_members(
    rng: np.random.Generator, setting: Setting, employers: Employers, unions: Unions, places: Workplaces
) -> _Members:
    extra = [round(setting.profile.members * share) for share in (RETAINED_SHARE, LEFT_SHARE, DECEASED_SHARE)]
    former = [apportion(count, places.members * rng.random(len(places.members))) for count in extra]
    counts = np.stack([places.members, *former])
    workplace = np.repeat(np.arange(counts.shape[1]), counts.sum(axis=0))
    state = np.repeat(np.tile([ACTIVE, RETAINED, LEFT, DECEASED], counts.shape[1]), counts.T.ravel())
    employer = places.employer[workplace]
    industry = employers.industry[np.maximum(employer, 0)]
    female = np.array([row.female for row in (*INDUSTRIES, *INSTITUTIONS)])[industry]
    sex = np.where(chance(rng, np.where(employer < 0, 0.14, female), len(workplace)), 2, 1)
    migrant = chance(rng, np.where(industry >= len(INDUSTRIES), MIGRANT_SHARE_BODIES, MIGRANT_SHARE), len(sex))
    age = _working_age(rng, sex, employer < 0)
    retired = chance(rng, RETIRED_SHARE, len(sex)) & (state != LEFT) & ~migrant & (employer >= 0)
    age = np.where(retired, np.where(sex == 1, 60.5, 55.5) + rng.exponential(6, len(sex)) % 28, age)
    birth = setting.today - (age * YEAR).astype(np.int64)
    return _Members(workplace, state, sex, birth, migrant)


def _working_age(rng: np.random.Generator, sex: Column, rider: Column) -> Column:
    ages = np.arange(18, 60)
    weight = np.exp(-(((ages - 37) / 11.5) ** 2) / 2)
    men = weight / weight.sum()
    women = weight * (ages < 54)
    young = np.exp(-(((ages - 30) / 8.0) ** 2) / 2) * (ages < 56)
    age = np.where(sex == 1, ages[pick(rng, men, len(sex))], ages[pick(rng, women, len(sex))])
    age = np.where(rider & (sex == 1), ages[pick(rng, young, len(sex))], age)
    return age + rng.random(len(sex))


def _married(rng: np.random.Generator, setting: Setting, own: _Members) -> Column:
    age = (setting.today - own.birth) / YEAR
    starts = np.array([start for start, _ in _MARRIED])
    share = np.array([share for _, share in _MARRIED])[np.searchsorted(starts, age, side="right") - 1]
    return chance(rng, share, len(age)) & (age >= np.where(own.sex == 1, 22, 20))


def _pair(rng: np.random.Generator, own: _Members, married: Column) -> tuple[Column, Column]:
    """Household of each member and row of the partner who is a member (-1 for none)."""
    partner = np.full(len(own.sex), -1, dtype=np.int64)
    for away in (False, True):
        fit = married & (own.migrant == away) & (own.state != DECEASED)
        men, women = np.flatnonzero(fit & (own.sex == 1)), np.flatnonzero(fit & (own.sex == 2))
        count = round(COUPLES_OF_MEMBERS * min(len(men), len(women)))
        men, women = rng.permutation(men)[:count], rng.permutation(women)[:count]
        men = men[np.argsort(own.birth[men] + rng.normal(0, 700, count), kind="stable")]
        women = women[np.argsort(own.birth[women] - 700 + rng.normal(0, 700, count), kind="stable")]
        near = np.abs(own.birth[men] - own.birth[women]) < 11 * YEAR
        partner[men[near]], partner[women[near]] = women[near], men[near]
    head = np.where((partner >= 0) & (own.sex == 2), partner, np.arange(len(partner)))
    household = np.unique(head, return_inverse=True)[1]
    return household, partner


def _families(
    rng: np.random.Generator, setting: Setting, own: _Members, household: Column, partner: Column, married: Column
) -> list[_Kin]:
    rows = np.arange(len(own.sex))
    lead = rows[(partner < 0) | (own.sex == 1)]
    spouses = _spouses(rng, setting, own, household, lead[(partner[lead] < 0) & married[lead]])
    younger, father = _couple_birth(own, household, partner, lead, spouses)
    age = (setting.today - own.birth[lead]) / YEAR
    alone = ~married[lead]
    single_parent = alone & (age > 30) & chance(rng, 0.3, len(lead))
    children = _children(rng, setting, lead[~alone | single_parent], household, younger, father)
    at_home = alone & (age < 34) & chance(rng, np.where(own.migrant[lead], 0.08, 0.55), len(lead))
    with_old = ~at_home & (age > 27) & (age < 54) & chance(rng, np.where(own.migrant[lead], 0.04, 0.17), len(lead))
    olds = _parents(rng, setting, own, household, lead[at_home], both=0.85)
    more = _parents(rng, setting, own, household, lead[with_old], both=0.45)
    siblings = _siblings(rng, setting, own, household, lead[at_home])
    return [spouses, *children, *olds, *more, siblings]


def _spouses(rng: np.random.Generator, setting: Setting, own: _Members, household: Column, rows: Column) -> _Kin:
    older = np.where(own.sex[rows] == 1, 1.8, -1.8) + rng.normal(0, 2.4, len(rows)).clip(-7, 7)
    sex = 3 - own.sex[rows]
    latest = setting.today - (np.where(sex == 1, 22.2, 20.2) + rng.random(len(rows)) * 2) * YEAR
    birth = np.minimum(own.birth[rows] + older * YEAR, latest).astype(np.int64)
    return _Kin(household[rows], SPOUSE, sex, birth, np.full(len(rows), -1))


def _couple_birth(
    own: _Members, household: Column, partner: Column, lead: Column, spouses: _Kin
) -> tuple[Column, Column]:
    """Per household: birth of the younger parent, and row of the father (mother when there is none)."""
    younger = np.full(int(household.max()) + 1, -(10**6))
    np.maximum.at(younger, household, own.birth)
    np.maximum.at(younger, spouses.household, spouses.birth)
    father = np.full(len(younger), -1)
    father[household[lead]] = lead
    men = np.flatnonzero(spouses.sex == 1)
    father[spouses.household[men]] = len(own.sex) + men  # spouses are the first to be appended
    return younger, father


def _children(
    rng: np.random.Generator, setting: Setting, rows: Column, household: Column, younger: Column, father: Column
) -> list[_Kin]:
    """Up to three children per couple who still live at home, born when the younger parent was 20 to 40."""
    home = household[rows]
    size = len(home)
    born = younger[home] + (rng.normal(27, 3.2, size).clip(20.2, 38) * YEAR).astype(np.int64)
    wants = chance(rng, 0.9, size)
    out = []
    for another in (0.36, 0.07, 0.0):
        age = (setting.today - born) / YEAR
        stays = np.select([age < 19, age < 23, age < 30], [0.98, 0.85, 0.32], 0.05)
        here = wants & (age > 0.1) & chance(rng, stays, size)
        sex = np.where(chance(rng, 0.473, size), 2, 1)
        out.append(_Kin(home[here], CHILD, sex[here], born[here], father[home[here]]))
        wants = wants & chance(rng, another, size)
        born = born + (rng.uniform(1.6, 6.5, size) * YEAR).astype(np.int64)
        wants &= born < younger[home] + 44 * YEAR
    return out


def _parents(
    rng: np.random.Generator, setting: Setting, own: _Members, household: Column, rows: Column, both: float
) -> list[_Kin]:
    """Mother, father or both of the given members, in the same household; nobody over 93."""
    size = len(rows)
    mother = own.birth[rows] - (rng.normal(26, 3.0, size).clip(20.2, 40) * YEAR).astype(np.int64)
    father = np.minimum(mother - (rng.normal(2, 2.2, size) * YEAR).astype(np.int64), own.birth[rows] - int(20.2 * YEAR))
    two = chance(rng, both, size)
    she = two | chance(rng, 0.6, size)
    oldest = setting.today - 93 * YEAR
    out = []
    for sex, birth, here in ((2, mother, she), (1, father, two | ~she)):
        here = here & (birth > oldest)
        none = np.full(int(here.sum()), -1)
        out.append(_Kin(household[rows][here], PARENT, np.full(int(here.sum()), sex), birth[here], none))
    return out


def _siblings(rng: np.random.Generator, setting: Setting, own: _Members, household: Column, rows: Column) -> _Kin:
    rows = rows[chance(rng, 0.16, len(rows))]
    birth = own.birth[rows] + (rng.uniform(1.5, 7, len(rows)) * YEAR).astype(np.int64)
    fit = birth < setting.today - 3 * YEAR
    return _Kin(household[rows][fit], SIBLING, rng.integers(1, 3, int(fit.sum())), birth[fit], rows[fit])


def _lone(rng: np.random.Generator, setting: Setting, first: int) -> _Kin:
    size = round(LONE_WORKERS_SHARE * setting.profile.members)
    sex = rng.integers(1, 3, size)
    birth = setting.today - (_working_age(rng, sex, np.zeros(size, dtype=bool)) * YEAR).astype(np.int64)
    return _Kin(first + np.arange(size), HEAD, sex, birth, np.full(size, -1))


def _assemble(
    rng: np.random.Generator, setting: Setting, own: _Members, household: Column, partner: Column, kin: list[_Kin]
) -> People:
    """Every person in one table; household numbers stay, ids come later."""
    added = sum(len(group.sex) for group in kin)
    role = np.where((partner >= 0) & (own.sex == 2), SPOUSE, HEAD)
    home = np.concatenate([household, *(group.household for group in kin)])
    count = int(home.max()) + 1
    away = np.zeros(count, dtype=bool)
    away[household[own.migrant]] = True
    away[count - len(kin[-1].sex) :] = chance(rng, 0.3, len(kin[-1].sex))
    rural = chance(rng, np.where(away, 0.88, 0.30), count)
    streets = np.array([row.code for row in divisions.streets_in_use(setting.profile.unions)])
    street = streets[rng.integers(0, len(streets), count)]
    roles = np.concatenate([role, *(np.full(len(group.sex), group.role) for group in kin)])
    sex = np.concatenate([own.sex, *(group.sex for group in kin)])
    father = np.concatenate([np.full(len(own.sex), -1), *(group.father for group in kin)])
    _link_grandfathers(home, roles, sex, father)
    roles = _elders_lead(rng, home, roles, sex)
    return People(
        household=home,
        role=roles.astype(np.int8),
        sex=sex.astype(np.int8),
        birth=np.concatenate([own.birth, *(group.birth for group in kin)]),
        state=_states(rng, own, roles, added),
        workplace=np.concatenate([own.workplace, np.full(added, -1)]),
        member=np.concatenate([own.state, np.zeros(added, dtype=np.int64)]).astype(np.int8),
        father=father,
        migrant=away[home],
        rural=rural[home],
        street=street[home],
    )


def _link_grandfathers(home: Column, roles: Column, sex: Column, father: Column) -> None:
    """A head whose father lives in the household is his child."""
    head = np.full(int(home.max()) + 1, -1)
    heads = np.flatnonzero(roles == HEAD)
    head[home[heads]] = heads
    old = np.flatnonzero((roles == PARENT) & (sex == 1))
    father[head[home[old]]] = old


def _elders_lead(rng: np.random.Generator, home: Column, roles: Column, sex: Column) -> Column:
    """Where an unmarried member lives with parents, mostly one of these is the head of the household."""
    count = int(home.max()) + 1
    kinds = np.stack([np.bincount(home[roles == role], minlength=count) for role in range(5)])
    turned = (kinds[PARENT] > 0) & (kinds[SPOUSE] + kinds[CHILD] == 0) & chance(rng, 0.8, count)
    rows = np.flatnonzero(turned[home])
    fathers = np.bincount(home[(roles == PARENT) & (sex == 1)], minlength=count) > 0
    leads = (roles[rows] == PARENT) & ((sex[rows] == 1) | ~fathers[home[rows]])
    out = roles.copy()
    out[rows] = np.where(leads, HEAD, np.where(roles[rows] == PARENT, SPOUSE, CHILD))
    return out


def _states(rng: np.random.Generator, own: _Members, roles: Column, added: int) -> Column:
    """Alive, dead (still in last year's register) or moved away; the heads of families stay."""
    size = len(roles)
    state = np.full(size, ALIVE, dtype=np.int8)
    dead = np.concatenate([own.state == DECEASED, chance(rng, 0.004, added)]) | (
        (roles == PARENT) & chance(rng, 0.02, size)
    )
    state[dead] = DEAD
    gone = np.concatenate([(own.state == LEFT) & chance(rng, 0.2, len(own.state)), chance(rng, 0.006, added)])
    state[gone & ~dead & ~np.isin(roles, (HEAD, SPOUSE))] = MOVED
    return state
