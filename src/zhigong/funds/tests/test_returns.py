"""Money that was paid and came back days later (退汇): reserved again, once, by a second person, if it was paid."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from zhigong.funds import operations as funds
from zhigong.funds import queries
from zhigong.funds.models import Payable, Transfer
from zhigong.funds.tests.staging import Stage, answer, asked, build_stage, only
from zhigong.funds.types import LineState, Movement, PayableState, Posted
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.kernel.ids import uuid7

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
CASE = uuid7()


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


def paid_batch(stage: Stage) -> tuple[UUID, UUID, bytes]:
    """Two payments that arrived: the batch, the first payable, the list sent."""
    stage.register(0)
    stage.register(1)
    first = stage.ask(0, 5_000, "a", case_id=CASE)
    stage.ask(1, 6_000, "b")
    batch = stage.batch()
    with stage.acting("checker") as by:
        file = funds.bank_file(by, batch_id=batch)
        funds.post_return(by, batch_id=batch, file=answer(file))
    return batch, first, file


def back(stage: Stage, batch: UUID, file: bytes, word: str = "退汇", *, who: str = "checker") -> Posted:
    with stage.acting(who) as by:
        return funds.post_return(by, batch_id=batch, file=answer(file, word))


def standing(stage: Stage, payable: UUID) -> tuple[PayableState, str]:
    with stage.acting("maker"):
        row = Payable.objects.get(id=payable)
        return PayableState(row.state), row.problem


@pytest.mark.parametrize("word", ["退汇", "退回"])
def test_what_came_back_is_reserved_again_and_paid_by_another_line(stage, word):
    batch, first, file = paid_batch(stage)
    assert purses(stage) == (989_000, 0, 0, 11_000, 0)
    posted = back(stage, batch, only(file, 0), word)
    assert (posted.returned, posted.paid, posted.settled) == (1, 0, True)
    assert [line.state for line in posted.lines] == [LineState.RETURNED]
    assert standing(stage, first) == (PayableState.REJECTED, "账号与户名不符")
    assert purses(stage) == (989_000, 5_000, 0, 6_000, 0)
    again = back(stage, batch, only(file, 0), word)
    assert again.repeated
    assert again.returned == 1
    stage.register(0, "6222020000999992")
    back(stage, second := stage.batch("again"), sent(stage, second), "成功")
    assert purses(stage) == (989_000, 0, 0, 11_000, 0)
    with stage.acting("maker"):
        moved = list(Transfer.objects.filter(payable_id=first).values_list("movement", flat=True))
        assert (moved.count(Movement.PAY), moved.count(Movement.RETURN)) == (2, 1)


def sent(stage: Stage, batch: UUID) -> bytes:
    with stage.acting("checker") as by:
        return funds.bank_file(by, batch_id=batch)


def test_who_made_the_batch_does_not_post_its_return(stage):
    batch, first, file = paid_batch(stage)
    with pytest.raises(NotAllowed, match="不能由制单人入账"):
        back(stage, batch, only(file, 0), who="maker")
    assert standing(stage, first)[0] is PayableState.PAID
    assert purses(stage) == (989_000, 0, 0, 11_000, 0)


def test_whoever_releases_may_post_a_return_and_nothing_else(stage):
    batch, _, file = paid_batch(stage)
    with stage.acting("checker") as by:
        chair = replace(by, rights=frozenset({"payouts.release"}))
        assert queries.payout(chair, batch).may == {"return"}
        assert funds.post_return(chair, batch_id=batch, file=answer(only(file, 0), "退汇")).returned == 1
    stage.ask(1, 7_000, "c")
    other = stage.batch("other")
    with stage.acting("checker") as by, pytest.raises(NotAllowed):
        chair = replace(by, rights=frozenset({"payouts.release"}))
        funds.post_return(chair, batch_id=other, file=answer(sent(stage, other)))


def test_only_what_was_paid_comes_back_once_from_its_own_batch_and_in_full(stage):
    batch, _, file = paid_batch(stage)
    stage.ask(0, 7_000, "c")
    stage.ask(1, 8_000, "d")
    other = stage.batch("other")
    fresh = sent(stage, other)
    refused = {
        "没有到账，不能作退汇": (other, fresh),
        "另一个批次": (other, only(file, 0)),
        "金额与发出的名单不一致": (batch, only(file.replace(b",50.00,", b",51.00,"), 0)),
    }
    for words, (of, sent_file) in refused.items():
        with pytest.raises(Refused, match=words):
            back(stage, of, sent_file)
    back(stage, other, fresh, "失败")
    with pytest.raises(Refused, match="现在是「退回」"):
        back(stage, other, only(fresh, 0))
    back(stage, batch, only(file, 0))
    with pytest.raises(Conflict, match="都已入账"):
        back(stage, batch, only(file, 0), "退回")
    with pytest.raises(Conflict, match="矛盾"):
        back(stage, batch, only(file, 0), "成功")
    assert back(stage, batch, file).returned == 1, "a list of all that came back so far tells one more"
    assert purses(stage) == (974_000, 26_000, 0, 0, 0)


def test_what_came_back_is_set_against_what_is_owed(stage):
    batch, first, file = paid_batch(stage)
    with stage.acting("cadre") as by:
        funds.recover(by, **asked(stage.members[0], 4_000, "r", case_id=CASE))
    assert purses(stage) == (989_000, 0, 0, 7_000, 4_000)
    back(stage, batch, only(file, 0))
    with stage.acting("maker") as by:
        (line,) = queries.payables_of_case(by, CASE)
        assert (line.state, line.net_fen) == (PayableState.REJECTED, 1_000)
        assert queries.claims(by) == ()
    assert purses(stage) == (993_000, 1_000, 0, 6_000, 0)
    assert first == line.id
