"""What the tests of the record stand on: connections and actors under any scope, entries and seals on demand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
from django.db import connection, transaction
from tests.bed import Database, as_role

from zhigong.audit import operations as audit
from zhigong.kernel.actor import Actor
from zhigong.kernel.ids import uuid7

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

# City 1, districts 11 and 12, streets 111… , grassroots 1111…; some unions hang directly below the district.
CHAINS = [
    (0, 0, 0, 0),
    (1, 0, 0, 0),
    *[(1, d, 0, 0) for d in (11, 12)],
    *[(1, d, d * 10 + s, 0) for d in (11, 12) for s in (1, 2)],
    *[(1, d, d * 10 + s, d * 100 + s * 10 + g) for d in (11, 12) for s in (1, 2) for g in (1, 2)],
    (1, 11, 0, 1191),
]


@dataclass(frozen=True)
class Stage:
    """Connections and actors under any scope one wishes."""

    database: Database

    def scope_text(self, *, unions=(), ancestors=(), person=None, account=None, rights=()) -> str:
        """A scope as the database itself signs it."""
        with self.database.connect(autocommit=False) as admin:
            admin.execute(
                "SELECT kernel_set_scope(%s::integer[], %s::integer[], %s, %s, %s::text[])",
                [list(unions), list(ancestors), person, account, list(rights)],
            )
            return admin.execute("SELECT current_setting('zhigong.scope')").fetchone()[0]

    def raw(self, role: str, **scope) -> psycopg.Connection:
        """An open transaction of a role; without arguments it has no scope."""
        opened = self.database.connect(role, autocommit=False)
        if scope:
            opened.execute("SELECT set_config('zhigong.scope', %s, true)", [self.scope_text(**scope)])
        return opened

    @contextmanager
    def acting(self, role: str, **scope) -> Iterator[None]:
        """Django's connection as a role, in one transaction with this scope."""
        text = self.scope_text(**scope) if scope else ""
        with as_role(role), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('zhigong.scope', %s, true)", [text])
            yield

    def admin(self, statement: str, parameters=()) -> list[tuple]:
        """What the administrator sees, past every policy."""
        with self.database.connect() as admin:
            cursor = admin.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def write(self, count: int = 1, **values) -> list[UUID]:
        """Committed entries by a fresh account, without going through the product."""
        account = uuid7()
        with self.raw("web", account=account) as open_one:
            made = [insert(open_one, account_id=account, **values) for _ in range(count)]
            open_one.commit()
        return made


def insert(opened: psycopg.Connection, **values) -> UUID:
    """One entry by plain SQL; returns its id."""
    row = {"id": uuid7(), "actor_name": "周敏", "action": "people.person.opened", "purpose": "business"} | values
    names = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    opened.execute(f"INSERT INTO audit_entry ({names}) VALUES ({places})", row)
    return row["id"]


def cadre(*, level: int, seq: int, rights=("audit.read",), account=None, person=None) -> Actor:
    return Actor(
        account_id=account or uuid7(),
        name="周敏",
        on=date(2026, 11, 22),
        duty="auditor",
        rights=frozenset(rights),
        post_id=uuid7(),
        union_id=uuid7(),
        union_name="镜湖区总工会",
        level=level,
        seq=seq,
        person_id=person,
        request_id="r-1",
    )


def member(person: UUID, *, account=None) -> Actor:
    return Actor(account_id=account or uuid7(), name="李芳", on=date(2026, 11, 22), person_id=person)


# --- seals, as the job role makes them

OFF = "SET session_replication_role = replica;"
STRAY = "INSERT INTO audit_entry (id, tx, actor_name, action, purpose) VALUES (%s, %s, 'x', 'a.b.c', 'system')"


def seal(signer, **options):
    Database(connection.settings_dict["NAME"]).wait_for_housekeeping()
    with as_role("job"):
        return audit.seal(now=NOW, signer=signer, **options)


def seal_all(signer) -> None:
    while seal(signer):
        pass


def exported(stage: Stage, signer, **bounds) -> list[bytes]:
    actor = cadre(level=1, seq=1)
    with stage.acting("job", unions=[1], account=actor.account_id, rights=["audit.read"]):
        return list(audit.export(actor, now=NOW, signer=signer, **bounds))


def empty(stage: Stage) -> None:
    """Only the administrator can do this, past the triggers."""
    stage.admin(f"{OFF} DELETE FROM audit_leaf; DELETE FROM audit_seal; DELETE FROM audit_entry")
