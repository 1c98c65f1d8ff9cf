"""One case with everything its page shows, for the member and for whoever handles it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.casework.answers import question_line
from zhigong.casework.judging import Judgement, judge, plain
from zhigong.casework.models import (
    Case,
    Decision,
    Event,
    Objection,
    Publicity,
    Rating,
    Recheck,
    Step,
    Supplement,
)
from zhigong.casework.moving import as_open, chain_of, service_of
from zhigong.casework.policies import check_actor, check_answerer, level_for
from zhigong.casework.queries import lines
from zhigong.casework.queries.rechecks import recheck_of
from zhigong.casework.types import (
    SET_OFF,
    Action,
    CasePage,
    CaseState,
    FactLine,
    ObjectionLine,
    PanelLine,
    PaymentLine,
    StepState,
    SupplementLine,
)
from zhigong.catalogue.types import Service
from zhigong.funds import queries as funds
from zhigong.funds.types import PayableState
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import NotFound, Refused

DECIDED = (CaseState.GRANTED, CaseState.PAID, CaseState.REFUSED, CaseState.HEIR)


def case(actor: Actor, case_id: UUID) -> CasePage:
    """One case; raises NotFound outside the scope. Opening somebody else's case is recorded and shown to her."""
    found = Case.objects.filter(id=case_id).first()
    own = found is not None and found.person_id == actor.person_id
    if found is None or not (own or _in_scope(actor, found)):
        raise NotFound("没有找到这个办件。", why="它不在您的范围内，或编号有误", do="请从列表重新打开。")
    if not own:
        actor.require("cases.read")
        audit.record_opening(
            actor, person_id=found.person_id, union_chain=chain_of(found), fields=["case"], purpose=Purpose.BUSINESS
        )
    return _page(actor, found, own=own)


def _in_scope(actor: Actor, found: Case) -> bool:
    return bool(actor.level) and chain_of(found)[actor.level - 1] == actor.seq


def _page(actor: Actor, found: Case, *, own: bool) -> CasePage:
    service = service_of(found)
    steps = list(Step.objects.filter(case=found).order_by("ordinal", "round"))
    open_ = next((one for one in steps if one.state == StepState.OPEN), None)
    decisions = list(Decision.objects.filter(case=found).order_by("ordinal"))
    objections = _objections(actor, found, own=own)
    rating = Rating.objects.filter(case=found).first()
    actions = _actions(actor, found, open_)
    judged = judge(actor, found.person_id, service) if (actions or own) and found.state == CaseState.RUNNING else None
    latest = {one.ordinal: one for one in steps}
    rechecked = set(Recheck.objects.filter(case=found).exclude(decision=None).values_list("decision_id", flat=True))
    taken = funds.taken_back(actor, [found.id]).get(found.id, (0, 0))
    return CasePage(
        line=lines.case_line(found, open_, actor.on, taken=taken),
        service_version=found.service_version,
        content_hash=found.content_hash,
        facts=lines.kept_facts(found.content.get("facts", {})),
        answers=_answers(service, found),
        steps=tuple(lines.step_line(one, _union_names(found), actor.on) for one in latest.values()),
        timeline=tuple(lines.timeline_line(one) for one in Event.objects.filter(case=found).order_by("at", "id")),
        decisions=tuple(lines.decision_line(one, found, recheck=one.id in rechecked) for one in decisions),
        supplements=_supplements(service, found),
        publicity=_publicity(actor, found, objections),
        objections=objections,
        rating=lines.rating_line(rating) if rating else None,
        payments=_payments(actor, found),
        panel=_panel(found, judged) if judged and not own else None,
        actions=actions,
        step_id=open_.step_id if open_ else "",
        promised_on=found.promised_on,
        may_supply=own and found.state == CaseState.SUPPLEMENT,
        may_object=own and _may_object(actor, found, service, decisions[-1] if decisions else None, objections),
        may_rate=own and service.rating and rating is None and found.state in DECIDED[:3],
        may_withdraw=own and CaseState(found.state).is_open,
        may_name_heir=found.state == CaseState.HEIR and _lowest(actor, found) and "cases.decide" in actor.rights,
        changed_facts=_changed(found, judged) if judged else (),
        recheck=recheck_of(actor, found, own=own),
    )


def _lowest(actor: Actor, found: Case) -> bool:
    chain = chain_of(found)
    return bool(actor.level) and actor.level == level_for(chain, 4) and chain[actor.level - 1] == actor.seq


