"""Exports of a real record: sound when untouched, and what was done to the tables shows; months that were taken out."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bed import as_role

from zhigong.audit import operations as audit
from zhigong.audit.tests.staging import NOW, OFF, STRAY, cadre, empty, exported, insert, seal, seal_all
from zhigong.audit.verifier import canonical, leaf_hash, parse, read_witness, verify
from zhigong.kernel.errors import NotAllowed
from zhigong.kernel.ids import uuid7

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
names = st.lists(st.from_regex(r"[a-z_.]{1,9}", fullmatch=True), max_size=4)


@pytest.fixture
def desk(stage):
    """The administrator's transaction, never committed."""
    with stage.database.connect(autocommit=False) as opened:
        yield opened
        opened.rollback()


@given(name=texts, reason=texts, union=texts, fields=names)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_and_the_verifier_write_the_same_bytes(desk, name, reason, union, fields):
    """The leaf is hashed by one and checked by the other."""
    detail = '{"b": [1, "x"], "a": -7, "long_key": null, "t": true}'
    entry = insert(desk, actor_name=name, reason=reason, union_name=union, fields=fields, detail=detail)
    ((written, hashed),) = desk.execute(
        "SELECT audit_canonical(e), sha256('\\x00'::bytea || convert_to(audit_canonical(e), 'UTF8'))"
        " FROM audit_entry e WHERE id = %s",
        [entry],
    ).fetchall()
    row = parse(b'{"kind":"pending","row":' + written.encode() + b"}\n")["row"]
    assert canonical(row) == written.encode()
    assert leaf_hash(row) == bytes(hashed)
    assert (row["actor_name"], row["fields"]) == (name, fields)


def test_an_export_is_sound_and_says_what_it_holds(stage, signer, tmp_path):
    stage.write(4)
    seal_all(signer)
    stage.write(2)
    audit.publish(directory=tmp_path)
    lines = exported(stage, signer)
    witness = read_witness(tmp_path.glob("*.txt"))
    report = verify(lines, trusted=[signer.public_key.hex()], witness=witness)
    ((entries,),) = stage.admin("SELECT count(*) FROM audit_leaf")
    ((seals,),) = stage.admin("SELECT count(*) FROM audit_seal")
    assert report.sound, report.problems
    assert (report.entries, report.seals, report.pending) == (entries, seals, 3)  # the export itself is the third
    assert report.last_root == witness[max(witness)]


@pytest.mark.parametrize("at_a_time", [1, 5, 1000])
def test_the_export_is_the_same_in_small_steps(stage, signer, monkeypatch, at_a_time):
    for size in (3, 1, 4):
        stage.write(size)
        seal(signer)
    monkeypatch.setattr("zhigong.audit.operations.exporting._ENTRIES_AT_A_TIME", at_a_time)
    report = verify(exported(stage, signer))
    assert report.sound, report.problems
    assert stage.admin("SELECT count(*), sum(count) FROM audit_seal") == [(report.seals, report.entries)]


def test_a_part_of_the_seals_can_be_exported(stage, signer):
    for _ in range(3):
        stage.write(2)
        seal(signer)
    report = verify(exported(stage, signer, first=2, last=2))
    assert report.sound, report.problems
    assert (report.first, report.last, report.seals) == (2, 2, 1)


def test_what_the_administrator_does_to_the_tables_shows_in_the_export(stage, signer):
    """The whole way: rows edited, deleted and slipped in below the seal, in the database itself."""
    edited, deleted, _ = stage.write(3)
    seal_all(signer)
    ((place,),) = stage.admin("SELECT position FROM audit_leaf WHERE entry_id = %s", [edited])
    slipped = uuid7()
    stage.admin(f"{OFF} UPDATE audit_entry SET purpose = 'self' WHERE id = '{edited}'")
    stage.admin(f"{OFF} DELETE FROM audit_entry WHERE id = '{deleted}'")
    stage.admin(STRAY, [slipped, 9])
    problems = verify(exported(stage, signer)).problems
    found = {(problem.code, problem.entry) for problem in problems}
    assert found == {("edited", str(edited)), ("missing", None), ("excess", str(slipped))}
    assert [problem.position for problem in problems] == [place, place + 1, None]
    empty(stage)


def test_only_the_top_exports_everything(stage, signer):
    for scope in ({"unions": [20], "ancestors": [1], "rights": ["audit.read"]}, {"unions": [1]}, {}):
        actor = cadre(level=1, seq=1)
        with pytest.raises(DatabaseError, match="at the top"), stage.acting("job", account=actor.account_id, **scope):
            list(audit.export(actor, now=NOW, signer=signer))
    with pytest.raises(NotAllowed):
        audit.export(cadre(level=1, seq=1, rights=()), now=NOW, signer=signer)
    with stage.raw("auditor") as outside:
        assert outside.execute("SELECT count(*) FROM audit_export_pending()").fetchone()[0] >= 0


def test_old_months_go_out_whole_sealed_and_leave_a_note(stage, signer):
    empty(stage)
    stage.admin("SELECT audit_make_partitions('2024-01-01', 2)")
    values = "VALUES (gen_random_uuid(), %s, 'x', 'a.b.c', 'system')"
    old = f"INSERT INTO audit_entry (id, at, actor_name, action, purpose) {values}"
    stage.admin(old, ["2024-01-05"])
    with pytest.raises(DatabaseError, match="not sealed"), as_role("owner"):
        audit.retire(before=date(2024, 3, 1))
    first = seal(signer)
    stage.admin(old, ["2024-02-05"])
    seal(signer)
    with as_role("owner"):
        assert audit.retire(before=date(2024, 2, 28)) == [date(2024, 1, 1)]
    assert stage.admin("SELECT month, entries, last_seal FROM audit_retired") == [(date(2024, 1, 1), 1, first.number)]
    report = verify(exported(stage, signer))
    assert report.sound, report.problems
    assert (report.first, report.entries) == (first.number + 1, 1)
    with pytest.raises(DatabaseError, match="six months"), as_role("owner"):
        audit.retire(before=date(2100, 1, 1))
    with pytest.raises(DatabaseError, match="permission denied"), as_role("job"):
        audit.retire(before=date(2024, 3, 1))
