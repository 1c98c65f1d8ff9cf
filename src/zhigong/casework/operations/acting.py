"""Acting on the open step: pass, return, refuse, ask for supplements, publish; one case or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from zhigong.casework.judging import judge
from zhigong.casework.keys import once
from zhigong.casework.models import Case, Step
from zhigong.casework.moving import (
    as_open,
    close_steps,
    current_step,
    finish_step,
    lay_steps,
    lock_case,
    log,
    move,
    next_step,
    note_act,
    open_step,
    service_of,
)
from zhigong.casework.operations import deciding, publishing, supplementing
from zhigong.casework.policies import check_act, check_actor
from zhigong.casework.types import Action, ActOutcome, CaseState, StepState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, Refused

MOST_AT_ONCE = 200


NOTED = {
    Action.PASS: "step_passed",
    Action.RETURN: "step_returned",
    Action.REFUSE: "step_refused",
    Action.SUPPLEMENT: "step_supplemented",
    Action.PUBLISH: "published",
}


@transaction.atomic
def act(  # noqa: PLR0913 — an act has these parts
    *, by: Actor, case_id: UUID, step: str, action: Action | str, note: str = "", key: str, ask: Sequence[str] = ()
) -> None:
    """A cadre acts on the open step of a case.

    step: id of the step the page showed; another one open by now is a Conflict. ask: names of form fields to be
    answered with a supplement. The last step's pass decides: the rule must say yes now, with the facts of today.
    Raises NotAllowed at the wrong level or for one's own case, NotFound outside the scope, Refused without a reason.
    """
    wanted = _action(action)
    arguments = {"case": case_id, "step": step, "action": wanted, "note": note, "ask": list(ask)}
    done = once(by, key=key, act="act", arguments=arguments)
    if done.replayed:
        return
    case = lock_case(by, case_id)
    if not CaseState(case.state).is_open:
        raise Conflict("这个办件已经办结。", why=f"办件现在{CaseState(case.state).label}", do="请刷新页面。")
    open_ = current_step(case)
    check_actor(by, as_open(case, open_))
    check_act(as_open(case, open_), step_id=step, action=wanted, note=note)
    if wanted is Action.PUBLISH:
        publishing.publish(by, case, open_)
    elif wanted is Action.SUPPLEMENT:
        supplementing.ask_for(by, case, open_, note=note, ask=ask)
    elif wanted is Action.RETURN:
        _send_back(by, case, open_, note)
    elif wanted is Action.REFUSE:
        finish_step(by, open_, state=StepState.DONE, action=wanted.value, note=note)
        deciding.refuse(by, case, judge(by, case.person_id, service_of(case)), note=note, level=open_.level)
    else:
        pass_on(by, case, open_, note)
    note_act(by, case, NOTED[wanted], step=step)
    done.keep()


def _action(action: Action | str) -> Action:
    try:
        return Action(action)
    except ValueError:
        raise Refused("没有这项操作。", where=str(action)) from None


def pass_on(by: Actor, case: Case, step: Step, note: str, *, by_clock: bool = False) -> None:
    """Finish a step in favour: the next one opens, or the last one decides."""
    finish_step(by, step, state=StepState.DONE, action=Action.PASS.value, note=note, by_clock=by_clock)
    following = next_step(case, step)
    if following is None:
        deciding.grant(by, case, judge(by, case.person_id, service_of(case)), note=note, level=step.level)
        return
    log(by, case, "step.passed", f"{step.title}：通过", note.strip(), tone="good")
    open_step(by, case, following)


def _send_back(by: Actor, case: Case, step: Step, note: str) -> None:
    """To the step before, in a new round: what was decided in the old one stays on record."""
    if step.ordinal == 1:
        raise Refused("第一步没有上一步可以退回。", do="需要申请人补充的，请选“请申请人补充”。")
    finish_step(by, step, state=StepState.RETURNED, action=Action.RETURN.value, note=note)
    log(by, case, "step.returned", f"{step.title}：退回上一步", note.strip(), tone="wait")
    reopen(by, case, first=step.ordinal - 1)


def reopen(by: Actor, case: Case, *, first: int) -> None:
    """Open a case again at a step, in a new round."""
    close_steps(case)
    case.round += 1
    case.save(update_fields=["round"])
    move(case, CaseState.RUNNING, on=by.on)
    steps = lay_steps(case, service_of(case), round_=case.round, first=first)
    open_step(by, case, steps[0])


def act_many(
    *, by: Actor, steps: Mapping[UUID, str], action: Action | str, note: str = "", key: str
) -> tuple[ActOutcome, ...]:
    """The same act on many cases, each in a transaction part of its own; one that is refused stops no other.

    steps: case id -> id of the step the list showed. At most 200 at once.
    """
    if len(steps) > MOST_AT_ONCE:
        raise Refused(f"一次最多办理 {MOST_AT_ONCE} 件。", where=f"{len(steps)} 件", do="请分批办理。")
    if _action(action) in (Action.SUPPLEMENT, Action.RETURN):
        raise Refused("这项操作只能逐件办理。", why="每件的原因不同，须分别写明")
    outcomes = []
    for case_id, step in sorted(steps.items()):
        try:
            with transaction.atomic():
                act(by=by, case_id=case_id, step=step, action=action, note=note, key=f"{key}:{case_id}")
            outcomes.append(ActOutcome(case_id, done=True))
        except Refused as error:
            outcomes.append(ActOutcome(case_id, done=False, refused=str(error)))
    return tuple(outcomes)
