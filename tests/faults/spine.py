"""A city whose processes are killed, a twin that is left in peace, and everything by which the two are compared."""

from __future__ import annotations

import json
import os
import queue
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

from tests.platform.installation import PATIENCE, Installation
from zhigong.conf.processes import wait_until
from zhigong.funds.operations.reconciling import CHECKS
from zhigong.kernel.errors import Refused
from zhigong.lake import queries as lake

ROOT = Path(__file__).resolve().parents[2]
AGAIN = 8
EARLY = 0.6
"""A deed asked again has less to do: kills are drawn over the first part of its undisturbed duration."""
DIGESTS = """SELECT fact_group, md5(string_agg(person_id::text || "values"::text, '|' ORDER BY person_id))
    FROM facts_current GROUP BY 1"""
# What must never be true of one committed state. Every query sees one snapshot of PostgreSQL.
NEVER = {
    "a group of facts without its release, or with another number of rows": """
        SELECT count(*) FROM facts_release r FULL JOIN
            (SELECT fact_group, count(*) AS n FROM facts_current GROUP BY 1) c USING (fact_group)
        WHERE coalesce(r.rows, 0) <> coalesce(c.n, 0)""",
    "a batch in use without its mark in the record": """
        SELECT count(*) FROM exchange_batch b WHERE b.state = 4 AND (b.published_at IS NULL OR NOT EXISTS
            (SELECT 1 FROM audit_entry e WHERE e.action = 'exchange.batch.published' AND e.subject_id = b.id))""",
    "an award without its case, decision or payment": """
        SELECT count(*) FROM casework_award a WHERE a.fen > 0 AND NOT (
            EXISTS (SELECT 1 FROM funds_payable p WHERE p.key = a.key AND p.case_id = a.case_id)
            AND EXISTS (SELECT 1 FROM casework_decision d WHERE d.case_id = a.case_id))""",
    "a payment made twice": """
        SELECT count(*) FROM (SELECT payable_id FROM funds_transfer WHERE movement = 6 GROUP BY 1
            HAVING count(*) > 1) d""",
    "debits unlike credits": """
        SELECT count(*) FROM (SELECT budget_id FROM funds_account GROUP BY 1 HAVING sum(balance) <> 0) d""",
    "a batch whose list is not what was frozen": """
        SELECT count(*) FROM funds_batch b WHERE b.state IN (2, 3, 4) AND NOT coalesce((b.line_count, b.sum_fen) =
            (SELECT count(*), sum(l.fen)::bigint FROM funds_line l WHERE l.batch_id = b.id), false)""",
    "one person as maker and checker": "SELECT count(*) FROM funds_batch WHERE released_by IN (made_by, frozen_by)",
    **{f"books: {what}": f"SELECT count(*) FROM ({query}) d" for what, query in CHECKS.items()},
}
# What two runs of one city have in common; keys and hashes of content in the place of random ids.
PORTRAIT = {
    "batches": "SELECT source, sha256, state, delta, rows, accepted, unverified, rejected FROM exchange_batch",
    "facts": """SELECT c.fact_group, c.person_id, c."values", c.source, c.as_of, b.sha256 FROM facts_current c
        LEFT JOIN exchange_batch b ON b.id = c.batch_id""",
    "releases": "SELECT fact_group, rows, as_of FROM facts_release",
    "entitlements": """SELECT person_id, service_id, state, grade, amount_fen, holds, found_on, changed_on, recheck_on
        FROM casework_entitlement""",
    "cases": """SELECT person_id, service_id, origin, state, grade, amount_fen, content_hash, paid_on
        FROM casework_case""",
    "decisions": "SELECT person_id, ordinal, granted, grade, amount_fen, reasons FROM casework_decision",
    "events": "SELECT person_id, kind, title, text FROM casework_event",
    "notices": "SELECT person_id, service_id, kind, title, text FROM casework_notice",
    "awards": "SELECT key, person_id, ordinal, fen, total_fen FROM casework_award",
    "payables": "SELECT key, person_id, service_id, amount_fen, offset_fen, state, problem FROM funds_payable",
    "claims": "SELECT to_jsonb(c) - 'id' - 'case_id' - 'budget_id' - 'requested_by' FROM funds_claim c",
    "payouts": """SELECT b.key, b.state, b.line_count, b.sum_fen, p.key, l.fen, l.state, l.problem FROM funds_batch b
        JOIN funds_line l ON l.batch_id = b.id JOIN funds_payable p ON p.id = l.payable_id""",
    "answers": """SELECT b.key, paid, rejected, unknown, paid_fen FROM funds_answer
        JOIN funds_batch b ON b.id = batch_id""",
    "accounts": """SELECT b.service_id, b.year, a.purse, a.balance FROM funds_account a
        JOIN funds_budget b ON b.id = a.budget_id""",
    "record": """SELECT action, count(*), sum(count) FROM audit_entry WHERE action IN ('exchange.batch.received',
        'exchange.batch.published', 'exchange.batch.held', 'exchange.batch.accepted', 'facts.group.published',
        'casework.award.granted', 'casework.service.screened', 'funds.payment.requested', 'funds.batch.drafted',
        'funds.batch.frozen', 'funds.batch.released', 'funds.return.posted', 'funds.payment.retried') GROUP BY 1""",
}
# A deed that was reported as done is there: one row whose count must be positive.
DONE = {
    "ingested": "SELECT count(*) FROM exchange_batch WHERE id = '{batch}' AND state IN (4, 8, 9) AND rows = {rows}",
    "asked": "SELECT count(*) FROM funds_payable WHERE key = '{key}'",
    "registered": "SELECT count(*) FROM funds_payee WHERE person_id = '{person}' AND current",
    "drafted": "SELECT count(*) FROM funds_line WHERE batch_id = '{batch}'",
    "frozen": "SELECT count(*) FROM funds_batch WHERE id = '{batch}' AND hash = '{hash}'",
    "released": "SELECT count(*) FROM funds_batch WHERE id = '{batch}' AND state IN (3, 4)",
    "posted": "SELECT count(*) FROM funds_answer WHERE batch_id = '{batch}' AND sha256 = '{sha256}'",
    "sealed": "SELECT 1 + count(*) FROM audit_seal",
}


