"""Households of the register enter the base: set-based, only what differs is written, nobody becomes a person by it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute
from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.db import bulk
from zhigong.kernel.errors import NotAllowed, Refused
from zhigong.kernel.vault import vault
from zhigong.people.types import HouseholdCounts

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute
REGISTER = "household"
HOUSEHOLD_ROWS = pa.schema(
    [
        ("household_no", pa.string()),
        ("person_id", pa.string()),
        ("relation", pa.string()),
        ("size", pa.int64()),
        ("batch", pa.string()),
    ]
)
RELATION_AT_MOST, SIZE_AT_MOST = 20, 2**31 - 1
COLUMNS = {"number": "bytea", "person_id": "uuid", "relation": "text", "size": "integer", "batch": "uuid"}
FEW = 1_000
SMALL_PART = 10
STEERING = ("seq_page_cost", "enable_nestloop")
STAGE, MEMBERS, HOMES, NEWS = "home_stage", "home_members", "homes", "home_news"
ADDED, MOVED, CHANGED = 1, 2, 3
CHAIN = "union_id, l1, l2, l3, l4"

# Whom the base does not know is nobody here; an inner join leaves her out.
_MEMBERS = f"""CREATE TEMP TABLE {MEMBERS} ON COMMIT DROP AS
    SELECT s.number, s.person_id, s.relation, s.size, s.batch, p.union_id, p.l1, p.l2, p.l3, p.l4
    FROM {STAGE} s JOIN people_person p ON p.id = s.person_id"""
# A household stays with its union while a member is there; a new one goes to that of its first member in the base.
_HOMES = f"""CREATE TEMP TABLE {HOMES} ON COMMIT DROP AS
    SELECT DISTINCT ON (m.number) m.number, coalesce(h.id, gen_random_uuid()) AS id, h.id IS NULL AS is_new,
        h.id IS NOT NULL AND (h.union_id <> m.union_id OR h.batch_id IS DISTINCT FROM m.batch) AS differs,
        m.batch, m.union_id, m.l1, m.l2, m.l3, m.l4
    FROM {MEMBERS} m LEFT JOIN people_household h ON h.number_index = m.number
    ORDER BY m.number, (h.union_id = m.union_id) DESC NULLS LAST, m.person_id"""
_NEWS = f"""CREATE TEMP TABLE {NEWS} ON COMMIT DROP AS SELECT * FROM (
        SELECT m.person_id, m.relation, m.size, m.union_id, m.l1, m.l2, m.l3, m.l4, n.id AS household_id,
            o.household_id AS left_id,
            CASE WHEN o.id IS NULL THEN {ADDED} WHEN o.household_id <> n.id THEN {MOVED}
                WHEN o.relation <> m.relation OR o.size <> m.size OR o.union_id <> m.union_id THEN {CHANGED} END AS what
        FROM {MEMBERS} m JOIN {HOMES} n ON n.number = m.number
            LEFT JOIN people_householdperson o ON o.person_id = m.person_id) x
    WHERE what IS NOT NULL"""
_ADD_HOMES = f"""INSERT INTO people_household (id, {CHAIN}, number_index, batch_id)
    SELECT id, {CHAIN}, number, batch FROM {HOMES} WHERE is_new"""
_RENEW_HOMES = f"""UPDATE people_household h SET batch_id = n.batch, union_id = n.union_id,
        l1 = n.l1, l2 = n.l2, l3 = n.l3, l4 = n.l4
    FROM {HOMES} n WHERE n.differs AND h.id = n.id"""
_CHANGE = f"""UPDATE people_householdperson o SET household_id = n.household_id, relation = n.relation, size = n.size,
        union_id = n.union_id, l1 = n.l1, l2 = n.l2, l3 = n.l3, l4 = n.l4
    FROM {NEWS} n WHERE n.what IN ({MOVED}, {CHANGED}) AND o.person_id = n.person_id"""
_ADD = f"""INSERT INTO people_householdperson (id, {CHAIN}, household_id, person_id, relation, size)
    SELECT gen_random_uuid(), {CHAIN}, household_id, person_id, relation, size FROM {NEWS} WHERE what = {ADDED}
    ORDER BY person_id"""
_LEAVE = f"""DELETE FROM people_householdperson o
    WHERE NOT EXISTS (SELECT 1 FROM {MEMBERS} m WHERE m.person_id = o.person_id)"""
# What a few rows can have touched: households with members, those they left, and those that have none any more.
_HELD = f"SELECT id FROM {HOMES} WHERE NOT is_new"
_LEFT = f"SELECT left_id FROM {NEWS} WHERE what = {MOVED}"
_BARE = f"""SELECT b.id FROM people_household b
    WHERE b.number_index IN (SELECT number FROM {STAGE} EXCEPT SELECT number FROM {HOMES})"""
_EMPTY = """DELETE FROM people_household h
    WHERE NOT EXISTS (SELECT 1 FROM people_householdperson o WHERE o.household_id = h.id)"""
# Until the end no person passes to another union: her row would stay behind (the trigger that takes it waits for this).
_HOLD = "SELECT pg_advisory_xact_lock(hashtext('people.households'))"
_THERE = "SELECT rows FROM people_release WHERE register = %(register)s"
_RELEASE = """INSERT INTO people_release (register, mark, rows, published_on)
    VALUES (%(register)s, %(mark)s, %(rows)s, %(on)s)
    ON CONFLICT (register) DO UPDATE SET mark = excluded.mark, rows = excluded.rows,
        published_on = excluded.published_on"""


@transaction.atomic
def publish_households(*, by: Actor, rows: pa.Table, mark: bytes, full: bool = False) -> HouseholdCounts:
    """Publish who of the base lives in which household, inside `orgs.city_scope` (job role).

    rows: `HOUSEHOLD_ROWS`, one per person of the base who lives in a household of the register: its number (never kept
    in the clear), her relation to the head as a code, how many live there (base or not), the batch (uuid as text, null
    allowed). A row without a person names a household in which nobody of the base lives any more.
    full: rows are all there is. mark: 32 bytes that tell from what the rows were made, kept for `household_mark`.
    A household is in the base as long as somebody of the base lives in it; rows about others are counted as unknown,
    and the mark is then not kept. The same rows again write nothing.
    Raises NotAllowed; Refused for a repeated person, a relation or size out of bounds, other columns.
    """
    if by.duty != "system" or by.level != 1:
        raise NotAllowed("只有全市的系统任务可以发布家庭。", why="家庭来自公安户籍，不由人填写")
    table = _checked(rows)
    bulk.execute(_HOLD)
    known = bulk.fetch(_THERE, {"register": REGISTER})
    there = int(known[0][0]) if known else 0
    done = _merge(table, full=full, there=there)
    now = done.persons if full else there + done.added - done.removed
    bulk.execute(_RELEASE, {"register": REGISTER, "mark": b"" if done.unknown else mark, "rows": now, "on": by.on})
    if done.written:
        audit.record(
            by,
            action="people.household.published",
            purpose=Purpose.SYSTEM,
            subject_kind="household",
            count=done.written,
            detail=done.as_dict(),
        )
    return done


def _checked(rows: pa.Table) -> pa.Table:
    if rows.schema != HOUSEHOLD_ROWS:
        raise Refused(
            "家庭的列不对。", where="、".join(rows.column_names), why=f"应为 {'、'.join(HOUSEHOLD_ROWS.names)}"
        )
    persons = rows.filter(pc.is_valid(rows["person_id"]))
    if len(pc.unique(persons["person_id"])) != persons.num_rows:
        raise Refused("同一个人出现在两户。", why="一人只能住在一户")
    longest = pc.max(pc.utf8_length(persons["relation"])).as_py() or 0
    sizes = pc.min_max(persons["size"]).as_py()
    if longest > RELATION_AT_MOST or persons["relation"].null_count:
        raise Refused("与户主关系缺失或过长。", why=f"代码最多 {RELATION_AT_MOST} 个字")
    if persons["size"].null_count or (persons.num_rows and not 1 <= sizes["min"] <= sizes["max"] <= SIZE_AT_MOST):
        raise Refused("户内人数缺失或超出范围。", why="一户至少有一人")
    return rows


def _merge(rows: pa.Table, *, full: bool, there: int) -> HouseholdCounts:
    """Write what differs. there: how many persons have a household so far."""
    bulk.create_stage(STAGE, COLUMNS)
    bulk.copy_arrow(STAGE, COLUMNS, [_staged(rows)])
    bulk.execute(f"ANALYZE {STAGE}")
    bulk.execute(f"DROP TABLE IF EXISTS {MEMBERS}, {HOMES}, {NEWS}")
    _steer(rows.num_rows, there)
    members = bulk.execute(_MEMBERS)
    bulk.execute(f"ANALYZE {MEMBERS} (number, person_id)")
    bulk.execute(_HOMES)
    bulk.execute(f"ANALYZE {HOMES} (number, id)")
    bulk.execute(_NEWS)
    bulk.execute(f"ANALYZE {NEWS} (person_id, what)")
    homes_added, renewed = bulk.execute(_ADD_HOMES), bulk.execute(_RENEW_HOMES)
    changed, added = bulk.execute(_CHANGE), bulk.execute(_ADD)
    leaving = _LEAVE if full else f"{_LEAVE} AND o.household_id IN ({_HELD} UNION ALL {_BARE})"
    emptied = _EMPTY if full else f"{_EMPTY} AND h.id IN ({_LEFT} UNION ALL {_BARE})"
    removed, homes_removed = (bulk.execute(leaving), bulk.execute(emptied)) if there else (0, 0)
    for setting in STEERING:
        bulk.execute(f"SET LOCAL {setting} TO DEFAULT")
    return HouseholdCounts(
        persons=members,
        unknown=rows.num_rows - rows["person_id"].null_count - members,
        added=added,
        changed=changed,
        removed=removed,
        homes_added=homes_added,
        homes_renewed=renewed,
        homes_removed=homes_removed,
    )


def _steer(rows: int, there: int) -> None:
    """Tell the planner what it cannot know of tables made and filled within this transaction.

    Of what came in minutes ago it expects little, and would look up a whole city one by one; for a day's changes it
    would rather read the whole city, which lies in memory, than look up each.
    """
    few = rows <= max(FEW, there // SMALL_PART)
    bulk.execute("SET LOCAL seq_page_cost = 20" if few else "SET LOCAL enable_nestloop = off")


def _staged(rows: pa.Table) -> pa.Table:
    """The rows as they are staged: tokens in the place of numbers."""
    numbers = rows["household_no"].combine_chunks().dictionary_encode()
    tokens = vault().blind("household.number").index_many(numbers.dictionary.to_pylist())
    texts = pa.array([f"\\x{one.hex()}" if one else None for one in tokens], pa.string())
    names = {"number": texts.take(numbers.indices)}
    return pa.table(names | {name: rows[name] for name in COLUMNS if name != "number"})
