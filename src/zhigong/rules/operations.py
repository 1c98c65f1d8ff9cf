"""Compile a rule, decide one person, screen everyone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zhigong.rules import compiling, deciding, population
from zhigong.rules.tree import Kind
from zhigong.rules.types import Decision, Ranges, Rule, RuleText, Value, Vocabulary


def compile_rule(text: RuleText, vocabulary: Vocabulary, *, where: str = "") -> Rule:
    """Read and check a rule; raises Refused naming the condition for anything that is not surely meant.

    Unknown names, wrong kinds, values that a text fact cannot hold, and every construct outside the language.
    """
    return compiling.compile_rule(text, vocabulary, where=where)


def decide(
    rule: Rule,
    *,
    facts: Mapping[str, Value | None],
    parameters: Mapping[str, Value],
    presume: Mapping[str, Value] | None = None,
) -> Decision:
    """The rule for one person, with reasons and the facts still missing. `presume` stands in for unknown facts.

    Raises Refused for values of another kind (floats too), for a parameter without a value, for bands that are none.
    """
    return deciding.decide(rule, facts=facts, parameters=parameters, presume=presume or {})


def population_sql(
    rule: Rule,
    *,
    table: str,
    parameters: Mapping[str, Value],
    presume: Mapping[str, Value] | None = None,
    ranges: Ranges | None = None,
) -> str:
    """The same rule over a DuckDB relation with `person_id` and one column per fact: always the answers of `decide`.

    Columns: person_id, verdict, grade, amount, recover, c1…cn, missing. `table` is SQL of ours, never of a user.
    `ranges` (of this very relation, see `ranges_sql`) lets it calculate in 64 bits where the values allow; without it
    128 bits where needed. Raises Refused where even those might not hold the exact value.
    """
    return population.population_sql(
        rule, table=table, parameters=parameters, presume=presume or {}, ranges=ranges or {}
    )


def ranges_sql(rule: Rule, *, table: str) -> str:
    """One row: smallest and largest value of each whole-number fact; Parquet answers it from its footers."""
    return population.ranges_sql(rule, table=table)


def read_ranges(rule: Rule, row: Sequence[int | None]) -> Ranges:
    """The row that `ranges_sql` gave, as `population_sql` wants it."""
    names = [name for name in rule.order if rule.kinds[name].kind is Kind.INTEGER]
    ends = zip(row[::2], row[1::2], strict=True) if names else ()
    return {
        name: None if low is None or high is None else (int(low), int(high))
        for name, (low, high) in zip(names, ends, strict=True)
    }
