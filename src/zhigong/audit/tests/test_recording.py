"""What may be written into the record, by whom, and that nothing in it can be changed."""

from __future__ import annotations

import json
import string
from datetime import date
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhigong.audit import operations as audit
from zhigong.audit.policies import clean_detail
from zhigong.audit.tests.staging import Stage, cadre, insert, member
from zhigong.audit.types import OPENED, Outcome, Purpose, Subject
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.roles import role_name
from zhigong.kernel.ids import uuid7

TABLES = ("audit_entry", "audit_leaf", "audit_seal", "audit_retired")


def stored(stage: Stage, where: str, *parameters) -> list[tuple]:
    return stage.admin(f"SELECT * FROM audit_entry WHERE {where} ORDER BY at, id", parameters)


def test_an_act_is_kept_with_everything_said_about_it(stage):
    actor, person, batch = cadre(level=3, seq=30), uuid7(), uuid7()
    with stage.acting("web", unions=[30], ancestors=[1, 20], account=actor.account_id):
        audit.record(
            actor,
            action="people.member.registered",
            purpose=Purpose.APPLICATION,
            reason=" 入会申请 ",
            subject_kind="person",
            subject_id=person,
            count=2,
            fields=("people.person.name", "phone"),
            detail={"batch": batch, "rows": 12, "on": date(2026, 3, 1), "kinds": ["a", 2], "ok": True, "none": None},
            union_chain=(1, 20, 31, 40),
        )
    names = "actor_name, duty, union_name, action, purpose, reason, subject_kind, subject_id, l1, l2, l3, l4, count"
    (row,) = stage.admin(
        f"SELECT {names}, fields, outcome, detail, account_id, post_id, request_id, tx > 0,"
        " abs(extract(epoch FROM at - now())) < 60 FROM audit_entry WHERE subject_id = %s",
        [person],
    )
    expected_detail = {"batch": str(batch), "rows": 12, "on": "2026-03-01", "kinds": ["a", 2], "ok": True, "none": None}
    assert row == (
        *("周敏", "auditor", "镜湖区总工会", "people.member.registered", "application", "入会申请", "person", person),
        *(1, 20, 31, 40, 2, ["people.person.name", "phone"], "done"),
        *(expected_detail, actor.account_id, actor.post_id, "r-1", True, True),
    )


def test_the_entry_shares_the_fate_of_its_transaction(stage):
    actor = cadre(level=1, seq=1)
    with pytest.raises(ZeroDivisionError), stage.acting("web", unions=[1], account=actor.account_id):
        audit.record(actor, action="a.b.c", purpose=Purpose.BUSINESS)
        raise ZeroDivisionError
    assert stored(stage, "account_id = %s", actor.account_id) == []


@pytest.mark.parametrize("role", ["web", "job"])
def test_nobody_writes_in_another_name(stage, role):
    mine, other = uuid7(), uuid7()
    with stage.raw(role, account=mine) as opened:
        insert(opened, account_id=mine)
        for forged in (other, None):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), opened.transaction():
                insert(opened, account_id=forged)
        opened.rollback()
    with stage.raw(role) as opened:
        insert(opened, account_id=None)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert(opened, account_id=mine)


def test_mutant_without_the_insert_policy_lets_a_forged_name_in(stage):
    """The guard of the test above is the policy: loosened, the same write passes."""
    with stage.database.connect(autocommit=False) as admin:
        admin.execute("DROP POLICY in_own_name ON audit_entry")
        admin.execute("CREATE POLICY mutant ON audit_entry FOR INSERT WITH CHECK (true)")
        admin.execute(f'SET LOCAL ROLE "{role_name("web")}"')
        insert(admin, account_id=uuid7())
        admin.rollback()


@pytest.mark.parametrize("role", ["web", "job"])
@pytest.mark.parametrize("column, value", [("at", "2020-01-01"), ("tx", 3)])
def test_time_and_transaction_are_the_databases(stage, role, column, value):
    with stage.raw(role) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert(opened, account_id=None, **{column: value})


def relations(stage: Stage) -> list[str]:
    found = stage.admin("SELECT relname FROM pg_class WHERE relname LIKE 'audit%%' AND relkind IN ('r', 'p')", [1][:0])
    return sorted(name for (name,) in found)


def test_grants_hold_nothing_but_adding_and_reading(stage):
    """Partitions are reached through their parent only: past it no policy of the parent holds."""
    held = stage.admin(
        """
        SELECT c.relname, r.rolname, p.name FROM pg_class c, pg_roles r,
               unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p(name)
        WHERE c.relname ^@ 'audit_' AND c.relkind IN ('r', 'p') AND r.rolname = ANY (%s)
          AND (has_table_privilege(r.rolname, c.oid, p.name)
               OR p.name IN ('SELECT', 'INSERT', 'UPDATE') AND has_any_column_privilege(r.rolname, c.oid, p.name))
        """,
        [[role_name(role) for role in ("web", "job", "export", "auditor")]],
    )
    expected = {(table, role, "SELECT") for table in TABLES for role in ("web", "job", "auditor")}
    expected |= {("audit_entry", "web", "INSERT"), ("audit_entry", "job", "INSERT"), ("audit_seal", "job", "INSERT")}
    assert set(held) == {(table, role_name(role), privilege) for table, role, privilege in expected}


