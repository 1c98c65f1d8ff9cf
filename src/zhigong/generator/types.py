"""What the generator makes: the city's columns in memory, and the account of what was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from zhigong.generator.profiles import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from zhigong.generator.draw import Column
    from zhigong.generator.texts import Text

AS_OF = date(2026, 11, 22)
"""The day the demo city lives in, unless another is given."""

ACTIVE, RETAINED, LEFT, DECEASED = 1, 2, 3, 4
"""State of a membership; 0 is no member."""
ALIVE, DEAD, MOVED = 0, 1, 2
"""State of a person in the household register."""


@dataclass(frozen=True)
class Setting:
    """What a city is made from: size, seed and the day it is seen on (also in days since 1970)."""

    profile: Profile
    seed: int
    as_of: date

    @property
    def today(self) -> int:
        """Days since 1970."""
        return (self.as_of - date(1970, 1, 1)).days

    @property
    def year_start(self) -> int:
        """1 January of the current year, in days since 1970."""
        return (date(self.as_of.year, 1, 1) - date(1970, 1, 1)).days


@dataclass(frozen=True)
class GeneratedCity:
    """What `generate` wrote: one entry per source, and the truth beside it."""

    out: Path
    profile: str
    seed: int
    as_of: date
    paths: dict[str, Path]
    rosters: tuple[Path, ...]
    truth: dict[str, Path]
    counts: dict[str, dict[str, int]]
    """Per source: rows, accepted, unverified, rejected."""
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Employers:
    """One row per employer: enterprises first, institutions after them."""

    enterprises: int
    code: Text
    name: Text
    short: Text
    former: Text
    industry: Column
    """Index into INDUSTRIES, or len(INDUSTRIES) + index into INSTITUTIONS."""
    registration: Column
    street: Column
    founded: Column
    size: Column
    state: Column
    """0 存续, 1 注销, 2 吊销."""

    @property
    def count(self) -> int:
        """How many employers."""
        return len(self.industry)


@dataclass
class Unions:
    """One row per union, parents before children."""

    code: Column
    name: Text
    parent: Column
    """Row of the parent, -1 for the city federation."""
    level: Column
    """0 city, 1 district, 2 street, 3 grassroots."""
    kind: Column
    """Index into unions.SORTS."""
    division: Column
    founded: Column
    expires: Column
    credit: Text

    @property
    def count(self) -> int:
        """How many unions."""
        return len(self.code)


@dataclass
class Workplaces:
    """Where people work: an employer (or none) under a union (or none), with the members and others it has."""

    employer: Column
    union: Column
    members: Column
    branch: Column
    """0 the whole employer, else the number of the branch."""


@dataclass
class People:
    """One row per person; members come first, in the order of workplaces. Days count from 1970."""

    household: Column
    role: Column
    """0 head, 1 spouse, 2 child, 3 parent, 4 brother or sister of the head."""
    sex: Column
    birth: Column
    state: Column
    """ALIVE, DEAD or MOVED."""
    workplace: Column
    """Row of the workplace, -1 for none."""
    member: Column
    """0, ACTIVE, RETAINED, LEFT or DECEASED."""
    father: Column
    """Row of the person whose surname and people a child bears, -1 for none."""
    migrant: Column
    """Household registered outside the city."""
    rural: Column
    street: Column
    """Nine-digit code of the street the household lives in."""

    @property
    def count(self) -> int:
        """How many persons."""
        return len(self.sex)


@dataclass
class Identity:
    """Who a person is on paper."""

    people: Column
    name: Text
    number: Text
    document: Column
    """Index into identity.DOCUMENTS."""
    origin: Column
    """Code of the county in the number."""
    phone: Column
    """Eleven digits, 0 for none."""


@dataclass
class Work:
    """What a person does and earns. Wages are whole yuan a month (pension for the retired)."""

    job: Column
    """Index into work.JOBS."""
    wage: Column
    employer: Column
    hired: Column
    joined: Column
    former: Column
    """Employer before this one, -1 for none."""
    left: Column
    """Day the former employment ended."""
    education: Column


@dataclass
class Studies:
    """One row per pupil or student. fee: fen a year."""

    person: Column
    guardian: Column
    stage: Column
    school: Text
    fee: Column
    private: Column


@dataclass
class Settlements:
    """One row per medical settlement, reversals among them. Amounts are fen."""

    person: Column
    kind: Column
    disease: Column
    day: Column
    total: Column
    policy: Column
    own: Column
    serial: Text
    reverses: Text


@dataclass
class Hardship:
    """Facts and grade per household. Amounts are fen."""

    income: Column
    rigid: Column
    size: Column
    homes: Column
    business: Column
    private: Column
    loss: Column
    grade: Column
    """0 none, 1 deep, 2 relative, 3 sudden: before membership and length of labour relation are asked."""


@dataclass
class City:
    """Everything true about the city."""

    setting: Setting
    employers: Employers
    unions: Unions
    workplaces: Workplaces
    people: People
    identity: Identity
    work: Work
    homes: Column
    studies: Studies
    settlements: Settlements
    hardship: Hardship
