"""Screening: one service's rule over everybody; what changed becomes entitlements, awards and recoveries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pyarrow as pa

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.casework.operations.awarding import award
from zhigong.casework.population import Population, population
from zhigong.casework.types import ScreenCounts, Stage
from zhigong.catalogue import operations as catalogue_operations
from zhigong.catalogue import queries as catalogue
from zhigong.exchange import operations as exchange
from zhigong.kernel.actor import Actor, ScopeOpener
from zhigong.kernel.db.bulk import analyse, copy_arrow, create_stage, execute, fetch
from zhigong.kernel.ids import uuid7_texts

STAGE = "casework_screened"
COLUMNS = {"id": "uuid", "person_id": "uuid", "grade": "text", "amount": "bigint"}
MORE = ("deceased", "death_date")


def screen_service(*, scope: ScopeOpener, service_id: str, at_ms: int) -> ScreenCounts:
    """Screen everybody for one service and write what changed (job role).

    An applied-for service: true verdicts are offered, offers whose verdict is no longer true are withdrawn, granted
    ones that no longer hold are due for a re-check; a refused person is offered again only when her facts changed.
    An automatic service: what is due beyond what was awarded is granted, what was awarded beyond it is recovered. The
    same facts again change nothing. at_ms: the moment, for new ids. Raises NotFound before the first refresh.
    """
    clock = _Clock()
    with scope() as by:
        service = catalogue.service(service_id)
        version = catalogue_operations.freeze(by, service_id)
        with clock.part("load"), population(by, service, more=MORE if service.automatic else ()) as everybody:
            with clock.part("rule"):
                everybody.engine.run(f"CREATE TABLE screened AS {everybody.screen()}")
            counts = _counted(everybody)
            if service.automatic:
                due = everybody.engine.fetch_arrow(_DUE)
            else:
                found = everybody.engine.fetch_arrow(_TRUE)
        if not service.automatic:
            with clock.part("write"):
                changed = _offer(
                    by, service_id, version, found, day=everybody.day, at_ms=at_ms, text=service.screening.found_text
                )
            _record(by, service_id, sum(changed.values()))
            return ScreenCounts(service_id, *counts, **changed, seconds=clock.seconds)
        day = everybody.day
    with clock.part("write"):
        made = award(scope, service=service, version=version, due=due, day=day)
    return ScreenCounts(
        service_id, *counts, offered=0, withdrawn=0, changed=made.granted + made.recovered, **made.as_dict(),
        seconds=clock.seconds,
    )  # fmt: skip


class _Clock:
    """Seconds per part; a part within another is taken off it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            spent, inner = time.perf_counter() - began, self._inner.pop()
            self._inner[-1] += spent
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent - inner, 3)


_TRUE = "SELECT person_id, coalesce(grade, '') AS grade, amount FROM screened WHERE verdict ORDER BY person_id"
_DUE = """
SELECT e.*, s.amount, s.recover FROM screened s JOIN everybody e ON e.person_id = s.person_id
WHERE (s.verdict AND coalesce(s.amount, 0) > 0) OR coalesce(s.recover, 0) > 0 ORDER BY e.person_id
"""


def _counted(everybody: Population) -> tuple[int, int, int, int]:
    row = everybody.engine.fetch_arrow(
        """SELECT count(*) AS n, count(*) FILTER (WHERE verdict) AS yes, count(*) FILTER (WHERE NOT verdict) AS no,
                  count(*) FILTER (WHERE verdict IS NULL) AS unknown FROM screened"""
    ).to_pylist()[0]
    return row["n"], row["yes"], row["no"], row["unknown"]


def _offer(  # noqa: PLR0913 — the parts of an offer
    by: Actor, service_id: str, version: str, found: pa.Table, *, day: date, at_ms: int, text: str
) -> dict[str, int]:
    """Bring the entitlements of a service in line with who was found; touches only what changed."""
    create_stage(STAGE, COLUMNS)
    ids = pa.array(uuid7_texts(found.num_rows, at_ms=at_ms), pa.string())
    copy_arrow(STAGE, COLUMNS, [found.append_column("id", ids)])
    analyse(STAGE)
    title = catalogue.service(service_id).title
    values = {"service": service_id, "version": version, "on": by.on, "title": title, "text": text[:600]}
    execute(_SCREENED, values | {"day": day})
    withdrawn = execute(_WITHDRAW, values)
    lapsed = execute(_LAPSE, values)
    row = fetch(_UPSERT, values)[0]
    return {"offered": int(row[0]), "withdrawn": withdrawn, "changed": int(row[1]) - int(row[0]) + lapsed}


