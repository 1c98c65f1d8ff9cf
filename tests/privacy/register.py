"""docs/personal-data.yaml as the tests read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zhigong.conf.home import PROJECT
from zhigong.kernel import yaml

FILE = PROJECT / "docs" / "personal-data.yaml"
CLASSES = ("none", "internal", "personal", "sensitive", "sealed")
GUARDED = frozenset({"personal", "sensitive", "sealed"})
_PARTS = {"about", "kept", "guard", "fields"}


@dataclass(frozen=True)
class Table:
    """One table as classified; fields: column -> class."""

    fields: dict[str, str]
    guard: str

    @property
    def has_personal_data(self) -> bool:
        return not GUARDED.isdisjoint(self.fields.values())


def faults(register: dict[str, Any]) -> list[str]:
    """What the register itself gets wrong: unknown classes, fields or tables without their reasons."""
    found = []
    for name, given in register["tables"].items():
        if set(given) != _PARTS or not all(
            isinstance(given[part], str) and given[part] for part in _PARTS - {"fields"}
        ):
            found.append(f"{name}: needs exactly {', '.join(sorted(_PARTS))}")
        for column, told in {**register["common"], **given["fields"]}.items():
            if not (isinstance(told, list) and len(told) == 2 and told[0] in CLASSES and str(told[1]).strip()):
                found.append(f"{name}.{column}: needs [class, why]")
    return found


def tables(register: dict[str, Any], columns: dict[str, dict[str, str]]) -> dict[str, Table]:
    """Every table of the register; common columns count where the database has them."""
    made = {}
    for name, given in register["tables"].items():
        fields = {column: told[0] for column, told in given["fields"].items()}
        shared = {column: told[0] for column, told in register["common"].items() if column in columns.get(name, {})}
        made[name] = Table(fields=shared | fields, guard=given["guard"])
    return made


def read() -> dict[str, Any]:
    """The register's text, strictly."""
    return dict(yaml.load(FILE))
