"""Two thousand random scopes against the oracle, and the mutants that show the check can fail."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.scope.oracle import TRY_ALL, Chain, World, differences, played, random_scopes, read_world, scoped_tables
from tests.scope.population import FOLLOWING, ROWS, populate
from zhigong.kernel.db.roles import role_name
from zhigong.kernel.db.scoped import IN_SCOPE, in_scope

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


def without(column: str, *, of_several: bool = False) -> str:
    """The policy's condition with a level forgotten: for one post, or for several at a time."""
    one, several = f"WHEN {column} THEN", f"{column}, " if column != "l4" else ", l4"
    forgotten = IN_SCOPE.replace(several, "") if of_several else IN_SCOPE.replace(one, "WHEN NULL THEN")
    assert forgotten != IN_SCOPE
    return forgotten


def altered(table: str, condition: str) -> str:
    """The statement that gives a table this condition for reading and writing."""
    return f"ALTER POLICY in_scope ON {table} USING ({condition}) WITH CHECK ({condition})"


ON_PERSON = "ALTER POLICY in_scope ON people_person USING ({using}) WITH CHECK ({check})"
READS_ALL = ON_PERSON.format(using="true", check=IN_SCOPE)
MUTANTS = {
    "row-level security switched off": "ALTER TABLE people_person DISABLE ROW LEVEL SECURITY",
    "policy lets everybody read": READS_ALL,
    "policy lets everybody write": ON_PERSON.format(using=IN_SCOPE, check="true"),
    "district column forgotten": altered("people_person", without("l2")),
    "street column forgotten": altered("people_person", without("l3")),
    "grassroots column forgotten": altered("people_person", without("l4")),
    "district column forgotten for several posts": altered("people_person", without("l2", of_several=True)),
    "grassroots column forgotten for several posts": altered("people_person", without("l4", of_several=True)),
    "a second, permissive policy": "CREATE POLICY extra ON orgs_employer FOR SELECT USING (unionised = false)",
    "no scope means everything": """CREATE OR REPLACE FUNCTION kernel_scope_key() RETURNS integer LANGUAGE sql STABLE AS
        $$ SELECT CASE WHEN coalesce(kernel_scope_part(1), '{}') = '{}' THEN (SELECT min(seq) FROM orgs_root)
            ELSE (kernel_scope_part(1)::integer[])[1] END $$""",
    "only the first post counts": """CREATE OR REPLACE FUNCTION kernel_scope_key() RETURNS integer LANGUAGE sql
        STABLE AS $$ SELECT (kernel_scope_part(1)::integer[])[1] $$""",
    "several posts are none": """CREATE OR REPLACE FUNCTION kernel_scope_key() RETURNS integer LANGUAGE sql STABLE AS
        $$ SELECT CASE WHEN cardinality(kernel_scope_part(1)::integer[]) = 1
            THEN (kernel_scope_part(1)::integer[])[1] END $$""",
    "several posts are everything": altered(
        "people_person", IN_SCOPE.replace("WHEN -1 THEN", "WHEN -1 THEN 1 WHEN -2 THEN")
    ),
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
        using=without("l2"), check=IN_SCOPE
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


def leavings(admin: psycopg.Connection[Any], chain: Chain, scope: set[int]) -> int:
    """How many of the transfers that leave a union of this chain, for one outside its district, a scope sees."""
    _, district, street, grassroots = chain
    with admin.transaction(force_rollback=True):
        admin.execute("UPDATE people_transfer SET (from_l1, from_l2, from_l3, from_l4) = (0, 0, 0, 0)")
        admin.execute(
            """UPDATE people_transfer SET (from_l2, from_l3, from_l4) = (%(a)s, %(b)s, %(c)s)
               WHERE id = (SELECT id FROM people_transfer WHERE l2 NOT IN (0, %(a)s) LIMIT 1)""",
            {"a": district, "b": street, "c": grassroots},
        )
        with played(admin, frozenset(scope)):
            found = admin.execute("SELECT count(*) FROM people_transfer WHERE from_l4 <> 0").fetchone()
    return found[0] if found else 0


@pytest.mark.parametrize("forgotten", [None, "from_l2", "from_l3", "from_l4"])
def test_each_level_of_the_sending_side_sees_what_leaves_it(city, forgotten):
    admin, world = city
    chain = next(chain for chain in world.unions.values() if all(chain))
    with admin.transaction(force_rollback=True):
        if forgotten:
            condition = in_scope("from_l").replace(f"WHEN {forgotten} THEN", "WHEN NULL THEN")
            admin.execute(f"ALTER POLICY leaving ON people_transfer USING ({condition})")
        unseen = {f"from_l{level}" for level in (2, 3, 4) if not leavings(admin, chain, {chain[level - 1]})}
        assert unseen == ({forgotten} if forgotten else set())
        assert leavings(admin, chain, {chain[2], max(world.ancestors(frozenset(chain))) + 10**6}) == 1


# What policies and guards ask of the scope; each must refuse a text that the owner did not sign.
READERS = (
    "kernel_scope_key()",
    "kernel_scope_unions()",
    "kernel_scope_ancestors()",
    "kernel_scope_person()",
    "kernel_scope_account()",
    "kernel_scope_right('audit.read')",
)


def test_every_reader_of_the_scope_is_tried(city):
    admin, _ = city
    names = admin.execute(
        "SELECT proname FROM pg_proc WHERE proname LIKE 'kernel\\_scope\\_%' AND proname <> 'kernel_scope_part'"
    ).fetchall()
    assert {name for (name,) in names} == {reader.split("(")[0] for reader in READERS}


def accepted(admin: psycopg.Connection[Any], question: str, *, signed: str = "", text: str = "") -> bool:
    """Whether the web role gets an answer under a scope made by this statement, or under this very text."""
    with admin.transaction(force_rollback=True):
        admin.execute(signed or "SELECT set_config('zhigong.scope', %(text)s, true)", {"text": text})
        admin.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_name("web"))))
        try:
            admin.execute(f"SELECT {question}")
        except psycopg.errors.InsufficientPrivilege as refused:
            assert "forged" in str(refused) or "expired" in str(refused)
            return False
        return True


