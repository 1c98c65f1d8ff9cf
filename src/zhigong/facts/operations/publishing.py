"""Facts derived elsewhere enter PostgreSQL: set-based, only what changed is written."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.facts import vocabulary as words
from zhigong.facts.operations.checking import checked, digest, packed
from zhigong.facts.operations.settling import settle_group
from zhigong.facts.types import Group, Model, Published
from zhigong.kernel.actor import Actor
from zhigong.kernel.db import bulk
from zhigong.kernel.errors import NotAllowed, Refused

STAGE, NEWS = "facts_stage", "facts_news"
COLUMNS = {"person_id": "uuid", "values": "jsonb", "source": "text", "as_of": "date", "batch": "uuid"}
FEW = 1_000
SMALL_PART = 20
GONE, ADDED, CHANGED, RENEWED = 0, 1, 2, 3

# One pass over what is there and what is given; only what differs is written anywhere.
_NEWS = f"""CREATE TEMP TABLE {NEWS} ON COMMIT DROP AS SELECT * FROM (
        SELECT s.*, CASE
            WHEN s.values = '{{}}' THEN CASE WHEN o.person_id IS NOT NULL THEN {GONE} END
            WHEN o.person_id IS NULL THEN {ADDED}
            WHEN o.values <> s.values OR o.source <> s.source THEN {CHANGED}
            WHEN o.as_of <> s.as_of OR o.batch_id IS DISTINCT FROM s.batch THEN {RENEWED} END AS what
        FROM {STAGE} s LEFT JOIN facts_current o ON o.fact_group = %(group)s AND o.person_id = s.person_id) n
    WHERE n.what IS NOT NULL"""
_STRANGERS = f"""DELETE FROM {NEWS} n WHERE n.what = {ADDED}
    AND NOT EXISTS (SELECT 1 FROM people_person p WHERE p.id = n.person_id)"""
_ADD = f"""INSERT INTO facts_current (fact_group, person_id, values, source, as_of, batch_id)
    SELECT %(group)s, n.person_id, n.values, n.source, n.as_of, n.batch FROM {NEWS} n
    WHERE n.what = {ADDED} ORDER BY n.person_id"""
_CHANGE = f"""UPDATE facts_current c SET values = n.values, source = n.source, as_of = n.as_of, batch_id = n.batch
    FROM {NEWS} n WHERE n.what = {CHANGED} AND c.fact_group = %(group)s AND c.person_id = n.person_id"""
_RENEW = f"""UPDATE facts_current c SET as_of = n.as_of, batch_id = n.batch
    FROM {NEWS} n WHERE n.what = {RENEWED} AND c.fact_group = %(group)s AND c.person_id = n.person_id"""
_EMPTY = f"""DELETE FROM facts_current c USING {NEWS} n
    WHERE n.what = {GONE} AND c.fact_group = %(group)s AND c.person_id = n.person_id"""
_GONE = f"""DELETE FROM facts_current c WHERE c.fact_group = %(group)s
    AND NOT EXISTS (SELECT 1 FROM {STAGE} s WHERE s.person_id = c.person_id)"""
_LAST = "SELECT digest, rows FROM facts_release WHERE fact_group = %(group)s FOR UPDATE"
_RELEASE = """INSERT INTO facts_release AS r (fact_group, digest, rows, as_of, published_on)
    VALUES (%(group)s, %(digest)s, %(more)s, %(as_of)s, %(on)s)
    ON CONFLICT (fact_group) DO UPDATE SET digest = excluded.digest, rows = r.rows + excluded.rows,
        as_of = greatest(r.as_of, excluded.as_of), published_on = excluded.published_on"""


@transaction.atomic
def publish(*, by: Actor, group: str, rows: Iterable[pa.RecordBatch | pa.Table], full: bool = False) -> Published:
    """Publish the facts of one group inside `orgs.city_scope` (job role).

    rows: person_id (text), one column per fact of the group (integer -> int64, amounts fen; null = not known), `source`
    (ids of the group's sources joined by "+"), `as_of` (date), `batch` (uuid as text, null allowed); a person once.
    full: rows are everybody, and who is missing loses the group; otherwise only persons in rows are touched. A row
    whose facts are all null removes the person's. The same rows in full as the last time touch nothing.
    Raises Refused: unknown or missing column, wrong type, unlisted value or source, a future as_of, a repeated person.
    """
    if by.duty != "system" or by.level != 1:
        raise NotAllowed("只有全市的系统任务可以发布事实。", why="事实来自部门数据，不由人填写")
    found = words.load().group(group)
    if found.model is Model.DECLARED:
        raise Refused("这组事实只由本人说明，不能发布。", where=group)
    table = checked(found, rows, on=by.on)
    mark = digest(table) if full else b""
    last = bulk.fetch(_LAST, {"group": group})
    if mark and last and bytes(last[0][0]) == mark:
        return Published(rows=table.num_rows, changed=0, renewed=0, removed=0, unknown=0, settled=0)
    done, more = _merge(by, found, table, full=full, there=int(last[0][1]) if last else 0)
    _release(by, found, table, done, more, mark)
    return done


def _merge(by: Actor, group: Group, table: pa.Table, *, full: bool, there: int) -> tuple[Published, int]:
    """Write what differs; also how many persons more the group has now. there: how many it had."""
    values = {"group": group.name}
    bulk.create_stage(STAGE, COLUMNS)
    staged = bulk.copy_arrow(STAGE, COLUMNS, packed(group, table).to_batches())
    bulk.execute(f"ANALYZE {STAGE} (person_id)")
    bulk.execute(f"DROP TABLE IF EXISTS {NEWS}")
    _expect(staged, there)
    bulk.execute(_NEWS, values)
    unknown = bulk.execute(_STRANGERS)
    bulk.execute(f"ANALYZE {NEWS} (person_id, what)")
    removed = bulk.execute(_GONE, values) if full else 0
    removed += bulk.execute(_EMPTY, values)
    added, changed, renewed = (bulk.execute(text, values) for text in (_ADD, _CHANGE, _RENEW))
    bulk.execute("SET LOCAL enable_nestloop = on")
    settled = settle_group(group, on=by.on) if added or changed or removed else 0
    done = Published(
        rows=staged, changed=added + changed, renewed=renewed, removed=removed, unknown=unknown, settled=settled
    )
    return done, added - removed


def _expect(staged: int, there: int) -> None:
    """Tell the planner what its statistics may not know yet.

    Of a group that came in minutes ago it expects one row, and would then look through the whole group once for each
    person: minutes instead of a second. Few persons, and a small part of a group that has stood for long, are found by
    the index.
    """
    if staged > max(FEW, there // SMALL_PART):
        bulk.execute("SET LOCAL enable_nestloop = off")


def _release(by: Actor, group: Group, table: pa.Table, done: Published, more: int, mark: bytes) -> None:
    """Remember what was published; a publication that left somebody out is not remembered as complete."""
    values = {
        "group": group.name,
        "digest": b"" if done.unknown else mark,
        "more": more,
        "as_of": pc.max(table.column("as_of")).as_py(),
        "on": by.on,
    }
    bulk.execute(_RELEASE, values)
    if done.changed or done.removed:
        audit.record(
            by,
            action="facts.group.published",
            purpose=Purpose.SYSTEM,
            subject_kind="fact_group",
            count=done.changed + done.removed,
            detail={"group": group.name, "changed": done.changed, "removed": done.removed, "rows": done.rows},
        )
