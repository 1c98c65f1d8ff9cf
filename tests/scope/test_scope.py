"""Two thousand random scopes against the oracle, and the mutants that show the check can fail."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.scope.oracle import TRY_ALL, World, differences, played, random_scopes, read_world, scoped_tables
from tests.scope.population import FOLLOWING, ROWS, populate
from zhigong.kernel.db.scoped import IN_SCOPE

pytestmark = pytest.mark.slow
SCOPES, PARTS = 2_100, 6


@pytest.fixture(scope="module")
def city(bed: Any, worker_id: str) -> Iterator[tuple[psycopg.Connection[Any], World]]:
    database = bed.clone(f"scope_{worker_id}")
    with database.connect() as admin:
        populate(admin)
        admin.execute(TRY_ALL)
        admin.execute("ANALYZE")
        yield admin, read_world(admin)
    database.drop()


def test_every_scoped_table_is_tried(city):
    admin, world = city
    assert set(scoped_tables(admin)) == set(ROWS) | {"orgs_union"}
    assert all(world.tables[table] for table in world.tables)
    assert all(world.following[table] for table in FOLLOWING)


# table under row-level security -> where it is tried instead
ELSEWHERE = {
    "audit_entry": "audit/tests",
    "audit_leaf": "audit/tests",
    "casework_request": "keys of acts, seen by the account that used them: casework/tests",
    "people_savedview": "views of lists, seen by the account that keeps them: people/tests",
}


def test_no_protected_table_is_forgotten(city):
    admin, world = city
    found = admin.execute(
        """SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relispartition
           AND relnamespace = 'public'::regnamespace"""
    ).fetchall()
    assert {name for (name,) in found} - world.tables.keys() - FOLLOWING.keys() == ELSEWHERE.keys()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_scope_differs_from_the_oracle(city, part):
    admin, world = city
    chance = random.Random(part)
    wrong = []
    for number, scope in enumerate(random_scopes(world, SCOPES, seed=20261122)):
        if number % PARTS == part:
            wrong += [(sorted(scope), what) for what in differences(admin, world, scope, chance)]
    assert wrong == []


ON_PERSON = "ALTER POLICY in_scope ON people_person USING ({using}) WITH CHECK ({check})"
READS_ALL = ON_PERSON.format(using="true", check=IN_SCOPE)
MUTANTS = {
    "row-level security switched off": "ALTER TABLE people_person DISABLE ROW LEVEL SECURITY",
    "policy lets everybody read": READS_ALL,
    "policy lets everybody write": ON_PERSON.format(using=IN_SCOPE, check="true"),
    "district column forgotten": ON_PERSON.format(
        using=IN_SCOPE.replace("l2 =", "l1 ="), check=IN_SCOPE.replace("l2 =", "l1 =")
    ),
    "street column forgotten": ON_PERSON.format(
        using=IN_SCOPE.replace("l3 =", "l1 ="), check=IN_SCOPE.replace("l3 =", "l1 =")
    ),
    "grassroots column forgotten": ON_PERSON.format(
        using=IN_SCOPE.replace("l4 =", "l1 ="), check=IN_SCOPE.replace("l4 =", "l1 =")
    ),
    "a second, permissive policy": "CREATE POLICY extra ON orgs_employer FOR SELECT USING (unionised = false)",
    "no scope means everything": """CREATE OR REPLACE FUNCTION kernel_scope_unions() RETURNS integer[] LANGUAGE sql
        STABLE AS
        $$ SELECT CASE WHEN coalesce(kernel_scope_part(1), '{}') = '{}' THEN (SELECT array_agg(seq) FROM orgs_root)
            ELSE kernel_scope_part(1)::integer[] END $$""",
    "only the first post counts": """CREATE OR REPLACE FUNCTION kernel_scope_unions() RETURNS integer[] LANGUAGE sql
        STABLE AS
        $$ SELECT (kernel_scope_part(1)::integer[])[1:1] $$""",
    "chain no longer tied to the union": "ALTER TABLE people_membership DROP CONSTRAINT people_membership_chain",
    "chain not filled when a row moves": "DROP TRIGGER chain_of_moved ON orgs_post",
    "policy missing on one table": "DROP POLICY in_scope ON orgs_term",
    "insert checked by nobody": "CREATE POLICY anyone ON exchange_batch FOR INSERT WITH CHECK (true)",
    "names of ancestors open for writing": "CREATE POLICY above_write ON orgs_union FOR UPDATE "
    "USING (l1 = ANY (ARRAY(SELECT seq FROM orgs_root)))",
    "cases readable by everybody": "ALTER POLICY in_scope ON casework_case USING (true)",
    "steps of cases writable by everybody": f"ALTER POLICY in_scope ON casework_step USING ({IN_SCOPE}) "
    "WITH CHECK (true)",
    "entitlements unprotected": "ALTER TABLE casework_entitlement DISABLE ROW LEVEL SECURITY",
    "decisions of other districts": ON_PERSON.replace("people_person", "casework_decision").format(
        using=IN_SCOPE.replace("l2 =", "l1 ="), check=IN_SCOPE
    ),
    "payables readable by everybody": "ALTER POLICY in_scope ON funds_payable USING (true)",
    "chain of a payable no longer tied": "ALTER TABLE funds_payable DROP CONSTRAINT funds_payable_chain",
    "facts of everybody": "CREATE POLICY anyone ON facts_current FOR SELECT USING (true)",
    "what people said, unprotected": "ALTER TABLE facts_declared DISABLE ROW LEVEL SECURITY",
    "accounts of everybody": "CREATE POLICY anyone ON funds_payee FOR SELECT USING (true)",
    "lines of every batch": "ALTER POLICY with_batch ON funds_line USING (true)",
    "purses nobody sees": "DROP POLICY with_budget ON funds_account",
    "sending side of a transfer sees too much": "ALTER POLICY leaving ON people_transfer USING (from_l1 > 0)",
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_is_caught(city, mutant):
    admin, world = city
    chance = random.Random(1)
    with admin.transaction(force_rollback=True):
        admin.execute(MUTANTS[mutant])
        caught = (differences(admin, world, scope, chance) for scope in random_scopes(world, 140, seed=7))
        assert any(caught)


def test_a_forged_or_expired_scope_is_an_error(city):
    admin, _ = city
    with played(admin, frozenset({1})):
        token = admin.execute("SELECT current_setting('zhigong.scope')").fetchone()[0]
        forged = token.replace("{1}", "{2}", 1)
        for bad in (forged, token[:-1] + ("0" if token[-1] != "0" else "1"), "x", "{1}|{}||{}|9999999999|" + "0" * 64):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="forged"), admin.transaction():
                admin.execute("SELECT set_config('zhigong.scope', %s, true)", [bad])
                admin.execute("SELECT count(*) FROM people_person")
    with admin.transaction(force_rollback=True):
        admin.execute("SELECT kernel_set_scope('{1}', '{}', NULL, NULL, '{}', '-1 second')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="expired"):
            admin.execute("SELECT kernel_scope_unions()")


def test_the_scope_ends_with_its_transaction_and_without_one_nothing_is_seen(city):
    admin, _ = city
    with played(admin, frozenset({1})):
        pass
    with admin.transaction(force_rollback=True):
        assert admin.execute("SELECT nullif(current_setting('zhigong.scope', true), '')").fetchone()[0] is None


def test_the_web_role_cannot_choose_or_sign_a_scope(city):
    admin, _ = city
    for call in (
        "SELECT kernel_set_scope('{1}', '{}', NULL, NULL, '{}')",
        "SELECT kernel_sign('{1}')",
        "SELECT * FROM kernel_secret",
        "SELECT orgs_open_city()",
        "SELECT * FROM orgs_open_account(gen_random_uuid(), NULL, '2026-01-01')",
        "SELECT * FROM people_resolve(ARRAY['\\x00'::bytea])",
    ):
        with played(admin, frozenset()), pytest.raises(psycopg.errors.InsufficientPrivilege), admin.transaction():
            admin.execute(call)
