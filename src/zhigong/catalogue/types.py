"""A service as the rest of the house sees it: frozen values, no files, no tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, cast

from zhigong.kernel.parameters import Parameter
from zhigong.rules.types import Rule, Value


class Grant(StrEnum):
    """How a service is granted: somebody applies, or the system gives it by itself (免申即享)."""

    APPLICATION = "application"
    AUTOMATIC = "automatic"


class FieldKind(StrEnum):
    """What a form field holds; money is asked in yuan and kept in fen; a consent is a box that must be ticked."""

    MONEY = "money"
    NUMBER = "number"
    YES_NO = "yes_no"
    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"
    BANK_ACCOUNT = "bank_account"
    CONSENT = "consent"


class StepKind(StrEnum):
    """What is done at a step of a route."""

    CHECK = "check"
    REVIEW = "review"
    PUBLICITY = "publicity"
    DECIDE = "decide"


class StepLevel(StrEnum):
    """Whose step it is; a level that a union's chain lacks falls to the next level above it."""

    GRASSROOTS = "grassroots"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"

    @property
    def number(self) -> int:
        """The level's number in the scope columns: city 1, district 2, street 3, grassroots 4."""
        return {"city": 1, "district": 2, "street": 3, "grassroots": 4}[self.value]

    @property
    def label(self) -> str:
        """What members and cadres call it."""
        return {"city": "市总工会", "district": "区县总工会", "street": "乡镇街道工会", "grassroots": "基层工会"}[
            self.value
        ]


class Action(StrEnum):
    """What may be done with a case at a step."""

    PASS = "pass"  # noqa: S105 — an act, no password
    RETURN = "return"
    REFUSE = "refuse"
    SUPPLEMENT = "supplement"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Basis:
    """A law or document that a service rests on."""

    title: str
    document: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a choice."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """A question to the member: either a fact she may state (`fact`), or a free field of the case (`field`).

    `name` is the key of its answer. A field is asked only where its fact is missing; a free field whenever required.
    """

    label: str
    kind: FieldKind
    fact: str = ""
    field: str = ""
    help: str = ""
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = True
    at_least: int | None = None
    at_most: int | None = None

    @property
    def name(self) -> str:
        """The key of the answer."""
        return self.fact or self.field


@dataclass(frozen=True, slots=True)
class Step:
    """One station of a case: whose it is, which right it takes, how many workdays it may last."""

    id: str
    title: str
    kind: StepKind
    level: StepLevel
    right: str
    workdays: int
    actions: tuple[Action, ...]
    guide: str = ""


@dataclass(frozen=True, slots=True)
class ObjectionRoute:
    """Who answers an objection: within `days` after the decision it may be raised, within `workdays` it is answered."""

    level: StepLevel
    right: str
    days: int
    workdays: int


@dataclass(frozen=True, slots=True)
class Route:
    """The stations in order, and the way of an objection. Without steps a case is granted by the rule alone."""

    steps: tuple[Step, ...]
    objection: ObjectionRoute

    @property
    def total_workdays(self) -> int:
        """All steps together."""
        return sum(step.workdays for step in self.steps)

    @property
    def total_days(self) -> int:
        """All steps together in calendar days, five workdays being seven days; holidays come on top."""
        return -(-self.total_workdays * 7 // 5)

    def step(self, step_id: str) -> Step:
        """The step of that id; raises KeyError."""
        found = {step.id: step for step in self.steps}
        return found[step_id]


@dataclass(frozen=True, slots=True)
class Publicity:
    """What is shown to everybody before the decision: never ids, phones, addresses, illness or accounts (PIPL 25)."""

    workdays: int
    shows: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Payout:
    """How the amount is paid: the budget line it comes from, and the words on the bank slip."""

    budget: str
    title: str
    recoverable: bool = False


@dataclass(frozen=True, slots=True)
class Presumption:
    """What screening takes for granted about a fact no department knows; asked before the decision."""

    fact: str
    value: Value
    because: str


@dataclass(frozen=True, slots=True)
class Screening:
    """How the population is screened; `presume` goes to rules, `presumptions` say why."""

    presumptions: tuple[Presumption, ...] = ()
    found_text: str = ""

    @property
    def presume(self) -> Mapping[str, Value]:
        """Fact name -> value presumed."""
        return {one.fact: one.value for one in self.presumptions}


@dataclass(frozen=True, slots=True)
class Service:
    """One service, complete. `version` is the sha256 of `content`, the canonical form that is frozen.

    amounts: the dated values the rule and the texts use, the service's own and the catalogue's.
    """

    id: str
    title: str
    summary: str
    audience: str
    what_you_get: str
    icon: str
    grant: Grant
    legal_basis: tuple[Basis, ...]
    rule: Rule
    form: tuple[FormField, ...]
    amounts: Mapping[str, Parameter]
    route: Route
    publicity: Publicity | None
    payout: Payout | None
    rating: bool
    yearly_recheck: bool
    screening: Screening
    days_promised: int
    version: str
    content: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def kind(self) -> str:
        """The folder of its kind: `hardship` of `hardship/archive`."""
        return self.id.partition("/")[0]

    @property
    def automatic(self) -> bool:
        """Whether it is granted without an application."""
        return self.grant is Grant.AUTOMATIC

    def parameters(self, on: date) -> dict[str, Value]:
        """The values in force on a day, for `rules`; raises Refused where none is."""
        return {name: cast("Value", dated.on(on).value) for name, dated in self.amounts.items()}

    def documents(self, on: date) -> dict[str, str]:
        """Parameter name -> the document that sets it, on a day."""
        return {name: dated.on(on).document for name, dated in self.amounts.items()}


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """A sentence of policy with its expected outcome (cases.yaml). Keys missing in `expect` are not looked at."""

    name: str
    as_of: date
    given: Mapping[str, Value | None]
    expect: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """How a policy case came out; `differences` is empty when it holds."""

    service: str
    name: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the catalogue."""

    where: str
    what: str
    why: str = ""
    do: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `zhigong catalogue check` looked at, by kind, and what it found."""

    checked: Mapping[str, int]
    problems: tuple[Problem, ...]
