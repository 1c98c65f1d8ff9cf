"""Models in the order they must run, with their lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from zhigong.kernel.errors import Refused
from zhigong.lake.models.parsing import Parsed, parse, trace
from zhigong.lake.types import Model


def plan(texts: Mapping[str, str], *, relations: Mapping[str, Sequence[str]]) -> tuple[Model, ...]:
    """The models of those texts (name → SQL) in an order in which each finds what it reads; names decide ties.

    relations: what is there before any model runs, name → columns.  Refused: a relation or column nobody makes, a
    circle, a name taken twice, SQL outside the portable subset.
    """
    parsed = {name: parse(name, sql) for name, sql in sorted(texts.items())}
    for name in parsed:
        if name in relations:
            raise Refused("模型与已有的关系重名", where=name, do="请换一个名字")
    known: dict[str, Sequence[str]] = dict(relations)
    made = []
    for name in _ordered(parsed, relations):
        one = parsed[name]
        traced = trace(one, known)
        model = Model(name=name, sql=texts[name], reads=one.reads, lineage=traced.lineage, uses=traced.uses)
        known[name] = model.columns
        made.append(model)
    return tuple(made)


def lineage(models: Sequence[Model]) -> dict[str, dict[str, frozenset[str]]]:
    """Per model and column, what it comes from in the relations that no model makes."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for model in models:
        found[model.name] = {
            column: frozenset(origin for one in origins for origin in _resolve(one, found))
            for column, origins in model.lineage.items()
        }
    return found


def needed_by(models: Sequence[Model], wanted: frozenset[str]) -> frozenset[str]:
    """The given names and every relation they read, directly or through other models."""
    found = set(wanted)
    for model in reversed(models):
        if model.name in found:
            found |= model.reads
    return frozenset(found)


def _resolve(origin: str, found: Mapping[str, Mapping[str, frozenset[str]]]) -> frozenset[str]:
    relation, _, column = origin.partition(".")
    return found[relation][column] if relation in found else frozenset({origin})


def _ordered(parsed: Mapping[str, Parsed], relations: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    for name, one in parsed.items():
        unknown = sorted(one.reads - parsed.keys() - relations.keys())
        if unknown:
            why = f"没有 {'、'.join(unknown)}；可用：{'、'.join(sorted({*relations, *parsed} - {name}))}"
            raise Refused("模型读了没有的关系", where=name, why=why)
    sorter = TopologicalSorter({name: sorted(one.reads & parsed.keys()) for name, one in parsed.items()})
    try:
        return tuple(sorter.static_order())
    except CycleError as error:
        raise Refused("模型互相依赖成了一个圈", where=" → ".join(reversed(error.args[1]))) from None
