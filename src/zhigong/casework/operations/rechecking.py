"""The yearly re-check: a cadre looks at what the member confirmed or declared; a change is decided a level above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from zhigong.casework.judging import Judgement, judge, reason_rows
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Decision, Entitlement, Recheck
from zhigong.casework.moving import chain_of, deciding_level, lock_case, log, note_act, said_by, scoped, tell
from zhigong.casework.operations.deciding import next_recheck
from zhigong.casework.policies import LEVEL_LABELS, level_for, recheck_outcome
from zhigong.casework.sealing import seal
from zhigong.casework.types import ActOutcome, EntitlementState, RecheckOutcome, RecheckState
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import Service
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7

LOWEST = 4
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Round:
    """A re-check under way, locked: the case, the round, and what she was granted."""

    case: Case
    found: Recheck
    entitlement: Entitlement


@transaction.atomic
def confirm_recheck(*, by: Actor, case_id: UUID, note: str, key: str, alike: bool = False) -> RecheckState:
    """Act on the open re-check of a case by what the rule says of the facts of today; where it stands then.

    By a cadre of the member's grassroots union (or the next level its chain has): unchanged and still eligible, it goes
    on for another round; else it is proposed to the level that decided, whose cadre confirms it with this same act: a
    signed decision with reasons, against which she may object. alike: only where she said that nothing changed, and
    nothing did. Raises Refused while facts are missing, Conflict when none is open, NotAllowed at another level or for
    oneself.
    """
    act = once(by, key=key, act="recheck", arguments={"case": case_id, "note": note, "alike": alike})
    if act.replayed:
        return RecheckState(int(act.result))
    if len(note.strip()) < 5:
        raise Refused("请写明复核情况。", where="复核记录", do="至少写五个字。")
    case, found = lock_recheck(by, case_id)
    _check_actor(by, found)
    entitlement = Entitlement.objects.select_for_update().get(id=found.entitlement_id)
    round_ = Round(case, found, entitlement)
    judged = judge(by, case.person_id, catalogue.service(case.service_id))
    outcome = _outcome(judged, entitlement)
    if alike:
        _check_alike(found, outcome)
    if outcome is RecheckOutcome.KEPT:
        _close(by, round_, outcome, note)
    elif found.state == RecheckState.PROPOSED or _decides(by, case):
        _decide(by, round_, outcome, judged, note)
    else:
        _propose(by, case, found, outcome, note)
    act.keep(str(int(found.state)))
    return RecheckState(found.state)


def confirm_rechecks(*, by: Actor, case_ids: Sequence[UUID], note: str, key: str) -> tuple[ActOutcome, ...]:
    """Keep many for another round, each in a savepoint; where something changed it is refused and left for itself."""
    if len(case_ids) > MOST_AT_ONCE:
        raise Refused(f"一次最多办理 {MOST_AT_ONCE} 件。", where=f"{len(case_ids)} 件", do="请分批办理。")
    outcomes = []
    for case_id in sorted(set(case_ids)):
        try:
            with transaction.atomic():
                confirm_recheck(by=by, case_id=case_id, note=note, key=f"{key}:{case_id}", alike=True)
            outcomes.append(ActOutcome(case_id, done=True))
        except Refused as error:
            outcomes.append(ActOutcome(case_id, done=False, refused=str(error)))
    return tuple(outcomes)


@transaction.atomic
def return_recheck(*, by: Actor, case_id: UUID, note: str, key: str) -> None:
    """The level that decides sends a proposed change back to be looked into again."""
    act = once(by, key=key, act="return_recheck", arguments={"case": case_id, "note": note})
    if act.replayed:
        return
    if len(note.strip()) < 5:
        raise Refused("请写明退回的原因。", where="复核记录", do="至少写五个字。")
    case, found = lock_recheck(by, case_id)
    _check_actor(by, found)
    if found.state != RecheckState.PROPOSED:
        raise Conflict("这项复核没有等待决定的意见。", do="请刷新页面后查看最新状态。")
    found.state = RecheckState.ANSWERED if found.answered_on else RecheckState.SILENT
    found.level = level_for(chain_of(found), LOWEST)
    found.proposed_on = found.proposed_by = None
    found.proposed_name = found.note = ""
    found.save(update_fields=["state", "level", "proposed_on", "proposed_by", "proposed_name", "note"])
    log(by, case, "recheck.returned", "年度复核：退回核实", note.strip(), tone="wait")
    note_act(by, case, "recheck_returned")
    act.keep()


def begin_again(by: Actor, case: Case, found: Recheck) -> None:
    """An objection against what a re-check decided is upheld: she has again what she had, and is looked at anew."""
    found.refresh_from_db()
    Entitlement.objects.filter(id=found.entitlement_id).update(
        state=EntitlementState.GRANTED, grade=found.grade_before, holds=True, case_id=case.id, changed_on=by.on,
        recheck_on=by.on,
    )  # fmt: skip
    _regrade(case, catalogue.service(case.service_id), found.grade_before)
    answered = {"answered_on": found.answered_on, "answered_by": found.answered_by, "changed": found.changed}
    Recheck(
        id=uuid7(), **scoped(case), entitlement_id=found.entitlement_id, round=found.round + 1,
        state=RecheckState.ANSWERED if found.answered_on else RecheckState.SILENT,
        level=level_for(chain_of(case), LOWEST), grade_before=found.grade_before, opened_on=by.on, due_on=by.on,
        answer_by=by.on, answer=found.answer, **answered,
    ).save(force_insert=True)  # fmt: skip
    log(by, case, "recheck.again", "年度复核：重新复核", "原复核决定已撤销，复核完成之前照旧享受。", tone="wait")


def lock_recheck(by: Actor, case_id: UUID, *, own: bool = False) -> tuple[Case, Recheck]:
    """The case and its open re-check, locked. Raises NotFound outside the scope, Conflict when none is open."""
    case = lock_case(by, case_id, own=own)
    found = Recheck.objects.select_for_update().filter(case=case, state__lt=RecheckState.CLOSED).first()
    if found is None:
        raise Conflict("这项复核已经办过，或还没有到期。", do="请刷新页面后查看最新状态。")
    return case, found


def _check_alike(found: Recheck, outcome: RecheckOutcome) -> None:
    """Many at once are only those in which there is nothing to weigh."""
    if found.state != RecheckState.ANSWERED or found.changed:
        why = "本人申报有变化" if found.changed else RecheckState(found.state).label
        raise Refused("须逐件办理。", why=why, do="请打开办件查看后再确认。")
    if outcome is not RecheckOutcome.KEPT:
        raise Refused("情况有变化，须逐件办理。", why=outcome.label, do="请打开办件写明情况，由上级决定。")


def _check_actor(by: Actor, found: Recheck) -> None:
    by.require("cases.decide" if found.state == RecheckState.PROPOSED else "cases.check")
    if by.level < 1 or chain_of(found)[by.level - 1] != by.seq:
        raise NotFound("没有找到这项复核。", why="它不在您的管辖范围内")
    if by.level != found.level:
        raise NotAllowed("这项复核不由您所在的层级办理。", why=f"现在由{LEVEL_LABELS[found.level]}办理")
    if found.person_id == by.person_id:
        raise NotAllowed("不能复核本人的事项。", why="经办人须回避", do="请由同级其他经办人办理。")


def _outcome(judged: Judgement, entitlement: Entitlement) -> RecheckOutcome:
    said = judged.decision
    outcome = recheck_outcome(verdict=said.verdict, grade=said.grade, before=entitlement.grade)
    if outcome is None:
        words = [judged.facts[name].label if name in judged.facts else name for name in said.missing]
        raise Refused("情况还不清楚，不能完成复核。", why=f"缺少：{'、'.join(words)}", do="请联系本人说明后再复核。")
    return outcome


def _decides(by: Actor, case: Case) -> bool:
    return by.level == deciding_level(case) and "cases.decide" in by.rights


def _propose(by: Actor, case: Case, found: Recheck, outcome: RecheckOutcome, note: str) -> None:
    found.state, found.level = RecheckState.PROPOSED, deciding_level(case)
    found.proposed_on, found.proposed_by, found.proposed_name = by.on, by.account_id, said_by(by)
    found.note = note.strip()[:500]
    found.save(update_fields=["state", "level", "proposed_on", "proposed_by", "proposed_name", "note"])
    to = LEVEL_LABELS[found.level]
    log(by, case, "recheck.proposed", f"年度复核：{outcome.label}，送{to}决定", note.strip(), tone="wait")
    note_act(by, case, "recheck_proposed", outcome=outcome.value)


def _close(by: Actor, round_: Round, outcome: RecheckOutcome, note: str, *, made: Decision | None = None) -> None:
    """The round is over: the entitlement goes on until the next one, or ends."""
    case, found, entitlement = round_.case, round_.found, round_.entitlement
    found.state, found.outcome, found.closed_on, found.closed_by = RecheckState.CLOSED, outcome, by.on, by.account_id
    found.decision = made
    found.save(update_fields=["state", "outcome", "closed_on", "closed_by", "decision"])
    ended = outcome is RecheckOutcome.ENDED
    entitlement.state = EntitlementState.WITHDRAWN if ended else EntitlementState.GRANTED
    entitlement.holds, entitlement.changed_on = not ended, by.on
    again = not ended and catalogue.service(case.service_id).yearly_recheck
    entitlement.recheck_on = next_recheck(max(found.due_on, by.on)) if again else None
    entitlement.save(update_fields=["state", "holds", "changed_on", "recheck_on", "grade"])
    note_act(by, case, "rechecked", outcome=outcome.value)
    if made is None:
        text = f"下次复核：{entitlement.recheck_on}。" if again else ""
        log(by, case, "rechecked", "年度复核：继续享受", f"{note.strip()} {text}".strip(), tone="good")
        tell(by, case, "recheck", f"{case.title}：继续享受", f"年度复核已完成。{text}", key=f"{found.id}:closed")


def _decide(by: Actor, round_: Round, outcome: RecheckOutcome, judged: Judgement, note: str) -> None:
    """Another grade, or the end: signed, with the sentences of the rule; she may object as to any decision."""
    case, entitlement = round_.case, round_.entitlement
    made = _write(by, round_, outcome, judged, note)
    if outcome is RecheckOutcome.REGRADED:
        entitlement.grade = judged.decision.grade or ""
        _regrade(case, judged.service, entitlement.grade)
    _close(by, round_, outcome, note, made=made)
    failing = [one.text for one in judged.decision.reasons if one.holds is False and one.kind == "condition"]
    what = f"调整为{made.grade_label}" if outcome is RecheckOutcome.REGRADED else "从今天起不再享受"
    because = "；".join([*failing, note.strip()])
    days = judged.service.route.objection.days
    text = f"{what}。理由：{because}。您可以在 {days} 天内提出异议。"
    log(by, case, "rechecked", f"年度复核：{outcome.label}", text, tone="bad")
    tell(by, case, "recheck", f"{case.title}：{outcome.label}", text, key=f"{made.id}")


def _write(by: Actor, round_: Round, outcome: RecheckOutcome, judged: Judgement, note: str) -> Decision:
    case, kept = round_.case, outcome is RecheckOutcome.REGRADED
    last = Decision.objects.filter(case=case).aggregate(last=Max("ordinal"))["last"] or 0
    values = {
        "ordinal": last + 1,
        "granted": kept,
        "grade": (judged.decision.grade or "") if kept else "",
        "grade_label": judged.grade_label if kept else "",
        "amount_fen": None,
        "reasons": reason_rows(judged.decision.reasons),
        "note": note.strip()[:500],
        "decided_name": said_by(by),
        "decided_by": by.account_id,
    }
    about = {"recheck": str(round_.found.id), "rule_version": judged.service.version}
    text, signature, key_id = seal(case, by.on, values | about)
    made = Decision(
        id=uuid7(), **scoped(case), **values, level=by.level, decided_on=by.on, signed=text, signature=signature,
        key_id=key_id,
    )  # fmt: skip
    made.save(force_insert=True)
    return made


def _regrade(case: Case, service: Service, grade: str) -> None:
    case.grade = grade
    case.grade_label = next((one.label for one in service.rule.grades if one.grade == grade), "")
    case.save(update_fields=["grade", "grade_label"])