def forgeries(admin: psycopg.Connection[Any]) -> list[str]:
    """Texts the owner did not sign, made from one it did."""
    with admin.transaction(force_rollback=True):
        admin.execute("SELECT kernel_set_scope('{1}', '{}', NULL, NULL, '{}')")
        token = admin.execute("SELECT current_setting('zhigong.scope')").fetchone()[0]
    last = "0" if token[-1] != "0" else "1"
    return [token.replace("{1}", "{2}", 1), token[:-1] + last, "x", "{1}|{}||{}|9999999999|" + "0" * 64]


@pytest.mark.parametrize("reader", [*READERS, "count(*) FROM orgs_employer"])
def test_a_forged_or_expired_scope_is_an_error_for_every_reader(city, reader):
    admin, _ = city
    good = "SELECT kernel_set_scope('{1}', '{}', NULL, NULL, '{}', '1 second')"
    assert accepted(admin, reader, signed=good)
    assert not any(accepted(admin, reader, text=text) for text in forgeries(admin))
    assert not accepted(admin, reader, signed=good.replace("1 second", "-1 second"))


UNVERIFIED = {
    "the key taken as it stands": """CREATE OR REPLACE FUNCTION kernel_scope_key() RETURNS integer LANGUAGE sql STABLE
        AS $$ SELECT (split_part(current_setting('zhigong.scope'), '|', 1)::integer[])[1] $$""",
    "the signature compared with itself": """CREATE OR REPLACE FUNCTION kernel_scope_part(part integer) RETURNS text
        LANGUAGE sql STABLE AS $$ SELECT split_part(current_setting('zhigong.scope'), '|', part) $$""",
}


@pytest.mark.parametrize("mutant", UNVERIFIED)
def test_a_reader_that_does_not_verify_is_caught(city, mutant):
    admin, _ = city
    with admin.transaction(force_rollback=True):
        texts = forgeries(admin)
        admin.execute(UNVERIFIED[mutant])
        assert accepted(admin, "count(*) FROM orgs_employer", text=texts[0])


def test_a_scope_changed_in_the_midst_of_a_statement_shows_nothing_more(city):
    """A question is asked once a statement, so what a row's expression sets comes too late for those asked before; one
    asked later (who the reader is, at the first row out of scope) refuses the whole statement. Which of the two it is,
    rests with the order of the rows."""
    admin, world = city
    for union in {chain[1] for chain in world.unions.values() if chain[1]}:
        scope = frozenset({union})
        try:
            with played(admin, scope):
                found = admin.execute(
                    "SELECT id::text, set_config('zhigong.scope', '{1}|{}||{}|9999999999|' || repeat('0', 64), true) "
                    "FROM people_person"
                ).fetchall()
        except psycopg.errors.InsufficientPrivilege as refused:
            assert "the scope is forged" in str(refused)
        else:
            assert {row[0] for row in found} == world.covered("people_person", scope)


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


@pytest.mark.parametrize("key", [0, -1])
def test_no_union_has_a_key_that_stands_for_others(city, key):
    """0 marks a level left out, -1 a scope of several: a scope made of either would reach rows of other districts."""
    admin, world = city
    union = next(union for union, chain in world.unions.items() if chain[3])
    with pytest.raises(psycopg.errors.CheckViolation, match="orgs_union_seq"), admin.transaction():
        admin.execute(
            """INSERT INTO orgs_union SELECT (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid(),
                   'code', 'k', 'seq', %(key)s, 'l4', %(key)s))).* FROM orgs_union u WHERE id = %(union)s""",
            {"key": key, "union": union},
        )
