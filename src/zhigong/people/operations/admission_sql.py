"""The set-based statements of an admission, in the order they run."""

PERSON_COLUMNS = (
    "union_id, l1, l2, l3, l4, name, name_sort, initials, sex, birth_date, ethnicity, education, skill, political, "
    "employment, household_type, household_place, native_place, is_migrant, id_type, id_cipher, id_index, id_tail, "
    "phone_cipher, phone_index, phone_tail, phone_masked, employer_name, verification, member_no"
)

# New persons go in chunk by chunk, from the chunk's own table, while the next chunk is being prepared.
INSERT_PERSONS = f"""
INSERT INTO people_person (id, {PERSON_COLUMNS}, membership_status, joined_on, batch_id)
SELECT person_id, {PERSON_COLUMNS}, status, changed_on, %(batch)s
FROM {{chunk}} WHERE is_new
"""

INSERT_MEMBERSHIPS = """
INSERT INTO people_membership (id, person_id, union_id, l1, l2, l3, l4, status, joined_on, ended_on, change_type,
    change_reason,
                               changed_on, batch_id)
SELECT membership_id, person_id, union_id, l1, l2, l3, l4, status, CASE WHEN status < 3 THEN changed_on END,
       CASE WHEN status = 3 THEN changed_on END, change_type, change_reason, changed_on, %(batch)s
FROM {chunk} WHERE outcome = %(outcome)s
"""

# A living membership elsewhere stands until a transfer ends it: dual membership is not allowed.
ELSEWHERE = """
UPDATE stage_people SET outcome = 'elsewhere'
WHERE outcome IS NULL AND standing IN (1, 2) AND held_by <> union_id
"""

# Rows that end a membership held here; what is remembered makes it possible to undo.
REMEMBER_ENDED = """
INSERT INTO people_change (union_id, l1, l2, l3, l4, batch_id, person_id, kind, before)
SELECT m.union_id, m.l1, m.l2, m.l3, m.l4, %(batch)s, m.person_id, 'membership',
       jsonb_build_object('id', m.id, 'status', m.status, 'ended_on', m.ended_on, 'change_type', m.change_type,
                          'change_reason', m.change_reason, 'changed_on', m.changed_on)
FROM people_membership m JOIN stage_people s ON s.person_id = m.person_id AND s.union_id = m.union_id
WHERE s.outcome IS NULL AND m.status IN (1, 2) AND s.status <> m.status
"""
CHANGE_MEMBERSHIP = """
UPDATE people_membership m SET status = s.status, change_type = s.change_type, change_reason = s.change_reason,
       changed_on = s.changed_on,
       ended_on = CASE WHEN s.status = 3 AND s.changed_on >= coalesce(m.joined_on, s.changed_on) THEN s.changed_on END
FROM stage_people s
WHERE s.person_id = m.person_id AND s.union_id = m.union_id AND s.outcome IS NULL AND m.status IN (1, 2) AND s.status
    <> m.status
"""

# Nobody's member: taken into the keeping of the union that names her.
CLAIM = """
SELECT people_claim(array_agg(person_id), union_id) FROM stage_people
WHERE outcome IS NULL AND standing NOT IN (1, 2) AND held_by <> union_id GROUP BY union_id
"""
JOINED = "UPDATE stage_people SET outcome = 'joined' WHERE outcome IS NULL AND standing NOT IN (1, 2) AND status < 3"

