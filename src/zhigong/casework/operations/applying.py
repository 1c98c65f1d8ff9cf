"""Applying: the member accepts what was found for her, or asks for a service, answering only what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.audit.types import Purpose
from zhigong.casework.answers import open_questions, read_answers
from zhigong.casework.judging import Judgement, judge, plain
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Entitlement, Publicity
from zhigong.casework.moving import (
    close_steps,
    lay_steps,
    lock_case,
    log,
    move,
    note_act,
    open_step,
)
from zhigong.casework.policies import canonical, content_hash, promised_on
from zhigong.casework.types import CaseOrigin, CaseState, EntitlementState
from zhigong.catalogue import operations as catalogue_operations
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import Service
from zhigong.facts import operations as facts
from zhigong.funds import operations as funds
from zhigong.funds import queries as funds_queries
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.workdays import work_calendar


@dataclass(frozen=True, slots=True)
class Account:
    """The bank account a member gives for a payment; it goes to the sealed register of funds and nowhere else.

    passbook: it is no card, its number has no check digit.
    """

    holder: str
    bank: str
    number: str
    passbook: bool = False


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies, and where she belongs on that day."""

    id: UUID
    name: str
    union_id: UUID
    union_name: str
    path: str
    chain: tuple[int, int, int, int]
    deceased_on: date | None


_APPLICANT = """
SELECT p.id, p.name, p.union_id, u.name, u.path_names, p.l1, p.l2, p.l3, p.l4, p.deceased_on
FROM people_person p JOIN orgs_union u ON u.id = p.union_id WHERE p.id = %(id)s
"""


def applicant(by: Actor) -> Applicant:
    """The person behind the account; raises NotAllowed for an account without one."""
    found = fetch(_APPLICANT, {"id": by.person_id}) if by.person_id else []
    if not found:
        raise NotAllowed("请先完成实名入会。", why="这个账号还没有对应的会员档案", do="在“入会”页面填写信息后再来。")
    id_, name, union_id, union_name, path, *chain, deceased = found[0]
    return Applicant(id_, name, union_id, union_name, path, (chain[0], chain[1], chain[2], chain[3]), deceased)


@transaction.atomic
def apply(*, by: Actor, service_id: str, answers: Mapping[str, Any], account: Account | None = None, key: str) -> UUID:
    """The member applies for a service, or accepts what was found for her; the id of her case.

    answers: by fact or field name, typed or as text (money as text is yuan). Known facts are not asked for again, and
    an answer to a question that is not open is left alone. account: needed when the form asks for one and none is
    known. Raises Refused naming what is missing, Conflict for a second application while one is open.
    """
    person = applicant(by)
    arguments = {"service": service_id, "answers": dict(answers), "account": asdict(account) if account else None}
    act = once(by, key=key, act="apply", arguments=arguments)
    if act.replayed:
        return UUID(act.result)
    service = catalogue.service(service_id)
    if service.automatic:
        raise Refused(
            "这项服务不用申请。", where=service.title, why="符合条件时由系统直接发放", do="有疑问请联系工会。"
        )
    _refuse_second(person, service)
    case_id = uuid7()
    _settle_account(by, person, service, account, key)
    judged, free = _declare(by, person, service, answers, case_id)
    version = catalogue_operations.freeze(by, service_id)
    case = _write(by, person, judged, free, case_id=case_id, version=version)
    note_act(by, case, "applied", purpose=Purpose.APPLICATION, service=service_id)
    act.keep(str(case.id))
    return case.id


def _refuse_second(person: Applicant, service: Service) -> None:
    if Case.objects.filter(person_id=person.id, service_id=service.id, state__in=[1, 2, 3]).exists():
        raise Conflict("您已有一个正在办理的申请。", where=service.title, do="请在“办件”里查看进度。")


def _settle_account(by: Actor, person: Applicant, service: Service, account: Account | None, key: str) -> None:
    """Register the account given, or see that one is known where the form asks for it."""
    wanted = [one for one in service.form if one.kind.value == "bank_account"]
    if account is not None:
        funds.register_account(
            by,
            person_id=person.id,
            holder=account.holder,
            bank=account.bank,
            number=account.number,
            passbook=account.passbook,
            key=f"{key}:account",
        )
    elif any(one.required for one in wanted) and funds_queries.account_of(by, person.id) is None:
        raise Refused("还没有您的收款银行卡。", where=wanted[0].label, do="请填写本人的银行卡后再提交。")