@dataclass
class Attempt:
    """One deed in a process of its own."""

    pid: int
    told: Path
    status: int | None = None

    def sayings(self) -> list[dict[str, Any]]:
        """What it has said so far; a line it was killed in is none."""
        text = self.told.read_text(encoding="utf-8") if self.told.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def said(self) -> set[str]:
        """The kinds of what it has said."""
        return {one["what"] for one in self.sayings()}


class City:
    """One home: its hands, its database, and what has been promised there."""

    def __init__(self, home: Path) -> None:
        self.there = Installation(home, 0)
        self.there.environment |= {"PYTHONPATH": str(ROOT), "ZHIGONG_ROLE": "job", "OMP_NUM_THREADS": "1"}
        if sys.dont_write_bytecode:
            # Else each home compiles and copies everything for itself.
            self.there.environment.setdefault("PYTHONPYCACHEPREFIX", str(Path(os.environ["ZHIGONG_HOME"]) / "cache"))
        self.promised: list[dict[str, Any]] = []
        self.took: list[float] = []
        self._count = 0
        self._hands: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    @contextmanager
    def at_work(self) -> Iterator[City]:
        """Database and hands are there inside the block."""
        log = (self.there.home.parent / f"{self.there.home.name}.log").open("a")
        self._hands = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hands"], env=self.there.environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        listener = threading.Thread(target=self._hear, args=[self._hands.stdout], daemon=True)
        listener.start()
        try:
            assert self._line() == "ready", Path(log.name).read_text()
            yield self
        finally:
            self._hands.stdin.close()
            self._hands.wait(timeout=PATIENCE)
            listener.join()
            log.close()

    def _line(self, seconds: float = PATIENCE) -> str | None:
        """The next line of the hands, None when there is none in time."""
        with suppress(queue.Empty):
            return self._lines.get(timeout=seconds)
        return None

    def _hear(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._lines.put(line.strip())
        self._lines.put("gone")

    def begin(self, deed: str, broken: str = "", **args: Any) -> Attempt:
        """Start a deed and return at once."""
        self._count += 1
        told = self.there.home.parent / f"{self.there.home.name}-{self._count}.told"
        order = {"deed": deed, "args": args, "told": str(told), "broken": broken}
        self._hands.stdin.write(json.dumps(order) + "\n")
        return Attempt(pid=int(self._line()), told=told)

    def wait(self, attempt: Attempt, seconds: float) -> bool:
        """Whether it ended in time; what it said is then promised."""
        line = self._line(seconds)
        if line is None:
            return False
        attempt.status = int(line)
        self.promised += [one for one in attempt.sayings() if one["what"] in DONE or one["what"] == "filed"]
        return True

    def do(self, deed: str, broken: str = "", **args: Any) -> float:
        """A deed asked for until it is done; the seconds of the last time."""
        for _ in range(AGAIN):
            began = time.monotonic()
            attempt = self.begin(deed, broken, **args)
            assert self.wait(attempt, PATIENCE), f"{deed} hangs"
            if attempt.status == 0:
                return time.monotonic() - began
            self.recover()
        raise AssertionError(f"{deed} {args}: {attempt.sayings()[-1:]}")

    def recover(self) -> None:
        """Wait until the database answers again."""
        assert wait_until(self.reachable, seconds=PATIENCE, every=0.05), "the database does not come back"

    def reachable(self) -> bool:
        try:
            return self.there.ask("SELECT 1") == 1
        except (psycopg.Error, OSError, ValueError):
            return False

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        told = self.there.address()
        with psycopg.connect(host=told["host"], user=told["user"], dbname=told["name"]) as connection:
            yield connection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connected() as connection:
            return connection.execute(query).fetchall()

    def broken_promises(self) -> list[dict[str, Any]]:
        """What was reported done and is not there."""
        asked = [one for one in self.promised if one["what"] in DONE]
        with self.connected() as connection:
            return [one for one in asked if not connection.execute(DONE[one["what"]].format(**one)).fetchone()[0]]

    def digests(self) -> dict[str, str]:
        """The facts in PostgreSQL, one digest a group."""
        return dict(self.rows(DIGESTS))

    def portrait(self) -> dict[str, Any]:
        """All by which two runs are compared."""
        out = self.there.home.parent / f"{self.there.home.name}-portrait.json"
        self.do("look", out=str(out))
        seen = json.loads(out.read_text(encoding="utf-8"))
        seen["links"] = _renamed(seen["links"])
        for name, query in PORTRAIT.items():
            seen[name] = sorted(
                json.dumps(row, default=str, ensure_ascii=False, sort_keys=True) for row in self.rows(query)
            )
        return seen

    def scratch(self) -> list[str]:
        """What killed writers left in the lake."""
        return [str(path) for path in (self.there.home / "lake").glob(".*/*")]


def _renamed(links: dict[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
    """Pseudonyms of strangers, which each home makes with a key of its own, by the order in which they appear."""
    names: dict[str, str] = {}
    for key in sorted(links):
        for row in links[key]:
            if row[1] and not row[2]:
                row[1] = names.setdefault(row[1], f"stranger {len(names)}")
    return links


def copied(source: City, home: Path) -> City:
    """The same city, person for person, in a home of its own."""
    shutil.copytree(source.there.home, home, symlinks=True, ignore=shutil.ignore_patterns(".s.PGSQL*"))
    for path in (source.there.home / "postgres").rglob("*"):
        if path.name.startswith(".s.PGSQL"):
            continue
        there, stat = home / path.relative_to(source.there.home), path.stat()
        shutil.chown(there, stat.st_uid, stat.st_gid)
        there.chmod(stat.st_mode & 0o7777)
    shutil.chown(home / "postgres", (source.there.home / "postgres").stat().st_uid)
    return City(home)


class Watcher(threading.Thread):
    """Somebody who looks all the time, while others work and die."""

    def __init__(self, city: City, known: Mapping[str, set[str]]) -> None:
        super().__init__(daemon=True)
        self.city, self.known = city, known
        self.found: Counter[str] = Counter()
        self.looks = 0
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.02):
            try:
                self._watch()
            except (psycopg.Error, OSError, ValueError):
                continue  # the database is just coming back

    def _watch(self) -> None:
        told = self.city.there.address()
        with psycopg.connect(host=told["host"], user=told["user"], dbname=told["name"], autocommit=True) as connection:
            while not self._over.wait(0.05):
                self.look(connection)
                self.looks += 1

    def look(self, connection: psycopg.Connection[Any]) -> None:
        """One look at everything."""
        for what, query in NEVER.items():
            if connection.execute(query).fetchone()[0]:
                self.found[what] += 1
        for group, digest in connection.execute(DIGESTS).fetchall():
            if digest not in self.known.get(group, set()):
                self.found[f"facts of {group} that are neither before nor after"] += 1
        for name in ("facts", "marts"):
            try:
                lake.snapshot(self.city.there.home / "lake", name=name)
            except Refused:
                self.found[f"a snapshot of {name} that can't be read"] += 1

    def __enter__(self) -> Watcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join(timeout=30)


@dataclass
class Nemesis:
    """Kills with -9 at random moments, and keeps count: (stage, victim)."""

    city: City
    chance: random.Random
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[Any] = field(default_factory=list)

    def disturb(self, stage: str, deed: str, *, seconds: float, kills: int, **args: Any) -> None:
        """A deed of which `kills` tries at most are cut off within its usual duration; in the end it is done."""
        for _ in range(kills):
            attempt = self.city.begin(deed, **args)
            if self.city.wait(attempt, self.chance.uniform(0.02, max(0.1, EARLY * seconds))):
                if attempt.status == 0:
                    return
                self.city.recover()
                continue
            self._kill(stage, attempt)
        self.city.do(deed, **args)

    def _kill(self, stage: str, attempt: Attempt) -> None:
        victim = self.chance.choices(("process", "database", "process+database", "guard+database"), (14, 4, 1, 1))[0]
        pids = self._pids(victim, attempt)
        for pid in pids:
            if psutil.pid_exists(pid):
                psutil.Process(pid).kill()
        self.kills[stage, victim] += 1
        assert self.city.wait(attempt, PATIENCE), f"{stage} hangs after {victim}"
        if victim != "process":
            # Without its guard nobody brings the database back before the next one asks for it.
            if "guard" in victim:
                self.city.do("seal")
            self.city.recover()
        self.broken += self.city.broken_promises()

    def _pids(self, victim: str, attempt: Attempt) -> list[int]:
        database = self.city.there.database_pid()
        pids = [attempt.pid] if "process" in victim else []
        if "guard" in victim and database and psutil.pid_exists(database):
            pids.append(psutil.Process(database).ppid())
        return pids + ([database] if "database" in victim and database else [])
