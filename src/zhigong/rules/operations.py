"""Compile a rule, decide one person, screen everyone."""

from __future__ import annotations

from collections.abc import Mapping

from zhigong.rules.types import Decision, Ranges, Rule, RuleText, Value, Vocabulary


def compile_rule(text: RuleText, vocabulary: Vocabulary, *, where: str = "") -> Rule:
    """Read and check a rule; raises Refused naming the condition for anything that is not surely meant.

    Unknown names, wrong kinds, values that a text fact cannot hold, and every construct outside the language.
    """
    raise NotImplementedError


def decide(
    rule: Rule,
    *,
    facts: Mapping[str, Value | None],
    parameters: Mapping[str, Value],
    presume: Mapping[str, Value] | None = None,
) -> Decision:
    """The rule for one person, with reasons and the facts still missing. `presume` stands in for unknown facts."""
    raise NotImplementedError


def population_sql(
    rule: Rule,
    *,
    table: str,
    parameters: Mapping[str, Value],
    presume: Mapping[str, Value] | None = None,
    ranges: Ranges | None = None,
) -> str:
    """The same rule over a DuckDB relation with `person_id` and one column per fact: always the answers of `decide`.

    Columns: person_id, verdict, grade, amount, recover, c1…cn, missing.
    `ranges` (the answer to `ranges_sql`) lets it calculate in 64 bits where the values allow; without it 128 bits.
    """
    raise NotImplementedError


def ranges_sql(rule: Rule, *, table: str) -> str:
    """One row with `<fact>__low`, `<fact>__high` for each whole-number fact of the rule."""
    raise NotImplementedError
