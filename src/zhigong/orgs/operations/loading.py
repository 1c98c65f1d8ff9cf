"""Unions, employers and who covers whom, loaded set by set from a checked batch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import pyarrow as pa
from django.db import transaction

from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import analyse, copy_arrow, create_stage, execute, fetch
from zhigong.orgs.operations.tree import lock_tree, move
from zhigong.orgs.types import LoadCounts

UNION_STAGE = {
    "id": "uuid",
    "row": "integer",
    "code": "text",
    "name": "text",
    "name_sort": 'text COLLATE "C"',
    "initials": 'text COLLATE "C"',
    "parent_code": "text",
    "level": "smallint",
    "kind": "smallint",
    "division_code": "text",
    "founded_on": "date",
    "term_ends_on": "date",
}
EMPLOYER_STAGE = {
    "id": "uuid",
    "row": "integer",
    "credit_code": "text",
    "name": "text",
    "name_sort": 'text COLLATE "C"',
    "name_key": 'text COLLATE "C"',
    "industry": "text",
    "registration_type": "text",
    "division_code": "text",
    "address": "text",
    "status": "smallint",
    "founded_on": "date",
}
COVERAGE_STAGE = {"id": "uuid", "employer_id": "uuid", "union_code": "text", "credit_code": "text"}

_INSERT_UNIONS = """
INSERT INTO orgs_union (id, seq, code, name, short_name, name_sort, initials, level, kind, status, division_code,
                        credit_code, parent_id, path_names, founded_on, term_ends_on, batch_id, l1, l2, l3, l4)
SELECT n.id, n.seq, n.code, n.name, '', n.name_sort, n.initials, n.level, n.kind, 2, n.division_code,
       '', n.parent_id, n.path_names, n.founded_on, n.term_ends_on, %(batch)s,
       n.p1, CASE WHEN %(level)s = 2 THEN n.seq ELSE n.p2 END,
       CASE WHEN %(level)s = 3 THEN n.seq ELSE n.p3 END, CASE WHEN %(level)s = 4 THEN n.seq ELSE 0 END
FROM (
    SELECT s.*, p.id AS parent_id, p.l1 AS p1, p.l2 AS p2, p.l3 AS p3, ltrim(p.path_names || ' / ' || p.name, ' /')
        AS path_names,
           nextval('orgs_union_seq') AS seq
    FROM stage_unions s JOIN orgs_union p ON p.code = s.parent_code AND p.level < s.level
    WHERE s.level = %(level)s
      AND NOT EXISTS (SELECT 1 FROM orgs_union e WHERE e.code = s.code)
    OFFSET 0
) n
"""

_INSERT_VERSIONS = """
INSERT INTO orgs_unionversion (id, union_id, valid, name, parent_id, level, kind, status, division_code, change,
    document,
                               batch_id, l1, l2, l3, l4)
SELECT gen_random_uuid(), u.id, daterange(coalesce(u.founded_on, %(as_of)s), NULL), u.name, u.parent_id, u.level,
    u.kind, u.status,
       u.division_code, 'founded', '', %(batch)s, u.l1, u.l2, u.l3, u.l4
FROM orgs_union u JOIN stage_unions s ON s.id = u.id
"""

_INSERT_TERMS = """
INSERT INTO orgs_term (id, union_id, number, starts_on, ends_on, document, l1, l2, l3, l4)
SELECT gen_random_uuid(), u.id, 1, greatest(coalesce(s.founded_on, s.term_ends_on - 1826), s.term_ends_on - 1826),
    s.term_ends_on,
       '', u.l1, u.l2, u.l3, u.l4
FROM stage_unions s JOIN orgs_union u ON u.code = s.code
WHERE s.term_ends_on IS NOT NULL AND s.term_ends_on > coalesce(s.founded_on, s.term_ends_on - 1826)
ON CONFLICT (union_id, number) DO UPDATE SET ends_on = EXCLUDED.ends_on
WHERE orgs_term.ends_on IS DISTINCT FROM EXCLUDED.ends_on AND EXCLUDED.ends_on > orgs_term.starts_on
"""

_CLOSE_VERSIONS = """
UPDATE orgs_unionversion v SET valid = daterange(lower(v.valid), %(as_of)s)
FROM stage_unions s JOIN orgs_union u ON u.code = s.code
WHERE v.union_id = u.id AND upper_inf(v.valid) AND lower(v.valid) < %(as_of)s AND u.id <> s.id
  AND (u.name, u.kind, u.division_code) IS DISTINCT FROM (s.name, s.kind, s.division_code)
"""

_OPEN_VERSIONS = """
INSERT INTO orgs_unionversion (id, union_id, valid, name, parent_id, level, kind, status, division_code, change,
    document,
                               batch_id, l1, l2, l3, l4)
