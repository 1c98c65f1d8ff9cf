"""For the member: what the data found for her, the page of a service, her cases and notices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from zhigong.casework.answers import open_questions, question_line
from zhigong.casework.judging import Judgement, judge
from zhigong.casework.models import Case, Entitlement, Notice
from zhigong.casework.policies import LEVEL_LABELS, resolve_route
from zhigong.casework.queries.lines import case_lines
from zhigong.casework.types import (
    OPEN_STATES,
    CaseLine,
    EntitlementLine,
    EntitlementState,
    NoticeLine,
    RouteLine,
    ServicePage,
)
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import FieldKind, Service
from zhigong.funds import queries as funds
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import NotAllowed, Refused

OFFERS = (EntitlementState.OFFERED, EntitlementState.ACCEPTED)


def found_for(actor: Actor, person_id: UUID | None = None) -> tuple[EntitlementLine, ...]:
    """What the data found for a person and she has not had decided yet, the latest first, with why.

    person_id: the actor herself by default; a cadre sees persons of her scope.
    """
    wanted = _who(actor, person_id)
    rows = Entitlement.objects.filter(person_id=wanted, state=EntitlementState.OFFERED).order_by("-found_on", "-id")
    paid = funds.account_of(actor, wanted) is not None if rows else False
    lines = [_entitlement(actor, row, has_account=paid) for row in rows]
    return tuple(line for line in lines if line is not None)


def _who(actor: Actor, person_id: UUID | None) -> UUID:
    wanted = person_id or actor.person_id
    if wanted is None:
        raise NotAllowed("请先完成实名入会。", why="这个账号还没有对应的会员档案")
    if wanted != actor.person_id:
        actor.require("cases.read")
    return wanted


def _entitlement(actor: Actor, row: Entitlement, *, has_account: bool) -> EntitlementLine | None:
    """A line with the sentences that hold; None when the service left the catalogue."""
    try:
        service = catalogue.service(row.service_id)
    except Refused:
        return None
    presumed, plain = (judge(actor, row.person_id, service, presume=one) for one in (True, False))
    return entitlement_line(row, presumed, plain, has_account=has_account)


def entitlement_line(row: Entitlement, presumed: Judgement, plain: Judgement, *, has_account: bool) -> EntitlementLine:
    """What was found, why, and how many questions must be answered; what is voluntary and the consent count not."""
    service = plain.service
    asked = open_questions(plain, has_account=has_account)
    return EntitlementLine(
        id=row.id,
        person_id=row.person_id,
        service_id=row.service_id,
        title=service.title,
        summary=service.screening.found_text or service.summary,
        state=EntitlementState(row.state),
        grade_label=presumed.grade_label,
        amount_fen=row.amount_fen,
        found_on=row.found_on,
        why=tuple(one.text for one in presumed.conditions if one.holds is True),
        questions=sum(one.required and one.kind is not FieldKind.CONSENT for one in asked),
        case_id=row.case_id,
    )


def service_page(actor: Actor, service_id: str) -> ServicePage:
    """A service as the member sees it: each condition ✓ ✗ ? for her with sources, and the questions still open.

    Without a person behind the account the page tells about the service only, with nothing known.
    """
    service = catalogue.service(service_id)
    if actor.person_id is None:
        return _for_nobody(service)
    judged = judge(actor, actor.person_id, service)
    account = funds.account_of(actor, actor.person_id)
    row = Entitlement.objects.filter(person_id=actor.person_id, service_id=service_id, state__in=OFFERS).first()
    presumed = judge(actor, actor.person_id, service, presume=True) if row else judged
    running = Case.objects.filter(person_id=actor.person_id, service_id=service_id, state__in=OPEN_STATES).first()
    why_not = _why_not(service, running)
    return ServicePage(
        **_about(service),
        verdict=judged.decision.verdict,
        grade_label=judged.grade_label,
        amount_fen=judged.decision.amount,
        conditions=judged.conditions,
        known=judged.lines,
        questions=tuple(question_line(one) for one in open_questions(judged, has_account=account is not None)),
        account_masked=account.number_masked if account else "",
        route=_route(actor, service),
        entitlement=entitlement_line(row, presumed, judged, has_account=account is not None) if row else None,
        open_case_id=running.id if running else None,
        may_apply=not why_not,
        why_not=why_not,
    )


def _why_not(service: Service, running: Case | None) -> str:
    if service.automatic:
        return "不用申请：符合条件时由系统直接发放，并通知您。"
    return "您已有一个正在办理的申请。" if running else ""


def _about(service: Service) -> dict[str, Any]:
    return {
        "service_id": service.id,
        "title": service.title,
        "summary": service.summary,
        "kind": service.kind,
        "icon": service.icon,
        "audience": service.audience,
        "what_you_get": service.what_you_get,
        "days_promised": service.days_promised,
        "legal_basis": tuple(f"{one.title}{one.article}" for one in service.legal_basis),
        "automatic": service.automatic,
    }


def _for_nobody(service: Service) -> ServicePage:
    return ServicePage(
        **_about(service),
        verdict=None,
        grade_label="",
        amount_fen=None,
        conditions=(),
        known=(),
        questions=(),
        account_masked="",
        route=tuple(
            RouteLine(step.id, step.title, step.level.number, step.level.label, step.workdays)
            for step in service.route.steps
        ),
        entitlement=None,
        open_case_id=None,
        may_apply=False,
        why_not="请先完成实名入会。",
    )


def _route(actor: Actor, service: Service) -> tuple[RouteLine, ...]:
    chain = fetch("SELECT l1, l2, l3, l4 FROM people_person WHERE id = %(id)s", {"id": actor.person_id})
    steps = resolve_route(service.route, chain[0] if chain else (1, 1, 1, 1))
    return tuple(RouteLine(step.id, step.title, level, LEVEL_LABELS[level], step.workdays) for step, level in steps)


def my_cases(actor: Actor) -> tuple[CaseLine, ...]:
    """The member's own cases, open ones first, then the latest."""
    if actor.person_id is None:
        return ()
    cases = list(Case.objects.filter(person_id=actor.person_id).order_by("-id")[:100])
    return tuple(sorted(case_lines(actor, cases), key=lambda line: not line.state.is_open))


def notices(actor: Actor, *, limit: int = 50) -> tuple[NoticeLine, ...]:
    """The member's own notices, the latest first."""
    if actor.person_id is None:
        return ()
    rows = Notice.objects.filter(person_id=actor.person_id).order_by("-id")[:limit]
    return tuple(
        NoticeLine(one.id, one.title, one.text, one.on, one.kind, one.case_id, one.read_on is None) for one in rows
    )


def unread(actor: Actor) -> int:
    """How many of the member's notices are new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM casework_notice WHERE person_id = %s AND read_on IS NULL", [actor.person_id]
        )
        return int(cursor.fetchone()[0])
