"""What conftest.py stands on: the session's server, its template database, and clones of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from zhigong.conf import bootstrap
from zhigong.conf.database import address, admin_parameters, role_parameters, role_password
from zhigong.conf.locks import FileLock
from zhigong.conf.postgres import Hold, embedded
from zhigong.conf.processes import environment, wait_until
from zhigong.kernel.db.roles import ROLES, role_name

# Durability is proved by tests/platform on servers of their own; here it only costs time.
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "1GB", "shared_buffers": "128MB"}
# The real limits would turn a busy machine into a failed test.
PATIENT = {"statement_timeout": "60s", "lock_timeout": "20s", "idle_in_transaction_session_timeout": "300s"}

_role = "web"


# Who has a transaction and no user: the server's own processes.
_HOUSEKEEPING = """
    SELECT EXISTS (SELECT 1 FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid
                   WHERE k.locktype = 'transactionid' AND k.mode = 'ExclusiveLock' AND k.granted
                       AND a.datname = current_database() AND a.usesysid IS NULL)
"""


@dataclass(frozen=True)
class Database:
    """One database of the session's server."""

    name: str

    def connect(self, role: str | None = None, *, autocommit: bool = True) -> psycopg.Connection[Any]:
        """A connection of one of our roles, or of the administrator."""
        parameters = role_parameters(role, name=self.name) if role else admin_parameters(name=self.name)
        return psycopg.connect(**parameters, autocommit=autocommit)

    def wait_for_housekeeping(self) -> None:
        """Until the server gathers no statistics here: it does so in a transaction, which holds back seals."""
        with self.connect() as admin:
            wait_until(lambda: admin.execute(_HOUSEKEEPING).fetchone() == (False,), seconds=30)

    def environment(self, **more: str) -> dict[str, str]:
        """Environment variables for a child process that shall work on this database."""
        return environment(ZHIGONG_DATABASE=self.name, ZHIGONG_LAKE=str(self.lake), **more)

    @property
    def lake(self) -> Path:
        """The lake that goes with it: two databases of one session must not share theirs."""
        return Path(os.environ["ZHIGONG_HOME"]) / "lakes" / self.name

    def serve_django(self) -> None:
        """Point Django's default connection here."""
        from django.db import connection

        where = address()
        os.environ["ZHIGONG_LAKE"] = str(self.lake)
        connection.close()
        connection.settings_dict |= {
            "NAME": self.name,
            "HOST": where["host"],
            "PORT": where["port"],
            "USER": role_name(_role),
            "PASSWORD": role_password(_role),
        }

    @contextmanager
    def lent_to_django(self) -> Iterator[None]:
        """Point Django here for a while."""
        from django.db import connection

        before, lake = dict(connection.settings_dict), os.environ.get("ZHIGONG_LAKE")
        self.serve_django()
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict |= before
            _restore("ZHIGONG_LAKE", lake)

    def drop(self) -> None:
        """Drop it, whoever is still connected."""
        from django.db import connection

        if connection.settings_dict["NAME"] == self.name:
            connection.close()
        with psycopg.connect(**admin_parameters(name=_maintenance()), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))


class Bed:
    """This process's part in the session's server."""

    def __init__(self) -> None:
        self._hold = Hold(UNSAFE_BUT_FAST) if embedded() else None
        self.template = f"{address()['name']}_template"

    def open(self) -> None:
        """Start the server and migrate the template, unless another worker has."""
        if self._hold:
            self._hold.acquire()
        home = Path(os.environ["ZHIGONG_HOME"])
        with FileLock(home / "template.lock"):
            if not (home / "template.made").exists():
                self._make_template()
                (home / "template.made").touch()

    def close(self) -> None:
        """Let go of the server."""
        if self._hold:
            self._hold.release()

    def _make_template(self) -> None:
        kept = os.environ.get("ZHIGONG_DATABASE")
        os.environ["ZHIGONG_DATABASE"] = self.template
        try:
            bootstrap.prepare()
        finally:
            _restore("ZHIGONG_DATABASE", kept)
        with psycopg.connect(**admin_parameters(name=_maintenance()), autocommit=True) as admin:
            for role in ("web", "job"):
                for name, value in PATIENT.items():
                    text = "ALTER ROLE {} SET {} = {}"
                    admin.execute(
                        sql.SQL(text).format(sql.Identifier(role_name(role)), sql.Identifier(name), sql.Literal(value))
                    )

    def database(self, suffix: str) -> Database:
        """The clone of that name."""
        return Database(f"{address()['name']}_{suffix}")

    def clone(self, suffix: str) -> Database:
        """A new database with the template's tables and grants."""
        database = self.database(suffix)
        database.drop()
        clone_template(self.template, database.name)
        return database


def clone_template(template: str, name: str) -> None:
    """CREATE DATABASE … TEMPLATE copies what is inside, but not who may connect nor the mark that all is up to date."""
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    with psycopg.connect(**admin_parameters(name=_maintenance()), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(1)")  # two clones at once would each see the other on the template
        admin.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy").format(**names))
        for statement in bootstrap.close_the_door(name):
            admin.execute(statement)
        mark = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [template]
        ).fetchone()
        admin.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(names["name"], sql.Literal(mark and mark[0])))


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """Django's default connection belongs to another role for a while, wherever it leads."""
    global _role  # one test runs at a time in a process
    from django.db import connection

    before, _role = (_role, dict(connection.settings_dict)), role
    connection.close()
    connection.settings_dict |= {"USER": role_name(role), "PASSWORD": role_password(role)}
    try:
        yield
    finally:
        connection.close()
        _role = before[0]
        connection.settings_dict |= {"USER": role_name(_role), "PASSWORD": role_password(_role)}


@contextmanager
def undo_by_cloning(database: Database) -> Iterator[None]:
    """Tests with real transactions end by cloning the database anew: the web role may not truncate tables."""
    from django.db import connection
    from django.test import TransactionTestCase

    original = TransactionTestCase._fixture_teardown

    def renew(_case: object) -> None:
        connection.close()
        database.drop()
        clone_template(f"{address()['name']}_template", database.name)

    TransactionTestCase._fixture_teardown = renew
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = original


def end_session() -> None:
    """Drop what the session made on a server that is not its own; stop its own server if a worker left it running."""
    if embedded():
        return
    with psycopg.connect(**admin_parameters(name=_maintenance()), autocommit=True) as admin:
        made = admin.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [address()["name"]]
        ).fetchall()
        for (name,) in made:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        for role in ROLES:
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role_name(role))))


def _maintenance() -> str:
    return "postgres"


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
