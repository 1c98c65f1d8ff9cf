"""A case from found to paid and rated, and its side ways: supplements, refusal, objection, publicity, heirs."""

from datetime import date, timedelta

import pytest
from tests.support.city import TODAY

from zhigong.casework import operations as casework
from zhigong.casework import queries
from zhigong.casework.models import Case, Entitlement, Step
from zhigong.casework.tests.stage import CARD, HARDSHIP, MEDICAL, POOR, RICH, Stage, set_stage
from zhigong.casework.types import CaseState, EntitlementState, ObjectionState, StepState, TodoKind
from zhigong.funds import queries as funds
from zhigong.funds.types import PayableState
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
AFTER = date(2026, 12, 1)  # past five workdays of publicity


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def test_from_found_to_decided(stage: Stage):
    person = stage.join(**POOR)
    stage.write_table()
    counts = stage.screen(HARDSHIP)
    assert (counts.true, counts.offered) == (1, 1)
    with stage.member(person) as by:
        (offer,) = queries.found_for(by)
        assert offer.why and offer.grade_label == "深度困难"
        page = queries.service_page(by, HARDSHIP)
        assert offer.questions == 4 and {one.fact for one in page.questions if one.fact} == {
            "runs_business_with_employees", "private_school_or_study_abroad", "sudden_loss_year",
        }  # fmt: skip
        assert page.may_apply and page.verdict is None
    case = stage.apply(person)
    for who in ("grassroots", "street", "district"):
        with stage.cadre(who) as by:
            assert [todo.case_id for todo in queries.todos(by)] == [case]
        stage.act(who, case, "pass")
    stage.act("district", case, "publish")
    with stage.member(person) as by:
        (notice,) = queries.publicity_board(by)
        assert (notice.masked_name, notice.may_object) == ("陈*兰", False)
    with stage.system(on=AFTER) as by:
        assert [casework.run_clock(by=by).publicity_ended for _ in range(2)] == [1, 0]
    assert stage.page(case, on=AFTER).panel.verdict is True
    stage.act("city", case, "pass", on=AFTER)
    check_granted(stage, case, person)
    with stage.member(person, on=AFTER) as by:
        casework.rate(by=by, case_id=case, score=1, text="太慢了", key="r")
    with stage.cadre("grassroots", on=AFTER) as by:
        (todo,) = queries.todos(by)
        assert todo.kind is TodoKind.FOLLOW_UP
        casework.follow_up(by=by, rating_id=todo.id, note="已电话回访道歉", key="f")
        assert queries.todos(by) == ()


def check_granted(stage: Stage, case, person):
    page = stage.page(case, on=AFTER)
    assert page.line.state is CaseState.GRANTED and page.line.amount_fen == 300000
    assert page.decision.granted and page.decision.sound and len(page.decision.reasons) >= 6
    with stage.system():
        assert Entitlement.objects.get().state == EntitlementState.GRANTED
    with stage.member(person, on=AFTER) as by:
        mine = queries.case(by, case)
        assert mine.may_object and mine.may_rate and not mine.actions
        (payable,) = funds.payables_of_case(by, case)
        assert payable.amount_fen == 300000 and payable.state is PayableState.REQUESTED


def test_a_refused_applicant_sees_each_reason_objects_and_is_heard_above(stage: Stage):
    person = stage.join(**RICH)
    case = stage.apply(person)
    stage.act("grassroots", case, "refuse")
    with stage.member(person) as by:
        page = queries.case(by, case)
        assert page.line.state is CaseState.REFUSED and page.may_object
        assert any(reason.holds is False for reason in page.decision.reasons)
        objection = casework.object(by=by, case_id=case, text="我家收入没有这么多", key="o")
        with pytest.raises(Conflict):
            casework.object(by=by, case_id=case, text="我家收入没有这么多", key="o2")
    stage.tell_facts(person, **POOR)
    with stage.cadre("grassroots") as by, pytest.raises((NotAllowed, NotFound)):
        answer(by, objection, ObjectionState.REVERSED)
    with stage.cadre("city") as by:
        assert [todo.kind for todo in queries.todos(by)] == [TodoKind.OBJECTION]
        answer(by, objection, ObjectionState.REVERSED)
    assert stage.page(case).line.state is CaseState.GRANTED
    assert len(stage.page(case).decisions) == 2


