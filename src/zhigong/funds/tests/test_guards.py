"""Every guard of the money tables refuses, and with the guard taken away the same statement passes: it is the one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.bed import as_role
from tests.support.city import TODAY

from zhigong.funds import operations as funds
from zhigong.funds.policies import PURSES, STEPS
from zhigong.funds.tests.staging import Stage, answer, asked, build_stage, only
from zhigong.funds.types import Movement, PayableState
from zhigong.kernel.db.roles import role_name
from zhigong.kernel.errors import Conflict
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs

GUARDED = pytest.mark.xdist_group("funds_guards")
pytestmark = GUARDED


@pytest.fixture(scope="module")
def committed(bed: Any, django_db_blocker: Any) -> Iterator[tuple[Any, Stage]]:
    """A database where a paid, a frozen and a drafted batch are committed."""
    database = bed.clone(f"funds_{secrets.token_hex(4)}")
    with django_db_blocker.unblock(), database.lent_to_django(), as_role("job"):
        with orgs.city_scope(on=TODAY):
            stage = build_stage(members=5)
            for member in range(5):
                stage.register(member)
            case = uuid7()
            stage.ask(0, 5_000, "a", case_id=case)
            gone = uuid7()
            stage.ask(4, 4_000, "e", case_id=gone)
            paid = stage.batch("paid")
            with stage.acting("checker") as by:
                sent = funds.bank_file(by, batch_id=paid)
                funds.post_return(by, batch_id=paid, file=answer(sent))
                funds.post_return(by, batch_id=paid, file=answer(only(sent, 1), "退汇"))
            with stage.acting("cadre") as by:
                funds.recover(by, **asked(stage.members[0], 1_000, "r", case_id=case))
                funds.recover(by, **asked(stage.members[4], 4_000, "r4", case_id=gone))
            stage.ask(1, 6_000, "b")
            stage.batch("frozen", upto="frozen")
            stage.ask(2, 7_000, "c")
            stage.batch("drafted", upto="drafted")
            stage.ask(3, 8_000, "d")
        yield database, stage
    database.drop()


def drop(kind: str, table: str, name: str) -> str:
    return {
        "trigger": f"DROP TRIGGER {name} ON {table}",
        "check": f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        "index": f"DROP INDEX {name}",
        "column": f"""DO $$ DECLARE n text; BEGIN SELECT conname INTO n FROM pg_constraint WHERE contype = 'u'
            AND conrelid = '{table}'::regclass AND conkey = ARRAY[(SELECT attnum FROM pg_attribute
            WHERE attrelid = '{table}'::regclass AND attname = '{name}')];
            EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', n); END $$""",
    }[kind]


