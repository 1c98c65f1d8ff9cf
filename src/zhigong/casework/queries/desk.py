"""For the desks of cadres: offers nobody has taken up, the cases of one person, why one may not act, re-checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from zhigong.casework.models import Case, Entitlement, Rating, Step
from zhigong.casework.moving import as_open, chain_of
from zhigong.casework.policies import BAD_SCORE, LEVEL_LABELS, check_actor, level_for
from zhigong.casework.queries.cases import under
from zhigong.casework.queries.lines import case_lines
from zhigong.casework.types import CaseLine, CaseState, EntitlementState, StepState
from zhigong.catalogue import queries as catalogue
from zhigong.kernel.actor import Actor
from zhigong.kernel.db import keyset
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import NotAllowed, Refused
from zhigong.orgs.queries import within

LOWEST = 4


@dataclass(frozen=True, slots=True)
class OfferLine:
    """Somebody the data found for a service and who has not applied."""

    id: UUID
    person_id: UUID
    person_name: str
    union_name: str
    service_id: str
    title: str
    grade_label: str
    amount_fen: int | None
    found_on: date


@dataclass(frozen=True, slots=True)
class OfferPage:
    """One page of offers, with the keys of the neighbouring pages; total is capped at 1 000."""

    lines: tuple[OfferLine, ...]
    previous: UUID | None
    following: UUID | None
    total: int


def offers(
    actor: Actor,
    *,
    service_id: str = "",
    union_id: UUID | None = None,
    after: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> OfferPage:
    """Whom the data found within the scope and who has not applied yet, the latest found first."""
    actor.require("cases.read")
    rows = within(Entitlement.objects.filter(state=EntitlementState.OFFERED), actor)
    rows = rows.filter(service_id=service_id) if service_id else rows
    rows = rows.filter(**under(union_id)) if union_id else rows
    found = keyset.page(rows, order=("-id",), after=after, before=before, limit=limit)
    names = _names([one.person_id for one in found.rows])
    return OfferPage(
        lines=tuple(_offer(one, *names.get(one.person_id, ("", ""))) for one in found.rows),
        previous=found.previous,
        following=found.following,
        total=rows.order_by()[:1000].count(),
    )


def _names(persons: list[UUID]) -> dict[UUID, tuple[str, str]]:
    rows = fetch(
        """SELECT p.id, p.name, u.name FROM people_person p JOIN orgs_union u ON u.id = p.union_id
           WHERE p.id = ANY (%(ids)s)""",
        {"ids": persons},
    )
    return {person: (name, union) for person, name, union in rows}


def _offer(one: Entitlement, name: str, union: str) -> OfferLine:
    try:
        service = catalogue.service(one.service_id)
        title = service.title
        grade = next((grade.label for grade in service.rule.grades if grade.grade == one.grade), "")
    except Refused:
        title, grade = one.service_id, ""
    return OfferLine(one.id, one.person_id, name, union, one.service_id, title, grade, one.amount_fen, one.found_on)


def of_person(actor: Actor, person_id: UUID) -> tuple[CaseLine, ...]:
    """The cases of one person within the scope, open ones first, then the latest."""
    actor.require("cases.read")
    rows = list(within(Case.objects.filter(person_id=person_id), actor).order_by("-id")[:100])
    return tuple(sorted(case_lines(actor, rows), key=lambda line: not line.state.is_open))


def cases_of(actor: Actor, ids: Iterable[UUID]) -> dict[UUID, CaseLine]:
    """The cases of the scope among these, by id."""
    actor.require("cases.read")
    return {line.id: line for line in case_lines(actor, within(Case.objects.filter(id__in=list(ids)), actor))}


def numbered(actor: Actor, text: str, *, limit: int = 6) -> tuple[CaseLine, ...]:
    """Cases of the scope whose number begins with the text, or ends with it, the latest first."""
    if "cases.read" not in actor.rights or len(text) < 3:
        return ()
    rows = within(Case.objects.all(), actor)
    found = rows.filter(number__istartswith=text) | rows.filter(number__iendswith=text)
    return tuple(case_lines(actor, found.order_by("-id")[:limit]))


def why_not(actor: Actor, case_id: UUID) -> Refused | None:
    """Why this actor may not act on the open step of a running case; None when she may, or nobody can."""
    found = within(Case.objects.filter(id=case_id), actor).first()
    step = Step.objects.filter(case_id=case_id, state=StepState.OPEN).first()
    if found is None or step is None or found.state != CaseState.RUNNING:
        return None
    if step.right not in actor.rights:
        who = LEVEL_LABELS[step.level]
        return NotAllowed("您的岗位不办理这一步。", why=f"现在由{who}有办理权限的岗位办理：{step.title}")
    try:
        check_actor(actor, as_open(found, step))
    except Refused as error:
        return error
    return None


def may_follow_up(actor: Actor, case_id: UUID) -> bool:
    """Whether this actor is the one to follow up a bad mark of this case."""
    found = within(Rating.objects.filter(case_id=case_id, score__lte=BAD_SCORE, followed_on=None), actor).first()
    return found is not None and _hers(actor, found)


def _hers(actor: Actor, row: Rating) -> bool:
    """A check at the lowest level the chain has, and not of herself."""
    lowest = level_for(chain_of(row), LOWEST)
    return "cases.check" in actor.rights and actor.level == lowest and row.person_id != actor.person_id
