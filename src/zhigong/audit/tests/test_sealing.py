"""Sealing: nothing final is left out, nothing late escapes, the witness hears of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from tests.bed import Database, as_role

from zhigong.audit import jobs, queries, verifier
from zhigong.audit import operations as audit
from zhigong.audit.policies import sealing_state
from zhigong.audit.tests.staging import (
    NOW,
    OFF,
    STRAY,
    Stage,
    cadre,
    empty,
    exported,
    insert,
    seal,
    seal_all,
)
from zhigong.audit.types import SealCheck, SealingState
from zhigong.audit.verifier import read_witness, verify
from zhigong.kernel.errors import Conflict, NotAllowed
from zhigong.kernel.ids import uuid7

ESCAPED = """
    SELECT count(*) FROM audit_entry e
    WHERE e.tx < (SELECT to_tx FROM audit_seal ORDER BY number DESC LIMIT 1)
      AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id AND l.at = e.at)
"""
UNSEALED = "SELECT id FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id)"


def test_everything_committed_gets_one_place(stage, signer):
    seal_all(signer)
    written = stage.write(5) + stage.write(3)
    made = seal(signer)
    assert made.count == 8
    places = stage.admin("SELECT position, entry_id FROM audit_leaf WHERE seal = %s ORDER BY position", [made.number])
    assert [place for place, _ in places] == list(range(8))
    assert [entry for _, entry in places] == written
    assert seal(signer) is None


def test_the_chain_names_the_seal_before(stage, signer):
    stage.write()
    first = seal(signer)
    stage.write()
    second = seal(signer)
    assert second.number == first.number + 1
    assert second.previous == first.root
    assert second.key_id == signer.key_id


def late_and_early(stage: Stage, signer):
    """One transaction writes and stays open, a younger one writes and commits; seal; then the first commits; seal."""
    seal_all(signer)
    with stage.raw("web") as late:
        slow = insert(late, account_id=None)
        quick = stage.write()
        seal_all(signer)
        late.commit()
    seal_all(signer)
    return slow, quick


def test_a_late_commit_does_not_escape(stage, signer):
    slow, (quick,) = late_and_early(stage, signer)
    assert stage.admin(UNSEALED) == []
    assert stage.admin(ESCAPED) == [(0,)]
    order = stage.admin(
        "SELECT entry_id FROM audit_leaf WHERE entry_id = ANY (%s) ORDER BY seal, position", [[slow, quick]]
    )
    assert [entry for (entry,) in order] == [slow, quick]


def test_nothing_behind_a_running_transaction_is_sealed_before_it(stage, signer):
    seal_all(signer)
    with stage.raw("job") as late:
        insert(late, account_id=None)
        stage.write()
        assert seal(signer) is None
        late.rollback()
    assert seal(signer).count == 1


def test_savepoints_count_as_their_transaction(stage, signer):
    seal_all(signer)
    with stage.raw("web") as late:
        late.execute("SELECT 1")
        with late.transaction():
            first = insert(late, account_id=None)
        stage.write()
        with late.transaction():
            second = insert(late, account_id=None)
        assert seal(signer) is None
        late.commit()
    assert seal(signer).count == 3
    ((transactions,),) = stage.admin(
        "SELECT count(DISTINCT tx) FROM audit_entry WHERE id = ANY (%s)", [[first, second]]
    )
    assert transactions == 1


@contextmanager
def altered(stage: Stage, function: str, guard: str, mutant: str) -> Iterator[None]:
    """A function with one guard taken out; afterwards it is as before and the tables are empty."""
    ((source,),) = stage.admin("SELECT pg_get_functiondef(%s::regprocedure)", [function])
    assert guard in source
    stage.admin(source.replace(guard, mutant))
    try:
        yield
    finally:
        stage.admin(source)
        empty(stage)


HORIZON, COLLECT = "audit_horizon()", "audit_collect(integer)"


@pytest.mark.parametrize(
    "function, guard, mutant",
    [
        (COLLECT, "horizon := audit_horizon()", "horizon := pg_snapshot_xmax(pg_current_snapshot())::text::bigint"),
        (HORIZON, "a.datid <> ours", "true"),
    ],
)
def test_mutant_of_the_horizon_lets_a_late_commit_escape(stage, signer, function, guard, mutant):
    """Without the horizon the same interleaving leaves an entry below a seal, unsealed for good."""
    with altered(stage, function, guard, mutant):
        late_and_early(stage, signer)
        assert stage.admin(ESCAPED) == [(1,)]


@contextmanager
def elsewhere() -> Iterator[psycopg.Connection]:
    """A transaction of another database of this server, begun and not ended."""
    with Database("postgres").connect(autocommit=False) as opened:
        opened.execute("SELECT pg_current_xact_id()")
        yield opened
        opened.rollback()


def test_a_transaction_of_another_database_holds_nothing_back(stage, signer):
    seal_all(signer)
    with elsewhere():
        written = stage.write(3)
        assert seal(signer).count == 3
        with stage.raw("web") as late:
            slow = insert(late, account_id=None)
            stage.write()
            assert seal(signer) is None, "one of ours does"
            late.commit()
        assert seal(signer).count == 2
    assert seal(signer) is None, "and its end changes nothing"
    sealed = {entry for (entry,) in stage.admin("SELECT entry_id FROM audit_leaf")}
    assert {*written, slow} <= sealed
    assert stage.admin(ESCAPED) == [(0,)]


def test_mutant_that_counts_every_database_waits_for_them(stage, signer):
    seal_all(signer)
    with altered(stage, HORIZON, "a.datid <> ours", "false"), elsewhere():
        stage.write(3)
        assert seal(signer) is None


def test_the_sealing_transaction_itself_counts(stage, signer):
    """Own entries wait for their own end: after the seal the transaction could write more of them."""
    seal_all(signer)
    with stage.raw("job") as opened:
        insert(opened, account_id=None)
        assert opened.execute("SELECT * FROM audit_collect(10)").fetchall() == []
        opened.commit()
    assert seal(signer).count == 1


def test_mutant_that_forgets_its_own_transaction_seals_half_of_it(stage, signer):
    own = "pg_current_xact_id_if_assigned()::text::bigint,"
    with altered(stage, HORIZON, own, ""), stage.raw("job") as opened:
        insert(opened, account_id=None)
        stage.write()
        assert len(opened.execute("SELECT * FROM audit_collect(10)").fetchall()) == 1
        opened.rollback()


def dawdle(stage: Stage, seed: int, stop: threading.Event, kept: list, errors: list) -> None:
    """A writer that commits most of the time, sooner or later."""
    dice = random.Random(seed)
    try:
        with stage.database.connect("web", autocommit=False) as opened:
            while not stop.is_set():
                made = [insert(opened, account_id=None) for _ in range(dice.randrange(1, 4))]
                time.sleep(dice.random() * 0.02)
                if dice.random() < 0.2:
                    opened.rollback()
                else:
                    opened.commit()
                    kept.extend(made)
    except psycopg.Error as error:
        errors.append(error)


@pytest.mark.slow
def test_none_of_many_interleaved_writers_escapes(stage, signer):
    """Four writers that commit, roll back and dawdle at random, one sealer that never waits."""
    stop, kept, errors = threading.Event(), [], []
    writers = [threading.Thread(target=dawdle, args=(stage, seed, stop, kept, errors)) for seed in range(4)]
    for writer in writers:
        writer.start()
    ends = time.monotonic() + 2
    while time.monotonic() < ends:
        seal(signer, most=17)
    stop.set()
    for writer in writers:
        writer.join()
    seal_all(signer)
    assert errors == []
    sealed = {entry for (entry,) in stage.admin("SELECT entry_id FROM audit_leaf")}
    assert set(kept) <= sealed
    assert stage.admin(UNSEALED) == []
    report = verify(exported(stage, signer))
    assert report.sound, report.problems[:3]


def test_a_batch_may_end_inside_a_transaction(stage, signer):
    seal_all(signer)
    with stage.raw("web") as opened:
        written = [insert(opened, account_id=None) for _ in range(10)]
        opened.commit()
    written += stage.write(2)
    made = []
    while one := seal(signer, most=4):
        made.append(one)
    assert [one.count for one in made] == [4, 4, 4]
    numbers = [one.number for one in made]
    order = stage.admin("SELECT entry_id FROM audit_leaf WHERE seal = ANY (%s) ORDER BY seal, position", [numbers])
    assert [entry for (entry,) in order] == written
    assert verify(exported(stage, signer)).sound


def test_two_sealers_make_one_chain(stage, signer):
    """The second waits for the first and finds nothing left."""
    seal_all(signer)
    stage.write(3)
    stage.database.wait_for_housekeeping()
    with stage.database.connect("job", autocommit=False) as other:
        ((number, count),) = other.execute("SELECT number, count FROM audit_collect(100)").fetchall()
        assert count == 3
        with pytest.raises(DatabaseError), as_role("job"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            cursor.execute("SELECT * FROM audit_collect(100)")
        other.rollback()
    assert seal(signer).number == number


@pytest.mark.parametrize("change", [{"number": 0}, {"number": 2}, {"previous": b"\1" * 32}, {"count": 1}], ids=str)
def test_the_database_refuses_a_seal_that_does_not_follow(stage, signer, change):
    stage.write()
    last = seal(signer)
    stage.write(2)
    stage.database.wait_for_housekeeping()
    with as_role("job"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit_collect(10)")
        row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
        row.pop("leaves")
        row |= {"merkle": b"\0" * 32, "sealed_at": NOW, "key_id": "k", "public_key": b"\0" * 32}
        row |= {"root": b"\2" * 32, "signature": b"\0" * 64}
        row |= {name: last.number + value if name == "number" else value for name, value in change.items()}
        names = ", ".join(row)
        places = ", ".join(f"%({name})s" for name in row)
        with pytest.raises(DatabaseError, match="does not follow"), transaction.atomic():
            cursor.execute(f"INSERT INTO audit_seal ({names}) VALUES ({places})", row)
        transaction.set_rollback(True)


def test_sealing_is_for_the_job_role_under_read_committed(stage, signer):
    with pytest.raises(DatabaseError, match="permission denied"), as_role("web"):
        audit.seal(now=NOW, signer=signer)
    with stage.raw("job") as opened:
        opened.rollback()
        opened.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(psycopg.errors.InvalidTransactionState):
            opened.execute("SELECT * FROM audit_collect(1)")


@pytest.mark.parametrize("move", ["cluster = cluster - 1", "to_tx = to_tx + 1000000"])
def test_a_database_restored_elsewhere_seals_on(stage, signer, move):
    """There transactions are counted afresh: an entry may lie below the last horizon and is sealed all the same."""
    stage.write()
    seal_all(signer)
    stage.admin(f"{OFF} UPDATE audit_seal SET {move}")
    stage.admin(STRAY, [uuid7(), 5])
    stage.write(2)
    assert seal(signer).count == 3
    stage.write()
    assert seal(signer).count == 1
    assert stage.admin(UNSEALED) == []
    empty(stage)


def test_mutant_without_the_sweep_never_seals_the_stray(stage, signer):
    stage.write()
    seal_all(signer)
    with altered(stage, COLLECT, "IF moved THEN", "moved := false; IF moved THEN"):
        stage.admin(f"{OFF} UPDATE audit_seal SET cluster = cluster - 1")
        stage.admin(STRAY, [uuid7(), 5])
        seal_all(signer)
        assert len(stage.admin(UNSEALED)) == 1


def test_the_witness_gets_every_root_once(stage, signer, tmp_path):
    for _ in range(2):
        stage.write()
        seal(signer)
    ((seals,),) = stage.admin("SELECT count(*) FROM audit_seal")
    assert audit.publish(directory=tmp_path / "w") == seals
    assert audit.publish(directory=tmp_path / "w") == 0
    stage.write()
    last = seal(signer)
    assert audit.publish(directory=tmp_path / "w") == 1
    (file,) = (tmp_path / "w").glob("*.txt")
    assert file.name == "roots-2026-11.txt"
    assert file.read_text().splitlines()[-1].split()[:2] == [str(last.number), last.root]


def test_a_witness_that_disagrees_stops_publishing(stage, signer, tmp_path):
    stage.write()
    last = seal(signer)
    (tmp_path / "roots-2026-11.txt").write_text(f"{last.number} {'ab' * 32}\n")
    with pytest.raises(Conflict, match="见证"):
        audit.publish(directory=tmp_path)
    (tmp_path / "roots-2026-11.txt").write_text(f"{last.number + 1} {last.root}\n")
    with pytest.raises(Conflict):
        audit.publish(directory=tmp_path)


def test_the_job_seals_and_tells_the_witness(stage, tmp_path):
    stage.write(3)
    stage.database.wait_for_housekeeping()
    with as_role("job"):
        assert jobs.seal_now(witness=tmp_path) >= 3
        assert jobs.seal_now(witness=tmp_path) == 0
        jobs.keep_partitions()
    assert stage.admin(UNSEALED) == []
    assert len(read_witness(tmp_path.glob("*.txt"))) >= 1


def test_the_chain_of_seals_is_checked_in_place(stage, signer):
    empty(stage)
    auditor = cadre(level=1, seq=1)

    def check(**options):
        with stage.acting("web", unions=[1], rights=["audit.read"]):
            return audit.check_seals(auditor, **options)

    assert check() == SealCheck(count=0, first=0, last=0)
    for _ in range(4):
        stage.write()
        seal(signer)
    assert check() == SealCheck(count=4, first=1, last=4)
    assert check(size=2) == SealCheck(count=2, first=3, last=4)
    assert len(check(trusted=["00" * 32]).problems) == 4
    with pytest.raises(NotAllowed):
        audit.check_seals(cadre(level=1, seq=1, rights=()))


@pytest.mark.parametrize(
    "change, words",
    [
        ("UPDATE audit_seal SET count = 7 WHERE number = 2", ["第 2 号封存的内容与它的根不符"]),
        (
            "UPDATE audit_seal SET signature = decode(repeat('00', 64), 'hex') WHERE number = 2",
            ["第 2 号封存的签名不成立"],
        ),
        ("DELETE FROM audit_seal WHERE number = 2", ["第 3 号封存没有接在第 1 号之后"]),
        (
            "UPDATE audit_seal SET public_key = decode(repeat('00', 32), 'hex') WHERE number = 3",
            ["第 3 号封存的内容与它的根不符", "第 3 号封存用的不是可信的公钥"],
        ),
        ("UPDATE audit_seal SET previous = decode(repeat('01', 32), 'hex') WHERE number = 1", ["第 1 号", "第 1 号"]),
    ],
)
def test_a_changed_chain_is_noticed_in_place(stage, signer, change, words):
    empty(stage)
    for _ in range(3):
        stage.write()
        seal(signer)
    stage.admin(f"{OFF} {change}")
    with stage.acting("web", unions=[1], rights=["audit.read"]):
        problems = audit.check_seals(cadre(level=1, seq=1)).problems
    assert len(problems) == len(words)
    assert all(problem.startswith(word) for problem, word in zip(problems, words, strict=True))
    empty(stage)


def test_the_verifier_is_handed_out_as_it_is():
    assert audit.verifier_program() == Path(verifier.__file__).read_bytes()


def test_status_counts_what_waits(stage, signer):
    seal_all(signer)
    actor = cadre(level=4, seq=4, rights=())
    with stage.acting("web"):
        assert queries.seal_status(actor).pending == 0
        assert queries.sealing(actor, now=datetime.now(UTC) + timedelta(days=9)) is SealingState.FRESH
    stage.write(2)
    with stage.acting("web"):
        status = queries.seal_status(actor)
        assert queries.sealing(actor, now=datetime.now(UTC)) is SealingState.FRESH
        assert queries.sealing(actor, now=datetime.now(UTC) + timedelta(hours=5)) is SealingState.STOPPED
    assert (status.pending, status.oldest_pending_at is None) == (2, False)
    last = seal(signer)
    with stage.acting("web", unions=[1], rights=["audit.read"]):
        status = queries.seal_status(actor)
        assert (status.pending, status.oldest_pending_at, status.last) == (0, None, last)
        assert queries.seals(cadre(level=1, seq=1))[0] == last
        assert last not in queries.seals(cadre(level=1, seq=1), before=last.number)


@pytest.mark.parametrize(
    "waited, state",
    [(None, "FRESH"), (4, "FRESH"), (5, "LATE"), (239, "LATE"), (240, "STOPPED"), (9999, "STOPPED")],
)
def test_sealing_is_late_after_minutes_and_stopped_after_four_hours(waited, state):
    since = None if waited is None else NOW - timedelta(minutes=waited)
    assert sealing_state(oldest_pending_at=since, now=NOW) is SealingState[state]
    assert SealingState[state].label
