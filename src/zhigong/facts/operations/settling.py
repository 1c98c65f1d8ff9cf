"""Declared values meet what sources say: confirmed, contradicted, or still the person's word alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from zhigong.facts.types import Fact, Group, Settle
from zhigong.kernel.db import bulk

# The same decision as policies.standing_of, for many at once; a property test holds them together.
_SETTLE = """
WITH told AS (
    SELECT d.id, d.standing, d.value AS said, c.values -> d.name AS known, w.larger, w.percent
    FROM unnest(%(names)s::text[], %(groups)s::text[], %(larger)s::boolean[], %(percent)s::integer[])
            AS w(name, fact_group, larger, percent)
        JOIN facts_declared d ON d.name = w.name AND d.standing <> 4
        LEFT JOIN facts_current c ON c.person_id = d.person_id AND c.fact_group = w.fact_group
    WHERE %(person)s::uuid IS NULL OR d.person_id = %(person)s
), found AS (
    SELECT id, standing, CASE
        WHEN known IS NULL THEN 1
        WHEN said = known THEN 2
        WHEN percent > 0 AND jsonb_typeof(said) = 'number' AND jsonb_typeof(known) = 'number'
            AND abs(said::numeric - known::numeric) * 100
                <= percent * greatest(abs(said::numeric), abs(known::numeric)) THEN 2
        WHEN larger AND said > known THEN 1
        ELSE 3 END AS now
    FROM told
)
UPDATE facts_declared d SET standing = found.now, settled_on = CASE WHEN found.now = 1 THEN NULL ELSE %(on)s::date END
FROM found WHERE d.id = found.id AND found.now <> found.standing"""


def settle_group(group: Group, *, on: date) -> int:
    """Look again at everything declared of a group; returns how many declarations changed their standing."""
    return _settle((fact for fact in group.facts if fact.ask is not None), on=on, person_id=None)


def settle_person(fact: Fact, *, person_id: UUID, on: date) -> int:
    """Look at what one person declared of one fact."""
    return _settle([fact], on=on, person_id=person_id)


def _settle(facts: Iterable[Fact], *, on: date, person_id: UUID | None) -> int:
    wanted = list(facts)
    if not wanted:
        return 0
    values = {
        "names": [fact.name for fact in wanted],
        "groups": [fact.group for fact in wanted],
        "larger": [fact.settle is Settle.LARGER for fact in wanted],
        "percent": [fact.ask.tolerance_percent if fact.ask else 0 for fact in wanted],
        "person": person_id,
        "on": on,
    }
    return bulk.execute(_SETTLE, values)