def test_every_table_of_rows_is_forced_under_policies(stage):
    loose = stage.admin(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname ~ '^audit_(entry|leaf)'"
        " AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    assert loose == []


def test_functions_with_the_owners_rights_pin_their_search_path(stage):
    loose = stage.admin(
        "SELECT proname FROM pg_proc WHERE prosecdef AND proname ^@ 'audit_'"
        " AND NOT coalesce('search_path=pg_catalog, public, pg_temp' = ANY (proconfig), false)"
    )
    assert loose == []


@pytest.mark.parametrize("role", ["web", "job", "owner", None])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {}", "DELETE FROM {}", "DELETE FROM {} WHERE false", "TRUNCATE {}"]
)
def test_nothing_is_changed_or_removed_by_anyone(stage, role, statement):
    """None is the administrator, whom only the triggers stop."""
    stage.write()
    columns = {"audit_entry": "actor_name = ''", "audit_leaf": "position = 1", "audit_seal": "count = 1"}
    columns |= {"audit_retired": "entries = 0"}
    for relation in relations(stage):
        change = next(change for table, change in columns.items() if relation.startswith(table))
        opened = stage.raw(role) if role else stage.database.connect(autocommit=False)
        with opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
            opened.execute(statement.format(relation, change))


def test_mutant_without_triggers_lets_the_administrator_edit(stage):
    (entry,) = stage.write()
    with stage.database.connect(autocommit=False) as admin:
        admin.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        changed = admin.execute("UPDATE audit_entry SET actor_name = '张三' WHERE id = %s", [entry]).rowcount
        admin.rollback()
    assert changed == 1


@pytest.mark.parametrize(
    "actor, scope, expected",
    [
        (cadre(level=1, seq=1), {"unions": [1]}, (1, 0, 0, 0)),
        (cadre(level=3, seq=30), {"unions": [30], "ancestors": [1, 20]}, (1, 20, 30, 0)),
        (cadre(level=4, seq=40), {"unions": [40], "ancestors": [1, 20, 30]}, (1, 20, 30, 40)),
        (cadre(level=4, seq=40), {"unions": [40], "ancestors": [1, 20]}, (1, 0, 0, 40)),
        (member(uuid7()), {"ancestors": [1, 20, 30, 40]}, (1, 20, 30, 40)),
        (member(uuid7()), {"ancestors": [1, 40]}, (1, 0, 0, 0)),
        (Actor(account_id=None, name="操作员", on=date(2026, 1, 1)), {"unions": [1]}, (1, 0, 0, 0)),
        (Actor(account_id=None, name="访客", on=date(2026, 1, 1)), {}, (0, 0, 0, 0)),
    ],
)
def test_an_act_without_a_union_falls_to_the_union_acted_in(stage, actor, scope, expected):
    thing = uuid7()
    scope = scope and scope | {"account": actor.account_id}
    with stage.acting("job", **scope):
        audit.record(actor, action="a.b.c", purpose=Purpose.SYSTEM, subject_id=thing)
        audit.record_many(actor, action="a.b.d", purpose=Purpose.SYSTEM, subjects=[Subject(thing)])
    found = stage.admin("SELECT l1, l2, l3, l4 FROM audit_entry WHERE subject_id = %s", [thing])
    assert found == [expected, expected]


def test_many_subjects_each_get_their_entry(stage, monkeypatch):
    monkeypatch.setattr("zhigong.audit.operations.recording.CHUNK", 7)
    actor = cadre(level=1, seq=1)
    persons = [Subject(uuid7(), (1, 2, n % 3, n), count=n + 1) for n in range(30)]
    with stage.acting("web", unions=[1], account=actor.account_id):
        made = audit.record_openings(
            actor, persons=iter(persons), fields=("id_number",), purpose=Purpose.IMPORT_EXPORT, reason="导出名册"
        )
    found = stage.admin(
        "SELECT subject_id, l1, l2, l3, l4, count, action, fields, reason FROM audit_entry"
        " WHERE account_id = %s ORDER BY count",
        [actor.account_id],
    )
    assert made == 30
    assert found == [(p.id, *p.union_chain, p.count, OPENED, ["id_number"], "导出名册") for p in persons]


def test_no_subjects_no_entries(stage):
    actor = cadre(level=1, seq=1)
    with stage.acting("web", unions=[1], account=actor.account_id):
        assert audit.record_many(actor, action="a.b.c", purpose=Purpose.SYSTEM, subjects=[]) == 0


BAD_DETAILS = [
    {"name": "王伟"},
    {"phone": "13812345678"},
    {"phone": 13812345678},
    {"id": "34020219800101123X"},
    {"id": "340202198001011234"},
    {"card": "6222021234567890123"},
    {"text": "with blanks"},
    {"nested": {"a": 1}},
    {"list": [[1]]},
    {"list": [0.5]},
    {"list": ["13812345678"]},
    {"share": 0.5},
    {"Upper": 1},
    {"long": "a" * 65},
]


