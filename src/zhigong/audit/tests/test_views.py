"""The two views of the record: who looked at my data, and the auditor's list."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhigong.audit import operations as audit
from zhigong.audit import queries
from zhigong.audit.tests.staging import CHAINS, Stage, cadre, empty, insert, member, seal_all
from zhigong.audit.types import EntryFilter, Outcome, PageKey, Purpose, Subject
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed
from zhigong.kernel.ids import uuid7


@pytest.fixture
def clean(stage):
    empty(stage)
    return stage


def look(stage: Stage, by: Actor, person: UUID, chain=(1, 11, 111, 1111), **more) -> None:
    with stage.acting("web", unions=[by.seq], ancestors=[1], account=by.account_id):
        values = {"fields": ("phone",), "purpose": Purpose.CHECKING} | more
        audit.record_opening(by, person_id=person, union_chain=chain, **values)


def seen(stage: Stage, by: Actor, person: UUID, *, unions=(), ancestors=(), **options):
    scope = {"unions": unions, "ancestors": ancestors, "person": by.person_id, "account": by.account_id}
    with stage.acting("web", rights=sorted(by.rights), **scope):
        return queries.who_looked(by, person, **options)


def test_a_member_sees_who_looked_why_and_at_what(clean):
    person, clerk = uuid7(), cadre(level=2, seq=11)
    look(clean, clerk, person, fields=("phone",))
    look(clean, clerk, person, fields=("id_number", "phone"))
    look(clean, clerk, person, purpose=Purpose.BUSINESS, reason="困难申请")
    look(clean, clerk, uuid7())
    business, checking = seen(clean, member(person), person)
    assert (checking.actor_name, checking.duty, checking.union_name) == ("周敏", "auditor", "镜湖区总工会")
    assert (checking.times, checking.fields, checking.purpose.label) == (2, ("id_number", "phone"), "核对资料")
    assert checking.actions == ("audit.person.opened",)
    assert checking.first_at <= checking.last_at <= business.last_at
    assert (business.times, business.reason, business.by_self) == (1, "困难申请", False)
    assert seen(clean, member(person), person, until=business.last_at) == (checking,)
    assert seen(clean, member(person), person, since=business.last_at) == (business,)
    assert seen(clean, member(person), person, limit=1) == (business,)


def test_a_line_is_never_cut_in_two_by_a_page(clean):
    person, first, second = uuid7(), cadre(level=2, seq=11), cadre(level=2, seq=11)
    for clerk in (first, second, first):
        look(clean, clerk, person)
    newest, older = seen(clean, member(person), person)
    assert (newest.times, older.times) == (2, 1)
    assert newest.first_at < older.last_at < newest.last_at
    assert seen(clean, member(person), person, until=newest.last_at) == (older,)
    assert seen(clean, member(person), person, since=newest.last_at) == (newest,)
    assert seen(clean, member(person), person, since=older.last_at, until=newest.last_at) == (older,)


def test_her_own_openings_are_marked(clean):
    person, account = uuid7(), uuid7()
    herself = member(person, account=account)
    with clean.acting("web", person=person, account=account):
        audit.record_opening(herself, person_id=person, union_chain=None, fields=("phone",), purpose=Purpose.SELF)
    assert [line.by_self for line in seen(clean, herself, person)] == [True]


def test_refused_attempts_are_not_shown_as_looks(clean):
    person, clerk = uuid7(), cadre(level=2, seq=11)
    with clean.acting("web", unions=[11], ancestors=[1], account=clerk.account_id):
        audit.record(
            clerk, action="people.person.opened", purpose=Purpose.CHECKING, subject_id=person, outcome=Outcome.REFUSED
        )
    assert seen(clean, member(person), person) == ()


def test_days_are_those_of_the_wall_calendar(clean):
    person = uuid7()
    clean.admin(
        "INSERT INTO audit_entry (id, at, actor_name, action, purpose, subject_id)"
        " VALUES (gen_random_uuid(), '2026-11-21 16:30+00', '周敏', 'a.b.c', 'audit', %s)",
        [person],
    )
    (line,) = seen(clean, member(person), person)
    assert line.day == date(2026, 11, 22)


def test_only_herself_and_the_audit_may_ask(clean):
    person = uuid7()
    for curious in (member(uuid7()), cadre(level=1, seq=1, rights=["members.open"])):
        with pytest.raises(NotAllowed):
            seen(clean, curious, person, unions=[1])


def test_an_auditor_sees_looks_within_her_scope_only(clean):
    person, clerk = uuid7(), cadre(level=2, seq=11)
    look(clean, clerk, person)
    look(clean, clerk, person, chain=(1, 12, 0, 0))
    inside = seen(clean, cadre(level=2, seq=11), person, unions=[11], ancestors=[1])
    whole = seen(clean, cadre(level=1, seq=1), person, unions=[1])
    assert ([line.times for line in inside], [line.times for line in whole]) == ([1], [2])
    # The actor's own literal filter is not what protects: with it forged, the policy still answers.
    assert [line.times for line in seen(clean, cadre(level=1, seq=1), person, unions=[11], ancestors=[1])] == [1]


# --- the audit view


def page(stage: Stage, *, level=1, seq=1, rights=("audit.read",), **options):
    actor = cadre(level=level, seq=seq, rights=rights)
    ancestors = [1] if level > 1 else []
    with stage.acting("web", unions=[seq], ancestors=ancestors, account=actor.account_id, rights=rights):
        return queries.entries(actor, **options)


def test_pages_walk_through_everything_once_newest_first(clean):
    with clean.raw("web") as opened:
        for number in range(23):
            if number % 4 == 0:
                opened.commit()
            insert(opened, account_id=None, l1=1, l2=11)
        opened.commit()
    # Equal times are the hard case for a page key.
    with clean.acting("web"):
        operator = Actor(account_id=None, name="操作员", on=date(2026, 1, 1), level=1, seq=1)
        audit.record_many(
            operator,
            action="a.b.c",
            purpose=Purpose.SYSTEM,
            subjects=[Subject(uuid7(), (1, 11, 0, 0)) for _ in range(8)],
        )
    expected = [
        key for (key,) in clean.admin("SELECT id FROM audit_entry WHERE l1 IN (0, 1) ORDER BY at DESC, id DESC")
    ]
    walked, after = [], None
    for _ in range(100):
        one = page(clean, after=after, size=5)
        walked += [line.id for line in one.lines]
        after = one.following
        if after is None:
            break
    assert len(expected) == 31
    assert walked == expected


def test_the_literal_filter_and_the_policy_agree(filled_again):
    for level, seq in [(1, 1), (2, 11), (2, 12), (3, 111), (4, 1111), (4, 1191), (2, 99)]:
        got = {line.id for line in page(filled_again, level=level, seq=seq, size=500).lines}
        chain = f"l{level} = {seq}" + (" OR l1 = 0" if level == 1 else "")
        expected = {key for (key,) in filled_again.admin(f"SELECT id FROM audit_entry WHERE {chain}")}
        assert got == expected


@pytest.fixture
def filled_again(clean):
    with clean.raw("web") as opened:
        for chain in CHAINS * 3:
            insert(opened, account_id=None, **dict(zip(("l1", "l2", "l3", "l4"), chain, strict=True)))
        opened.commit()
    return clean


def test_filters_narrow(clean):
    person, clerk = uuid7(), cadre(level=2, seq=11)
    look(clean, clerk, person)
    clean.write(2, l1=1, l2=11, action="orgs.union.renamed", purpose="business", outcome="failed")
    moment = datetime.now(UTC)
    hour = timedelta(hours=1)
    counts = {
        "all": (EntryFilter(), 3),
        "account": (EntryFilter(account_id=clerk.account_id), 1),
        "subject": (EntryFilter(subject_id=person), 1),
        "name": (EntryFilter(actor_name="周敏"), 3),
        "other name": (EntryFilter(actor_name="周"), 0),
        "action": (EntryFilter(action="orgs.union.renamed"), 2),
        "purpose": (EntryFilter(purpose=Purpose.CHECKING), 1),
        "outcome": (EntryFilter(outcome=Outcome.FAILED), 2),
        "since": (EntryFilter(since=moment - hour), 3),
        "until": (EntryFilter(until=moment - hour), 0),
        "both": (EntryFilter(since=moment - hour, until=moment + hour, action="orgs.union.renamed"), 2),
    }
    assert {name: len(page(clean, filters=filters).lines) for name, (filters, _) in counts.items()} == {
        name: count for name, (_, count) in counts.items()
    }


def test_lines_tell_their_seal(clean, signer):
    clean.write(2, l1=1)
    seal_all(signer)
    clean.write(1, l1=1)
    newest, *older = page(clean).lines
    ((number,),) = clean.admin("SELECT max(number) FROM audit_seal")
    assert newest.seal is None
    assert [line.seal for line in older] == [number, number]
    assert (newest.purpose, newest.outcome, newest.fields, newest.detail) == (Purpose.BUSINESS, Outcome.DONE, (), {})


def test_without_the_right_there_is_no_view(clean):
    for ask in (queries.entries, queries.seals):
        with pytest.raises(NotAllowed):
            ask(cadre(level=1, seq=1, rights=["members.read"]))
    with pytest.raises(NotAllowed):
        queries.seal_status(Actor(account_id=None, name="访客", on=date(2026, 1, 1)))


@pytest.mark.slow
def test_lists_read_an_index_however_long_the_record(clean, signer):
    """50 000 entries: the first page of a district and one person's looks touch a few rows, not the table."""
    person = uuid7()
    clean.admin(
        "INSERT INTO audit_entry (id, at, actor_name, action, purpose, subject_id, l1, l2, l3, l4)"
        " SELECT gen_random_uuid(), now() - n * interval '1 second', 'x', 'a.b.c', 'audit',"
        " CASE WHEN n %% 5000 = 0 THEN %s ELSE gen_random_uuid() END, 1, 11 + n %% 9, 0, 0"
        " FROM generate_series(1, 50000) n",
        [person],
    )
    clean.admin("ANALYZE audit_entry")
    actor = cadre(level=2, seq=11)
    with clean.acting("web", unions=[11], ancestors=[1], rights=["audit.read"], account=actor.account_id):
        after = PageKey(datetime.now(UTC) - timedelta(hours=3), uuid7())
        with captured() as statements:
            queries.entries(actor, after=after)
            queries.who_looked(actor, person)
        plans = [
            explain(statement)
            for statement in statements
            if "audit_entry" in statement and "audit_leaf" not in statement
        ]
    assert len(plans) == 2
    for plan in plans:
        assert rows_touched(plan) < 500, plan


@contextmanager
def captured():
    statements: list[str] = []
    with CaptureQueriesContext(connection) as context:
        yield statements
        statements += [query["sql"] for query in context.captured_queries]


def explain(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + statement.replace("%", "%%"), [])
        return "\n".join(line for (line,) in cursor.fetchall())


def rows_touched(plan: str) -> int:
    kept = [int(float(rows) * int(loops)) for rows, loops in re.findall(r"actual rows=([\d.]+) loops=(\d+)", plan)]
    dropped = [int(rows) for rows in re.findall(r"Rows Removed by Filter: (\d+)", plan)]
    return max(kept, default=0) + sum(dropped)
