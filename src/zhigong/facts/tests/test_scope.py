"""Facts follow the person: every scope against an owner-side oracle, and the mutants that show the check can fail."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.scope.oracle import World, played, random_scopes, read_world
from tests.scope.population import populate

pytestmark = pytest.mark.slow
SCOPES = 210
NEW = """INSERT INTO facts_declared (id, person_id, name, value, declared_on, by_self, key, standing)
    VALUES (gen_random_uuid(), %s, 'homes_owned', '1', '2026-01-01', true, 'k', 1)"""
TABLES = ("facts_current", "facts_declared")


@pytest.fixture(scope="module")
def city(bed: Any, worker_id: str) -> Iterator[tuple[psycopg.Connection[Any], World]]:
    database = bed.clone(f"facts_{worker_id}")
    with database.connect() as admin:
        populate(admin, districts=2, streets=2, grassroots=2)
        admin.execute("ANALYZE")
        yield admin, read_world(admin)
    database.drop()


def seen(admin: psycopg.Connection[Any], table: str) -> set[str]:
    return {row[0] for row in admin.execute(f"SELECT DISTINCT person_id::text FROM {table}").fetchall()}


def may_write(admin: psycopg.Connection[Any], person: str) -> bool:
    try:
        with admin.transaction(force_rollback=True):
            admin.execute(NEW, [person])
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def differences(admin: psycopg.Connection[Any], world: World, scope: frozenset[int], chance: random.Random) -> list:
    """Where reading or declaring differs from what the persons' own chains say."""
    persons = world.tables["people_person"]
    wanted = {person for person, chain in persons.items() if not scope.isdisjoint(chain)}
    picked = [chance.choice(sorted(side)) for side in (wanted, set(persons) - wanted) if side]
    with played(admin, scope):
        found = [table for table in TABLES if seen(admin, table) != wanted]
        found += [f"declare for {one}" for one in picked if may_write(admin, one) is not (one in wanted)]
    return found


def test_no_scope_differs_from_the_oracle(city):
    admin, world = city
    chance = random.Random(3)
    scopes = random_scopes(world, SCOPES, seed=20261122)
    assert [(sorted(scope), found) for scope in scopes if (found := differences(admin, world, scope, chance))] == []


def test_a_member_sees_her_own_facts_and_may_declare_for_herself_alone(city):
    admin, world = city
    mine, other = sorted(world.tables["people_person"])[:2]
    with admin.transaction(force_rollback=True):
        admin.execute("SELECT kernel_set_scope('{}', '{}', %s::uuid, NULL, '{}')", [mine])
        admin.execute(f'SET LOCAL ROLE "{web()}"')
        assert [seen(admin, table) for table in TABLES] == [{mine}, {mine}]
        assert (may_write(admin, mine), may_write(admin, other)) == (True, False)
        admin.execute("RESET ROLE")


def web() -> str:
    from zhigong.kernel.db.roles import role_name

    return role_name("web")


def test_facts_move_with_a_transferred_person(city):
    admin, world = city
    person, chain = next((p, c) for p, c in world.tables["people_person"].items() if c[3])
    target = next(u for u, c in world.unions.items() if c[3] and c[1] != chain[1])
    with admin.transaction(force_rollback=True):
        admin.execute("UPDATE people_person SET union_id = %s WHERE id = %s", [target, person])
        for union, there in ((chain[3], False), (world.unions[target][3], True)):
            with played(admin, frozenset({union})):
                assert [person in seen(admin, table) for table in TABLES] == [there, there]


REFUSED = {
    "publish as web": "UPDATE facts_current SET source = 'x'",
    "insert facts as web": "INSERT INTO facts_current SELECT 'x', person_id, values, source, as_of FROM facts_current",
    "delete facts as web": "DELETE FROM facts_current",
    "rewrite what was said": "UPDATE facts_declared SET value = '1'",
    "take back what was said": "DELETE FROM facts_declared",
    "forget what was published": "DELETE FROM facts_release",
}


@pytest.mark.parametrize("act", REFUSED)
def test_the_web_role_may_not(city, act):
    admin, world = city
    root = next(chain[0] for chain in world.unions.values())
    with played(admin, frozenset({root})), pytest.raises(psycopg.errors.InsufficientPrivilege), admin.transaction():
        admin.execute(REFUSED[act])


MUTANTS = {
    "security off": "ALTER TABLE facts_current DISABLE ROW LEVEL SECURITY",
    "everybody reads": "ALTER POLICY of_person ON facts_current USING (true)",
    "nobody reads": "ALTER POLICY of_person ON facts_declared USING (false)",
    "policy gone": "DROP POLICY of_person ON facts_declared",
    "a second policy": "CREATE POLICY extra ON facts_declared FOR SELECT USING (by_self)",
    "declaring checked by nobody": "CREATE POLICY anyone ON facts_declared FOR INSERT WITH CHECK (true)",
    "any person will do": "ALTER POLICY of_person ON facts_current USING (EXISTS (SELECT 1 FROM people_person))",
    "every scope is the whole city": "CREATE OR REPLACE FUNCTION facts_whole_city() RETURNS boolean LANGUAGE sql "
    "STABLE AS $$ SELECT true $$",
    "some root is enough, even without a scope": "CREATE OR REPLACE FUNCTION facts_whole_city() RETURNS boolean "
    "LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT 1 FROM orgs_root) $$",
    "persons themselves leak": "ALTER POLICY in_scope ON people_person USING (true)",
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_is_caught(city, mutant):
    admin, world = city
    chance = random.Random(1)
    with admin.transaction(force_rollback=True):
        admin.execute(MUTANTS[mutant])
        assert any(differences(admin, world, scope, chance) for scope in random_scopes(world, 60, seed=7))