@pytest.mark.parametrize("detail", BAD_DETAILS, ids=lambda detail: json.dumps(detail, ensure_ascii=True)[:30])
def test_values_are_kept_out_of_the_detail_twice(stage, detail):
    with pytest.raises(ValueError, match="audit detail"):
        clean_detail(detail)
    with stage.raw("web") as opened, pytest.raises(psycopg.errors.CheckViolation):
        insert(opened, account_id=None, detail=json.dumps(detail))


def test_an_overlong_detail_is_refused(stage):
    detail = {f"key{n}": "x" * 60 for n in range(40)}
    with pytest.raises(IntegrityError), stage.acting("web"):
        audit.record(Actor(None, "访客", date(2026, 1, 1)), action="a.b.c", purpose=Purpose.SYSTEM, detail=detail)


codes = st.text(string.ascii_letters + string.digits + "._:/+-Xx中 '\"\\{}", max_size=20)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), codes, st.floats(-9, 9, width=16))
keys = st.text("abZ_9é", min_size=0, max_size=6)
details = st.dictionaries(keys, st.one_of(scalars, st.lists(scalars, max_size=3), st.just({})), max_size=3)


@given(detail=details)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_python_and_the_database_agree_on_details(stage, detail):
    try:
        clean_detail(detail)
        allowed = True
    except ValueError:
        allowed = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_detail_allowed(%s::jsonb)", [json.dumps(detail)])
        assert cursor.fetchone()[0] is allowed


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "people.opened"},
        {"action": "人员.人.打开"},
        {"fields": ["王伟"]},
        {"fields": ["a"] * 101},
        {"subject_kind": "某人"},
        {"count": -1},
        {"union_chain": (2**31, 0, 0, 0)},
    ],
    ids=str,
)
def test_malformed_entries_are_refused(stage, wrong):
    values = {"action": "a.b.c", "purpose": Purpose.SYSTEM} | wrong
    with pytest.raises(DatabaseError), stage.acting("web"):
        audit.record(Actor(None, "访客", date(2026, 1, 1)), **values)


def test_unknown_purposes_and_outcomes_are_refused():
    nobody = Actor(None, "访客", date(2026, 1, 1))
    with pytest.raises(ValueError, match="nosy"):
        audit.record(nobody, action="a.b.c", purpose="nosy")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="perhaps"):
        audit.record(nobody, action="a.b.c", purpose=Purpose.SYSTEM, outcome="perhaps")


def test_every_word_has_a_label():
    assert all(purpose.label for purpose in Purpose)
    assert all(outcome.label for outcome in Outcome)


def test_months_are_made_ahead_once_and_guarded(stage):
    with stage.acting("job"):
        assert audit.make_partitions(on=date(2031, 11, 30), months=3) == 6
        assert audit.make_partitions(on=date(2031, 11, 1), months=3) == 0
    ((_, bounds),) = stage.admin(
        "SELECT set_config('TimeZone', 'Asia/Shanghai', false), pg_get_expr(relpartbound, oid)"
        " FROM pg_class WHERE relname = 'audit_entry_2032_01'"
    )
    assert bounds == "FOR VALUES FROM ('2032-01-01 00:00:00+08') TO ('2032-02-01 00:00:00+08')"
    test_every_table_of_rows_is_forced_under_policies(stage)
    test_grants_hold_nothing_but_adding_and_reading(stage)


def test_the_web_role_makes_no_partitions_and_nobody_makes_too_many(stage):
    with pytest.raises(DatabaseError), stage.acting("web"):
        audit.make_partitions(on=date(2031, 1, 1))
    with pytest.raises(DatabaseError), stage.acting("job"):
        audit.make_partitions(on=date(2031, 1, 1), months=600)


def test_rows_of_a_month_nobody_prepared_stay_where_they_are(stage):
    stage.admin(
        "INSERT INTO audit_entry (id, at, actor_name, action, purpose)"
        " VALUES (%s, '2033-05-05', 'x', 'a.b.c', 'system')",
        [uuid4()],
    )
    with stage.acting("job"):
        assert audit.make_partitions(on=date(2033, 5, 1), months=2) == 3  # June twice, May for the leaves alone
    ((where,),) = stage.admin("SELECT tableoid::regclass::text FROM audit_entry WHERE at = '2033-05-05'")
    assert where == "audit_entry_default"


def test_recording_needs_one_round_trip(stage, django_assert_num_queries):
    actor = cadre(level=1, seq=1)
    with stage.acting("web", unions=[1], account=actor.account_id):
        with django_assert_num_queries(1):
            audit.record_opening(
                actor, person_id=uuid7(), union_chain=(1, 2, 3, 4), fields=("phone",), purpose=Purpose.CHECKING
            )
        assert transaction.get_connection().in_atomic_block
