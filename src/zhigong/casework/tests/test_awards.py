"""Awards without application: paid once, topped up, recovered, and the heirs' path."""

import pytest
from tests.support.city import TODAY

from zhigong.casework import operations as casework
from zhigong.casework import queries
from zhigong.casework.models import Award, Case, Entitlement, Notice
from zhigong.casework.tests.stage import HARDSHIP, ILL, MEDICAL, POOR, RICH, Stage, set_stage
from zhigong.casework.types import CaseState, EntitlementState
from zhigong.funds import queries as funds
from zhigong.funds.types import PayableState
from zhigong.orgs import operations as orgs

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def screen(stage: Stage, service: str = MEDICAL):
    stage.write_table()
    return stage.screen(service)


def totals(stage: Stage) -> list[tuple[int, int]]:
    with stage.system():
        return list(Award.objects.order_by("ordinal").values_list("fen", "total_fen"))


def test_a_settlement_pays_once_and_tells_why(stage: Stage):
    person = stage.join(**ILL)
    counts = screen(stage)
    assert (counts.granted, counts.granted_fen, counts.recovered) == (1, 200_000, 0)  # half of 5 000 less 1 000 yuan
    again = screen(stage)
    assert (again.granted, again.recovered, again.changed) == (0, 0, 0)
    with stage.member(person) as by:
        (line,) = queries.my_cases(by)
        page = queries.case(by, line.id)
        assert page.decision.automatic and page.decision.sound and page.may_object
        assert all(reason.holds for reason in page.decision.reasons)
        (payable,) = funds.payables_of_case(by, line.id)
        assert payable.amount_fen == 200_000
        assert [one.kind for one in queries.notices(by)] == ["granted"]
    with stage.system():
        assert Notice.objects.count() == 1


def test_the_ledger_fact_catching_up_pays_nothing_more(stage: Stage):
    person = stage.join(**ILL)
    screen(stage)
    stage.tell_facts(person, medical_aid_paid_year=200_000)
    assert screen(stage).granted == 0


def test_a_reversal_waits_until_there_is_a_budget(stage: Stage):
    person = stage.join(**ILL)
    screen(stage)
    stage.tell_facts(person, medical_policy_own_pay_year=0)
    assert screen(stage).recovered == 0
    stage.open_budget(MEDICAL)
    assert screen(stage).recovered_fen == 200_000


def test_a_later_settlement_is_topped_up_and_a_reversal_recovered(stage: Stage):
    stage.open_budget(MEDICAL)
    person = stage.join(**ILL)
    screen(stage)
    stage.tell_facts(person, medical_policy_own_pay_year=700_000)
    assert screen(stage).granted_fen == 100_000
    stage.tell_facts(person, medical_policy_own_pay_year=300_000)
    counts = screen(stage)
    assert (counts.granted, counts.recovered, counts.recovered_fen) == (0, 1, 200_000)
    assert screen(stage).recovered == 0
    stage.tell_facts(person, medical_policy_own_pay_year=700_000)
    assert screen(stage).granted_fen == 200_000
    assert totals(stage) == [
        (200_000, 200_000), (100_000, 300_000), (-100_000, 200_000), (-100_000, 100_000), (200_000, 300_000),
    ]  # fmt: skip


def test_the_dead_wait_for_an_heir_named_by_the_grassroots_chair(stage: Stage):
    stage.join(**ILL, deceased=True)
    counts = screen(stage)
    assert (counts.granted, counts.waiting_for_heirs) == (1, 1)
    with stage.system():
        case = Case.objects.get()
        assert case.state == CaseState.HEIR
    with stage.cadre("grassroots") as by:
        (todo,) = queries.todos(by)
        assert todo.case_id == case.id
        named = {"holder": "陈建国", "relation": "配偶", "bank": "中国工商银行云泽支行", "number": "6222020000000098"}
        casework.name_heir(by=by, case_id=case.id, key="h", **named)
        casework.name_heir(by=by, case_id=case.id, key="h", **named)
        assert queries.todos(by) == ()
        (payable,) = funds.payables_of_case(by, case.id)
        assert payable.state in (PayableState.READY, PayableState.REQUESTED)
    with stage.system():
        assert Case.objects.get().state == CaseState.GRANTED


def test_an_offer_is_withdrawn_when_the_facts_change_and_comes_back(stage: Stage):
    person = stage.join(**POOR)
    stage.join(name="王芳", **RICH)
    assert screen(stage, HARDSHIP).offered == 1
    assert screen(stage, HARDSHIP).changed == 0
    stage.tell_facts(person, household_income_year=90_000_000)
    assert screen(stage, HARDSHIP).withdrawn == 1
    with stage.system():
        assert Entitlement.objects.get().state == EntitlementState.WITHDRAWN
    stage.tell_facts(person, household_income_year=1_000_000)
    assert screen(stage, HARDSHIP).offered == 1
    with stage.member(person) as by:
        assert len(queries.found_for(by)) == 1


def test_whoever_was_refused_is_not_offered_the_same_again(stage: Stage):
    person = stage.join(**POOR)
    screen(stage, HARDSHIP)
    case = stage.apply(person)
    stage.act("grassroots", case, "refuse", note="入户核实与数据不符")
    assert screen(stage, HARDSHIP).offered == 0
    stage.tell_facts(person, household_size=6)
    screen(stage, HARDSHIP)
    with stage.member(person) as by:
        assert queries.found_for(by) == ()


def test_a_simulated_amount_tells_who_gains_and_what_it_costs(stage: Stage):
    stage.join(**POOR)
    stage.join(name="王芳", **POOR | {"household_income_year": 8_000_000})
    stage.write_table()
    with orgs.city_scope(on=TODAY) as by:
        found = queries.simulate(by, HARDSHIP, values={"hardship_multiple": "3"})
        assert (found.total.before, found.total.after, found.total.gain, found.total.lose) == (1, 2, 1, 0)
        assert (found.total.cost_before, found.total.cost_after) == (300_000, 600_000)
        assert queries.screen(by, HARDSHIP).count(verdict=True) == 1


def test_everybody_at_once_is_the_same_as_one_by_one(stage: Stage):
    from zhigong.casework.judging import judge
    from zhigong.catalogue import queries as catalogue

    for size in (1, 2, 3, 6):
        stage.join(name=f"张{size}", **POOR | {"household_size": size, "household_income_year": 4_000_000})
    stage.write_table()
    with orgs.city_scope(on=TODAY) as by:
        rows = {row["person_id"]: row["verdict"] for row in queries.screen(by, HARDSHIP).rows.to_pylist()}
        service = catalogue.service(HARDSHIP)
        alone = {str(p): judge(by, p, service, presume=True).decision.verdict for p in stage.known}
    assert rows == alone
    assert len(set(rows.values())) == 2