COPY_TRANSFER = (
    "INSERT INTO funds_transfer (id, movement, debit_id, credit_id, fen, key, moved_on) "
    "SELECT gen_random_uuid(), movement, {debit}, credit_id, {fen}, {key}, moved_on FROM funds_transfer LIMIT 1"
)
FROZEN = "(SELECT id FROM funds_batch WHERE state = 2)"
# what is tried -> (guards that stand before it, statement)
GUARDS: dict[str, tuple[list[tuple[str, str, str]], str]] = {
    "change a transfer": ([("trigger", "funds_transfer", "only_grows")], "UPDATE funds_transfer SET fen = fen + 1"),
    "delete a transfer": ([("trigger", "funds_transfer", "only_grows")], "DELETE FROM funds_transfer"),
    "the same movement twice": (
        [("column", "funds_transfer", "key")],
        COPY_TRANSFER.format(debit="debit_id", fen="fen", key="key"),
    ),
    "a movement from a purse to itself": (
        [("check", "funds_transfer", "funds_transfer_sides")],
        COPY_TRANSFER.format(debit="credit_id", fen="fen", key="'x'"),
    ),
    "a movement of nothing": (
        [("check", "funds_transfer", "funds_transfer_positive")],
        COPY_TRANSFER.format(debit="debit_id", fen="0", key="'x'"),
    ),
    "a purse below zero": (
        [("check", "funds_account", "funds_account_covered")],
        "UPDATE funds_account SET balance = -1 WHERE purse = 2",
    ),
    "the maker releases": (
        [("check", "funds_batch", "funds_batch_two_persons")],
        "UPDATE funds_batch SET state = 3, released_by = made_by, released_on = made_on WHERE state = 2",
    ),
    "a release without a person": (
        [("check", "funds_batch", "funds_batch_released")],
        "UPDATE funds_batch SET state = 3 WHERE state = 2",
    ),
    "a frozen batch without hash": (
        [("check", "funds_batch", "funds_batch_frozen")],
        "UPDATE funds_batch SET state = 2 WHERE state = 1",
    ),
    "a frozen sum changed": (
        [("trigger", "funds_batch", "guard")],
        "UPDATE funds_batch SET sum_fen = 1 WHERE state = 2",
    ),
    "a settled batch opened again": (
        [("trigger", "funds_batch", "guard")],
        "UPDATE funds_batch SET state = 3 WHERE state = 4",
    ),
    "a line changed": ([("trigger", "funds_line", "guard")], "UPDATE funds_line SET fen = fen + 1"),
    "a line posted before the release": (
        [("trigger", "funds_line", "guard")],
        f"UPDATE funds_line SET state = 2 WHERE batch_id = {FROZEN}",
    ),
    "a payment in two batches": (
        [("index", "funds_line", "funds_line_one")],
        "INSERT INTO funds_line (id, batch_id, payable_id, payee_id, number, serial, fen, state, problem) SELECT "
        "gen_random_uuid(), (SELECT id FROM funds_batch WHERE state = 1), payable_id, payee_id, 99, 'x', fen, 1, '' "
        f"FROM funds_line WHERE batch_id = {FROZEN}",
    ),
    "an amount changed": (
        [("trigger", "funds_payable", "guard")],
        "UPDATE funds_payable SET amount_fen = amount_fen + 1",
    ),
    "a paid payment ready again": (
        [("trigger", "funds_payable", "guard")],
        "UPDATE funds_payable SET state = 4, paid_on = NULL WHERE state = 6",
    ),
    "a returned line paid again": (
        [("trigger", "funds_line", "guard")],
        "UPDATE funds_line SET state = 2 WHERE state = 6",
    ),
    "a paid line returned by nobody, or by the maker": (
        [("trigger", "funds_line", "guard")],
        "UPDATE funds_line SET state = 6 WHERE state = 2",
    ),
    "a payment set off in full returned": (
        [("trigger", "funds_payable", "guard")],
        "UPDATE funds_payable SET state = 7, paid_on = NULL WHERE state = 6 AND amount_fen = offset_fen",
    ),
    "a payment born ready": (
        [("trigger", "funds_payable", "guard")],
        "INSERT INTO funds_payable (id, union_id, person_id, service_id, year, amount_fen, offset_fen, state, reason,"
        " key, budget_id, payee_id, requested_on, problem, l1, l2, l3, l4) SELECT gen_random_uuid(), union_id,"
        " person_id, service_id, year, amount_fen, 0, 4, '', 'forged', budget_id, payee_id, requested_on, '', l1, l2,"
        " l3, l4 FROM funds_payable WHERE state = 4",
    ),
    "the same decision twice": (
        [("column", "funds_payable", "key")],
        "INSERT INTO funds_payable (id, union_id, person_id, service_id, year, amount_fen, offset_fen, state, reason,"
        " key, requested_on, problem, l1, l2, l3, l4) SELECT gen_random_uuid(), union_id, person_id, service_id, year,"
        " amount_fen, 0, 1, '', key, requested_on, '', l1, l2, l3, l4 FROM funds_payable",
    ),
    "an offset beyond the amount": (
        [("check", "funds_payable", "funds_payable_offset")],
        "UPDATE funds_payable SET offset_fen = amount_fen + 1 WHERE state = 4",
    ),
    "paid without a day": (
        [("check", "funds_payable", "funds_payable_paid")],
        "UPDATE funds_payable SET state = 6 WHERE state = 5",
    ),
    "an account number exchanged": (
        [("trigger", "funds_payee", "guard")],
        "UPDATE funds_payee SET number_index = sha256('x'), current = false",
    ),
    "two holders of one account": (
        [("index", "funds_payee", "funds_payee_holder"), ("trigger", "funds_payee", "guard")],
        "UPDATE funds_payee SET number_index = (SELECT number_index FROM funds_payee ORDER BY id LIMIT 1)",
    ),
    "a return file twice": (
        [("check", "funds_answer", "funds_answer_once")],
        "INSERT INTO funds_answer SELECT gen_random_uuid(), sha256, posted_by, posted_on, paid, rejected, unknown, "
        "paid_fen, batch_id FROM funds_answer",
    ),
    "more regained than claimed": (
        [("check", "funds_claim", "funds_claim_regained"), ("check", "funds_claim", "funds_claim_state")],
        "UPDATE funds_claim SET regained_fen = amount_fen + 1",
    ),
}


@pytest.mark.parametrize("what", GUARDS)
def test_the_guard_stands_and_nothing_else_stands_in_its_place(committed, what):
    database, _ = committed
    guards, statement = GUARDS[what]
    with database.connect() as admin:
        with pytest.raises(psycopg.Error), admin.transaction(force_rollback=True):
            admin.execute(statement)
        with admin.transaction(force_rollback=True):
            for guard in guards:
                admin.execute(drop(*guard))
            assert admin.execute(statement).rowcount > 0


