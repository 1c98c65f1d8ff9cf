"""Identity and phone numbers never lie in the clear: persons through every door, then a search through what is kept."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.bed import Bed, Database, as_role
from tests.support.cast import MEMBER, assemble, id_number
from tests.support.workbooks import member, write_roster
from zhigong.audit.types import Purpose
from zhigong.exchange import operations as exchange
from zhigong.exchange import queries as exchange_queries
from zhigong.identity import operations as identity
from zhigong.identity.sessions import SessionStore
from zhigong.kernel.actor import ScopeOpener
from zhigong.kernel.clock import now, today
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs
from zhigong.people import operations as people

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clear_text")]

REGISTERED = (id_number(204), "13800001234")
COURIER = "13900005678"
IMPORTED = tuple(id_number(serial) for serial in (611, 612, 613, 614))
CALLED = tuple(f"139{serial:08d}" for serial in (611, 612, 613, 614))
DAMAGED = id_number(615)[:-1] + "#"
SIGNED_WITH = "13712348765"
ASKED_FOR, TYPED_IN = "13698761234", "13598761234"
SECRETS = (*REGISTERED, COURIER, *IMPORTED, *CALLED, DAMAGED[:17], SIGNED_WITH)


def shapes(secret: str) -> Iterator[str]:
    """A secret as text, as PostgreSQL and JSON show bytes, and as base64 at any of its three offsets."""
    raw = secret.encode()
    yield from (secret, raw.hex(), secret[::-1])
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw).decode()
        yield coded[4 if offset else 0 : len(coded) - len(coded) % 4 - 4]


def told(admin: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
    """Every table's rows as a dump would write them, and what the sessions' signed content says when decoded."""
    tables = admin.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm') ORDER BY 1"
    ).fetchall()
    for (table,) in tables:
        with admin.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
            yield table, b"".join(bytes(block) for block in copy).decode()
    for (content,) in admin.execute("SELECT session_data FROM identity_session").fetchall():
        yield "identity_session, decoded", repr(SessionStore().decode(content))


def leaks(admin: psycopg.Connection[Any], numbers: tuple[str, ...]) -> set[str]:
    """Tables in which a secret is found, in whatever shape."""
    wanted = [shape for number in numbers for shape in shapes(number)]
    return {table for table, text in told(admin) if any(shape in text for shape in wanted)}


@dataclass(frozen=True)
class Kept:
    """What the scenario left: the database, and what the page of the first batch says."""

    database: Database
    notes: str


@pytest.fixture(scope="module")
def kept(bed: Bed, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """The scenario, once, in a database of its own; Django stays connected to it as the web role."""
    database = bed.clone(f"k_{secrets.token_hex(4)}")
    with django_db_blocker.unblock(), database.lent_to_django():
        with as_role("job"):
            notes = play(tmp_path_factory.mktemp("rosters"))
        for phone in (REGISTERED[1], ASKED_FOR):
            identity.request_phone_code(phone=phone, address="192.0.2.7", now=now())
        yield Kept(database=database, notes=notes)
    database.drop()


def play(folder: Path) -> str:
    """One registered, four imported twice, one damaged, one nameless, fields opened; what the batch's page says."""
    cast = assemble()
    scope = partial(orgs.city_scope, on=today())
    bring(folder, scope)
    with scope() as by:
        opened = people.open_fields(
            by=by, person_id=cast.persons[MEMBER], fields=("id_number", "phone"), purpose=Purpose.CHECKING, now=now()
        )
        assert tuple(opened.values()) == REGISTERED
        with pytest.raises(Refused):
            people.register(
                by=by, union_id=cast.city.unions["d1s1g2"], name=MEMBER, id_type="111", id_number=REGISTERED[0],
                phone=REGISTERED[1], employer_name="", on=today(),
            )  # fmt: skip
        return repr(exchange_queries.batch_by_number(by, 1))


