"""Money under any order of events, repeated at will: after every step the ledger adds up and nobody is paid twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from zhigong.funds import operations as funds
from zhigong.funds.tests.staging import Stage, answer, asked, build_stage, only, scope, set_scope
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
CASES = tuple(uuid7() for _ in range(3))
FEN = st.integers(min_value=1, max_value=4_000)
MEMBER = st.integers(min_value=0, max_value=2)
TOLD = st.lists(st.sampled_from(("成功", "失败", "处理中", "退汇")), min_size=3, max_size=3)
WHO = st.sampled_from(("maker", "checker"))


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def machine(stage: Stage) -> type[RuleBasedStateMachine]:  # noqa: C901 — one class of short rules
    class Money(RuleBasedStateMachine):
        """Acts as finance and cadres do, in any order; refusals are fine, broken sums are not."""

        def __init__(self) -> None:
            super().__init__()
            self.scope = scope()
            self.mark = transaction.savepoint()
            self.files: list[tuple[Any, bytes]] = []

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.mark)
            set_scope(self.scope)

        def trying(self, who: str, act: Any, **given: Any) -> Any:
            with stage.acting(who) as by:
                try:
                    with transaction.atomic():
                        return act(by, **given)
                except Refused:
                    return None

        def pick(self, who: str, table: str, place: int, column: str = "id") -> Any:
            with stage.acting(who):
                found = rows(f"SELECT {column} FROM {table} ORDER BY id")
            return found[place % len(found)][0] if found else None

        @rule(member=MEMBER, fen=FEN, key=st.integers(0, 9))
        def request(self, member: int, fen: int, key: int) -> None:
            case = CASES[member]
            self.trying("cadre", funds.request_payment, **asked(stage.members[member], fen, f"k{key}", case_id=case))

        @rule(member=MEMBER, version=st.integers(0, 2))
        def register(self, member: int, version: int) -> None:
            number = f"62220200000{member}{version}"
            self.trying(
                "cadre", funds.register_account, person_id=stage.members[member].id, holder=stage.members[member].name,
                bank="工行", number=number, key=f"{member}-{version}",
            )  # fmt: skip

        @rule(who=WHO, key=st.integers(0, 3))
        def draft(self, who: str, key: int) -> None:
            self.trying(who, funds.draft_batch, title="发放", key=f"b{key}")

        @rule(who=WHO, place=st.integers(0, 3))
        def freeze(self, who: str, place: int) -> None:
            if batch := self.pick(who, "funds_batch", place):
                self.trying(who, funds.freeze_batch, batch_id=batch)

        @rule(who=WHO, place=st.integers(0, 3))
        def release(self, who: str, place: int) -> None:
            if batch := self.pick(who, "funds_batch", place):
                self.trying(who, funds.release_batch, batch_id=batch)

        @rule(place=st.integers(0, 3))
        def dissolve(self, place: int) -> None:
            if batch := self.pick("maker", "funds_batch", place):
                self.trying("maker", funds.dissolve_batch, batch_id=batch)

        @rule(place=st.integers(0, 3), told=TOLD, unknown=st.booleans())
        def post(self, place: int, told: list[str], unknown: bool) -> None:
            batch = self.pick("checker", "funds_batch", place)
            file = batch and self.trying("checker", funds.bank_file, batch_id=batch, only_unknown=unknown)
            if file:
                serials = [line.split(b",")[6].decode() for line in file.splitlines()[1:-1]]
                results = {serial: told[n % 3] for n, serial in enumerate(serials)}
                self.files.append((batch, answer(file, results)))
                self.trying("checker", funds.post_return, batch_id=batch, file=self.files[-1][1])

        @rule(who=WHO, place=st.integers(0, 3), word=st.sampled_from(("退汇", "退回")))
        def send_back(self, who: str, place: int, word: str) -> None:
            batch = self.pick("checker", "funds_batch", place)
            file = batch and self.trying("checker", funds.bank_file, batch_id=batch)
            if file:
                self.files.append((batch, answer(only(file, 0), word)))
                self.trying(who, funds.post_return, batch_id=batch, file=self.files[-1][1])

        @rule(place=st.integers(0, 20))
        def replay(self, place: int) -> None:
            if self.files:
                batch, file = self.files[place % len(self.files)]
                self.trying("checker", funds.post_return, batch_id=batch, file=file)

        @rule(member=MEMBER, fen=FEN, key=st.integers(0, 9))
        def recover(self, member: int, fen: int, key: int) -> None:
            case = CASES[member]
            self.trying("cadre", funds.recover, **asked(stage.members[member], fen, f"r{key}", case_id=case))

        @rule(place=st.integers(0, 9))
        def cancel(self, place: int) -> None:
            if payable := self.pick("cadre", "funds_payable", place):
                self.trying("cadre", funds.cancel_payment, payable_id=payable, reason="误")

        @rule(place=st.integers(0, 9))
        def retry(self, place: int) -> None:
            if payable := self.pick("maker", "funds_payable", place):
                self.trying("maker", funds.retry_payment, payable_id=payable)

        @rule(place=st.integers(0, 9), fen=FEN, key=st.integers(0, 9))
        def repay(self, place: int, fen: int, key: int) -> None:
            if claim := self.pick("maker", "funds_claim", place):
                self.trying("maker", funds.repay, claim_id=claim, fen=fen, key=f"p{key}")

        @rule(fen=st.integers(-9_000, 9_000).filter(bool), key=st.integers(0, 9))
        def allot(self, fen: int, key: int) -> None:
            self.trying("maker", funds.allot, budget_id=stage.budget, fen=fen, document="1", key=f"a{key}")

        @invariant()
        def all_adds_up(self) -> None:
            with stage.acting("maker") as by:
                found = funds.reconcile(by)
                assert found.sound, found.differences
                assert rows("SELECT 1 FROM funds_account WHERE purse <> 1 AND balance < 0") == []
                assert rows("SELECT 1 FROM funds_payable WHERE amount_fen < offset_fen") == []
                twice = """SELECT payable_id FROM funds_transfer WHERE movement IN (6, 14) GROUP BY 1
                    HAVING count(*) FILTER (WHERE movement = 6) - count(*) FILTER (WHERE movement = 14) NOT IN (0, 1)"""
                assert rows(twice) == []
                assert rows("SELECT 1 FROM funds_batch WHERE released_by IN (made_by, frozen_by)") == []

    return Money


def run(examples: int, steps: int) -> None:
    stage = build_stage(fen=20_000, members=3)
    patience = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(stage), settings=patience)


def test_no_order_of_events_breaks_the_books():
    run(3, 25)


@pytest.mark.slow
def test_no_long_order_of_events_breaks_the_books():
    run(40, 50)
