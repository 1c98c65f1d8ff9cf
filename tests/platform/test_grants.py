"""Who owns and may touch what: decided for every table, held by the database, none by accident."""

from __future__ import annotations

import pytest

from zhigong.conf import grants
from zhigong.kernel.db.roles import role_name

ROLES = ("web", "job", "export", "auditor")


@pytest.fixture
def tables(owner_cursor):
    owner_cursor.execute(
        "SELECT relname, relowner::regrole::text, relrowsecurity, relforcerowsecurity, relispartition FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    return {name: rest for name, *rest in owner_cursor.fetchall()}


def test_the_owner_role_owns_every_table_and_function(owner_cursor, tables):
    owner = role_name("owner")
    assert {name for name, (holder, *_) in tables.items() if holder.strip('"') != owner} == set()
    owner_cursor.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace "
        "AND p.proowner <> %s::regrole "
        "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
        [owner],
    )
    assert owner_cursor.fetchall() == []


def test_serving_roles_cannot_bypass_policies_or_make_anything(owner_cursor):
    for role in ROLES:
        owner_cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole, "
            "has_schema_privilege(rolname, 'public', 'CREATE'), "
            "has_database_privilege(rolname, current_database(), 'CREATE') "
            "FROM pg_roles WHERE rolname = %s",
            [role_name(role)],
        )
        assert owner_cursor.fetchone() == (False, False, False)
        owner_cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", [role_name(role)])
        assert owner_cursor.fetchone() == (0,)


def test_nobody_else_may_connect_or_touch(owner_cursor):
    owner_cursor.execute(
        "SELECT c.relname FROM pg_class c, LATERAL aclexplode(c.relacl) a "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v', 'm') AND a.grantee = 0"
    )
    assert owner_cursor.fetchall() == []
    owner_cursor.execute(
        "SELECT count(*) FROM pg_database d, LATERAL aclexplode(d.datacl) a "
        "WHERE d.datname = current_database() AND a.grantee = 0"
    )
    assert owner_cursor.fetchone() == (0,)


def privileges(cursor, table: str, role: str) -> set[str]:
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    cursor.execute(
        "SELECT " + ", ".join(f"has_table_privilege(%s, %s, '{kind}')" for kind in kinds), [role_name(role), table] * 7
    )
    return {kind for kind, has in zip(kinds, cursor.fetchone(), strict=True) if has}


def test_framework_tables_are_granted_exactly_as_decided(owner_cursor, tables):
    for table, decided in grants.TABLES.items():
        assert table in tables, f"{table} is granted but does not exist"
        for role in ROLES:
            wanted = {word.strip() for word in decided.get(role, "").split(",")} - {""}
            assert privileges(owner_cursor, table, role) == wanted, (table, role)


def test_every_table_is_decided_upon(owner_cursor, tables):
    """Granted by grants.py, by its own migration, or to nobody on purpose."""
    closed = grants.UNUSED | grants.CLOSED
    for table, (*_, is_partition) in tables.items():
        someone = any(privileges(owner_cursor, table, role) for role in ROLES)
        if table in closed:
            assert not someone, f"{table} should be closed"
        elif not is_partition:
            assert someone, f"{table} is granted to nobody: grant it in its migration, or close it in grants.py"


def test_no_serving_role_may_truncate_or_alter(owner_cursor, tables):
    for table in tables:
        for role in ROLES:
            assert not privileges(owner_cursor, table, role) & {"TRUNCATE", "REFERENCES", "TRIGGER"}


def test_policies_are_forced_wherever_they_are_enabled(tables):
    assert {name for name, (_, enabled, forced, _) in tables.items() if enabled and not forced} == set()


def test_definer_functions_pin_their_search_path(owner_cursor):
    owner_cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
        "AND NOT EXISTS (SELECT 1 FROM unnest(proconfig) s WHERE s LIKE 'search_path=%')"
    )
    assert owner_cursor.fetchall() == []


def test_grants_can_be_made_again_and_take_back(committed_db):
    """Repeatable; and what was granted by hand beside the list is taken back."""
    with committed_db.connect("owner") as owner:
        owner.execute(f'GRANT DELETE ON procrastinate_jobs TO "{role_name("web")}"')
        found = owner.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchall()
        names = {name for (name,) in found}
        for _ in range(2):
            for statement in grants.statements(names, names):
                owner.execute(statement)
        with owner.cursor() as cursor:
            assert privileges(cursor, "procrastinate_jobs", "web") == {"SELECT", "INSERT"}