_INCOMING = {
    "name": "s.name",
    "name_sort": "s.name_sort",
    "initials": "s.initials",
    "sex": "CASE WHEN s.sex IN (1, 2) THEN s.sex ELSE p.sex END",
    "birth_date": "coalesce(s.birth_date, p.birth_date)",
    "ethnicity": "coalesce(nullif(s.ethnicity, ''), p.ethnicity)",
    "education": "coalesce(nullif(s.education, ''), p.education)",
    "skill": "coalesce(nullif(s.skill, ''), p.skill)",
    "political": "coalesce(nullif(s.political, ''), p.political)",
    "employment": "coalesce(nullif(s.employment, ''), p.employment)",
    "household_type": "coalesce(nullif(s.household_type, ''), p.household_type)",
    "household_place": "coalesce(nullif(s.household_place, ''), p.household_place)",
    "native_place": "coalesce(nullif(s.native_place, ''), p.native_place)",
    "employer_name": "coalesce(nullif(s.employer_name, ''), p.employer_name)",
    "is_migrant": "s.is_migrant OR p.is_migrant",
}
_SEALED = {
    "id_type": "CASE WHEN p.id_index IS NULL AND s.id_index IS NOT NULL THEN s.id_type ELSE p.id_type END",
    "id_cipher": "CASE WHEN p.id_index IS NULL THEN s.id_cipher ELSE p.id_cipher END",
    "id_index": "coalesce(p.id_index, s.id_index)",
    "id_tail": "CASE WHEN p.id_index IS NULL THEN s.id_tail ELSE p.id_tail END",
    "verification": "greatest(p.verification, s.verification)",
    "phone_cipher": "CASE WHEN s.phone_index IS NULL OR s.phone_index = p.phone_index "
    "THEN p.phone_cipher ELSE s.phone_cipher END",
    "phone_index": "coalesce(s.phone_index, p.phone_index)",
    "phone_tail": "coalesce(s.phone_tail, p.phone_tail)",
    "phone_masked": "coalesce(nullif(s.phone_masked, ''), p.phone_masked)",
}
_STANDING = {
    "membership_status": "CASE WHEN s.status = 3 AND p.membership_status = 0 THEN 3 ELSE s.status END",
    "joined_on": "CASE WHEN s.outcome = 'joined' THEN s.changed_on ELSE p.joined_on END",
    "member_no": "coalesce(nullif(p.member_no, ''), s.member_no)",
}
_ALL = _INCOMING | _SEALED | _STANDING
# What decides whether anything changed; ciphers differ on every sealing and must not count.
_COMPARED = [name for name in _ALL if not name.endswith("cipher")]
_TOUCHED = "(s.outcome IS NULL OR s.outcome = 'joined')"

DIFFERS = f"""
UPDATE stage_people s SET outcome = coalesce(s.outcome, 'updated'), is_new = false FROM people_person p
WHERE p.id = s.person_id AND NOT s.is_new AND {_TOUCHED}
  AND ({", ".join(f"p.{name}" for name in _COMPARED)}) IS DISTINCT FROM ({", ".join(_ALL[name] for name in _COMPARED)})
"""
SAME = "UPDATE stage_people SET outcome = 'unchanged' WHERE outcome IS NULL"

REMEMBER_PERSONS = f"""
INSERT INTO people_change (union_id, l1, l2, l3, l4, batch_id, person_id, kind, before)
SELECT p.union_id, p.l1, p.l2, p.l3, p.l4, %(batch)s, p.id, 'person',
       jsonb_build_object({", ".join(f"'{name}', p.{name}" for name in _ALL)})
FROM people_person p JOIN stage_people s ON s.person_id = p.id
WHERE NOT s.is_new AND s.outcome IN ('updated', 'joined')
"""
UPDATE_PERSONS = f"""
UPDATE people_person p SET {", ".join(f"{name} = {value}" for name, value in _ALL.items())}, updated_at = now()
FROM stage_people s WHERE p.id = s.person_id AND NOT s.is_new AND s.outcome IN ('updated', 'joined')
"""

RECOUNT_STAGED = "SELECT people_recount(array_agg(DISTINCT union_id)) FROM stage_people WHERE union_id IS NOT NULL"

RESULTS = (
    "SELECT row, person_id, CASE outcome WHEN 'joined' THEN 'updated' ELSE outcome END FROM stage_people ORDER BY row"
)

# Persons without a document are the same when union, name and phone agree, or union, name and birth date.
LOOK_ALIKE = """
SELECT DISTINCT ON (w.row) w.row, p.id, p.union_id, p.membership_status
FROM unnest(%(rows)s::int[], %(unions)s::uuid[], %(names)s::text[], %(phones)s::bytea[], %(births)s::date[])
     AS w (row, union_id, name, phone_index, birth_date)
JOIN people_person p ON p.union_id = w.union_id AND p.name = w.name AND p.batch_id IS DISTINCT FROM %(batch)s
     AND (p.phone_index = w.phone_index OR (p.birth_date = w.birth_date AND (p.phone_index IS NULL OR w.phone_index
         IS NULL)))
ORDER BY w.row, p.phone_index = w.phone_index DESC NULLS LAST, p.id
"""
