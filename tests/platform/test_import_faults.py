"""kill -9 during imports: whatever dies, and whenever, no row is lost and none is doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from functools import partial

import pytest

from tests.platform.installation import ZHIGONG, Installation
from zhigong.conf.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.xdist_group("commands")]
TODAY = date(2026, 11, 22)
MEMBERS = 2000
# What an import leaves in the base; equal for equal files, however often it was cut off.
TRACES = {
    "persons": "SELECT count(*) FROM people_person",
    "identities": "SELECT count(DISTINCT id_index) FROM people_person",
    "active": "SELECT count(*) FROM people_person WHERE membership_status = 1",
    "memberships": "SELECT count(*) FROM people_membership",
    "tallies": "SELECT coalesce(sum(members), 0) FROM people_tally",
    "published": "SELECT count(*) FROM audit_entry WHERE action = 'exchange.batch.published'",
    "batches": "SELECT count(*) FROM exchange_batch WHERE state = 4",
    "counts": "SELECT (rows, accepted, unverified, rejected, created)::text FROM exchange_batch "
    "WHERE source = 'roster' AND state = 4",
}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    from zhigong.generator import operations as generator

    return generator.generate(out=tmp_path_factory.mktemp("city"), members=MEMBERS, seed=3)


def bring_in(city, *sources: str) -> None:
    """Files through the whole way in this process, as the command line would."""
    from zhigong.exchange import operations as exchange
    from zhigong.orgs import operations as orgs

    for source in sources:
        exchange.ingest(
            scope=partial(orgs.city_scope, on=TODAY),
            source=source,
            file=city.paths[source],
            as_of=TODAY,
            at_ms=1_790_000_000_000,
        )


def traces(ask) -> dict[str, object]:
    return {name: ask(query) for name, query in TRACES.items()}


def ask_database(database, query: str):
    with database.connect() as admin:
        row = admin.execute(query).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def undisturbed(bed, city, django_db_blocker):
    """The traces of the same three files brought in without any fault."""
    from tests.bed import as_role

    database = bed.clone("undisturbed")
    with django_db_blocker.unblock(), as_role("job"), database.lent_to_django():
        bring_in(city, "unions", "enterprises", "roster")
        found = traces(partial(ask_database, database))
    database.drop()
    assert found["persons"] > MEMBERS / 2
    assert found["tallies"] == found["active"]
    return found


class Uploads:
    """A data officer at her desk: uploads, then asks to import; workers do it, and are killed."""

    def __init__(self, database, city) -> None:
        from zhigong.identity import operations as identity
        from zhigong.kernel.clock import now
        from zhigong.orgs import operations as orgs
        from zhigong.orgs import queries
        from zhigong.orgs.types import Duty

        self.database, self.city = database, city
        with orgs.city_scope(on=TODAY) as system:
            self.account = identity.create_account(by=system, username="officer", name="顾晓宁", now=now())
            union = queries.own_union(system).id
            orgs.appoint(
                by=system,
                union_id=union,
                holder="顾晓宁",
                duty=Duty.DATA_OFFICER,
                starts_on=TODAY,
                account_id=self.account,
            )

    def acting(self):
        from zhigong.orgs import operations as orgs

        return orgs.acting_as(account_id=self.account, post_id=None, on=TODAY)

    def upload(self):
        from zhigong.exchange import operations as exchange

        file = self.city.paths["roster"]
        with self.acting() as officer:
            return exchange.upload(by=officer, source="roster", file=file, file_name=file.name, as_of=TODAY)[0]

    def ask_publish(self, batch) -> None:
        from zhigong.exchange import operations as exchange

        with self.acting() as officer:
            exchange.ask_publish(by=officer, batch_id=batch)

    def state(self, batch) -> int:
        return ask_database(self.database, f"SELECT state FROM exchange_batch WHERE id = '{batch}'")

    def work(self, until: int, batch, *, kills: int) -> None:
        """Workers one after another; the first ones are killed at a random moment of the job."""
        doing = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND queue_name = 'exchange'"
        for attempt in range(kills + 1):
            worker = subprocess.Popen(
                [sys.executable, "-m", "zhigong.conf.worker"],
                env=self.database.environment(ZHIGONG_ROLE="job"),
                stderr=subprocess.DEVNULL,
            )
            try:
                if attempt < kills:
                    assert wait_until(
                        lambda: ask_database(self.database, doing) > 0 or self.state(batch) == until, seconds=90
                    )
                    time.sleep(random.uniform(0, 1.5) if attempt else 0)  # the first surely in its midst
                else:
                    assert wait_until(lambda: self.state(batch) == until, seconds=180, every=0.2)
            finally:
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait()


@pytest.mark.database_role("job")
def test_workers_killed_while_they_import(committed_db, city, undisturbed):
    bring_in(city, "unions", "enterprises")
    desk = Uploads(committed_db, city)
    batch = desk.upload()
    desk.work(2, batch, kills=2)
    desk.ask_publish(batch)
    desk.work(4, batch, kills=3)
    attempts = "SELECT min(attempts) FROM procrastinate_jobs WHERE queue_name = 'exchange'"
    assert ask_database(committed_db, attempts) >= 2, "each job was cut off at least once"
    assert traces(partial(ask_database, committed_db)) == undisturbed


def test_commands_and_databases_killed_while_they_import(tmp_path, city, undisturbed):
    """With fsync on, on a server of its own: the command killed, then the database under it, then left in peace."""
    there = Installation(tmp_path / "home", 0)
    for source in ("unions", "enterprises"):
        assert there.run("ingest", source, str(city.paths[source]), "--as-of", str(TODAY)).returncode == 0
    command = [str(ZHIGONG), "ingest", "roster", str(city.paths["roster"]), "--as-of", str(TODAY), "--json"]
    for victim in ("command", "database", "command", "database"):
        running = subprocess.Popen(
            command, env=there.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        wait_until(lambda: there.database_pid() > 0, seconds=60)
        time.sleep(random.uniform(1, 4))
        target = running.pid if victim == "command" else there.database_pid()
        if target and running.poll() is None:
            os.kill(target, signal.SIGKILL)
        output, _ = running.communicate(timeout=120)
        if victim == "database" and running.returncode:
            assert json.loads(output)["refused"]["what"]
    told = there.run("ingest", "roster", str(city.paths["roster"]), "--as-of", str(TODAY), "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    with there.held():
        assert traces(there.ask) == undisturbed
