"""Jobs: they exist exactly when their transaction committed, survive killed workers, and carry no personal data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from tests.platform import probe
from zhigong.conf.processes import wait_until
from zhigong.kernel import jobs
from zhigong.kernel.errors import NotFound

PROBE = Path(__file__).with_name("probe.py")


@pytest.fixture(scope="session")
def work():
    return probe.register()


@pytest.fixture
def base(committed_db):
    """A database with the probe's two tables, and a way to start workers on it."""
    with committed_db.connect() as admin:
        admin.execute("CREATE TABLE probe_start (number integer, at timestamptz DEFAULT clock_timestamp())")
        admin.execute("CREATE TABLE probe_effect (op text PRIMARY KEY)")
        admin.execute("GRANT SELECT, INSERT ON probe_start, probe_effect TO PUBLIC")
    started = []

    def start(*arguments: str) -> subprocess.Popen:
        environment = committed_db.environment(PYTHONPATH=str(PROBE.parents[2]))
        child = subprocess.Popen([sys.executable, str(PROBE), *arguments], env=environment, stderr=subprocess.DEVNULL)
        started.append(child)
        return child

    committed_db_and_workers = (committed_db, start)
    yield committed_db_and_workers
    for child in started:
        child.kill()
        child.wait()


def value(database, query: str):
    with database.connect() as admin:
        return admin.execute(query).fetchone()[0]


def statuses(database) -> list[str]:
    with database.connect() as admin:
        query = "SELECT status::text FROM procrastinate_jobs WHERE queue_name = 'probe' ORDER BY id"
        return [status for (status,) in admin.execute(query).fetchall()]


@pytest.mark.django_db
def test_the_same_key_is_the_same_job_while_it_waits(work):
    first = jobs.enqueue(work, key="probe:1", number=1)
    assert jobs.enqueue(work, key="probe:1", number=1) == first
    assert jobs.enqueue(work, key="probe:2", number=2) != first
    assert jobs.state(first) == jobs.JobState(status="todo", attempts=0)


@pytest.mark.django_db
def test_a_duplicate_does_not_spoil_the_transaction_around_it(work):
    with transaction.atomic():
        jobs.enqueue(work, key="probe:1", number=1)
        jobs.enqueue(work, key="probe:1", number=1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)


def test_no_commit_no_job(committed_db, work):
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.enqueue(work, key="probe:1", number=1)
        raise RuntimeError
    assert statuses(committed_db) == []
    with transaction.atomic():
        jobs.enqueue(work, key="probe:1", number=1)
        assert statuses(committed_db) == []  # not before the commit, seen from another connection
    assert statuses(committed_db) == ["todo"]


@pytest.mark.django_db
@pytest.mark.parametrize("bad", ["张三", "340200199001011234", "13812345678", "a b", "", 13812345678])
def test_personal_data_and_texts_are_no_arguments(work, bad):
    with pytest.raises(ValueError, match="number"):
        jobs.enqueue(work, key="probe:1", number=bad)


@pytest.mark.django_db
def test_ids_of_every_kind_are_arguments(work):
    for good in (UUID(int=5), uuid4(), 7, "roster", "batch:7", None, True):
        jobs.enqueue(work, key=f"probe:{uuid4()}", number=good)


@pytest.mark.django_db
def test_a_job_that_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        jobs.state(0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE procrastinate_jobs SET status = 'doing'",
        "DELETE FROM procrastinate_jobs",
        "SELECT procrastinate_fetch_job_v2(NULL, 1)",
        "SELECT procrastinate_finish_job_v1(1, 'succeeded', true)",
    ],
)
def test_the_web_role_may_ask_for_work_and_no_more(work, statement):
    jobs.enqueue(work, key="probe:1", number=1)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.slow
def test_a_worker_does_what_waits_and_tries_again_what_may_pass(base, work):
    database, start = base
    jobs.enqueue(work, key="probe:1", number=1)
    assert start("--once").wait(timeout=60) == 0
    assert statuses(database) == ["succeeded"]
    assert value(database, "SELECT count(*) FROM probe_effect") == 1
    jobs.enqueue(work, key="probe:2", number=2, fail=1)
    start()
    assert wait_until(lambda: statuses(database) == ["succeeded"] * 2, seconds=60, every=0.2)
    assert value(database, "SELECT count(*) FROM probe_start WHERE number = 2") == 2