SELECT gen_random_uuid(), u.id, daterange(%(as_of)s, NULL), s.name, u.parent_id, u.level, s.kind, u.status,
    s.division_code,
       'corrected', '', %(batch)s, u.l1, u.l2, u.l3, u.l4
FROM stage_unions s JOIN orgs_union u ON u.code = s.code
WHERE u.id <> s.id AND (u.name, u.kind, u.division_code) IS DISTINCT FROM (s.name, s.kind, s.division_code)
  AND NOT EXISTS (SELECT 1 FROM orgs_unionversion v WHERE v.union_id = u.id AND v.valid @> %(as_of)s::date)
"""

_UPDATE_UNIONS = """
UPDATE orgs_union u SET name = s.name, name_sort = s.name_sort, initials = s.initials, kind = s.kind,
       division_code = s.division_code, term_ends_on = coalesce(s.term_ends_on, u.term_ends_on),
       founded_on = coalesce(s.founded_on, u.founded_on)
FROM stage_unions s
WHERE u.code = s.code AND u.id <> s.id
  AND (u.name, u.kind, u.division_code, u.term_ends_on, u.founded_on)
      IS DISTINCT FROM (s.name, s.kind, s.division_code, coalesce(s.term_ends_on, u.term_ends_on),
          coalesce(s.founded_on, u.founded_on))
"""

_MOVED = """
SELECT u.id, p.id FROM stage_unions s JOIN orgs_union u ON u.code = s.code
JOIN orgs_union p ON p.code = s.parent_code
WHERE u.id <> s.id AND u.parent_id IS DISTINCT FROM p.id AND p.level < u.level ORDER BY u.level
"""

_ORPHANS = """
SELECT s.row, s.name, s.parent_code FROM stage_unions s
WHERE NOT EXISTS (SELECT 1 FROM orgs_union u WHERE u.code = s.code) ORDER BY s.row LIMIT 1000
"""


@transaction.atomic
def load_unions(
    *, by: Actor, batches: Iterable[pa.RecordBatch | pa.Table], batch_id: UUID | None, as_of: date
) -> tuple[LoadCounts, list[tuple[int, str, str]]]:
    """Load the union tree of a batch, level by level; returns counts and the rows whose parent is unknown.

    Columns: UNION_STAGE. A changed name, kind or division opens a new version as of the batch's date; a changed
        parent is a move.
    """
    by.require("sources.import")
    lock_tree()
    create_stage("stage_unions", UNION_STAGE)
    total = copy_arrow("stage_unions", UNION_STAGE, batches)
    analyse("stage_unions")
    values = {"batch": batch_id, "as_of": as_of}
    # The city itself was founded before: found_city.
    created = sum(execute(_INSERT_UNIONS, {**values, "level": level}) for level in (2, 3, 4))
    execute(_INSERT_VERSIONS, values)
    execute(_CLOSE_VERSIONS, values)
    execute(_OPEN_VERSIONS, values)
    updated = execute(_UPDATE_UNIONS, values)
    execute(_INSERT_TERMS, values)
    for union_id, parent_id in fetch(_MOVED):
        move(by=by, union_id=union_id, to_parent=parent_id, on=as_of, document="数据交换批次")
    orphans = [(int(row), str(name), str(parent or "")) for row, name, parent in fetch(_ORPHANS)]
    counts = LoadCounts(
        created=created, updated=updated, unchanged=total - created - updated - len(orphans), refused=len(orphans)
    )
    return counts, orphans


_FILL_EMPLOYERS = """
UPDATE orgs_employer e SET name = s.name, name_sort = s.name_sort, name_key = s.name_key,
       industry = s.industry, registration_type = s.registration_type, division_code = s.division_code,
       address = s.address, status = s.status, founded_on = s.founded_on
FROM stage_employers s WHERE s.credit_code = e.credit_code
  AND (e.name, e.industry, e.registration_type, e.division_code, e.address, e.status, e.founded_on)
      IS DISTINCT FROM (s.name, s.industry, s.registration_type, s.division_code, s.address, s.status, s.founded_on)
"""

# The street's union, else the district's, else the city's: by the longest division code that a regional union carries.
_INSERT_EMPLOYERS = """
INSERT INTO orgs_employer (id, union_id, l1, l2, l3, l4, credit_code, name, name_sort, name_key, industry,
    registration_type,
                           division_code, address, status, founded_on, unionised, batch_id)
SELECT s.id, h.id, h.l1, h.l2, h.l3, h.l4, s.credit_code, s.name, s.name_sort, s.name_key, s.industry,
    s.registration_type,
       s.division_code, s.address, s.status, s.founded_on, false, %(batch)s
