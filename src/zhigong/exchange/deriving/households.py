"""Who lives with whom, by the household register: what the pages of persons show of it goes into the base.

Where somebody lives, `household_members` of the catalogue says, the model that household facts rest on, too: so a page
never tells another household than the fact beside it. It knows one place for each: of several rows in force about her
the newest, by the day of the file, then the batch, then the row. Only its living members are of the household. Nobody
enters the base by the register: of others only their number goes along.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.deriving import comparing
from zhigong.exchange.deriving.closure import HOUSEHOLD, union, values_of
from zhigong.exchange.deriving.deaths import PSEUDONYM, REGISTER
from zhigong.exchange.deriving.definitions import PLACED, Definitions, relation_of
from zhigong.exchange.deriving.standing import Part, Standing, changes, schema_of
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.lake import operations as lake
from zhigong.lake.types import Model
from zhigong.people import operations as people
from zhigong.people import queries
from zhigong.people.types import HouseholdCounts

pc: Any = pyarrow.compute
MODEL, SUBJECT = "household_members", "subject_id"
SEEN = (HOUSEHOLD, SUBJECT)
"""What tells whom a changed row concerns; what a file said never changes, only whom its rows are about."""
LARGE_PART = 4
"""From one row in four on, everything is made anew: comparing all is cheaper than following so many."""
_LIVING = f"SELECT household_no, subject_id, relation, batch FROM {MODEL} WHERE living"
_ROWS = f"""WITH living AS ({_LIVING}),
    homes AS (SELECT household_no, count(*) AS size, max(batch) AS batch FROM living GROUP BY household_no)
SELECT l.household_no, l.subject_id AS person_id, coalesce(l.relation, '') AS relation, h.size, h.batch
FROM living l JOIN homes h ON h.household_no = l.household_no
WHERE l.subject_id NOT LIKE '{PSEUDONYM}%'"""
_OF = f"""WITH made AS ({_ROWS})
SELECT m.* FROM made m JOIN looked_at o ON o.household_no = m.household_no
UNION ALL SELECT o.household_no, NULL, '', 1, NULL FROM looked_at o
WHERE o.household_no NOT IN (SELECT household_no FROM made)"""


def publish_households(
    *, by: Actor, definitions: Definitions, before: Standing | None, now: Standing | None, full: bool
) -> HouseholdCounts | None:
    """Publish what the register says now; None when that is published already.

    before: the register as of the last refresh. The base itself tells whether its households were made from that: after
    a refresh that broke off, they may not, and then all are compared. full: compare all in any case.
    """
    model = _model(definitions)
    if model is None:
        return None
    now = now or Standing(source=REGISTER, parts=())
    mark, last = _mark(definitions, now), queries.household_mark(by)
    nothing_yet = last is None and not now.parts
    if nothing_yet or (mark == last and not full):
        return None
    schema = schema_of(REGISTER, model.uses[relation_of(REGISTER)] - set(PLACED))
    follows = before is not None and not full and last == _mark(definitions, before)
    near = _near(model, before, now, schema) if before is not None and follows else None
    made = _households(model, now.rows(schema)) if near is None else near
    return people.publish_households(by=by, rows=made, mark=mark, full=near is None)


def _model(definitions: Definitions) -> Model | None:
    """The model that says who lives where, None when this city has none."""
    model = next((one for one in definitions.models if one.name == MODEL), None)
    if model is not None and model.reads != {relation_of(REGISTER)}:
        raise Refused("家庭成员的模型只能依据户籍名册。", where=f"模型 {MODEL}", why="家庭按户籍逐户更新")
    return model


def _mark(definitions: Definitions, standing: Standing) -> bytes:
    """Of the rows in force with their links, and of the models."""
    return hashlib.sha256(json.dumps([definitions.signature, standing.versions()]).encode()).digest()


def _near(model: Model, before: Standing, now: Standing, schema: pa.Schema) -> pa.Table | None:
    """The households that rows which came, went or changed tell of, and those where their subjects now live; None when
    that is a large part of all. Each batch is read once: of a city's register few rows will be needed."""
    names = [name for name in schema.names if name not in {"batch", "as_of"}]
    old, new = before.versions(), now.versions()
    others = {batch for batch in {*old, *new} if old.get(batch) != new.get(batch)}
    moved = [changes(_only(before, others), _only(now, others), list(SEEN))]
    if moved[0].num_rows * LARGE_PART > sum(part.dataset.rows for part in now.parts):
        return None
    was, covered = before.covered(old), now.covered(new)
    in_force = []
    for part in now.parts:
        rows = part.read(names) if part.dataset.rows else schema.empty_table().select(names)
        if part.batch not in others:
            moved.append(rows.select(SEEN).filter(pa.array(was[part.batch] != covered[part.batch])))
        in_force.append((part, rows.filter(pa.array(~covered[part.batch])) if covered[part.batch].any() else rows))
    return _around(model, in_force, schema, pa.concat_tables(moved))


def _only(standing: Standing, batches: set[str]) -> Standing:
    """Some batches of a source. Of their rows those that other batches cover are told as in force: a few too many."""
    return Standing(source=standing.source, parts=tuple(one for one in standing.parts if one.batch in batches))


def _around(model: Model, in_force: list[tuple[Part, pa.Table]], schema: pa.Schema, moved: pa.Table) -> pa.Table:
    """Households by the rows that are moved, among all rows in force."""
    subjects, named = values_of(moved, (SUBJECT,)), values_of(moved, (HOUSEHOLD,))
    homes = union(named, *(values_of(_where(rows, SUBJECT, subjects), (HOUSEHOLD,)) for _, rows in in_force))
    # Whoever has a row there may live elsewhere by a newer one: all rows about her are needed to know.
    around = union(subjects, *(values_of(_where(rows, HOUSEHOLD, homes), (SUBJECT,)) for _, rows in in_force))
    near = [schema.empty_table()]
    for part, rows in in_force:
        few = rows.filter(pc.or_(_hits(rows, HOUSEHOLD, homes), _hits(rows, SUBJECT, around)))
        batch = pa.repeat(pa.scalar(str(UUID(part.batch))), few.num_rows)
        as_of = pa.repeat(pa.scalar(part.as_of, pa.date32()), few.num_rows)
        near.append(few.append_column("batch", batch).append_column("as_of", as_of).select(schema.names))
    return _households(model, pa.concat_tables(near).combine_chunks(), homes)


def _households(model: Model, rows: pa.Table, looked_at: Any = None) -> pa.Table:  # noqa: ANN401
    """Rows for `people.publish_households`: of every household, or of those looked at, empty ones among them."""
    with comparing.engine() as sql:
        sql.register(MODEL, lake.run_models(sql, [model], {relation_of(REGISTER): rows})[MODEL])
        if looked_at is not None:
            sql.register("looked_at", pa.table({HOUSEHOLD: looked_at}))
        made = sql.fetch_arrow(_ROWS if looked_at is None else _OF)
    return made.cast(people.HOUSEHOLD_ROWS).combine_chunks()


def _where(rows: pa.Table, column: str, wanted: Any) -> pa.Table:  # noqa: ANN401
    return rows.filter(_hits(rows, column, wanted))


def _hits(rows: pa.Table, column: str, wanted: Any) -> Any:  # noqa: ANN401
    return pc.is_in(rows[column], value_set=wanted, skip_nulls=True)