def answer(by, objection, state):
    casework.answer_objection(by=by, objection_id=objection, state=state, answer="经核实收入有误", key=uuid7().hex)


def test_an_objection_upheld_leaves_the_refusal(stage: Stage):
    case = stage.apply(person := stage.join(**RICH))
    stage.act("grassroots", case, "refuse")
    with stage.member(person) as by:
        objection = casework.object(by=by, case_id=case, text="我家收入没有这么多", key="o")
    with stage.cadre("city") as by:
        answer(by, objection, ObjectionState.UPHELD)
    assert stage.page(case).line.state is CaseState.REFUSED
    assert not stage.page(case).objections[0].may_answer


def test_supplements_stop_the_clock_and_are_declared(stage: Stage):
    case = stage.apply(person := stage.join(**POOR))
    due = stage.page(case).line.due_on
    stage.act("grassroots", case, "supplement", note="请再填一次损失", ask=["sudden_loss_year"])
    assert stage.page(case).line.due_on is None and stage.page(case).line.state is CaseState.SUPPLEMENT
    later = date(2026, 12, 10)
    with stage.system(on=later) as by:
        assert casework.run_clock(by=by).escalated == 0
    with stage.member(person, on=later) as by:
        assert queries.case(by, case).may_supply
        with pytest.raises(Refused):
            casework.supply(by=by, case_id=case, answers={}, key="s0")
        casework.supply(by=by, case_id=case, answers={"sudden_loss_year": "120.50"}, key="s")
        casework.supply(by=by, case_id=case, answers={"sudden_loss_year": "120.50"}, key="s")
    page = stage.page(case, who="grassroots", on=later)
    assert page.line.state is CaseState.RUNNING and page.line.due_on > due
    assert any("暂停计时" in step for step in page.steps[0].deadline)
    assert len(page.changed_facts) == 1 and page.panel and not page.panel.missing


@pytest.mark.parametrize("late", [0, 3])
def test_nobody_is_late_while_the_applicant_is_asked(stage: Stage, late: int):
    case = stage.apply(person := stage.join(**POOR))
    due = stage.page(case).line.due_on
    asked = due + timedelta(days=late)
    stage.act("grassroots", case, "supplement", on=asked, note="请再填一次损失", ask=["sudden_loss_year"])
    page = stage.page(case, who="grassroots", on=asked)
    assert page.line.due_on is None and page.steps[0].due_on is None and not page.steps[0].overdue
    answered = asked + timedelta(days=14)
    with stage.member(person, on=answered) as by:
        casework.supply(by=by, case_id=case, answers={"sudden_loss_year": "120.50"}, key="s")
    now = stage.page(case, who="grassroots", on=answered).line.due_on
    assert now > answered if not late else now == due, "asked on the last day, it is had again; what was late stays so"


def test_a_strangers_objection_holds_the_publicity(stage: Stage):
    case = stage.apply(stage.join(**POOR))
    stranger = stage.join("d2s1g1", name="李四", **RICH)
    stage.pass_to_publicity(case)
    with stage.member(stranger) as by:
        (notice,) = queries.publicity_board(by)
        made = casework.object_publicity(by=by, publicity_id=notice.id, text="他家开了两家店", key="p")
        assert casework.object_publicity(by=by, publicity_id=notice.id, text="他家开了两家店", key="p") == made
        with pytest.raises(NotFound):
            queries.case(by, case)
    with stage.system(on=AFTER) as by:
        assert casework.run_clock(by=by).publicity_ended == 0
    with stage.cadre("district") as by:
        (objection,) = queries.case(by, case).objections
        assert objection.may_answer
        answer(by, objection.id, ObjectionState.REVERSED)
    page = stage.page(case)
    assert page.line.state is CaseState.RUNNING and page.step_id == "district"


def test_return_keeps_what_was_decided(stage: Stage):
    case = stage.apply(stage.join(**POOR))
    stage.act("grassroots", case, "pass")
    with pytest.raises(Refused, match="原因"):
        stage.act("street", case, "return")
    stage.act("street", case, "return", note="请核实住房")
    assert stage.page(case).step_id == "check"
    with stage.system():
        assert Step.objects.filter(case_id=case, state=StepState.RETURNED).count() == 1
        assert Step.objects.filter(case_id=case, state=StepState.OPEN).count() == 1