FROM stage_employers s
JOIN LATERAL (
    SELECT u.id, u.l1, u.l2, u.l3, u.l4 FROM orgs_home_of_division u
    WHERE s.division_code LIKE u.division_code || '%%' OR u.level = 1
    ORDER BY u.level = 1, length(u.division_code) DESC, u.id LIMIT 1
) h ON true
WHERE NOT EXISTS (SELECT 1 FROM orgs_employer e WHERE e.credit_code = s.credit_code)
  AND (s.credit_code IS NOT NULL OR NOT EXISTS (SELECT 1 FROM orgs_employer e WHERE e.name_key = s.name_key))
ON CONFLICT DO NOTHING
"""

_HOMES = """
CREATE TEMP TABLE orgs_home_of_division ON COMMIT DROP AS
SELECT DISTINCT ON (division_code) id, l1, l2, l3, l4, level, division_code FROM orgs_union
WHERE kind = 1 AND level < 4 AND status = 2 AND (division_code <> '' OR level = 1) ORDER BY division_code, level, id
"""


@transaction.atomic
def load_employers(*, by: Actor, batches: Iterable[pa.RecordBatch | pa.Table], batch_id: UUID | None) -> LoadCounts:
    """Load or complete employers by credit code; new ones belong to the regional union of their division.

    Columns: EMPLOYER_STAGE. Duplicates within the batch must have been removed.
    """
    by.require("sources.import")
    create_stage("stage_employers", EMPLOYER_STAGE)
    total = copy_arrow("stage_employers", EMPLOYER_STAGE, batches)
    analyse("stage_employers")
    execute("DROP TABLE IF EXISTS orgs_home_of_division")
    execute(_HOMES)
    updated = execute(_FILL_EMPLOYERS)
    created = execute(_INSERT_EMPLOYERS, {"batch": batch_id})
    return LoadCounts(created=created, updated=updated, unchanged=total - created - updated)


# An employer named by a union before the register delivered it: kept under its code until the register's file
# completes it.
_PLACEHOLDERS = """
INSERT INTO orgs_employer (id, union_id, l1, l2, l3, l4, credit_code, name, name_sort, name_key, industry,
    registration_type,
                           division_code, address, status, unionised, batch_id)
SELECT DISTINCT ON (s.credit_code) s.employer_id, u.id, u.l1, u.l2, u.l3, u.l4, s.credit_code, s.credit_code,
    '~' || s.credit_code,  -- no name yet: after all names
       s.credit_code, '', '', '', '', 9, true, %(batch)s
FROM stage_coverages s JOIN orgs_union u ON u.code = s.union_code
WHERE NOT EXISTS (SELECT 1 FROM orgs_employer e WHERE e.credit_code = s.credit_code)
ORDER BY s.credit_code, s.union_code
ON CONFLICT DO NOTHING
"""

_INSERT_COVERAGES = """
INSERT INTO orgs_coverage (id, union_id, employer_id, valid, batch_id, l1, l2, l3, l4)
SELECT s.id, u.id, e.id, daterange(%(as_of)s, NULL), %(batch)s, u.l1, u.l2, u.l3, u.l4
FROM stage_coverages s JOIN orgs_union u ON u.code = s.union_code JOIN orgs_employer e ON e.credit_code = s.credit_code
WHERE NOT EXISTS (SELECT 1 FROM orgs_coverage c WHERE c.union_id = u.id AND c.employer_id = e.id AND upper_inf(c.valid))
ON CONFLICT DO NOTHING
"""

_ADOPT = """
UPDATE orgs_employer e SET unionised = true, union_id = c.union_id
FROM (SELECT DISTINCT ON (employer_id) employer_id, union_id FROM orgs_coverage WHERE upper_inf(valid)
      ORDER BY employer_id, lower(valid), id) c
WHERE e.id = c.employer_id AND (NOT e.unionised OR e.union_id <> c.union_id)
"""


@transaction.atomic
def load_coverages(
    *, by: Actor, batches: Iterable[pa.RecordBatch | pa.Table], batch_id: UUID | None, as_of: date
) -> LoadCounts:
    """Record which union covers which employer; an employer so covered belongs to its first covering union.

    Columns: COVERAGE_STAGE. Unknown credit codes become employers known by code only, never lost.
    """
    by.require("sources.import")
    create_stage("stage_coverages", COVERAGE_STAGE)
    total = copy_arrow("stage_coverages", COVERAGE_STAGE, batches)
    analyse("stage_coverages")
    values = {"batch": batch_id, "as_of": as_of}
    execute(_PLACEHOLDERS, values)
    created = execute(_INSERT_COVERAGES, values)
    execute(_ADOPT)
    return LoadCounts(created=created, unchanged=total - created)
