"""Undoing an admission: what a batch created goes, what it changed returns, what others changed since stays and is
named."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch

# A person created by the batch stays when anything later refers to her.
_KEPT = """
CREATE TEMP TABLE undo_kept ON COMMIT DROP AS
SELECT p.id FROM people_person p WHERE p.batch_id = %(batch)s AND (
    EXISTS (SELECT 1 FROM people_membership m WHERE m.person_id = p.id AND m.batch_id IS DISTINCT FROM %(batch)s)
    OR EXISTS (SELECT 1 FROM people_change c WHERE c.person_id = p.id AND c.batch_id <> %(batch)s)
    OR EXISTS (SELECT 1 FROM people_transfer t WHERE t.person_id = p.id)
    OR EXISTS (SELECT 1 FROM identity_account a WHERE a.person_id = p.id)
    OR p.updated_at > p.created_at {referring})
"""
_REFERRING: dict[str, str] = {}
_UNIONS = """
CREATE TEMP TABLE undo_unions ON COMMIT DROP AS
SELECT union_id FROM people_person WHERE batch_id = %(batch)s
UNION SELECT union_id FROM people_membership WHERE batch_id = %(batch)s
UNION SELECT union_id FROM people_change WHERE batch_id = %(batch)s
"""
_DROP_MEMBERSHIPS = (
    "DELETE FROM people_membership WHERE batch_id = %(batch)s AND person_id NOT IN (SELECT id FROM undo_kept)"
)
# Where she lives the register says, not the people who keep the base: the next refresh tells it again of whoever stays.
_DROP_HOMES = """DELETE FROM people_householdperson h USING people_person p
    WHERE p.id = h.person_id AND p.batch_id = %(batch)s AND p.id NOT IN (SELECT id FROM undo_kept)"""
_DROP_PERSONS = "DELETE FROM people_person WHERE batch_id = %(batch)s AND id NOT IN (SELECT id FROM undo_kept)"
# Only the latest change of a person is taken back; a later batch's change stands.
_LATEST = """
NOT EXISTS (SELECT 1 FROM people_change later WHERE later.person_id = c.person_id AND later.kind = c.kind AND
    later.id > c.id
            AND later.batch_id <> c.batch_id)
"""
_RESTORE_MEMBERSHIPS = f"""
UPDATE people_membership m SET status = (c.before ->> 'status')::smallint, ended_on = (c.before ->> 'ended_on')::date,
       change_type = (c.before ->> 'change_type')::smallint, change_reason = c.before ->> 'change_reason',
       changed_on = (c.before ->> 'changed_on')::date
FROM people_change c WHERE c.batch_id = %(batch)s AND c.kind = 'membership' AND m.id = (c.before ->> 'id')::uuid AND
    {_LATEST}
"""
_RESTORE_PERSONS = f"""
UPDATE people_person p SET name = b.name, name_sort = b.name_sort, initials = b.initials, sex = b.sex, birth_date =
    b.birth_date,
       ethnicity = b.ethnicity, education = b.education, skill = b.skill, political = b.political, employment =
           b.employment,
       household_type = b.household_type, household_place = b.household_place, native_place = b.native_place,
       employer_name = b.employer_name, is_migrant = b.is_migrant, id_type = b.id_type, id_cipher = b.id_cipher,
           id_index = b.id_index,
       id_tail = b.id_tail, verification = b.verification, phone_cipher = b.phone_cipher, phone_index = b.phone_index,
       phone_tail = b.phone_tail, phone_masked = b.phone_masked, membership_status = b.membership_status, joined_on =
           b.joined_on,
       member_no = b.member_no
FROM people_change c CROSS JOIN LATERAL jsonb_populate_record(NULL::people_person, c.before) b
WHERE c.batch_id = %(batch)s AND c.kind = 'person' AND p.id = c.person_id AND {_LATEST}
"""


def keep_those_in(table: str, column: str) -> None:
    """Say at start-up that rows of a table are about persons: whom they name stays when her admission is undone.

    People must not know who builds on it; table and column are constants of the caller.
    """
    _REFERRING[table] = column


@transaction.atomic
def undo_admission(*, by: Actor, batch_id: UUID) -> dict[str, int]:
    """Take back one admission; returns removed, restored and kept (persons others have changed since).

    A second call finds nothing to do.
    """
    by.require("members.import")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('people.admission'))")
        # A publication of households could give a person a row between this one's looking and her going.
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('people.households'))")
    values = {"batch": batch_id}
    execute("DROP TABLE IF EXISTS undo_kept, undo_unions")
    referring = (
        f"OR EXISTS (SELECT 1 FROM {table} r WHERE r.{column} = p.id)" for table, column in sorted(_REFERRING.items())
    )
    execute(_KEPT.replace("{referring}", " ".join(referring)), values)
    execute(_UNIONS, values)
    memberships = execute(_DROP_MEMBERSHIPS, values)
    execute(_DROP_HOMES, values)
    removed = execute(_DROP_PERSONS, values)
    restored = execute(_RESTORE_MEMBERSHIPS, values) + execute(_RESTORE_PERSONS, values)
    execute("DELETE FROM people_change WHERE batch_id = %(batch)s", values)
    kept = fetch("SELECT count(*) FROM undo_kept")[0][0]
    # What is kept belongs to those who changed it; a second undo must not touch it.
    execute("UPDATE people_person SET batch_id = NULL WHERE batch_id = %(batch)s", values)
    execute("UPDATE people_membership SET batch_id = NULL WHERE batch_id = %(batch)s", values)
    fetch("SELECT people_recount(array_agg(union_id)) FROM undo_unions")
    counts = {"removed": removed, "memberships": memberships, "restored": restored, "kept": kept}
    audit.record(
        by,
        action="people.roster.undone",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch_id,
        count=removed + restored,
        detail=counts,
    )
    return counts