def bring(folder: Path, scope: ScopeOpener) -> None:
    """Two rosters of the same people, the second with other employers and phones."""
    people_in = zip((611, 612, 613, 614), "伟芳娜敏", IMPORTED, strict=True)
    rows = [member(serial, f"张{name}", number) for serial, name, number in people_in]
    damaged = [member(615, "李静", DAMAGED), member(616, "", IMPORTED[0], 移动电话=CALLED[1])]
    changed = [row | {"工作单位": "清河机械二厂", "移动电话": CALLED[place - 1]} for place, row in enumerate(rows)]
    for number, sheet in enumerate(([*rows, *damaged], [*changed, *damaged])):
        file = sign(write_roster(folder / f"roster-{number}.xlsx", sheet))
        exchange.ingest(
            scope=scope, source="roster", file=file, as_of=today(), at_ms=1_790_000_000_000, union_code="990101010001"
        )


def sign(file: Path) -> Path:
    """Add the signature line that such sheets end with, a phone number in it."""
    from openpyxl import load_workbook

    book = load_workbook(file)
    book.worksheets[0].append([f"填表人：王芳　联系电话：{SIGNED_WITH}"])
    book.save(file)
    return file


def test_no_table_shows_a_number_that_came_in(kept):
    with kept.database.connect() as admin:
        assert admin.execute("SELECT count(*) FROM people_person").fetchone() == (6,)
        assert admin.execute("SELECT count(*) FROM people_change").fetchone()[0] >= 4
        assert admin.execute("SELECT count(*) FROM identity_onetimecode").fetchone() == (2,)
        assert leaks(admin, (*SECRETS, ASKED_FOR)) == set()
    assert not any(secret in kept.notes for secret in SECRETS)


MUTANTS = {
    "plain bytes in the sealed column": (
        "UPDATE people_person SET id_cipher = %(raw)s WHERE id_index IS NOT NULL",
        {"people_person"},
    ),
    "the number in a job's arguments": (
        "INSERT INTO procrastinate_jobs (task_name, queue_name, args) "
        "VALUES ('x', 'x', jsonb_build_object('who', %(text)s::text))",
        {"procrastinate_jobs"},
    ),
    "base64 in a batch": (
        "UPDATE exchange_batch SET error = "
        "jsonb_build_object('x', encode(convert_to('身份证' || %(text)s, 'UTF8'), 'base64'))",
        {"exchange_batch"},
    ),
    "the number in an entry": (
        "INSERT INTO audit_entry (id, actor_name, action, purpose, reason) "
        "VALUES (gen_random_uuid(), 'x', 'a.b.c', 'system', %(text)s)",
        {"audit_entry"},
    ),
}


def test_each_leak_is_found(kept):
    """The search can fail: each of these would be seen."""
    values = {"text": IMPORTED[2], "raw": IMPORTED[2].encode()}
    with kept.database.connect() as admin:
        for mutant, (statement, where) in MUTANTS.items():
            with admin.transaction(force_rollback=True):
                admin.execute(statement, values)
                found = {table.rsplit("_2", 1)[0] for table in leaks(admin, SECRETS)}
                assert found == where, mutant


def contents(file: Path) -> bytes:
    """A file's bytes; b"" when another worker has just removed it."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def test_the_lake_is_encrypted_and_the_logs_are_silent(kept):
    """Compressed rows hide a number even where they are not encrypted: so the files' own marks are looked at."""
    home = Path(os.environ["ZHIGONG_HOME"])
    layers = [kept.database.lake / name for name in ("raw", "conformed", "entities")]
    for layer in layers:
        assert list(layer.rglob("*.parquet")), f"nothing in {layer.name}: the check would prove nothing"
        for file in layer.rglob("*.parquet"):
            assert contents(file)[-4:] in {b"PARE", b""}, file  # PAR1 would be readable by anybody
    for file in layers[0].rglob("original.bin"):
        assert contents(file)[:8] in {b"ZGSEAL1\n", b""}, file
    files = [file for file in home.rglob("*") if file.is_file() and home / "postgres" not in file.parents]
    wanted = [shape.encode() for secret in (*SECRETS, ASKED_FOR) for shape in shapes(secret)]
    assert [file for file in files if any(shape in contents(file) for shape in wanted)] == []


def test_a_phone_that_asked_for_a_code_is_not_in_the_session(kept, client):
    assert client.post("/signin/phone/", {"phone": TYPED_IN}).status_code == 302
    with kept.database.connect() as admin:
        assert admin.execute("SELECT count(*) FROM identity_session").fetchone() == (1,)
        assert leaks(admin, (TYPED_IN,)) == set()
