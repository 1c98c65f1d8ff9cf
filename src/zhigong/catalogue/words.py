"""The words a service may use: facts of the vocabulary, its own dated amounts, the catalogue's dated parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from zhigong.catalogue.types import Problem
from zhigong.facts.types import Fact
from zhigong.kernel import parameters, resources
from zhigong.kernel.parameters import DatedValue, Parameter
from zhigong.rules.types import Kind, Name


@dataclass(frozen=True, slots=True)
class Word:
    """A fact as services see it. `values`: code -> label of a text fact. `question` is empty where nobody is asked."""

    name: str
    kind: Kind
    label: str
    unit: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    question: str = ""
    help: str = ""
    at_least: int | None = None
    at_most: int | None = None
    purposes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fact: Fact) -> Word:
        """The fact of the vocabulary, as services see it."""
        ask = fact.ask
        return cls(
            name=fact.name,
            kind=fact.kind,
            label=fact.label,
            unit=fact.unit,
            values=dict(fact.values),
            question=ask.question if ask else "",
            help=ask.help if ask else "",
            at_least=ask.at_least if ask else None,
            at_most=ask.at_most if ask else None,
            purposes=frozenset(use.value for use in fact.purposes),
        )

    @property
    def as_name(self) -> Name:
        """The word for `rules`."""
        return Name(name=self.name, kind=self.kind, label=self.label, values=tuple(self.values))


Words = Mapping[str, Word]


def of_vocabulary(facts: Mapping[str, Fact]) -> Words:
    """The whole vocabulary of facts as words."""
    return {name: Word.of(fact) for name, fact in facts.items()}


def shared_names(*, roots: Sequence[Path] | None = None) -> frozenset[str]:
    """The names of the catalogue's dated parameters."""
    files = resources.all_under("parameters", within=roots)
    return frozenset(PurePosixPath(path).stem for path in files if path.endswith(".yaml"))


def shared(name: str, *, roots: Sequence[Path] | None = None) -> Parameter:
    """One of the catalogue's dated parameters."""
    return parameters.parameter(name, roots=roots)


def amount(name: str, raw: Mapping[str, Any]) -> Parameter:
    """A dated amount of a service; its values sorted by date. The schema has been checked."""
    values = [
        DatedValue(
            value=tuple(one["value"]) if isinstance(one["value"], list) else one["value"],
            document=one["document"],
            valid_from=one["valid_from"],
            valid_to=one.get("valid_to"),
        )
        for one in raw["values"]
    ]
    return Parameter(
        id=name, title=raw["title"], unit=raw["unit"], values=tuple(sorted(values, key=lambda one: one.valid_from))
    )


def wrong_amounts(name: str, raw: Mapping[str, Any], *, where: str) -> list[Problem]:
    """What the schema cannot see: days that are texts, ends before beginnings, overlaps, values of several kinds."""
    spans = [(one["valid_from"], one.get("valid_to")) for one in raw["values"]]
    if not all(type(first) is date and (last is None or type(last) is date) for first, last in spans):
        return [Problem(where, "有效期不是日期。", "日期写成 2026-01-01，不加引号")]
    found = [Problem(where, f"有效期不对：{a} 至 {b}。") for a, b in spans if b is not None and b < a]
    for (_, last), (first, _) in pairwise(sorted(spans, key=lambda span: span[0])):
        if last is None or last >= first:
            found.append(Problem(where, f"两个值在时间上重叠：{first} 起的值。", do="请给前一个值写上 valid_to。"))
    return found or _wrong_kinds(amount(name, raw), where)


def _wrong_kinds(dated: Parameter, where: str) -> list[Problem]:
    lists = {isinstance(one.value, tuple) for one in dated.values}
    if len(lists) > 1:
        return [Problem(where, "各时期的值有的是一个、有的是一列。", "一个名字的值须是同一类")]
    if kind_of(dated) is None or (lists == {True} and kind_of(dated) not in (Kind.INTEGER, Kind.DECIMAL)):
        return [
            Problem(where, "值的类型不一致，或不能用在规则里。", "须全是数，或全是文字，或全是真假；一列值只能是数")
        ]
    return []


def kind_of(dated: Parameter) -> Kind | None:
    """What a dated value is over all its periods; None when it is several things."""
    items = [item for one in dated.values for item in (one.value if isinstance(one.value, tuple) else (one.value,))]
    kinds = {type(item) for item in items}
    if kinds and kinds <= {int, Decimal}:
        return Kind.DECIMAL if Decimal in kinds else Kind.INTEGER
    plain = {bool: Kind.BOOLEAN, str: Kind.TEXT}
    return plain.get(kinds.pop()) if len(kinds) == 1 else None


def name_of(dated: Parameter) -> Name:
    """A dated value as a word for `rules`; the kind has been checked."""
    return Name(name=dated.id, kind=kind_of(dated) or Kind.TEXT, label=dated.title, parameter=True)
