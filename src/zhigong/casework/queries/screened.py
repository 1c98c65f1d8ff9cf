"""For the console and the rule lab: the rule over everybody without writing anything, and what a change would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import pyarrow as pa

from zhigong.casework.population import population
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import Service
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Refused
from zhigong.rules.types import Value


@dataclass(frozen=True)
class Screened:
    """The rule over everybody. rows: person_id, verdict, grade, amount, recover, missing."""

    service_id: str
    rows: pa.Table

    def count(self, *, verdict: bool | None) -> int:
        """How many have this verdict; None: not known."""
        values = self.rows.column("verdict").to_pylist()
        return sum(1 for one in values if one is verdict)


def screen(actor: Actor, service_id: str) -> Screened:
    """One service's rule over everybody, presuming what its screening presumes; writes nothing."""
    service = catalogue.service(service_id)
    with population(actor, service) as everybody:
        rows = everybody.engine.fetch_arrow(
            f"SELECT person_id, verdict, grade, amount, recover, missing FROM ({everybody.screen()}) ORDER BY person_id"
        )
    return Screened(service_id, rows)


@dataclass(frozen=True, slots=True)
class Change:
    """What a change would do in one district ('' for all): persons who gain, lose, stay; fen before and after."""

    district: str
    before: int
    after: int
    gain: int
    lose: int
    unchanged: int
    cost_before: int
    cost_after: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated change: in all, by district, and the values changed (name: before, after)."""

    service_id: str
    total: Change
    districts: tuple[Change, ...]
    changed: Mapping[str, tuple[Value, Value]]


def simulate(actor: Actor, service_id: str, *, values: Mapping[str, str]) -> Simulation:
    """Who gains, who loses, what it costs, if these dated amounts had other values; writes nothing.

    values: as texts, read in the kind of the present value; a list is comma-separated. unchanged: true before and
    after. Raises Refused for a name the rule does not use, or a value of another kind.
    """
    service = catalogue.service(service_id)
    with population(actor, service) as everybody:
        before = service.parameters(everybody.day)
        after = before | {name: _read(service, name, before, text) for name, text in values.items()}
        engine = everybody.engine
        for name, parameters in (("before", before), ("after", after)):
            engine.run(f"CREATE TABLE {name} AS {everybody.screen(parameters=parameters)}")
        found = engine.fetch_arrow(_COMPARE).to_pylist()
    names = dict(fetch("SELECT seq, name FROM orgs_union WHERE level = 2"))
    lines = [
        Change(names.get(row.pop("l2"), "市直属"), **{name: int(value or 0) for name, value in row.items()})
        for row in found
    ]
    return Simulation(
        service_id,
        _together(lines),
        tuple(sorted(lines, key=lambda line: line.district)),
        {name: (before[name], after[name]) for name in values},
    )


_COMPARE = """
SELECT e.l2, count(*) FILTER (WHERE b.verdict) AS before, count(*) FILTER (WHERE a.verdict) AS after,
       count(*) FILTER (WHERE a.verdict AND b.verdict IS NOT TRUE) AS gain,
       count(*) FILTER (WHERE b.verdict AND a.verdict IS NOT TRUE) AS lose,
       count(*) FILTER (WHERE a.verdict AND b.verdict) AS unchanged,
       sum(b.amount) AS cost_before, sum(a.amount) AS cost_after
FROM everybody e JOIN before b ON b.person_id = e.person_id JOIN after a ON a.person_id = e.person_id
GROUP BY e.l2 HAVING count(*) FILTER (WHERE a.verdict OR b.verdict) > 0 ORDER BY e.l2
"""


def _together(lines: list[Change]) -> Change:
    total = Change("", 0, 0, 0, 0, 0, 0, 0)
    for line in lines:
        total = replace(
            total,
            before=total.before + line.before,
            after=total.after + line.after,
            gain=total.gain + line.gain,
            lose=total.lose + line.lose,
            unchanged=total.unchanged + line.unchanged,
            cost_before=total.cost_before + line.cost_before,
            cost_after=total.cost_after + line.cost_after,
        )
    return total


def _read(service: Service, name: str, before: Mapping[str, Value], text: str) -> Value:
    """A value of the kind of the present one."""
    if name not in before or name not in service.rule.parameters:
        known = "、".join(sorted(service.rule.parameters))
        raise Refused("规则里没有这个数值。", where=name, why=f"可以改的有：{known}", do="请核对名称。")
    present = before[name]
    try:
        if isinstance(present, tuple):
            return tuple(_number(present[0], part) for part in text.split(","))
        return _number(present, text)
    except (ValueError, ArithmeticError):
        raise Refused("数值的写法不对。", where=name, why=f"现在是 {present!s}", do="请写同样类型的数值。") from None


def _number(like: Value, text: str) -> int | Decimal:
    if isinstance(like, bool) or not isinstance(like, int | Decimal):
        raise ValueError("only numbers are simulated")
    exact = Decimal(text.strip())
    if isinstance(like, int) and exact != int(exact):
        raise ValueError("a whole number is wanted")
    return int(exact) if isinstance(like, int) else exact
