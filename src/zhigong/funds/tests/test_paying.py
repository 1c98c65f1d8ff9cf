"""From a request to money that arrived, and every way back; the ledger adds up at each step."""

from __future__ import annotations

from uuid import UUID

import pytest

from zhigong.funds import operations as funds
from zhigong.funds import queries
from zhigong.funds.models import Batch, Line, Payable
from zhigong.funds.tests.staging import SERVICE, Stage, answer, asked, build_stage, requests
from zhigong.funds.types import AccountEntry, AccountOutcome, BatchState, LineState, PayableState
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from tests.support.city import TODAY

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
    stage.register(1, "6222020000999999")
    assert state_of(stage, second) is PayableState.READY
    batch = stage.batch("c")
    with stage.acting("checker") as by:
        funds.post_return(by, batch_id=batch, file=answer(funds.bank_file(by, batch_id=batch)))
    assert purses(stage) == (950_000, 0, 0, 50_000, 0)
