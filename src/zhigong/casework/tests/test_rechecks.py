"""The yearly round of the hardship archive: asked in time, answered or not, kept, regraded, ended; expired offers."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from tests.support.city import TODAY

from zhigong.casework import operations as casework
from zhigong.casework import queries
from zhigong.casework.models import Entitlement, Recheck
from zhigong.casework.policies import months_after
from zhigong.casework.tests.stage import ANSWERS, HARDSHIP, POOR, RICH, Stage, set_stage
from zhigong.casework.types import EntitlementState, RecheckOutcome, RecheckState, TodoKind
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.kernel.ids import uuid7

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
NOTE = "入户看过，和申报一致"
DUE = date(2027, 12, 1)
ASKED = DUE - timedelta(days=30)
# Per head 2 000 yuan a month at a subsistence line of 1 062: no longer deep, still relative.
LESS_POOR = POOR | {"household_income_year": 5_400_000}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def granted(stage: Stage, *, name: str = "陈秀兰", **known: object) -> tuple[UUID, UUID]:
    """A member of the archive and her case, due for the re-check on DUE."""
    person = stage.join(name=name, **(POOR | known))
    case = stage.apply(person)
    stage.pass_to_publicity(case)
    clock(stage, TODAY + timedelta(days=12))
    stage.act("city", case, "pass", on=TODAY + timedelta(days=13))
    with stage.system():
        found = Entitlement.objects.get(person_id=person)
        assert found.recheck_on == months_after(TODAY + timedelta(days=13), 12)
        Entitlement.objects.filter(id=found.id).update(recheck_on=DUE)
    return person, case


def clock(stage: Stage, on: date):
    with stage.system(on=on) as by:
        return casework.run_clock(by=by)


def answer(
    stage: Stage, person: UUID, case: UUID, *, on: date = ASKED, changed: bool = False, **answers: object
) -> None:
    with stage.member(person, on=on) as by:
        casework.answer_recheck(by=by, case_id=case, changed=changed, answers=answers, key=f"answer-{on}")


def confirm(stage: Stage, case: UUID, *, who: str = "grassroots", on: date = DUE, key: str = "") -> RecheckState:
    with stage.cadre(who, on=on) as by:
        return casework.confirm_recheck(by=by, case_id=case, note=NOTE, key=key or uuid7().hex)


def todo(stage: Stage, who: str = "grassroots", *, on: date = DUE) -> list[str]:
    with stage.cadre(who, on=on) as by:
        return [one.what for one in queries.todos(by, kind=TodoKind.RECHECK)]


def entitlement(stage: Stage, person: UUID) -> Entitlement:
    with stage.system():
        return Entitlement.objects.get(person_id=person)


def restate(stage: Stage) -> dict[str, object]:
    return {name: ANSWERS[name] for name in ("runs_business_with_employees", "private_school_or_study_abroad")}


def test_she_is_asked_in_time_confirms_and_goes_on_for_a_year(stage: Stage):
    person, case = granted(stage)
    assert clock(stage, ASKED - timedelta(days=1)).rechecks == 0
    assert clock(stage, ASKED).rechecks == 1
    assert clock(stage, ASKED).rechecks == 0
    assert todo(stage, on=ASKED) == [], "it is hers to answer first"
    with stage.member(person, on=ASKED) as by:
        (asked,) = queries.rechecks_asked(by)
        assert (asked.due_on, asked.answer_by) == (DUE, ASKED + timedelta(days=15))
        page = queries.case(by, case).recheck
        assert page is not None
        assert [one.fact for one in page.questions] == [
            "runs_business_with_employees", "private_school_or_study_abroad", "sudden_loss_year",
        ]  # fmt: skip
        assert page.said == {
            "runs_business_with_employees": "no", "private_school_or_study_abroad": "no", "sudden_loss_year": "0",
        }  # fmt: skip
        assert "请在 2027-11-16 前确认" in queries.notices(by)[0].text
    answer(stage, person, case)
    answer(stage, person, case)
    assert todo(stage) == ["年度复核：本人确认没有变化"]
    with stage.cadre("grassroots", on=DUE) as by:
        (done,) = casework.confirm_rechecks(by=by, case_ids=[case], note=NOTE, key="many")
        assert done.done, done.refused
        assert casework.confirm_rechecks(by=by, case_ids=[case], note=NOTE, key="many") == (done,)
    found = entitlement(stage, person)
    assert (found.state, found.recheck_on) == (EntitlementState.GRANTED, date(2028, 12, 1))
    assert todo(stage) == []
    with pytest.raises(Conflict, match="已经办过"):
        confirm(stage, case)


def test_who_does_not_answer_is_asked_by_her_union_and_loses_nothing_by_silence(stage: Stage):
    person, case = granted(stage)
    clock(stage, ASKED)
    assert clock(stage, ASKED + timedelta(days=15)).unanswered == 0
    assert clock(stage, ASKED + timedelta(days=16)).unanswered == 1
    assert clock(stage, DUE + timedelta(days=300)).unanswered == 0
    assert todo(stage) == ["年度复核：本人没有答复，请联系"]
    assert entitlement(stage, person).state == EntitlementState.GRANTED
    with stage.cadre("grassroots", on=DUE) as by:
        (refused,) = casework.confirm_rechecks(by=by, case_ids=[case], note=NOTE, key="many")
        assert "须逐件办理" in refused.refused
        casework.answer_recheck(by=by, case_id=case, changed=False, text="电话里说没有变化", key="for-her")
    assert confirm(stage, case) is RecheckState.CLOSED
    assert entitlement(stage, person).state == EntitlementState.GRANTED


def test_another_grade_is_decided_where_it_was_decided_first_and_she_may_object(stage: Stage):
    person, case = granted(stage)
    assert entitlement(stage, person).grade == "deep"
    stage.tell_facts(person, **LESS_POOR)
    clock(stage, ASKED)
    answer(stage, person, case, changed=True, **restate(stage), sudden_loss_year="0")
    with stage.cadre("grassroots", on=DUE) as by:
        (refused,) = casework.confirm_rechecks(by=by, case_ids=[case], note=NOTE, key="many")
        assert "本人申报有变化" in refused.refused
        panel = queries.recheck(by, case)
        assert panel is not None
        assert (panel.outcome, panel.grade_before, panel.grade_now) == (RecheckOutcome.REGRADED, "深度困难", "相对困难")
    assert confirm(stage, case) is RecheckState.PROPOSED
    assert todo(stage) == []
    with pytest.raises(NotAllowed):
        confirm(stage, case)
    assert todo(stage, "city") == ["年度复核：情况有变化，请决定"]
    with stage.cadre("city", on=DUE) as by:
        casework.return_recheck(by=by, case_id=case, note="请再核对收入", key="back")
    assert todo(stage) == ["年度复核：本人申报有变化"]
    confirm(stage, case)
    assert confirm(stage, case, who="city", key="k") is RecheckState.CLOSED
    assert confirm(stage, case, who="city", key="k") is RecheckState.CLOSED
    assert (entitlement(stage, person).grade, entitlement(stage, person).recheck_on) == ("relative", date(2028, 12, 1))
    with stage.member(person, on=DUE) as by:
        page = queries.case(by, case)
        assert page.decision.recheck and page.decision.sound and page.decision.granted
        assert page.line.grade_label == "相对困难"
        assert page.may_object
        assert "调整为相对困难" in queries.notices(by)[0].text


def test_who_is_no_longer_eligible_leaves_by_a_decision_with_reasons_which_an_objection_undoes(stage: Stage):
    person, case = granted(stage)
    stage.tell_facts(person, **RICH)
    clock(stage, ASKED)
    answer(stage, person, case)
    confirm(stage, case)
    confirm(stage, case, who="city")
    assert entitlement(stage, person).state == EntitlementState.WITHDRAWN
    with stage.member(person, on=DUE) as by:
        page = queries.case(by, case)
        assert not page.decision.granted
        assert page.recheck.outcome is RecheckOutcome.ENDED
        assert any(one.holds is False for one in page.decision.reasons)
        objection = casework.object(by=by, case_id=case, text="收入算错了一整年", key="o")
    stage.appoint("second", "city")
    with stage.cadre("second", on=DUE) as by:
        casework.answer_objection(by=by, objection_id=objection, state=3, answer="收入重复计算，已更正", key="a")
    found = entitlement(stage, person)
    assert (found.state, found.grade) == (EntitlementState.GRANTED, "deep")
    assert todo(stage) == ["年度复核：本人确认没有变化"]
    stage.tell_facts(person, **POOR)
    assert confirm(stage, case) is RecheckState.CLOSED
    with stage.system():
        assert list(Recheck.objects.order_by("round").values_list("outcome", flat=True)) == [3, 1]


def test_a_rule_that_holds_no_more_begins_the_round_early(stage: Stage):
    person, case = granted(stage)
    stage.tell_facts(person, **RICH)
    stage.write_table()
    stage.screen(HARDSHIP, on=TODAY + timedelta(days=40))
    assert clock(stage, TODAY + timedelta(days=40)).rechecks == 1
    with stage.member(person, on=TODAY + timedelta(days=40)) as by:
        assert "可能有变化" in queries.notices(by)[0].text
        with pytest.raises(Refused, match="还有问题没有回答"):
            casework.answer_recheck(by=by, case_id=case, changed=True, answers={}, key="a")


def test_nobody_answers_or_confirms_for_another_part_of_the_city_or_for_herself(stage: Stage):
    _, case = granted(stage)
    clock(stage, ASKED)
    other = stage.join("d2s1g1", name="李四", **POOR)
    stage.appoint("elsewhere", "d2s1g1")
    with stage.member(other, on=ASKED) as by, pytest.raises(Refused):
        casework.answer_recheck(by=by, case_id=case, changed=False, key="x")
    for who in ("elsewhere", "street"):
        with pytest.raises(Refused):
            confirm(stage, case, who=who)
    with stage.cadre("street", on=ASKED) as by, pytest.raises(NotAllowed):
        casework.answer_recheck(by=by, case_id=case, changed=False, key="x")


def test_an_offer_expires_when_nobody_screens_any_more_and_comes_back_with_the_next_screening(stage: Stage):
    person = stage.join(**POOR)
    stage.write_table()
    stage.screen(HARDSHIP)
    later = TODAY + timedelta(days=60)
    assert stage.screen(HARDSHIP, on=later).changed == 0
    assert clock(stage, later + timedelta(days=90)).expired_entitlements == 0, "the screening of that day confirmed it"
    assert clock(stage, later + timedelta(days=91)).expired_entitlements == 1
    assert clock(stage, later + timedelta(days=91)).expired_entitlements == 0
    with stage.member(person) as by:
        assert queries.found_for(by) == ()
    assert stage.screen(HARDSHIP, on=later + timedelta(days=92)).offered == 1
    with stage.member(person) as by:
        assert len(queries.found_for(by)) == 1
        assert len(queries.notices(by)) == 2


def test_months_after_keeps_to_the_month():
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_after(date(2026, 12, 15), 1) == date(2027, 1, 15)