@pytest.mark.parametrize("role", ["web", "job"])
def test_serving_roles_may_neither_write_the_ledger_nor_delete_money(committed, role):
    database, _ = committed
    tables = ["budget", "account", "transfer", "payee", "payable", "batch", "line", "answer", "claim"]
    with database.connect() as admin:
        held = {
            (table, act)
            for table in tables
            for act in ("UPDATE", "DELETE", "INSERT", "TRUNCATE")
            if admin.execute(
                "SELECT has_table_privilege(%s, %s, %s)", [role_name(role), f"funds_{table}", act]
            ).fetchone()[0]
        }
    assert not {(table, act) for table, act in held if act in {"DELETE", "TRUNCATE"}}
    assert not {act for table, act in held if table in {"account", "transfer"}}
    assert {table for table, act in held if act == "UPDATE"} == {"budget", "payable", "batch", "claim"}


@pytest.mark.parametrize(
    ("guard", "forgery"),
    [
        ("funds_payee", "UPDATE funds_payee SET holder = '别人'"),
        ("funds_payee", "UPDATE funds_payee SET number_index = sha256(id::text::bytea)"),
        ("funds_line", f"UPDATE funds_line SET fen = fen + 1 WHERE batch_id = {FROZEN}"),
    ],
)
def test_tampering_is_found_by_the_hash(bed, django_db_blocker, committed, guard, forgery):
    origin, stage = committed
    database = bed.database(f"funds_{secrets.token_hex(4)}")
    with django_db_blocker.unblock():
        from django.db import connection

        connection.close()
        from tests.bed import clone_template

        clone_template(origin.name, database.name)
        with database.lent_to_django(), as_role("job"):
            with database.connect() as admin:
                admin.execute(f"ALTER TABLE {guard} DISABLE TRIGGER guard")
                admin.execute(forgery)
                batch = admin.execute("SELECT id FROM funds_batch WHERE state = 2").fetchone()[0]
            with orgs.city_scope(on=TODAY):
                with stage.acting("checker") as by, pytest.raises(Conflict, match="与锁定时不一致"):
                    funds.release_batch(by, batch_id=batch)
                with stage.acting("maker") as by:
                    assert "批次明细与锁定内容不符" in {one.what for one in funds.reconcile(by).differences}
    database.drop()


MUTANTS = {
    "账户余额与流水不符": "UPDATE funds_account SET balance = balance + 1 WHERE purse = 2",
    "预算各户之和不为零": "UPDATE funds_account SET balance = balance + 1 WHERE purse = 5",
    "流水的借贷方与类型不符": "UPDATE funds_transfer SET movement = 2 WHERE movement = 3",
    "已预留与待发放款项不符": "UPDATE funds_payable SET amount_fen = amount_fen + 1 WHERE state = 4",
    "在途与已放款批次不符": "UPDATE funds_account SET balance = balance + 1 WHERE purse = 4",
    "已支出与到账款项不符": "UPDATE funds_payable SET amount_fen = amount_fen + 1 WHERE state = 6",
    "待追回与追回款项不符": "UPDATE funds_claim SET amount_fen = amount_fen + 1 WHERE state = 1",
    "款项支付与流水不符": "DELETE FROM funds_transfer WHERE movement = 6",
    "退汇与流水不符": "DELETE FROM funds_transfer WHERE movement = 14",
    "批次明细与锁定内容不符": "UPDATE funds_batch SET sum_fen = sum_fen + 1 WHERE state = 2",
    "制单与复核为同一人": "UPDATE funds_batch SET made_by = released_by WHERE state = 4",
}


def test_the_recomputation_is_sound_and_finds_each_forgery(committed):
    database, _ = committed
    from zhigong.funds.operations.reconciling import CHECKS

    assert set(MUTANTS) == set(CHECKS)
    with database.connect() as admin:
        for what, forgery in MUTANTS.items():
            assert admin.execute(CHECKS[what]).fetchall() == []
            with admin.transaction(force_rollback=True):
                admin.execute("SET LOCAL session_replication_role = replica")
                admin.execute("ALTER TABLE funds_batch DROP CONSTRAINT funds_batch_two_persons")
                assert admin.execute(forgery).rowcount > 0, what
                assert admin.execute(CHECKS[what]).fetchall() != [], what


def test_the_database_knows_the_same_steps_and_purses_as_the_policies(committed):
    database, _ = committed
    with database.connect() as admin:
        for movement in Movement:
            assert admin.execute("SELECT funds_purses(%s::smallint)", [movement]).fetchone()[0] == [*PURSES[movement]]
        source = admin.execute("SELECT prosrc FROM pg_proc WHERE proname = 'funds_payable_guard'").fetchone()[0]
    told = ",".join("'{" + ",".join(str(int(s)) for s in sorted(STEPS[state])) + "}'" for state in PayableState)
    assert told in source
