"""The canonical content of a service: plain JSON that says everything the service says, and its hash.

Policy cases are not part of it: they test the service and do not change it. Facts and dated values it uses are, so
that a version needs nothing but itself. Decimals and dates are tagged texts, for JSON has neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from zhigong.catalogue.words import Word
from zhigong.kernel.errors import Refused
from zhigong.kernel.parameters import DatedValue, Parameter
from zhigong.rules.types import Kind

FORMAT = 1
_DECIMAL, _DATE, _ORDERED = "$decimal", "$date", "$ordered"
_IN_ORDER = {"choices", "values", "presume"}  # their order is shown, and neither sorted keys nor jsonb keep it
Json = dict[str, Any]


def made(service_id: str, parts: Mapping[str, Any], *, amounts: Iterable[Parameter], words: Iterable[Word]) -> Json:
    """The content of a service from its files' values, the dated values and the facts that it uses."""
    body = {part: parts[part] for part in ("service", "form", "rules", "route")}
    body |= {"amounts": {one.id: _amount(one) for one in amounts}, "facts": {one.name: _word(one) for one in words}}
    encoded: Json = _encoded({"format": FORMAT, "id": service_id, **body})
    return encoded


def canonical(content: Json) -> str:
    """The one text of a content: keys sorted, no idle blanks."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(content: Json) -> str:
    """The version: sha256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def parts_of(content: Json) -> Json:
    """The files' values back from a content, decimals and dates included; raises Refused for another format."""
    if content.get("format") != FORMAT:
        raise Refused("这个版本的服务读不出来。", why=f"格式是 {content.get('format')}", do="请升级智工。")
    decoded: Json = _decoded(content)
    return decoded


def amount_of(name: str, raw: Mapping[str, Any]) -> Parameter:
    """A dated value back from its decoded form."""
    values = [
        DatedValue(
            value=tuple(one["value"]) if isinstance(one["value"], list) else one["value"],
            document=one["document"],
            valid_from=one["valid_from"],
            valid_to=one["valid_to"],
        )
        for one in raw["values"]
    ]
    return Parameter(id=name, title=raw["title"], unit=raw["unit"], values=tuple(values))


def word_of(name: str, raw: Mapping[str, Any]) -> Word:
    """A fact back from its decoded form."""
    return Word(name=name, **{**raw, "kind": Kind(raw["kind"])})


def _amount(one: Parameter) -> Json:
    values = [
        {
            "value": list(value.value) if isinstance(value.value, tuple) else value.value,
            "document": value.document,
            "valid_from": value.valid_from,
            "valid_to": value.valid_to,
        }
        for value in one.values
    ]
    return {"title": one.title, "unit": one.unit, "values": values}


def _word(one: Word) -> Json:
    return {
        "kind": one.kind.value,
        "label": one.label,
        "unit": one.unit,
        "values": dict(one.values),
        "question": one.question,
        "help": one.help,
        "at_least": one.at_least,
        "at_most": one.at_most,
    }


def _encoded(value: object) -> Any:  # noqa: ANN401 — JSON
    if isinstance(value, Mapping):
        return {key: _in_order(item) if key in _IN_ORDER else _encoded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item) for item in value]
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    return value


def _in_order(value: object) -> Any:  # noqa: ANN401 — JSON
    if isinstance(value, Mapping):
        return {_ORDERED: [[key, _encoded(item)] for key, item in value.items()]}
    return _encoded(value)


def _decoded(value: object) -> Any:  # noqa: ANN401 — JSON
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_DECIMAL}:
        return Decimal(value[_DECIMAL])
    if value.keys() == {_DATE}:
        return date.fromisoformat(value[_DATE])
    if value.keys() == {_ORDERED}:
        return {key: _decoded(item) for key, item in value[_ORDERED]}
    return {key: _decoded(item) for key, item in value.items()}