# Dead persons are offered nothing; who has a case under way or decided in favour is not offered the same again.
_UPSERT = """
WITH fresh AS (
    SELECT s.id, p.union_id, p.l1, p.l2, p.l3, p.l4, s.person_id, s.grade, s.amount,
           md5(concat_ws('|', s.grade, s.amount, %(version)s::text)) AS digest
    FROM casework_screened s JOIN people_person p ON p.id = s.person_id
    WHERE p.deceased_on IS NULL AND NOT EXISTS (
        SELECT 1 FROM casework_case c LEFT JOIN casework_entitlement e ON e.case_id = c.id
        WHERE c.person_id = s.person_id AND c.service_id = %(service)s AND c.state BETWEEN 1 AND 6
            AND e.id IS NULL)),
written AS (
    INSERT INTO casework_entitlement AS t (id, union_id, l1, l2, l3, l4, person_id, service_id, service_version, state,
        grade, amount_fen, digest, found_on, changed_on, holds)
    SELECT id, union_id, l1, l2, l3, l4, person_id, %(service)s, %(version)s, 1, grade, amount, digest, %(on)s, %(on)s,
        true FROM fresh
    ON CONFLICT (person_id, service_id) DO UPDATE SET
        service_version = EXCLUDED.service_version, digest = EXCLUDED.digest, changed_on = EXCLUDED.changed_on,
        holds = true,
        grade = CASE WHEN t.state IN (1, 4, 5) THEN EXCLUDED.grade ELSE t.grade END,
        amount_fen = CASE WHEN t.state IN (1, 4, 5) THEN EXCLUDED.amount_fen ELSE t.amount_fen END,
        found_on = CASE WHEN t.state IN (4, 5) THEN EXCLUDED.found_on ELSE t.found_on END,
        state = CASE WHEN t.state IN (4, 5) THEN 1 ELSE t.state END
    WHERE t.digest <> EXCLUDED.digest OR NOT t.holds
    RETURNING t.*),
told AS (
    INSERT INTO casework_notice (id, union_id, l1, l2, l3, l4, person_id, service_id, kind, title, text, "on", key)
    SELECT gen_random_uuid(), union_id, l1, l2, l3, l4, person_id, service_id, 'found',
        left('为您找到：' || %(title)s, 80), %(text)s, %(on)s, 'found:' || id || ':' || found_on
    FROM written WHERE state = 1 AND found_on = %(on)s AND changed_on = %(on)s
    ON CONFLICT (key) DO NOTHING RETURNING 1)
SELECT (SELECT count(*) FROM written WHERE state = 1 AND found_on = %(on)s), (SELECT count(*) FROM written)
"""
_SCREENED = """
INSERT INTO casework_screening (service_id, screened_on, day) VALUES (%(service)s, %(on)s, %(day)s)
ON CONFLICT (service_id) DO UPDATE SET screened_on = EXCLUDED.screened_on, day = EXCLUDED.day
WHERE (casework_screening.screened_on, casework_screening.day) IS DISTINCT FROM (EXCLUDED.screened_on, EXCLUDED.day)
"""
_WITHDRAW = """
UPDATE casework_entitlement e SET holds = false, state = 4, changed_on = %(on)s
WHERE e.service_id = %(service)s AND e.holds AND e.state = 1
  AND NOT EXISTS (SELECT 1 FROM casework_screened s WHERE s.person_id = e.person_id)
"""
_LAPSE = """
UPDATE casework_entitlement e SET holds = false, changed_on = %(on)s,
    recheck_on = CASE WHEN e.state = 3 THEN least(coalesce(e.recheck_on, %(on)s), %(on)s) ELSE e.recheck_on END
WHERE e.service_id = %(service)s AND e.holds AND e.state <> 1
  AND NOT EXISTS (SELECT 1 FROM casework_screened s WHERE s.person_id = e.person_id)
"""


def _record(by: Actor, service_id: str, changed: int) -> None:
    if changed:
        audit.record(
            by,
            action="casework.service.screened",
            purpose=Purpose.SYSTEM,
            count=changed,
            detail={"service": service_id},
        )


def refresh(*, scope: ScopeOpener, at_ms: int, tell: Callable[[str], None], full: bool = False) -> dict[str, Stage]:
    """From the files in force to entitlements: exchange's refresh, then every service of the catalogue screened.

    Returns a report per stage, in order; `screen` counts persons times services and changed entitlements, awards and
    recoveries. Without news nothing changes.
    """
    done = exchange.refresh(scope=scope, at_ms=at_ms, tell=tell, full=full)
    report = {name: Stage(**stage) for name, stage in done.items()}
    began, rows, changed = time.perf_counter(), 0, 0
    for service in catalogue.services():
        counts = screen_service(scope=scope, service_id=service.id, at_ms=at_ms)
        rows += counts.screened
        changed += counts.offered + counts.withdrawn + counts.changed
        news = counts.offered + counts.changed
        tell(f"筛查「{service.title}」：符合 {counts.true} 人，待定 {counts.unknown} 人，变化 {news} 项")
    report["screen"] = Stage(rows=rows, changed=changed, seconds=round(time.perf_counter() - began, 3))
    return report