@pytest.mark.slow
@pytest.mark.faults
def test_a_job_whose_worker_is_killed_is_done_by_the_next(base, work):
    database, start = base
    jobs.enqueue(work, key="probe:1", number=1, seconds=60)
    first = start()
    assert wait_until(lambda: value(database, "SELECT count(*) FROM probe_start") == 1, seconds=60, every=0.1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert statuses(database) == ["doing"]
    start()
    assert wait_until(lambda: statuses(database) == ["succeeded"], seconds=60, every=0.2)
    assert value(database, "SELECT count(*) FROM probe_effect") == 1


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.database_role("job")
def test_a_slow_worker_is_never_taken_for_dead(base, work):
    """Without the lifeline's lock the same job would run twice: the second half is the guard's mutant."""
    database, start = base
    jobs.enqueue(work, key="probe:1", number=1, seconds=60)
    start()
    assert wait_until(lambda: value(database, "SELECT count(*) FROM probe_start") == 1, seconds=60, every=0.1)
    with database.connect() as admin:
        admin.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 day'")
        assert jobs.retry_stalled() == []
        ended = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'zhigong-worker-lifeline'"
        )
        admin.execute(ended + " AND datname = current_database()")
        assert wait_until(lambda: jobs.retry_stalled() != [], seconds=10)
    # The worker that lost its lifeline may take the job once more before it ends.
    assert statuses(database) in (["todo"], ["doing"])


@pytest.mark.slow
@pytest.mark.faults
def test_a_worker_without_its_database_ends(base):
    database, start = base
    worker = start()
    # Locks are the server's: other tests' workers hold theirs in other databases.
    here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    alive = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = {jobs.WORKER_LOCKS} AND {here}"
    assert wait_until(lambda: value(database, alive) == 1, seconds=60, every=0.1)
    with database.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name LIKE 'zhigong-worker-lifeline'"
        )
    assert worker.wait(timeout=60) == 70


@pytest.mark.database_role("job")
def test_a_job_that_outlived_five_workers_is_given_up(committed_db, work):
    number = jobs.enqueue(work, key="probe:1", number=1)
    with committed_db.connect() as admin:
        for attempt in range(jobs.MAX_ATTEMPTS):
            admin.execute("UPDATE procrastinate_jobs SET status = 'doing'")
            expected = [number] if attempt < jobs.MAX_ATTEMPTS - 1 else []
            assert jobs.retry_stalled() == expected
    assert jobs.state(number).status == "failed"


@pytest.mark.database_role("job")
def test_finished_jobs_are_forgotten_after_their_time(committed_db, work):
    old, new, waiting = (jobs.enqueue(work, key=f"probe:{n}", number=n) for n in range(3))
    with committed_db.connect() as admin:
        admin.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = ANY(%s)", [[old, new]])
        admin.execute(
            "UPDATE procrastinate_events SET at = now() - interval '31 days' WHERE job_id IN (%s, %s)", [old, waiting]
        )
    assert jobs.forget_finished(days=30) == 1
    assert jobs.state(new).status == "succeeded"
    assert jobs.state(waiting).status == "todo"


def test_the_same_job_name_twice_is_a_mistake(work):
    from procrastinate.exceptions import TaskAlreadyRegistered

    with pytest.raises(TaskAlreadyRegistered):
        jobs.job("probe.work")(lambda: None)


def test_connections_of_roles_differ(committed_db):
    with committed_db.connect("job") as job, committed_db.connect("web") as web:
        job.execute("CREATE TEMP TABLE staging (a int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("CREATE TEMP TABLE staging (a int)")


@pytest.mark.database_role("job")
def test_the_nightly_cleaning_takes_what_has_expired_and_nothing_else(committed_db):
    from zhigong.conf import housekeeping

    with committed_db.connect() as admin:
        admin.execute(
            "INSERT INTO identity_session (session_key, session_data, expire_date, strong, device) "
            "VALUES ('old', '', now() - interval '1 minute', false, ''), "
            "('new', '', now() + interval '1 hour', false, '')"
        )
        housekeeping.clean_up()
        assert admin.execute("SELECT session_key FROM identity_session").fetchall() == [("new",)]
