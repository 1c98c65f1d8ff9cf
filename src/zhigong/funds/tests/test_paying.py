"""From a request to money that arrived, and every way back; the ledger adds up at each step."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from tests.support.city import TODAY

from zhigong.audit.models import Entry
from zhigong.funds import operations as funds
from zhigong.funds import queries
from zhigong.funds.models import Payable
from zhigong.funds.tests.staging import SERVICE, Stage, answer, asked, build_stage, requests
from zhigong.funds.types import AccountEntry, AccountOutcome, LineState, PayableState
from zhigong.identity.models import Account
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def stage() -> Stage:
    return build_stage()


def purses(stage: Stage) -> tuple[int, ...]:
    """available, reserved, transit, paid, owed; reconciles on the way."""
    with stage.acting("maker") as by:
        found = funds.reconcile(by)
        assert found.sound, found.differences
        line = queries.budgets(by)[0]
    return line.available, line.reserved, line.transit, line.paid, line.owed


def state_of(stage: Stage, payable: UUID) -> PayableState:
    with stage.acting("maker"):
        return PayableState(Payable.objects.get(id=payable).state)


def test_money_travels_from_the_budget_to_the_member_and_each_step_adds_up(stage):
    assert purses(stage) == (1_000_000, 0, 0, 0, 0)
    first = stage.ask(0, 30_000, "a")
    assert state_of(stage, first) is PayableState.AWAITING_ACCOUNT
    stage.register(0)
    stage.register(1)
    second = stage.ask(1, 20_000, "b")
    assert state_of(stage, first) is state_of(stage, second) is PayableState.READY
    assert purses(stage) == (950_000, 50_000, 0, 0, 0)
    batch = stage.batch()
    assert purses(stage) == (950_000, 0, 50_000, 0, 0)
    with stage.acting("checker") as by:
        file = funds.bank_file(by, batch_id=batch)
        assert funds.bank_file(by, batch_id=batch) == file
        serials = [line.serial for line in queries.payout(by, batch).lines]
        posted = funds.post_return(by, batch_id=batch, file=answer(file, {serials[1]: "失败"}))
    assert (posted.paid, posted.rejected, posted.unknown, posted.paid_fen, posted.settled) == (1, 1, 0, 30_000, True)
    assert state_of(stage, first) is PayableState.PAID
    assert state_of(stage, second) is PayableState.REJECTED
    assert purses(stage) == (950_000, 20_000, 0, 30_000, 0)
    with stage.acting("checker") as by:
        again = funds.post_return(by, batch_id=batch, file=answer(file, {serials[1]: "失败"}))
    assert again.repeated
    stage.register(1, "6222020000999992")
    assert state_of(stage, second) is PayableState.READY
    batch = stage.batch("c")
    with stage.acting("checker") as by:
        funds.post_return(by, batch_id=batch, file=answer(funds.bank_file(by, batch_id=batch)))
    assert purses(stage) == (950_000, 0, 0, 50_000, 0)


def test_an_exhausted_budget_refuses_with_numbers_and_reserves_nothing(stage):
    stage.ask(0, 999_000, "a")
    with pytest.raises(Refused, match=r"可用余额 10 元，本次需要 10\.01 元"):
        stage.ask(1, 1_001, "b")
    with stage.acting("cadre") as by, pytest.raises(Refused, match="预算不足"):
        funds.request_payments(by, requests=[requests(stage.members[n], 600, f"c{n}") for n in range(3)])
    assert purses(stage) == (1_000, 999_000, 0, 0, 0)
    with stage.acting("maker"):
        assert Payable.objects.count() == 1


def test_many_requests_may_wait_for_money_and_the_oldest_are_funded_first(stage):
    with stage.acting("cadre") as by:
        asked_for = [requests(stage.members[n], 400_000, f"c{n}") for n in range(4)]
        done = funds.request_payments(by, requests=asked_for, wait_for_budget=True)
        assert done.by_state == {PayableState.AWAITING_ACCOUNT: 2, PayableState.REQUESTED: 2}
        assert funds.request_payments(by, requests=asked_for, wait_for_budget=True).repeated == 4
    with stage.acting("maker") as by:
        funds.allot(by, budget_id=stage.budget, fen=300_000, document="追加1号", key="more")
        funds.allot(by, budget_id=stage.budget, fen=300_000, document="追加1号", key="more")
    assert [state_of(stage, done.ids[f"c{n}"]) for n in range(4)] == [PayableState.AWAITING_ACCOUNT] * 3 + [
        PayableState.REQUESTED
    ]
    assert purses(stage) == (100_000, 1_200_000, 0, 0, 0)
    with stage.acting("maker") as by, pytest.raises(Refused, match="可用余额 1,000 元"):
        funds.allot(by, budget_id=stage.budget, fen=-100_001, document="核减1号", key="less")
    changed = Entry.objects.filter(action="funds.budget.changed").values_list("subject_id", "reason")
    with orgs.city_scope(on=TODAY):
        assert list(changed) == [(stage.budget, "追加1号")], "the budget itself names only its latest document"


def test_the_same_key_is_the_same_payment_and_no_other(stage):
    first = stage.ask(0, 5_000, "a")
    assert stage.ask(0, 5_000, "a") == first
    with pytest.raises(Conflict):
        stage.ask(0, 5_001, "a")
    with pytest.raises(Conflict):
        stage.ask(1, 5_000, "a")
    assert purses(stage)[1] == 5_000


def test_without_a_budget_nothing_is_promised(stage):
    with pytest.raises(NotFound, match="没有可用的预算"):
        stage.ask(0, 5_000, "a", service_id="hardship/archive")


def test_the_nearest_budget_pays(stage):
    with stage.acting("maker") as by:
        district = funds.open_budget(
            by, union_id=stage.city.unions["d1"], service_id=SERVICE, year=TODAY.year, fen=7_000, document="1", key="d"
        )
    payable = stage.ask(0, 5_000, "a")
    with stage.acting("maker"):
        assert Payable.objects.get(id=payable).budget_id == district


def test_a_cadre_asks_for_her_own_members_only_and_sees_no_ledger(stage):
    with orgs.city_scope(on=TODAY):
        other = stage.city.union("d1s1g2")
    with stage.acting("cadre") as by:
        with pytest.raises(NotAllowed):
            funds.request_payment(by, **asked(stage.members[0], 100, "x", union_id=other.id))
        assert queries.budgets(by) == ()
        with pytest.raises(NotAllowed):
            funds.open_budget(by, union_id=other.id, service_id="x", year=2026, fen=1, document="1", key="k")


def test_maker_and_checker_are_two_persons(stage):
    stage.register(0)
    stage.ask(0, 5_000, "a")
    batch = stage.batch(upto="frozen")
    with stage.acting("maker") as by:
        assert queries.payout(by, batch).may == {"dissolve"}
        with pytest.raises(NotAllowed, match="复核人不能是制单人"):
            funds.release_batch(by, batch_id=batch)
    with stage.acting("checker") as by:
        assert "release" in queries.payout(by, batch).may
        with pytest.raises(Conflict):
            funds.bank_file(by, batch_id=batch)
        funds.release_batch(by, batch_id=batch)
        funds.release_batch(by, batch_id=batch)
    assert purses(stage) == (995_000, 0, 5_000, 0, 0)


def test_a_dissolved_batch_gives_its_payments_back(stage):
    stage.register(0)
    payable = stage.ask(0, 5_000, "a")
    batch = stage.batch(upto="frozen")
    with stage.acting("maker") as by:
        funds.dissolve_batch(by, batch_id=batch)
    assert state_of(stage, payable) is PayableState.READY
    stage.batch("again")
    assert state_of(stage, payable) is PayableState.IN_BATCH


def test_unknown_lines_wait_and_are_asked_again(stage):
    stage.register(0)
    stage.register(1)
    stage.ask(0, 5_000, "a")
    second = stage.ask(1, 6_000, "b")
    batch = stage.batch()
    with stage.acting("checker") as by:
        file = funds.bank_file(by, batch_id=batch)
        serials = [line.serial for line in queries.payout(by, batch).lines]
        posted = funds.post_return(by, batch_id=batch, file=answer(file, {serials[1]: "处理中"}))
        assert (posted.unknown, posted.settled) == (1, False)
        asking = funds.bank_file(by, batch_id=batch, only_unknown=True)
        assert serials[1].encode() in asking
        assert serials[0].encode() not in asking
        assert queries.unmatched(by).unknown[0].id == second
    assert purses(stage) == (989_000, 0, 6_000, 5_000, 0)
    with stage.acting("checker") as by:
        posted = funds.post_return(by, batch_id=batch, file=answer(asking))
        assert posted.settled
        assert [line.state for line in posted.lines] == [LineState.PAID]
        with pytest.raises(Conflict, match="矛盾"):
            funds.post_return(by, batch_id=batch, file=answer(asking, "失败"))
    assert purses(stage) == (989_000, 0, 0, 11_000, 0)


def test_a_claim_is_set_against_what_is_still_to_be_paid_and_never_makes_it_negative(stage):
    case, next_case = uuid7(), uuid7()
    stage.register(0)
    stage.ask(0, 5_000, "a", case_id=case)
    batch = stage.batch()
    with stage.acting("checker") as by:
        funds.post_return(by, batch_id=batch, file=answer(funds.bank_file(by, batch_id=batch)))
    with stage.acting("cadre") as by:
        claim = funds.recover(by, **asked(stage.members[0], 4_000, "r", case_id=case, note="分两次"))
        assert funds.recover(by, **asked(stage.members[0], 4_000, "r", case_id=case)) == claim
        with pytest.raises(Refused, match="追回金额超过发放金额"):
            funds.recover(by, **asked(stage.members[0], 1_001, "r2", case_id=case))
    assert purses(stage) == (995_000, 0, 0, 1_000, 4_000)
    full = stage.ask(0, 3_000, "b", case_id=next_case)
    assert state_of(stage, full) is PayableState.PAID
    rest = stage.ask(0, 2_000, "c", case_id=next_case)
    with stage.acting("maker") as by:
        line = queries.payables_of_case(by, next_case)[1]
        assert (line.id, line.offset_fen, line.net_fen) == (rest, 1_000, 1_000)
        assert queries.claims(by) == ()
    assert purses(stage) == (994_000, 1_000, 0, 5_000, 0)


def test_a_benefit_taken_back_before_it_left_goes_straight_back_to_the_budget(stage):
    case = uuid7()
    payable = stage.ask(0, 5_000, "a", case_id=case)
    with stage.acting("cadre") as by:
        funds.recover(by, **asked(stage.members[0], 5_000, "r", case_id=case))
    assert state_of(stage, payable) is PayableState.PAID
    assert purses(stage) == (1_000_000, 0, 0, 0, 0)


def test_cancelling_frees_the_money_and_brings_the_debt_back(stage):
    case = uuid7()
    stage.register(0)
    stage.ask(0, 5_000, "a", case_id=case)
    batch = stage.batch()
    with stage.acting("checker") as by:
        funds.post_return(by, batch_id=batch, file=answer(funds.bank_file(by, batch_id=batch)))
    with stage.acting("cadre") as by:
        funds.recover(by, **asked(stage.members[0], 1_000, "r", case_id=case))
    second = stage.ask(0, 3_000, "b")
    with stage.acting("cadre") as by:
        funds.cancel_payment(by, payable_id=second, reason="重复")
        funds.cancel_payment(by, payable_id=second, reason="重复")
    assert state_of(stage, second) is PayableState.CANCELLED
    assert purses(stage) == (995_000, 0, 0, 4_000, 1_000)
    with stage.acting("checker") as by:
        claim = queries.claims(by)[0]
        assert funds.repay(by, claim_id=claim.id, fen=400, key="k") == 600
        assert funds.repay(by, claim_id=claim.id, fen=400, key="k") == 600
        funds.write_off(by, claim_id=claim.id, document="核1号")
    assert purses(stage) == (995_400, 0, 0, 4_600, 0)


def test_the_dead_are_not_paid_but_their_heirs_are(stage):
    stage.register(0)
    first = stage.ask(0, 5_000, "a")
    with orgs.city_scope(on=TODAY):
        Person.objects.filter(id=stage.members[0].id).update(deceased_on=TODAY)
    with stage.acting("maker") as by, pytest.raises(Refused, match="没有待发放的款项"):
        funds.draft_batch(by, title="x", key="x")
    second = stage.ask(0, 6_000, "b")
    assert state_of(stage, second) is PayableState.HEIRS
    with stage.acting("cadre") as by:
        funds.register_account(
            by,
            person_id=stage.members[0].id,
            holder="陈小宝",
            bank="某银行",
            number="6222020000777778",
            key="h",
            heir=True,
        )
    assert state_of(stage, second) is PayableState.READY
    assert purses(stage)[1] == 11_000
    assert first


def test_accounts_are_sealed_belong_to_one_person_and_their_opening_is_recorded(stage):
    account = stage.register(0, "6222 0200 0012 3452", key="k")
    assert stage.register(0, "6222020000123452", key="k") == account
    with pytest.raises(Conflict, match="另一人名下"):
        stage.register(1, "6222020000123452", key="other")
    with stage.acting("cadre") as by:
        with pytest.raises(Refused, match="户名与本人姓名不一致"):
            funds.register_account(
                by, person_id=stage.members[1].id, holder="别人", bank="某银行", number="62220200001111", key="y"
            )
        with pytest.raises(NotAllowed):
            funds.open_account_number(by, account_id=account, reason="核对")
    with stage.acting("maker") as by:
        shown = queries.account_of(by, stage.members[0].id)
        assert shown is not None
        assert shown.number_masked == "****3452"
        assert funds.open_account_number(by, account_id=account, reason="核对") == "6222020000123452"
    with orgs.city_scope(on=TODAY), connection.cursor() as cursor:
        cursor.execute(
            "SELECT fields FROM audit_entry WHERE action = 'audit.person.opened' AND subject_id = %s",
            [stage.members[0].id],
        )
        assert cursor.fetchall() == [(["account"],)]


def test_the_card_bank_registers_many_and_each_has_its_outcome(stage):
    stage.register(3, "62220200000030")
    people = stage.members
    entries = [
        AccountEntry(people[0].id, people[0].name, "工行", "62220200000000", "e0"),
        AccountEntry(people[1].id, "别人", "工行", "62220200000001", "e1"),
        AccountEntry(people[2].id, people[2].name, "工行", "12", "e2"),
        AccountEntry(uuid7(), "某人", "工行", "62220200000004", "e3"),
        AccountEntry(people[3].id, people[3].name, "工行", "62220200000030", "e4"),
        AccountEntry(people[2].id, people[2].name, "工行", "62220200000030", "e5"),
    ]
    with stage.acting("maker") as by:
        done = funds.register_accounts(by, entries=entries[:4] + entries[4:5])
        taken = funds.register_accounts(by, entries=entries[5:])
        again = funds.register_accounts(by, entries=entries[:1])
    assert [done.outcomes[f"e{n}"] for n in range(5)] == [
        AccountOutcome.NEW,
        AccountOutcome.NAME_DIFFERS,
        AccountOutcome.BAD_NUMBER,
        AccountOutcome.NOT_FOUND,
        AccountOutcome.UNCHANGED,
    ]
    assert taken.outcomes == {"e5": AccountOutcome.TAKEN}
    assert again.outcomes == {"e0": AccountOutcome.UNCHANGED}


def test_what_was_paid_this_year_counts_what_is_on_its_way_and_not_what_was_taken_back(stage):
    case = uuid7()
    stage.ask(0, 5_000, "a", case_id=case)
    stage.ask(1, 6_000, "b")
    stage.ask(2, 7_000, "c")
    with stage.acting("cadre") as by:
        funds.recover(by, **asked(stage.members[0], 2_000, "r", case_id=case))
        funds.cancel_payment(by, payable_id=stage.ask(2, 8_000, "d"), reason="误")
    with orgs.city_scope(on=TODAY) as by:
        rows = [row for batch in queries.paid_this_year(by, service_id=SERVICE, on=TODAY) for row in batch.to_pylist()]
    assert {row["person_id"]: row["fen"] for row in rows} == {
        str(stage.members[0].id): 3_000,
        str(stage.members[1].id): 6_000,
        str(stage.members[2].id): 7_000,
    }


def test_a_member_sees_her_own_payments_and_registers_her_own_account_only(stage):
    payable = stage.ask(0, 5_000, "a", case_id=uuid7())
    stage.ask(1, 6_000, "b")
    with orgs.city_scope(on=TODAY):
        account = Account.objects.create_user("member-of-money", name="陈秀兰", person_id=stage.members[0].id)
    with orgs.acting_as(account_id=account.id, post_id=None, on=TODAY) as by:
        assert [line.id for line in queries.payables_of_person(by, stage.members[0].id)] == [payable]
        assert queries.payables_of_person(by, stage.members[1].id) == ()
        mine = {"holder": "陈秀兰", "bank": "工行", "number": "62220200000000"}
        funds.register_account(by, person_id=stage.members[0].id, key="m", **mine)
        with pytest.raises(NotAllowed):
            funds.register_account(by, person_id=stage.members[1].id, key="n", **mine)
        with pytest.raises(NotAllowed):
            queries.payouts(by)
        with pytest.raises(NotAllowed):
            funds.request_payment(by, **asked(stage.members[0], 100, "self"))
    assert state_of(stage, payable) is PayableState.READY
