"""What is derived: the models of the catalogue's fact groups, over the relations a refresh offers them.

`facts/<group>/model.sql` makes the facts of a group, one row per `person_id`, and is the relation `<group>_facts` to
others; any other .sql beside it is a relation for the models to share, named by its file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from zhigong.exchange.checking import Source, field_types, load_source, source_names
from zhigong.facts import queries as facts
from zhigong.kernel import resources
from zhigong.kernel.errors import Refused
from zhigong.lake import queries as lake
from zhigong.lake.types import Model

FOLDER = "facts"
MODEL = "model.sql"
PROVENANCE = ("source", "as_of", "batch")
HIDDEN = frozenset({"name", "id_number", "phone"})
"""Kinds of columns that no model sees."""
LINKED = ("subject_id", "head_subject_id", "guardian_subject_id", "employer_key")
PLACED = ("batch", "as_of", "data_row")
PERSONS = (
    *("person_id", "l1", "l2", "l3", "l4", "membership_status", "is_migrant", "sex", "birth_date", "employer_key"),
    *("joined_on", "deceased_on", "employment", "identified", "as_of"),
)
CALENDAR = {"day": ("today",), "month": ("starts_on",), "year": ("starts_on",)}
SOURCES = ("source", "batch", "as_of")
FORM = "2"
"""Counts up with every change of what a refresh keeps, so that the next one begins anew."""
INTAKE = frozenset({"unions", "roster", "enterprises"})
"""Sources that go into the base itself."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """Models in their order. groups: facts of each group that has a model (`model_of`).

    whole: models about employers or the city, not about single persons: they always see everything. keyed: those by
    employer. columns: what the models use of each source's relation. signature changes when anything of this does.
    """

    models: tuple[Model, ...]
    groups: Mapping[str, tuple[str, ...]]
    keyed: frozenset[str]
    whole: frozenset[str]
    columns: Mapping[str, frozenset[str]]
    signature: str

    def reads(self, name: str) -> frozenset[str]:
        """Everything a model depends on; of a model about the city only its result."""
        made = {model.name: model for model in self.models}
        found: set[str] = set()
        waiting = set(made[name].reads)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting |= made[one].reads if one in made and one not in self.whole else frozenset()
        return frozenset(found)

    def feeding(self, names: Iterable[str]) -> tuple[Model, ...]:
        """The models needed for these, in order; those about the city are not among them unless asked for."""
        wanted = set(names)
        for name in tuple(wanted):
            wanted |= self.reads(name) - self.whole
        return tuple(model for model in self.models if model.name in wanted)


def department_sources() -> tuple[str, ...]:
    """The sources from which facts are derived."""
    return tuple(name for name in source_names() if name not in INTAKE)


def model_of(group: str) -> str:
    """The relation that the model of a group makes."""
    return f"{group.replace('-', '_')}_facts"


def relation_of(source: str) -> str:
    """The name by which models know a source."""
    return source.replace("-", "_")


def load_definitions() -> Definitions:
    """The models of the catalogue in force, checked against the vocabulary; Refused with the file that is wrong."""
    texts = _texts()
    relations = {"persons": PERSONS, "sources": SOURCES, **CALENDAR}
    offered = {relation_of(name): _columns(load_source(name)) for name in department_sources()}
    models = lake.plan(texts, relations={**relations, **offered})
    made = {model.name: model for model in models}
    groups = _groups(made)
    whole = frozenset(m.name for m in models if not {"person_id", "subject_id"} & set(m.columns))
    return Definitions(
        models=models,
        groups=groups,
        keyed=frozenset(name for name in whole if "employer_key" in made[name].columns),
        whole=whole,
        columns=_used(models, offered),
        signature=_signature(texts),
    )


def _texts() -> dict[str, str]:
    found: dict[str, str] = {}
    for path, file in resources.all_under(FOLDER).items():
        place = PurePosixPath(path)
        if place.suffix != ".sql":
            continue
        name = model_of(place.parent.name) if place.name == MODEL else place.stem
        if name in found:
            raise Refused("两个模型同名。", where=path, do="请给其中一个换个文件名")
        found[name] = file.read_text(encoding="utf-8")
    return found


def _columns(source: Source) -> tuple[str, ...]:
    """What models see of a source: no names, no numbers; of the person's own number the birth date."""
    kinds = {column.field: column.kind for column in source.columns}
    plain = [name for name, _ in field_types(source) if kinds.get(name, "text") not in HIDDEN and name != "verdict"]
    born = ["birth_date"] if kinds.get("id_number") == "id_number" else []
    return (*plain, *born, *LINKED, *PLACED)


def _groups(made: Mapping[str, Model]) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, group in facts.groups().items():
        model = made.get(model_of(name))
        if model is None:
            continue
        wanted = {fact.name for fact in group.facts} | set(PROVENANCE)
        given = set(model.columns[1:])
        if model.columns[0] != "person_id" or wanted != given:
            why = f"多出 {'、'.join(sorted(given - wanted)) or '无'}，缺少 {'、'.join(sorted(wanted - given)) or '无'}"
            do = "第一列应为 person_id，其余是本组的各项事实与 source、as_of、batch"
            raise Refused("模型的列与事实词汇不符。", where=f"{FOLDER}/{name}/{MODEL}", why=why, do=do)
        found[name] = tuple(fact.name for fact in group.facts)
    return found


def _used(models: tuple[Model, ...], offered: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    used = {name: {"subject_id", "household_no"} & set(columns) for name, columns in offered.items()}
    for model in models:
        for relation, columns in model.uses.items():
            if relation in used:
                used[relation] |= columns
    return {name: frozenset(columns - set(PLACED)) for name, columns in used.items()}


def _signature(texts: Mapping[str, str]) -> str:
    parts = [FORM, lake.ENGINE_VERSION, *(f"{name}\n{text}" for name, text in sorted(texts.items()))]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
