"""Every column of every table is classified, and guarded as its class demands; each check is shown to fail."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.privacy import catalogue, register
from zhigong.kernel.db.roles import role_name
from zhigong.lake.types import Layer

# Roles belong to the whole server: two workers must not change them at once.
pytestmark = pytest.mark.xdist_group("cluster_roles")


@pytest.fixture
def database(owner_cursor: Any) -> Iterator[Any]:
    """A cursor of the administrator; whatever a mutant does is rolled back."""
    with owner_cursor.connection.transaction(force_rollback=True):
        yield owner_cursor


@pytest.fixture
def told() -> dict[str, Any]:
    return register.read()


def problems(cursor: Any, told: dict[str, Any]) -> list[str]:
    """Everything the checks find."""
    there = catalogue.columns(cursor)
    tables = register.tables(told, there)
    return [
        *register.faults(told),
        *catalogue.unclassified(tables, there),
        *catalogue.wrongly_stored(tables, there),
        *catalogue.unguarded(cursor, tables),
        *catalogue.powers(cursor),
        *catalogue.loose_definers(cursor),
    ]


def test_every_column_is_classified_and_every_table_guarded_as_promised(database, told):
    assert problems(database, told) == []


def test_tables_about_persons_are_under_scope_or_say_why_not(database, told):
    """The reasons are few: what is read before a scope exists, and what the framework brings."""
    tables = register.tables(told, catalogue.columns(database))
    open_ones = {name for name, table in tables.items() if table.has_personal_data and table.guard != "rls"}
    assert open_ones == {
        "account_emailaddress",
        "account_emailconfirmation",
        "django_cache",
        "identity_account",
        "identity_onetimecode",
        "identity_outbox",
        "identity_session",
        "mfa_authenticator",
    }


def test_the_identity_of_a_person_is_sealed(told):
    fields = told["tables"]["people_person"]["fields"]
    assert {name for name, (kind, _) in fields.items() if kind == "sealed"} == {
        "id_cipher", "id_index", "phone_cipher", "phone_index",
    }  # fmt: skip


def test_every_layer_of_the_lake_is_told_and_sealed_as_told(told):
    assert {name: layer["sealed"] for name, layer in told["layers"].items()} == {
        layer.value: layer.sealed for layer in Layer
    }


WEB, JOB, OWNER = (f'"{role_name(role)}"' for role in ("web", "job", "owner"))
MUTANTS = {
    "row-level security not forced": ("ALTER TABLE people_person NO FORCE ROW LEVEL SECURITY", "people_person is not"),
    "row-level security off": ("ALTER TABLE people_transfer DISABLE ROW LEVEL SECURITY", "people_transfer is not"),
    "one partition open": ("ALTER TABLE audit_entry_default DISABLE ROW LEVEL SECURITY", "audit_entry_default is not"),
    "a policy for everybody": ("CREATE POLICY all_of_it ON people_person FOR SELECT USING (true)", "lets everybody"),
    "a new column": ("ALTER TABLE people_person ADD COLUMN blood_group text", "blood_group is not classified"),
    "a column gone": ("ALTER TABLE orgs_term DROP COLUMN document", "orgs_term.document is classified but"),
    "a new table": ("CREATE TABLE public.people_note (text text)", "people_note.text is not classified"),
    "sealed values as text": (
        "ALTER TABLE identity_outbox ALTER text_cipher TYPE text USING ''",
        "text_cipher is called sealed",
    ),
    "a table of another owner": (f"ALTER TABLE orgs_root OWNER TO {JOB}", "orgs_root belongs to"),
    "a view with its owner's rights": (
        f"CREATE VIEW everyone AS SELECT id FROM people_person; ALTER VIEW everyone OWNER TO {OWNER}",
        "view everyone reads",
    ),
    "a materialised view": ("CREATE MATERIALIZED VIEW copies AS SELECT id FROM people_person", "copies cannot be put"),
    "a serving role that owns": (f"CREATE SCHEMA mine AUTHORIZATION {WEB}", "web owns pg_namespace"),
    "a serving role past policies": (f"ALTER ROLE {WEB} BYPASSRLS", "web has bypassrls"),
    "a serving role as superuser": (f"ALTER ROLE {JOB} SUPERUSER", "job has superuser"),
    "a serving role in a group": (f"GRANT pg_read_all_data TO {WEB}", "web is a member of pg_read_all_data"),
    "a definer function without path": (
        "ALTER FUNCTION orgs_open_session(text, date) RESET ALL",
        "orgs_open_session(text,date) does not pin",
    ),
    "a definer function for anybody": (
        "GRANT EXECUTE ON FUNCTION people_resolve(bytea[]) TO PUBLIC",
        "people_resolve(bytea[]) may be called by anybody",
    ),
    "a definer function whose tables can be shadowed": (
        "ALTER FUNCTION orgs_open_city() SET search_path = pg_catalog, public",
        "orgs_open_city(): its caller could shadow a table",
    ),
    "a definer function of a superuser": ("ALTER FUNCTION orgs_open_city() OWNER TO CURRENT_USER", "() runs as"),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_of_the_database_is_reported(database, told, mutant):
    statement, said = MUTANTS[mutant]
    database.execute(statement)
    assert any(said in problem for problem in problems(database, told)), problems(database, told)


def test_each_mutant_of_the_register_is_reported(database, told):
    for change, said in REGISTER_MUTANTS:
        changed = copy.deepcopy(told)
        change(changed["tables"])
        assert any(said in problem for problem in problems(database, changed)), said


REGISTER_MUTANTS = [
    (lambda tables: tables.pop("people_change"), "people_change.before is not classified"),
    (lambda tables: tables["people_person"]["fields"].pop("name"), "people_person.name is not classified"),
    (lambda tables: tables["people_person"]["fields"].update(name=["secret", "?"]), "people_person.name: needs"),
    (lambda tables: tables["people_person"]["fields"].update(name=["personal", ""]), "people_person.name: needs"),
    (
        lambda tables: tables["people_person"]["fields"].update(name=["sealed", "?"]),
        "people_person.name is called sealed",
    ),
    (lambda tables: tables["people_person"]["fields"].update(id_cipher=["personal", "?"]), "id_cipher is bytea about"),
    (lambda tables: tables["people_person"].update(kept=""), "people_person: needs exactly"),
    (lambda tables: tables["people_person"].update(guard="none"), "people_person is under row-level security, but"),
    (lambda tables: tables["identity_account"].update(guard="rls"), "identity_account is not under forced"),
]


def test_force_binds_the_owner_too(committed_db):
    """Without a scope the owner's own connection, and a definer function of hers, may change no row."""
    with committed_db.connect() as admin:
        admin.execute(
            "INSERT INTO people_savedview (id, account_id, place, name, query) SELECT id, id, '', '', '' "
            "FROM gen_random_uuid() id"
        )
    with committed_db.connect("owner") as owner:
        assert owner.execute("SELECT count(*) FROM people_savedview").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("INSERT INTO people_savedview (id, account_id, place, name, query) SELECT id, id, '', '', '' "
                          "FROM gen_random_uuid() id")  # fmt: skip
        owner.execute("ALTER TABLE people_savedview NO FORCE ROW LEVEL SECURITY")
        assert owner.execute("SELECT count(*) FROM people_savedview").fetchone() == (1,)
