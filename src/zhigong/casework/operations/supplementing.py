"""Supplements: a cadre asks, the clock stands still, the member answers, the clock goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from zhigong.casework.answers import read_answers
from zhigong.casework.judging import plain
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Step, Supplement
from zhigong.casework.moving import (
    current_step,
    lock_case,
    log,
    move,
    note_act,
    reckon,
    said_by,
    scoped,
    service_of,
    tell,
)
from zhigong.casework.types import CaseState
from zhigong.facts import operations as facts
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, Refused


def ask_for(by: Actor, case: Case, step: Step, *, note: str, ask: Sequence[str]) -> None:
    """Ask the member for supplements; the step's clock stands still until she answers."""
    known = {one.name for one in service_of(case).form if one.kind.value != "bank_account"}
    if set(ask) - known:
        raise Refused("表单里没有这一项，不能请申请人补充。", where="、".join(sorted(set(ask) - known)))
    wanted = Supplement(
        **scoped(case),
        step=step,
        note=note.strip()[:500],
        asks=list(ask),
        asked_on=by.on,
        asked_by=by.account_id,
        asked_name=said_by(by),
    )
    wanted.save(force_insert=True)
    move(case, CaseState.SUPPLEMENT, on=by.on)
    reckon(step, case)
    log(by, case, "supplement.asked", "请补充材料", f"{note.strip()}（补充之前不计办理时限）", tone="wait")
    tell(
        by, case, "supplement", f"{case.title}：请补充材料", note.strip(), key=f"{case.id}:supplement:{step.id}:{by.on}"
    )


@transaction.atomic
def supply(*, by: Actor, case_id: UUID, answers: Mapping[str, Any], text: str = "", key: str) -> None:
    """The member answers the open request for supplements; answers are declared as facts, the clock goes on.

    answers: by form field name, for those asked. text: in her own words. Raises Refused when something asked is
    missing, Conflict when nothing is asked.
    """
    act = once(by, key=key, act="supply", arguments={"case": case_id, "answers": dict(answers), "text": text})
    if act.replayed:
        return
    case = lock_case(by, case_id, own=True)
    wanted = Supplement.objects.select_for_update().filter(case=case, answered_on=None).first()
    if wanted is None or case.state != CaseState.SUPPLEMENT:
        raise Conflict("现在没有需要补充的材料。", do="请刷新页面查看进度。")
    service = service_of(case)
    asked = tuple(one for one in service.form if one.name in wanted.asks)
    read = read_answers(service, answers, asked)
    if not asked and not text.strip():
        raise Refused("请写明补充的内容。", where="补充说明", why=wanted.note)
    for name, value in read.facts.items():
        facts.declare(
            by=by, person_id=case.person_id, name=name, value=value, key=f"{wanted.id}:{name}", case_id=case.id
        )
    wanted.answered_on, wanted.answered_by, wanted.answer = by.on, by.account_id, text.strip()[:1000]
    wanted.answers = {name: plain(value) for name, value in (read.facts | read.free).items()}
    wanted.save(update_fields=["answered_on", "answered_by", "answer", "answers"])
    move(case, CaseState.RUNNING, on=by.on)
    reckon(current_step(case), case)
    log(by, case, "supplement.supplied", "已补充材料", "办理时限继续计算。", tone="good")
    note_act(by, case, "supplied")
    act.keep()