def _actions(actor: Actor, found: Case, open_: Step | None) -> tuple[Action, ...]:
    """What this actor may do with the open step now; () when it is not hers."""
    if open_ is None or found.state != CaseState.RUNNING:
        return ()
    try:
        check_actor(actor, as_open(found, open_))
    except Refused:
        return ()
    wanted = [Action(one) for one in open_.actions]
    return tuple(one for one in wanted if not (one is Action.RETURN and open_.ordinal == 1))


def _answers(service: Service, found: Case) -> tuple[FactLine, ...]:
    """The free fields of the form, in words."""
    labels = {one.name: one for one in service.form}
    made = []
    for name, value in sorted(found.content.get("answers", {}).items()):
        field = labels.get(name)
        words = {choice.value: choice.label for choice in field.choices} if field else {}
        text = words.get(str(value), {True: "是", False: "否"}.get(value, str(value)))
        made.append(FactLine(name, field.label if field else name, value, text, "本人填写", found.submitted_on))
    return tuple(made)


def _union_names(found: Case) -> Mapping[int, str]:
    keys = [key for key in chain_of(found) if key]
    return dict(fetch("SELECT level, name FROM orgs_union WHERE seq = ANY (%(keys)s)", {"keys": keys}))


def _supplements(service: Service, found: Case) -> tuple[SupplementLine, ...]:
    made = []
    for one in Supplement.objects.filter(case=found).order_by("asked_on", "id"):
        line = lines.supplement_line(one)
        asked = tuple(question_line(field) for field in service.form if field.name in one.asks)
        made.append(
            SupplementLine(line.id, line.note, line.asked_by, line.asked_on, line.answered_on, asked, line.answer)
        )
    return tuple(made)


def _publicity(actor: Actor, found: Case, objections: tuple[ObjectionLine, ...]) -> Any:  # noqa: ANN401 — line or None
    notice = Publicity.objects.filter(case=found).order_by("-starts_on", "-id").first()
    waiting = sum(1 for one in objections if one.answered_on is None)
    return lines.publicity_line(notice, actor.on, objections=waiting) if notice else None


def _objections(actor: Actor, found: Case, *, own: bool) -> tuple[ObjectionLine, ...]:
    """Who objects to a notice is shown to those who answer; the member reads her own objections only."""
    rows = Objection.objects.select_related("decision").filter(case=found).order_by("raised_on", "id")
    rows = rows.filter(person_id=found.person_id) if own else rows
    made = []
    for one in rows:
        try:
            decided = one.decision.decided_by if one.decision else None
            check_answerer(actor, level=one.level, chain=chain_of(found), decided_by=decided, person_id=found.person_id)
            may = one.answered_on is None
        except Refused:
            may = False
        made.append(lines.objection_line(one, may_answer=may, reader=actor.person_id))
    return tuple(made)


def _payments(actor: Actor, found: Case) -> tuple[PaymentLine, ...]:
    return tuple(
        PaymentLine(
            one.id,
            one.net_fen,
            SET_OFF if one.state is PayableState.PAID and not one.net_fen else one.state.label,
            one.paid_on,
            one.account_masked if one.net_fen else "",
            offset_fen=one.offset_fen,
        )
        for one in funds.payables_of_case(actor, found.id)
    )


def _panel(found: Case, judged: Judgement) -> PanelLine:
    """What the rule says today, with its reasons; the note is filled in with those that speak against."""
    said = judged.decision
    failing = [one.text for one in said.reasons if one.holds is False and one.kind == "condition"]
    kept = found.content
    return PanelLine(
        verdict=said.verdict,
        grade_label=judged.grade_label,
        amount_fen=said.amount,
        reasons=judged.conditions,
        missing=tuple(judged.facts[name].label if name in judged.facts else name for name in said.missing),
        note="；".join(failing),
        agrees=(kept.get("verdict"), kept.get("grade"), kept.get("amount")) == (said.verdict, said.grade, said.amount),
    )


def _changed(found: Case, judged: Judgement) -> tuple[str, ...]:
    """Labels of facts that are no longer as they were when the case was submitted."""
    kept = found.content.get("facts", {})
    now = {name: plain(one.value) for name, one in judged.facts.items()}
    return tuple(one["label"] for name, one in sorted(kept.items()) if name not in now or now[name] != one["value"])


def _may_object(
    actor: Actor, found: Case, service: Service, decision: Decision | None, objections: tuple[ObjectionLine, ...]
) -> bool:
    if decision is None or found.state not in DECIDED:
        return False
    taken = Objection.objects.filter(decision=decision).exists() if objections else False
    return not taken and actor.on <= decision.decided_on + timedelta(days=service.route.objection.days)
