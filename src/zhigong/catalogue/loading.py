"""From a folder to a service: files, dated values, the rule with its words, then every check. No database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhigong.catalogue import building, content, crosschecks, folders, policycases, schemas, words
from zhigong.catalogue.folders import Folder
from zhigong.catalogue.types import PolicyCase, Problem, Service
from zhigong.catalogue.words import Word, Words
from zhigong.kernel.errors import Refused
from zhigong.kernel.parameters import Parameter
from zhigong.rules import operations as rules
from zhigong.rules.types import Rule

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A service with its policy cases."""

    service: Service
    cases: tuple[PolicyCase, ...]


def load(service_id: str, *, vocabulary: Words, roots: Sequence[Path] | None = None) -> Loaded:
    """Read, check and build one service; raises NotFound, or CatalogueRefused with everything found."""
    folder = folders.read(service_id, roots=roots)
    shared = words.shared_names(roots=roots)
    _refuse(list(crosschecks.amounts(folder, vocabulary, shared)), service_id)
    dated = _dated(folder, shared, roots)
    rule = _rule(folder, vocabulary, dated)
    made = crosschecks.Made(folder=folder, rule=rule, words=vocabulary)
    _refuse([*crosschecks.all_of(made), *policycases.wrong(folder, rule, vocabulary)], service_id)
    kept = content.made(
        service_id,
        folder.parts,
        amounts=[dated[name] for name in sorted(rule.parameters)],
        words=[vocabulary[name] for name in sorted(rule.facts)],
    )
    return Loaded(service=building.service(kept), cases=policycases.read(folder.parts["cases"]))


def _refuse(found: list[Problem], service_id: str) -> None:
    if found:
        raise schemas.refused(found, what=f"服务 {service_id} 不能用：")


def _dated(folder: Folder, shared: frozenset[str], roots: Sequence[Path] | None) -> dict[str, Parameter]:
    """Its own dated values, and the catalogue's that its rule names."""
    own = {name: words.amount(name, raw) for name, raw in folder.parts["amounts"].items()}
    named = {name for text in _texts(folder.parts["rules"]) for name in _IDENTIFIER.findall(text)}
    return own | {name: words.shared(name, roots=roots) for name in sorted(named & shared)}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _rule(folder: Folder, vocabulary: Words, dated: Mapping[str, Parameter]) -> Rule:
    known: dict[str, Any] = {name: word.as_name for name, word in vocabulary.items()}
    known |= {name: words.name_of(one) for name, one in dated.items()}
    where = str(folder.files["rules"])
    try:
        return rules.compile_rule(building.rule_text(folder.parts["rules"]), known, where=where)
    except Refused as reason:
        raise schemas.refused([Problem(**reason.as_dict())], what=f"服务 {folder.id} 的规则有误：") from reason


def present(*, roots: Sequence[Path] | None = None) -> Words:
    """The vocabulary of facts as it is now."""
    from zhigong.facts import queries as facts

    return words.of_vocabulary(facts.vocabulary())


__all__ = ["Loaded", "Word", "load", "present"]