def test_overdue_steps_go_up_and_the_lower_level_loses_them(stage: Stage):
    case = stage.apply(stage.join(**POOR))
    late = date(2026, 12, 2)
    with stage.system(on=late) as by:
        assert casework.run_clock(by=by).escalated == 1
        assert casework.run_clock(by=by).escalated == 0
    with stage.cadre("grassroots", on=late) as by, pytest.raises(NotAllowed):
        casework.act(by=by, case_id=case, step="check", action="pass", key="x")
    with stage.cadre("street", on=late) as by:
        assert queries.todos(by)[0].escalated
    stage.act("street", case, "pass", on=late)
    assert stage.page(case, on=late).step_id == "street"


def test_reminders_come_once_per_stage(stage: Stage):
    stage.apply(stage.join(**POOR))
    due = date(2026, 11, 27)
    with stage.system(on=due) as by:
        assert casework.run_clock(by=by).reminded == 1
        assert casework.run_clock(by=by).reminded == 0


def test_a_missing_level_falls_to_the_one_above(stage: Stage):
    person = stage.join("d1", **POOR)
    case = stage.apply(person)
    page = stage.page(case)
    assert [step.level for step in page.steps] == [2, 2, 2, 2, 1]
    stage.act("district", case, "pass")


def test_nobody_handles_her_own_case(stage: Stage):
    person = stage.join(**POOR)
    stage.appoint_member("herself", "d1s1g1", person)
    case = stage.apply(person)
    with stage.cadre("herself") as by:
        assert queries.todos(by) == ()
        with pytest.raises(NotAllowed, match="本人"):
            casework.act(by=by, case_id=case, step="check", action="pass", key="x")


def test_a_member_withdraws_and_may_apply_again(stage: Stage):
    case = stage.apply(person := stage.join(**POOR))
    with pytest.raises(Conflict):
        stage.apply(person, key="again")
    with stage.member(person) as by:
        casework.withdraw_case(by=by, case_id=case, key="w")
        casework.withdraw_case(by=by, case_id=case, key="w")
    assert stage.apply(person, key="third") != case


def test_an_automatic_service_is_not_applied_for(stage: Stage):
    with stage.member(stage.join(**POOR)) as by, pytest.raises(Refused, match="不用申请"):
        casework.apply(by=by, service_id=MEDICAL, answers={}, key="a")


def test_missing_answers_are_named(stage: Stage):
    person = stage.join(**POOR)
    with stage.member(person) as by, pytest.raises(Refused, match="收款银行卡"):
        casework.apply(by=by, service_id=HARDSHIP, answers={}, account=None, key="a")
    with stage.member(person) as by, pytest.raises(Refused, match="还有问题没有回答"):
        casework.apply(by=by, service_id=HARDSHIP, answers={}, account=CARD, key="b")
    with stage.system():
        assert not Case.objects.exists()


def test_batches_stop_at_no_refusal(stage: Stage):
    first, second = stage.apply(stage.join(**POOR)), stage.apply(stage.join(name="王芳", **POOR))
    stage.act("grassroots", second, "pass")
    with stage.cadre("grassroots") as by:
        outcomes = casework.act_many(by=by, steps={first: "check", second: "check"}, action="pass", key="b")
        assert {one.case_id: one.done for one in outcomes} == {first: True, second: False}
        again = casework.act_many(by=by, steps={first: "check"}, action="pass", key="b")
        assert again[0].done
    assert stage.page(first).step_id == "street"


@pytest.mark.parametrize("day", [TODAY])
def test_lists_and_counts(stage: Stage, day: date):
    from zhigong.casework.types import CaseFilter

    case = stage.apply(stage.join(**POOR), on=day)
    with stage.cadre("district") as by:
        assert [line.id for line in queries.cases(by, CaseFilter()).lines] == [case]
        assert queries.cases(by, CaseFilter(state=CaseState.REFUSED)).lines == ()
        counts = queries.counts(by)
        assert (counts.open, counts.overdue, counts.todos) == (1, 0, 0)
