"""What the ledger does to a case: debts set off, money come back late, awards taken back in whole."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from tests.support.city import TODAY

from zhigong.casework import operations as casework
from zhigong.casework import queries
from zhigong.casework.models import Case
from zhigong.casework.tests.stage import ILL, MEDICAL, Stage, set_stage
from zhigong.casework.types import SET_OFF, CaseState
from zhigong.funds import operations as funds
from zhigong.funds.policies import card_digit
from zhigong.funds.tests.staging import RIGHTS, answer
from zhigong.funds.types import LineState
from zhigong.orgs.types import Duty

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def stage() -> Stage:
    made = set_stage()
    made.open_budget(MEDICAL)
    for who in ("maker", "checker"):
        made.appoint(who, "city", duty=Duty.FINANCE)
    return made


def screen(stage: Stage, person: UUID, **known: int) -> None:
    stage.tell_facts(person, **known)
    stage.write_table()
    stage.screen(MEDICAL)


def ill(stage: Stage) -> UUID:
    """A member to whom 2 000 yuan are due, with an account."""
    person = stage.join(**ILL)
    with stage.member(person) as by:
        body = "622202000012345"
        number = body + str(card_digit(body))
        funds.register_account(by, person_id=person, holder="陈秀兰", bank="工行", number=number, key="k")
    screen(stage, person)
    return person


def pay(stage: Stage, *, key: str = "b") -> tuple[UUID, bytes]:
    """Everything ready goes to the bank and arrives: the batch and the list."""
    with stage.cadre("maker") as by:
        by = replace(by, rights=by.rights | RIGHTS)
        batch = funds.draft_batch(by, title="互助", key=key)
        funds.freeze_batch(by, batch_id=batch)
    with stage.cadre("checker") as by:
        by = replace(by, rights=by.rights | RIGHTS)
        funds.release_batch(by, batch_id=batch)
        file = funds.bank_file(by, batch_id=batch)
        casework.post_return(by=by, batch_id=batch, file=answer(file))
    return batch, file


def lines(stage: Stage, person: UUID) -> list[tuple[str, str]]:
    """Her cases as she reads them, the oldest first: state and what comes next."""
    with stage.member(person) as by:
        return [(one.label, one.next_text) for one in reversed(queries.my_cases(by))]


def test_an_award_set_against_a_debt_in_full_moves_its_case_on_and_says_so(stage: Stage):
    person = ill(stage)
    pay(stage)
    screen(stage, person, medical_policy_own_pay_year=100_000)
    assert lines(stage, person) == [("待退回", "发放的金额须退回，还差 2,000 元，将从以后的补助中抵扣，或由工会联系您")]
    screen(stage, person, medical_policy_own_pay_year=300_000)
    assert [label for label, _ in lines(stage, person)] == ["待退回", "已发放"]
    with stage.member(person) as by:
        page = queries.case(by, queries.my_cases(by)[0].id)
        assert page.timeline[-1].title == "已全部抵扣"
        assert "1,000 元 全部用于抵扣应退回的款项，没有汇款（" in page.timeline[-1].text
        assert [(one.state_label, one.amount_fen, one.offset_fen) for one in page.payments] == [(SET_OFF, 0, 100_000)]
        assert queries.notices(by)[0].kind == "offset"
    screen(stage, person, medical_policy_own_pay_year=500_000)
    assert lines(stage, person)[0] == ("已收回", "发放的金额已按更正收回")


def test_an_award_taken_back_before_it_left_reads_recovered_and_not_paid(stage: Stage):
    person = ill(stage)
    screen(stage, person, medical_policy_own_pay_year=100_000)
    assert lines(stage, person) == [("已收回", "发放的金额已按更正收回")]
    with stage.system():
        case = Case.objects.get()
        assert case.state == CaseState.PAID
    assert stage.page(case.id).line.label == "已收回"
    assert stage.page(case.id).timeline[-1].title == "没有汇出，已收回"


def test_what_finance_sets_off_by_itself_is_found_by_the_clock(stage: Stage):
    from zhigong.casework.operations import settling

    person = ill(stage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zhigong.casework.operations.awarding.settle", lambda *_args, **_more: 0)
        screen(stage, person, medical_policy_own_pay_year=100_000)
    assert lines(stage, person)[0][0] == "已收回"
    with stage.system() as by:
        assert Case.objects.get().state == CaseState.GRANTED
        assert casework.run_clock(by=by).settled == 1
        assert casework.run_clock(by=by).settled == 0
        assert settling.settle(by) == 0
        assert Case.objects.get().state == CaseState.PAID


def test_money_that_came_back_days_later_waits_again_and_she_is_asked_about_her_account(stage: Stage):
    person = ill(stage)
    batch, file = pay(stage)
    with stage.cadre("checker") as by:
        by = replace(by, rights=by.rights | RIGHTS)
        posted = casework.post_return(by=by, batch_id=batch, file=answer(file, "退汇"))
        assert [line.state for line in posted.lines] == [LineState.RETURNED]
        assert casework.post_return(by=by, batch_id=batch, file=answer(file, "退汇")).repeated
    assert lines(stage, person) == [("已通过", "等待发放")]
    with stage.member(person) as by:
        page = queries.case(by, queries.my_cases(by)[0].id)
        assert page.timeline[-1].title == "银行退汇"
        assert "请核对收款账户" in queries.notices(by)[0].text
        body = "622202000012399"
        number = body + str(card_digit(body))
        funds.register_account(by, person_id=person, holder="陈秀兰", bank="工行", number=number, key="k2")
    pay(stage, key="again")
    assert lines(stage, person)[0][0] == "已发放"
    with stage.system() as by:
        assert funds.reconcile(by).sound
        assert Case.objects.get().paid_on == TODAY
