"""The oracle: what a scope covers, told from chains alone, and the differences between that and what the database
does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from tests.scope.population import FOLLOWING, ROWS
from zhigong.kernel.db.roles import role_name

Chain = tuple[int, int, int, int]


@dataclass(frozen=True)
class World:
    """Every row of every scoped table with its chain, read by the administrator; unions: id by chain.

    following: rows of tables without levels, each with the key of the scoped row it follows.
    """

    tables: dict[str, dict[str, Chain]]
    keys: dict[str, str]
    unions: dict[str, Chain]
    spare: dict[str, str]
    following: dict[str, dict[str, str]]

    def ancestors(self, scope: frozenset[int]) -> set[int]:
        """Short keys of the unions above those of the scope: their names may be read, nothing else."""
        chains = [[key for key in chain if key] for chain in self.unions.values()]
        return {key for chain in chains if chain[-1] in scope for key in chain[:-1]}

    def readable(self, table: str, scope: frozenset[int]) -> set[str]:
        """Primary keys of the rows that may be read: those in scope, and the unions above."""
        if table in self.following:
            parents = self.covered(FOLLOWING[table][0], scope)
            return {key for key, parent in self.following[table].items() if parent in parents}
        above = self.ancestors(scope) if table == "orgs_union" else set()
        return self.covered(table, scope) | {
            key for key, chain in self.unions.items() if [n for n in chain if n][-1] in above
        }

    def covered(self, table: str, scope: frozenset[int]) -> set[str]:
        """Primary keys of the rows in scope."""
        return {key for key, chain in self.tables[table].items() if not scope.isdisjoint(chain)}


def scoped_tables(admin: psycopg.Connection[Any]) -> list[str]:
    """Tables that carry the level columns under row-level security, found in the catalogue and not in a list of
    ours."""
    rows = admin.execute(
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND 4 = (
               SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('l1', 'l2', 'l3', 'l4'))
           ORDER BY 1"""
    ).fetchall()
    return [name for (name,) in rows if name != "audit_entry"]  # append-only, with rules and tests of its own in audit


def read_world(admin: psycopg.Connection[Any]) -> World:
    """Read all rows past every policy."""
    tables, keys = {}, {}
    for table in scoped_tables(admin):
        key = admin.execute(
            """SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum =
                i.indkey[0]
               WHERE i.indrelid = %s::regclass AND i.indisprimary""",
            [table],
        ).fetchone()[0]
        rows = admin.execute(f"SELECT {key}::text, l1, l2, l3, l4 FROM {table}").fetchall()
        tables[table], keys[table] = {row[0]: tuple(row[1:]) for row in rows}, key
    spare = {
        "e": next(iter(tables["orgs_employer"])),
        "c": admin.execute(
            "SELECT id::text FROM casework_case WHERE id NOT IN (SELECT case_id FROM casework_rating) LIMIT 1"
        ).fetchone()[0],
        "t": next(iter(tables["casework_step"])),
        "b": next(iter(tables["casework_publicity"])),
        "h": next(iter(tables["people_household"])),
        "p": admin.execute(
            "SELECT id::text FROM people_person WHERE id NOT IN (SELECT person_id FROM people_householdperson) LIMIT 1"
        ).fetchone()[0],
    }
    following = {table: dict(admin.execute(keys_of).fetchall()) for table, (_, keys_of, _) in FOLLOWING.items()}
    return World(tables=tables, keys=keys, unions=tables["orgs_union"], spare=spare, following=following)


def random_scopes(world: World, count: int, seed: int) -> Iterator[frozenset[int]]:
    """Scopes stratified by level: none, one post of each level in turn, then two or three posts anywhere."""
    chance = random.Random(seed)
    by_level: dict[int, list[int]] = {1: [], 2: [], 3: [], 4: []}
    for chain in world.unions.values():
        level = max(n for n in range(4) if chain[n]) + 1
        by_level[level].append(chain[level - 1])
    everything = [key for keys in by_level.values() for key in keys]
    for number in range(count):
        kind = number % 7
        if kind == 0:
            yield frozenset(chance.sample(everything, chance.choice((2, 2, 3))))
        elif kind == 1:
            yield frozenset() if number % 21 == 1 else frozenset({max(everything) + chance.randint(1, 9)})
        else:
            yield frozenset({chance.choice(by_level[(2, 3, 4, 1, 3)[kind - 2]])})


@contextmanager
def played(
    admin: psycopg.Connection[Any], scope: frozenset[int], *, above: frozenset[int] = frozenset(), role: str = "web"
) -> Iterator[None]:
    """The role with this scope, inside a savepoint that is always rolled back."""
    with admin.transaction(force_rollback=True):
        admin.execute("SELECT kernel_set_scope(%s, %s, NULL, NULL, '{}')", [sorted(scope), sorted(above)])
        admin.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_name(role))))
        yield
        admin.execute("RESET ROLE")


@dataclass(frozen=True)
class Attempt:
    """A write and whether it should touch exactly the rows expected (None: one row, whichever)."""

    what: str
    statement: str
    allowed: bool


