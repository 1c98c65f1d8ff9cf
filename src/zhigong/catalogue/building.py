"""A Service from its canonical content: the same way for the folder of today and for a version of long ago."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhigong.catalogue import content
from zhigong.catalogue.types import (
    Action,
    Basis,
    Choice,
    FieldKind,
    FormField,
    Grant,
    ObjectionRoute,
    Payout,
    Presumption,
    Publicity,
    Route,
    Screening,
    Service,
    Step,
    StepKind,
    StepLevel,
)
from zhigong.catalogue.words import Word, Words, name_of
from zhigong.rules import operations as rules
from zhigong.rules.types import ConditionText, GradeText, Kind, RuleText

Raw = Mapping[str, Any]


def service(kept: content.Json) -> Service:
    """The service of a content; raises Refused where its rule cannot be understood."""
    parts = content.parts_of(kept)
    head, words = parts["service"], {name: content.word_of(name, raw) for name, raw in parts["facts"].items()}
    amounts = {name: content.amount_of(name, raw) for name, raw in sorted(parts["amounts"].items())}
    vocabulary = {name: word.as_name for name, word in words.items()}
    vocabulary |= {name: name_of(dated) for name, dated in amounts.items()}
    route = parts["route"]
    return Service(
        id=parts["id"],
        title=head["title"],
        summary=head["summary"],
        audience=head["audience"],
        what_you_get=head["what_you_get"],
        icon=head["icon"],
        grant=Grant(head["grant"]),
        legal_basis=tuple(Basis(**one) for one in head["legal_basis"]),
        rule=rules.compile_rule(rule_text(parts["rules"]), vocabulary, where=str(parts["id"])),
        form=tuple(form_field(one, words) for one in parts["form"]["fields"]),
        amounts=amounts,
        route=_route(route),
        publicity=_publicity(route.get("publicity")),
        payout=Payout(**head["payout"]) if "payout" in head else None,
        rating=head["rating"],
        yearly_recheck=head["yearly_recheck"],
        screening=_screening(head["screening"]),
        days_promised=head["days_promised"],
        version=content.digest(kept),
        content=kept,
    )


def rule_text(raw: Raw) -> RuleText:
    """The rule as `rules` reads it."""
    return RuleText(
        conditions=tuple(
            ConditionText(when=one.get("when") or one["unless"], because=one["because"], unless="unless" in one)
            for one in raw["rules"]
        ),
        grades=tuple(GradeText(**one) for one in raw.get("grades", ())),
        amount=raw.get("amount"),
        recover=raw.get("recover"),
    )


def form_field(raw: Raw, words: Words) -> FormField:
    """A question; what the form does not say about a fact, the vocabulary says."""
    if "fact" in raw:
        return _fact_field(raw, words[raw["fact"]])
    return FormField(
        field=raw["field"],
        kind=FieldKind(raw["kind"]),
        label=raw["label"],
        help=raw.get("help", ""),
        required=raw.get("required", True),
        choices=_choices(raw.get("choices", {})),
    )


def _fact_field(raw: Raw, word: Word) -> FormField:
    return FormField(
        fact=word.name,
        kind=field_kind(word),
        label=raw.get("label") or word.question or word.label,
        help=raw.get("help", word.help),
        unit=word.unit,
        required=raw.get("required", True),
        choices=_choices(word.values),
        at_least=word.at_least,
        at_most=word.at_most,
    )


def field_kind(word: Word) -> FieldKind:
    """How a fact is asked."""
    if word.unit == "fen":
        return FieldKind.MONEY
    if word.values:
        return FieldKind.CHOICE
    return {
        Kind.INTEGER: FieldKind.NUMBER,
        Kind.DECIMAL: FieldKind.NUMBER,
        Kind.BOOLEAN: FieldKind.YES_NO,
        Kind.TEXT: FieldKind.TEXT,
        Kind.DATE: FieldKind.DATE,
    }[word.kind]


def _choices(raw: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value=value, label=label) for value, label in raw.items())


def _route(raw: Raw) -> Route:
    steps = tuple(
        Step(
            id=one["id"],
            title=one["title"],
            kind=StepKind(one["kind"]),
            level=StepLevel(one["level"]),
            right=one["right"],
            workdays=one["workdays"],
            actions=tuple(Action(action) for action in one["actions"]),
            guide=one.get("guide", ""),
        )
        for one in raw["steps"]
    )
    objection = raw["objection"]
    return Route(steps=steps, objection=ObjectionRoute(**{**objection, "level": StepLevel(objection["level"])}))


def _publicity(raw: Raw | None) -> Publicity | None:
    return Publicity(workdays=raw["workdays"], shows=tuple(raw["shows"]), text=raw["text"]) if raw else None


def _screening(raw: Raw) -> Screening:
    presumed = raw.get("presume", {})
    return Screening(
        presumptions=tuple(
            Presumption(fact=name, value=one["value"], because=one["because"]) for name, one in presumed.items()
        ),
        found_text=raw["found_text"],
    )
