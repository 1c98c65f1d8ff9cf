"""What everybody declared, as one table for screening."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa

from zhigong.facts.policies import to_plain
from zhigong.facts.reading import fits
from zhigong.facts.types import Fact, Plain, Settle
from zhigong.kernel.db.bulk import fetch
from zhigong.rules.types import Kind

_TYPES = {Kind.INTEGER: pa.int64(), Kind.BOOLEAN: pa.bool_(), Kind.TEXT: pa.string(), Kind.DATE: pa.date32()}

# The same decision as policies.declared_counts, for everybody at once; a property test holds them together.
_COUNTING = """
SELECT d.person_id::text, d.name, d.value::text
FROM unnest(%(names)s::text[], %(groups)s::text[], %(larger)s::boolean[], %(since)s::date[])
        AS w(name, fact_group, larger, since)
    JOIN facts_declared d ON d.name = w.name AND d.standing <> 4 AND d.declared_on >= w.since
    LEFT JOIN facts_current c ON c.person_id = d.person_id AND c.fact_group = w.fact_group
WHERE c.values -> d.name IS NULL OR (w.larger AND d.value > c.values -> d.name)
ORDER BY 1"""


def declared_table(facts: Sequence[Fact], *, on: date) -> pa.Table:
    """One row per person with a declared value that counts; columns person_id and the facts."""
    kinds = {fact.name: fact for fact in facts}
    values = {
        "names": list(kinds),
        "groups": [fact.group for fact in facts],
        "larger": [fact.settle is Settle.LARGER for fact in facts],
        "since": [on - timedelta(days=fact.freshness_days) for fact in facts],
    }
    persons: dict[str, dict[str, Plain]] = {}
    for person, name, kept in fetch(_COUNTING, values):
        value = json.loads(kept)
        if fits(kinds[name], value):
            persons.setdefault(person, {})[name] = to_plain(kinds[name], value)
    columns = {"person_id": pa.array(list(persons), pa.string())}
    for name, fact in kinds.items():
        columns[name] = pa.array([said.get(name) for said in persons.values()], _TYPES[fact.kind])
    return pa.table(columns)