# Runs as whoever calls it, so policies apply; every attempt is undone. -1: refused; otherwise the rows touched.
TRY_ALL = """
CREATE OR REPLACE FUNCTION try_all(statements text[]) RETURNS integer[] LANGUAGE plpgsql AS $f$
DECLARE
    answers integer[] := '{}';
    statement text;
    touched integer;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        touched := -1;
        BEGIN
            EXECUTE statement;
            GET DIAGNOSTICS touched = ROW_COUNT;
            RAISE EXCEPTION SQLSTATE 'ZG001';
        EXCEPTION
            WHEN SQLSTATE 'ZG001' THEN NULL;
            WHEN unique_violation OR exclusion_violation THEN touched := 1; -- past the policies
            WHEN insufficient_privilege OR foreign_key_violation THEN touched := -1;
        END;
        answers := answers || touched;
    END LOOP;
    RETURN answers;
END $f$
"""


def differences(
    admin: psycopg.Connection[Any], world: World, scope: frozenset[int], chance: random.Random
) -> list[str]:
    """Where reading, updating, inserting or moving differs from the oracle; empty when all is well."""
    attempts = [attempt for table in world.tables for attempt in _attempts(world, scope, table, chance)]
    with played(admin, scope, above=frozenset(world.ancestors(scope))):
        found = _reading(admin, world, scope)
        answers = admin.execute("SELECT try_all(%s)", [[attempt.statement for attempt in attempts]]).fetchone()[0]
    for attempt, touched in zip(attempts, answers, strict=True):
        wanted = (
            len(world.covered(attempt.what.removeprefix("update "), scope)) if attempt.what.startswith("update ") else 1
        )
        good = touched == wanted if attempt.allowed else touched < 1
        found += [] if good else [attempt.what]
    return found


def _reading(admin: psycopg.Connection[Any], world: World, scope: frozenset[int]) -> list[str]:
    parts = [
        f"SELECT '{table}', coalesce(array_agg({world.keys[table]}::text), '{{}}') FROM {table}"
        for table in world.tables
    ]
    parts += [
        f"SELECT '{table}', coalesce(array_agg(k.key), '{{}}') FROM ({keys_of}) k(key, parent)"
        for table, (_, keys_of, _) in FOLLOWING.items()
    ]
    seen = dict(admin.execute(" UNION ALL ".join(parts)).fetchall())
    return [f"read {table}" for table in seen if set(seen[table]) != world.readable(table, scope)]


def _pick(world: World, scope: frozenset[int], chance: random.Random, *, inside: bool) -> str | None:
    fitting = [union for union, chain in world.unions.items() if scope.isdisjoint(chain) is not inside]
    return chance.choice(fitting) if fitting else None


def _attempts(world: World, scope: frozenset[int], table: str, chance: random.Random) -> Iterator[Attempt]:
    """One update of everything; then inserts and moves inside, outside, and with a chain that is not the union's."""
    column = "name" if table == "orgs_union" else "union_id"
    yield Attempt(f"update {table}", f"UPDATE {table} SET {column} = {column}", allowed=True)
    if table == "orgs_union":
        yield from _union_attempts(world, scope)
    elif table != "people_tally":  # its key is the union itself: nothing to insert twice or to move
        inside, outside = (_pick(world, scope, chance, inside=side) for side in (True, False))
        row = chance.choice(sorted(world.covered(table, scope)) or [""])
        for union, allowed, side in ((inside, True, "inside"), (outside, False, "outside")):
            if union:
                yield Attempt(f"insert {table} {side}", _insert(world, table, union, world.unions[union]), allowed)
            if union and row:
                move = f"UPDATE {table} SET union_id = '{union}' WHERE {world.keys[table]}::text = '{row}'"
                yield Attempt(f"move {table} {side}", move, allowed)
        if inside and outside:
            yield Attempt(
                f"insert {table} with a forged chain",
                _insert(world, table, outside, world.unions[inside]),
                allowed=False,
            )


def _union_attempts(world: World, scope: frozenset[int]) -> Iterator[Attempt]:
    below = [
        u for u, chain in world.unions.items() if chain[3] and chain[3] not in scope and not scope.isdisjoint(chain)
    ]
    if below:
        away = f"UPDATE orgs_union SET l1 = 999999, l2 = 999998, l3 = 999997 WHERE id = '{below[0]}'"
        yield Attempt("move orgs_union outside", away, allowed=False)


def _insert(world: World, table: str, union: str, chain: Chain) -> str:
    """A row of this table for this union claiming this chain. Foreign keys look past policies, so any other row will
    do."""
    columns = ", ".join(f"{key}::integer AS l{n}" for n, key in enumerate(chain, 1))
    body = ROWS[table].replace("2020-", "2030-")  # other dates than the rows that are there
    others = "".join(f" CROSS JOIN (SELECT '{key}'::uuid AS id) {alias}" for alias, key in world.spare.items())
    return (
        f"INSERT INTO {table} {body} FROM (SELECT '{union}'::uuid AS id, {max(chain)} AS seq, 'x'::text AS name, "
        "NULL::uuid AS parent_id, "
        f"4::smallint AS level, 1::smallint AS kind, {columns}) u CROSS JOIN (SELECT 77 AS n) n {others}"
    )
