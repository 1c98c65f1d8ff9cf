"""Facts derived elsewhere enter PostgreSQL: set-based, only what changed is written."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.facts import vocabulary as words
from zhigong.facts.operations.checking import checked, digest, stage_columns
from zhigong.facts.operations.settling import settle_group
from zhigong.facts.types import Group, Model, Published
from zhigong.kernel.actor import Actor
from zhigong.kernel.db import bulk
from zhigong.kernel.errors import NotAllowed, Refused

STAGE, FRESH = "facts_stage", "facts_fresh"

_FRESH = f"""CREATE TEMP TABLE {FRESH} ON COMMIT DROP AS
    SELECT s.person_id, jsonb_strip_nulls(jsonb_build_object({{pairs}})) AS values, s.source, s.as_of, s.batch
    FROM {STAGE} s JOIN people_person p ON p.id = s.person_id"""
_CHANGE = f"""INSERT INTO facts_current (fact_group, person_id, values, source, as_of, batch_id)
    SELECT %(group)s, f.person_id, f.values, f.source, f.as_of, f.batch
    FROM {FRESH} f LEFT JOIN facts_current o ON o.fact_group = %(group)s AND o.person_id = f.person_id
    WHERE f.values <> '{{}}' AND (o.person_id IS NULL OR o.values <> f.values OR o.source <> f.source)
    ORDER BY f.person_id
    ON CONFLICT (fact_group, person_id) DO UPDATE
    SET values = excluded.values, source = excluded.source, as_of = excluded.as_of, batch_id = excluded.batch_id"""
_RENEW = f"""UPDATE facts_current c SET as_of = f.as_of, batch_id = f.batch FROM {FRESH} f
    WHERE c.fact_group = %(group)s AND c.person_id = f.person_id AND f.values <> '{{}}'
        AND (c.as_of <> f.as_of OR c.batch_id IS DISTINCT FROM f.batch)"""
_EMPTY = f"""DELETE FROM facts_current c USING {FRESH} f
    WHERE f.values = '{{}}' AND c.fact_group = %(group)s AND c.person_id = f.person_id"""
_GONE = f"""DELETE FROM facts_current c WHERE c.fact_group = %(group)s
    AND NOT EXISTS (SELECT 1 FROM {FRESH} f WHERE f.person_id = c.person_id)"""
_LAST = "SELECT digest FROM facts_release WHERE fact_group = %(group)s FOR UPDATE"
_RELEASE = """INSERT INTO facts_release (fact_group, digest, rows, as_of, published_on)
    VALUES (%(group)s, %(digest)s, (SELECT count(*) FROM facts_current c WHERE c.fact_group = %(group)s), %(as_of)s,
        %(on)s)
    ON CONFLICT (fact_group) DO UPDATE SET digest = excluded.digest, rows = excluded.rows, as_of = excluded.as_of,
        published_on = excluded.published_on"""


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
    done = _merge(by, found, table, full=full)
    _release(by, found, table, done, mark)
    return done


def _merge(by: Actor, group: Group, table: pa.Table, *, full: bool) -> Published:
    columns = stage_columns(group)
    bulk.create_stage(STAGE, columns)
    staged = bulk.copy_arrow(STAGE, columns, table.to_batches())
    bulk.analyse(STAGE)
    pairs = ", ".join(f"'{fact.name}', s.\"{fact.name}\"" for fact in group.facts)
    bulk.execute(f"DROP TABLE IF EXISTS {FRESH}")
    known = bulk.execute(_FRESH.format(pairs=pairs))
    bulk.analyse(FRESH)
    values = {"group": group.name}
    removed = bulk.execute(_GONE, values) if full else 0
    removed += bulk.execute(_EMPTY, values)
    changed = bulk.execute(_CHANGE, values)
    renewed = bulk.execute(_RENEW, values)
    settled = settle_group(group, on=by.on) if changed or removed else 0
    return Published(
        rows=staged, changed=changed, renewed=renewed, removed=removed, unknown=staged - known, settled=settled
    )


def _release(by: Actor, group: Group, table: pa.Table, done: Published, mark: bytes) -> None:
    """Remember what was published; a publication that left somebody out is not remembered as complete."""
    values = {
        "group": group.name,
        "digest": b"" if done.unknown else mark,
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
