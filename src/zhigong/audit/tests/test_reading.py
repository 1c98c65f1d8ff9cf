"""Who may read which entry: the policies against an oracle, and the mutants of the policies."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import DatabaseError

from zhigong.audit import queries
from zhigong.audit.tests.staging import CHAINS, Stage, cadre, insert, seal_all
from zhigong.kernel.db.roles import role_name
from zhigong.kernel.ids import uuid7

PERSONS = [uuid7() for _ in range(6)]


@pytest.fixture(scope="module")
def filled(stage) -> Stage:
    """Three hundred entries over all chains and six persons."""
    dice = random.Random(7)
    with stage.raw("web") as opened:
        for number in range(300):
            chain = CHAINS[number % len(CHAINS)]
            values = dict(zip(("l1", "l2", "l3", "l4"), chain, strict=True))
            subject = dice.choice([None, *PERSONS])
            insert(opened, account_id=None, subject_id=subject, reason=str(number), **values)
        opened.commit()
    return stage


def scopes() -> Iterator[tuple[dict, bool]]:
    """Scopes stratified by level, with and without the right, of members, of both, of none."""
    dice = random.Random(11)
    for chain in CHAINS[1:]:
        path = [key for key in chain if key]
        for right in ([], ["audit.read"], ["members.read"]):
            for person in (None, dice.choice(PERSONS)):
                yield {"unions": path[-1:], "ancestors": path[:-1], "person": person, "rights": right}
    for person in PERSONS:
        yield {"unions": [], "ancestors": [1, 11, 111, 1111], "person": person, "rights": []}
        yield {"unions": [], "ancestors": [], "person": person, "rights": ["audit.read"]}
    yield {"unions": [99], "ancestors": [1], "rights": ["audit.read"]}
    yield {}


def allowed(scope: dict, subject: UUID | None, chain: tuple[int, ...]) -> bool:
    """The rule in words: her own, or with the right what lies in the scope; at the top also what lies nowhere."""
    if subject is not None and subject == scope.get("person"):
        return True
    if "audit.read" not in scope.get("rights", []) or not scope.get("unions"):
        return False
    if not any(chain):
        return not scope["ancestors"]
    return any(key in scope["unions"] for key in chain)


def signed(stage: Stage) -> list[tuple[dict, str]]:
    """The scopes with their signed texts, made once."""
    if stage.database.name not in _signed:
        _signed[stage.database.name] = [(scope, stage.scope_text(**scope) if scope else "") for scope in scopes()]
    return _signed[stage.database.name]


_signed: dict[str, list[tuple[dict, str]]] = {}


def differences(stage: Stage, admin=None) -> list[tuple[dict, set, set]]:
    """Scopes for which what a role reads differs from the rule; admin: an open transaction that holds a mutant."""
    oracle = "SELECT id, subject_id, l1, l2, l3, l4 FROM audit_entry"
    everything = admin.execute(oracle).fetchall() if admin else stage.admin(oracle)
    found = []
    with stage.raw("web") as web, stage.raw("job") as job:
        for number, (scope, text) in enumerate(signed(stage)):
            role = ("web", "job")[number % 2]
            reading = admin or (web, job)[number % 2]
            if admin:
                admin.execute(f'SET LOCAL ROLE "{role_name(role)}"')
            reading.execute("SELECT set_config('zhigong.scope', %s, true)", [text])
            read = {key for (key,) in reading.execute("SELECT id FROM audit_entry").fetchall()}
            reading.execute("RESET ROLE")
            expected = {key for key, subject, *chain in everything if allowed(scope, subject, tuple(chain))}
            if read != expected:
                found.append((scope, read, expected))
    return found


def test_every_scope_reads_what_the_rule_says(filled):
    assert differences(filled) == []


MUTANTS = {
    "without about_me": "DROP POLICY about_me ON audit_entry",
    "without in_scope": "DROP POLICY in_scope ON audit_entry",
    "without outside_unions": "DROP POLICY outside_unions ON audit_entry",
    "everyone reads": "CREATE POLICY mutant ON audit_entry FOR SELECT USING (true)",
    "no row-level security": "ALTER TABLE audit_entry DISABLE ROW LEVEL SECURITY",
    "any person": "ALTER POLICY about_me ON audit_entry USING (subject_id IS NOT NULL)",
    "no right needed": "ALTER POLICY in_scope ON audit_entry USING (l1 = ANY (kernel_scope_unions())"
    " OR l2 = ANY (kernel_scope_unions()) OR l3 = ANY (kernel_scope_unions()) OR l4 = ANY (kernel_scope_unions()))",
    "the right alone": "ALTER POLICY in_scope ON audit_entry USING (kernel_scope_right('audit.read'))",
    **{
        f"without l{gone}": "ALTER POLICY in_scope ON audit_entry USING (kernel_scope_right('audit.read') AND ("
        + " OR ".join(f"l{n} = ANY (kernel_scope_unions())" for n in (1, 2, 3, 4) if n != gone)
        + "))"
        for gone in (1, 2, 3, 4)
    },
    "ancestors too": "CREATE POLICY mutant ON audit_entry FOR SELECT USING"
    " (kernel_scope_right('audit.read') AND l2 = ANY (kernel_scope_ancestors()))",
    "outside for all": "ALTER POLICY outside_unions ON audit_entry USING"
    " (l1 = 0 AND l2 = 0 AND l3 = 0 AND l4 = 0 AND kernel_scope_right('audit.read'))",
    "the top reads without the right": "ALTER POLICY outside_unions ON audit_entry USING"
    " (l1 = 0 AND l2 = 0 AND l3 = 0 AND l4 = 0 AND cardinality(kernel_scope_ancestors()) = 0)",
}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_the_comparison_notices_every_mutant_of_the_policies(filled, mutant):
    with filled.database.connect(autocommit=False) as admin:
        admin.execute(mutant)
        assert differences(filled, admin)
        admin.rollback()


def test_the_comparison_is_right_about_the_unchanged_policies_as_the_administrator_too(filled):
    with filled.database.connect(autocommit=False) as admin:
        assert differences(filled, admin) == []
        admin.rollback()


def test_a_forged_scope_is_an_error(filled):
    text = filled.scope_text(unions=[11], ancestors=[1], rights=["audit.read"])
    with filled.raw("web") as opened, pytest.raises(Exception, match="forged"):
        opened.execute("SELECT set_config('zhigong.scope', %s, true)", [text.replace("{11}", "{1}")])
        opened.execute("SELECT count(*) FROM audit_entry")


def test_the_leaf_of_an_entry_is_read_where_the_entry_is(filled, signer):
    seal_all(signer)
    with filled.raw("web") as opened:
        for _, text in signed(filled)[::3]:
            opened.execute("SELECT set_config('zhigong.scope', %s, true)", [text])
            entries = opened.execute("SELECT id FROM audit_entry").fetchall()
            leaves = opened.execute("SELECT entry_id FROM audit_leaf").fetchall()
            assert sorted(entries) == sorted(leaves)
    with filled.raw("web") as opened, pytest.raises(Exception, match="permission denied"):
        opened.execute("SELECT hash FROM audit_leaf")


def test_a_cadre_without_scope_reads_nothing(filled):
    with filled.raw("web") as opened:
        assert opened.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)
    with pytest.raises(DatabaseError), filled.acting("export"):
        queries.seal_status(cadre(level=1, seq=1))
