"""Asking for the yearly re-check: the member is told in time and answers, or a cadre asks; nothing ends by silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from zhigong.casework.answers import read_answers, restated
from zhigong.casework.judging import Judgement, judge
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Recheck
from zhigong.casework.moving import chain_of, log, note_act, scoped, tell
from zhigong.casework.operations.rechecking import LOWEST, lock_recheck
from zhigong.casework.policies import level_for
from zhigong.casework.types import EntitlementState, RecheckState
from zhigong.catalogue import queries as catalogue
from zhigong.facts import operations as facts
from zhigong.kernel import parameters
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.kernel.ids import uuid7


@transaction.atomic
def answer_recheck(
    *, by: Actor, case_id: UUID, changed: bool, answers: Mapping[str, Any] | None = None, text: str = "", key: str
) -> None:
    """The member says that nothing changed, or declares anew what did; a cadre may do it for her (代办).

    answers: by fact, to the questions no department can answer; without a change her earlier ones are declared again
    as of today. text: in her own words. Raises Refused for what is missing, Conflict when she is not asked now.
    """
    given = dict(answers or {})
    arguments = {"case": case_id, "changed": changed, "answers": given, "text": text}
    act = once(by, key=key, act="answer_recheck", arguments=arguments)
    if act.replayed:
        return
    for_another = by.level > 0
    case, found = lock_recheck(by, case_id, own=not for_another)
    if for_another:
        _check_helper(by, found)
    if found.state not in (RecheckState.ASKED, RecheckState.SILENT):
        raise Conflict("您已经答复过这次复核。", why=RecheckState(found.state).label, do="请刷新页面查看进度。")
    judged = judge(by, case.person_id, catalogue.service(case.service_id))
    for name, value in _stated(judged, given, changed=changed, text=text).items():
        facts.declare(
            by=by, person_id=case.person_id, name=name, value=value, key=f"{found.id}:{name}", case_id=case.id
        )
    found.state, found.changed, found.answer = RecheckState.ANSWERED, changed, text.strip()[:1000]
    found.answered_on, found.answered_by = by.on, by.account_id
    found.save(update_fields=["state", "changed", "answer", "answered_on", "answered_by"])
    title = "年度复核：已申报变化" if changed else "年度复核：确认没有变化"
    log(by, case, "recheck.answered", title, text.strip(), tone="good")
    note_act(by, case, "recheck_answered", changed=int(changed))
    act.keep()


def _check_helper(by: Actor, found: Recheck) -> None:
    by.require("cases.check")
    if by.level != found.level or chain_of(found)[by.level - 1] != by.seq or by.person_id == found.person_id:
        raise NotAllowed("不能代为答复。", why="由会员所在基层工会的经办人代办，本人的事项须回避")


def _stated(judged: Judgement, given: Mapping[str, Any], *, changed: bool, text: str) -> dict[str, Any]:
    """What is to be declared: her new answers, or her earlier ones again."""
    asked = restated(judged)
    if not changed:
        return {one.fact: judged.facts[one.fact].value for one in asked if one.fact in judged.facts}
    if not asked and not text.strip():
        raise Refused("请写明有什么变化。", where="变化情况")
    return read_answers(judged.service, given, asked).facts


# Granted ones that are due soon, or that screening found not to hold any more, and are in no open round.
_DUE = """
SELECT e.id, e.case_id, e.recheck_on, e.grade, NOT e.holds, p.deceased_on IS NOT NULL
FROM casework_entitlement e JOIN people_person p ON p.id = e.person_id
WHERE e.state = 3 AND e.case_id IS NOT NULL AND e.recheck_on <= %(until)s AND NOT EXISTS (
    SELECT 1 FROM casework_recheck r WHERE r.entitlement_id = e.id AND r.state < 5)
ORDER BY e.recheck_on, e.id
"""


def open_rechecks(by: Actor) -> int:
    """Begin the rounds whose time has come: each member is told what is asked of her, and until when; how many."""
    notice = timedelta(days=parameters.integer("recheck_notice_days", on=by.on))
    wait = timedelta(days=parameters.integer("recheck_answer_days", on=by.on))
    due = fetch(_DUE, {"until": by.on + notice})
    cases = Case.objects.in_bulk([row[1] for row in due])
    rounds = dict(
        Recheck.objects.filter(entitlement_id__in=[row[0] for row in due])
        .values_list("entitlement_id")
        .annotate(last=Max("round"))
    )
    for entitlement, case_id, due_on, grade, lapsed, dead in due:
        case = cases[case_id]
        made = Recheck(
            id=uuid7(), **scoped(case), entitlement_id=entitlement, round=rounds.get(entitlement, 0) + 1,
            state=RecheckState.SILENT if dead else RecheckState.ASKED, level=level_for(chain_of(case), LOWEST),
            lapsed=lapsed, grade_before=grade, opened_on=by.on, due_on=due_on, answer_by=by.on + wait,
        )  # fmt: skip
        made.save(force_insert=True)
        _ask(by, case, made, dead=dead)
    return len(due)


def _ask(by: Actor, case: Case, made: Recheck, *, dead: bool) -> None:
    if dead:
        log(by, case, "recheck.asked", "年度复核：本人已去世", "由基层工会核实后办理。", tone="wait")
        return
    why = "部门数据显示您家的情况可能有变化。" if made.lapsed else f"您享受的{case.title}每年复核一次。"
    text = (
        f"{why}请在 {made.answer_by} 前确认情况有没有变化；有变化的，填写新的情况。不答复不会自动停止，工会会联系您。"
    )
    log(by, case, "recheck.asked", "年度复核：请本人确认", text, tone="wait")
    tell(by, case, "recheck", f"{case.title}：请您确认", text, key=f"{made.id}:asked")


def note_silence(by: Actor) -> int:
    """Who did not answer in time is reminded once, and her cadre asks her; how many."""
    waiting = Recheck.objects.select_for_update(of=("self",)).select_related("case")
    rows = list(waiting.filter(state=RecheckState.ASKED, answer_by__lt=by.on).order_by("answer_by", "id"))
    for found in rows:
        found.state = RecheckState.SILENT
        found.save(update_fields=["state"])
        text = f"请您尽快确认；{found.due_on} 前由所在工会联系您核实。在此之前照旧享受。"
        log(by, found.case, "recheck.silent", "年度复核：没有收到答复", "由基层工会联系本人。", tone="wait")
        tell(by, found.case, "recheck", f"{found.case.title}：还没有收到您的确认", text, key=f"{found.id}:silent")
    return len(rows)


# An offer stands on the screening that found or confirmed it. A service nobody screens any more confirms nothing.
_EXPIRE = """
UPDATE casework_entitlement e SET state = %(expired)s, holds = false, changed_on = %(on)s
WHERE e.state = %(offered)s AND greatest(e.found_on, (
    SELECT s.screened_on FROM casework_screening s WHERE s.service_id = e.service_id)) < %(oldest)s
"""


def expire_offers(by: Actor) -> int:
    """Offers whose ground is too old are taken off the member's page; the next screening that finds her offers anew."""
    valid = timedelta(days=parameters.integer("offer_valid_days", on=by.on))
    states = {"expired": EntitlementState.EXPIRED.value, "offered": EntitlementState.OFFERED.value}
    return execute(_EXPIRE, states | {"on": by.on, "oldest": by.on - valid})