def _declare(
    by: Actor, person: Applicant, service: Service, answers: Mapping[str, Any], case_id: UUID
) -> tuple[Judgement, dict[str, Any]]:
    """Declare the answers and judge again; an answer may raise a further question, which must be answered too."""
    judged, declared, free = judge(by, person.id, service), set[str](), dict[str, Any]()
    for _ in range(len(service.form) + 1):
        asked = tuple(one for one in open_questions(judged, has_account=True) if one.name not in declared)
        read = read_answers(service, answers, asked)
        free |= read.free
        declared |= {one.name for one in asked}
        if not read.facts:
            break
        for name, value in read.facts.items():
            facts.declare(by=by, person_id=person.id, name=name, value=value, key=f"{case_id}:{name}", case_id=case_id)
        judged = judge(by, person.id, service)
    return judged, free


def _write(
    by: Actor, person: Applicant, judged: Judgement, free: dict[str, Any], *, case_id: UUID, version: str
) -> Case:
    service, decision = judged.service, judged.decision
    offer = Entitlement.objects.select_for_update().filter(person_id=person.id, service_id=service.id).first()
    found = offer is not None and offer.state == EntitlementState.OFFERED
    content = submitted(by, person.id, judged, free, version)
    case = Case(
        id=case_id,
        union_id=person.union_id,
        **dict(zip(("l1", "l2", "l3", "l4"), person.chain, strict=True)),
        person_id=person.id,
        number=next_number(by.on),
        service_id=service.id,
        service_version=version,
        title=service.title,
        person_name=person.name,
        union_name=person.union_name,
        union_path=person.path,
        origin=CaseOrigin.FOUND if found else CaseOrigin.APPLIED,
        content=content,
        content_hash=content_hash(content),
        grade=decision.grade or "",
        grade_label=judged.grade_label,
        amount_fen=decision.amount,
        entitlement_id=offer.id if offer and found else None,
        submitted_on=by.on,
        submitted_by=by.account_id,
        promised_on=promised_on(start=by.on, days=service.days_promised, calendar=work_calendar()),
        key=f"apply:{case_id}",
    )
    _open(by, case, service)
    if offer is not None and found:
        offer.state, offer.case_id, offer.changed_on = EntitlementState.ACCEPTED, case.id, by.on
        offer.save(update_fields=["state", "case_id", "changed_on"])
    return case


def _open(by: Actor, case: Case, service: Service) -> None:
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("您已有一个正在办理的申请。", where=service.title, do="请在“办件”里查看进度。") from error
    log(by, case, "submitted", "已提交申请", f"办件编号 {case.number}，承诺 {case.promised_on} 前办结。", tone="good")
    open_step(by, case, lay_steps(case, service, round_=1)[0])


def submitted(by: Actor, person_id: UUID, judged: Judgement, free: Mapping[str, Any], version: str) -> dict[str, Any]:
    """What is frozen at submission: the facts as they stood with their sources, the free answers, and the verdict."""
    import json

    content = {
        "person": str(person_id),
        "service": judged.service.id,
        "version": version,
        "on": by.on.isoformat(),
        "facts": {
            name: {
                "value": plain(one.value),
                "label": one.label,
                "shown": one.shown,
                "source": one.source,
                "source_title": one.source_title,
                "as_of": one.as_of.isoformat(),
                "declared": one.declared,
            }
            for name, one in judged.facts.items()
        },
        "answers": {name: plain(value) for name, value in free.items()},
        "verdict": judged.decision.verdict,
        "grade": judged.decision.grade,
        "amount": judged.decision.amount,
    }
    frozen: dict[str, Any] = json.loads(canonical(content))
    return frozen


def next_number(on: date) -> str:
    """The number people quote: year and a running count."""
    count = int(fetch("SELECT nextval('casework_number')")[0][0])
    return f"{on.year}{count:08d}"


@transaction.atomic
def withdraw_case(*, by: Actor, case_id: UUID, key: str) -> None:
    """The member takes her case back while it is under way; an offer it came from is open to her again."""
    act = once(by, key=key, act="withdraw", arguments={"case": case_id})
    if act.replayed:
        return
    case = lock_case(by, case_id, own=True)
    if not CaseState(case.state).is_open:
        raise Conflict("这个办件已经有了结果，不能撤回。", where=case.number, do="对结果有异议的，可以提出异议。")
    Publicity.objects.filter(case=case, ended_on=None).update(ended_on=by.on, stopped=True)
    close_steps(case)
    move(case, CaseState.WITHDRAWN, on=by.on)
    Entitlement.objects.filter(case_id=case.id, state=EntitlementState.ACCEPTED).update(
        state=EntitlementState.OFFERED, case_id=None, changed_on=by.on
    )
    log(by, case, "withdrawn", "已撤回申请", "您可以随时重新申请。")
    note_act(by, case, "withdrawn")
    act.keep()
