"""The two sides of a pair: what a file's row says and what the base says, and where they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from zhigong.exchange.linking.reviewing import Doubt
from zhigong.exchange.types import Side
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.identity_numbers import check_document
from zhigong.kernel.masking import mask_id
from zhigong.kernel.names import unit_key

_PERSONS = """
    SELECT p.id, p.name, p.birth_date, p.sex, p.employer_name, p.id_index IS NOT NULL, u.name, p.l1, p.l2, p.l3, p.l4
    FROM people_person p JOIN orgs_union u ON u.id = p.union_id WHERE p.id = ANY (%(ids)s::uuid[])"""
SEXES = {1: "男", 2: "女"}
REGISTERED, MISSING = "已登记", "没有登记"


@dataclass(frozen=True, slots=True)
class SideOfBase:
    """A person of the base as a pair shows her."""

    side: Side
    union_name: str
    chain: tuple[int, int, int, int]


def of_base(persons: Sequence[UUID]) -> dict[UUID, SideOfBase]:
    """Persons of the scope; numbers stay sealed."""
    rows = fetch(_PERSONS, {"ids": list({str(one) for one in persons})})
    return {
        one: SideOfBase(
            side=Side(
                name=name,
                number=REGISTERED if numbered else MISSING,
                birth_date=born,
                sex=SEXES.get(sex, ""),
                employer_name=employer,
            ),
            union_name=union,
            chain=(l1, l2, l3, l4),
        )
        for one, name, born, sex, employer, numbered, union, l1, l2, l3, l4 in rows
    }


def of_file(pair: Doubt, on: date) -> Side:
    """What the row says; its number masked, birth and sex as a sound number tells them."""
    told = check_document(pair.id_number, on=on) if pair.id_number else None
    return Side(
        name=pair.name,
        number=mask_id(pair.id_number) if pair.id_number else "",
        birth_date=told.birth if told else None,
        sex=SEXES.get(int(told.sex), "") if told and told.sex else "",
        employer_name=pair.employer_name,
    )


def agreements(pair: Doubt, file: Side, base: Side) -> dict[str, str]:
    """Per field: same, near, other, or nothing where one side is silent; the number as linking compared it, by its
    codes (cut, one, display, region, three)."""
    told = dict(part.split(":", 1) for part in pair.reason.split() if ":" in part)
    if pair.reason.startswith("id:same name:"):
        told = {"id": "same", "name": pair.reason.removeprefix("id:same name:")}
    return {
        "name": _known(told.get("name")) or _alike(file.name, base.name),
        "id": _known(told.get("id")),
        "birth_date": _known(told.get("birth")) or _alike(file.birth_date, base.birth_date),
        "sex": _known(told.get("sex")) or _alike(file.sex, base.sex),
        "employer_name": _known(told.get("employer"))
        or _alike(unit_key(file.employer_name), unit_key(base.employer_name)),
    }


def _known(code: str | None) -> str:
    return "" if code in (None, "-", "unknown") else code or ""


def _alike(left: object, right: object) -> str:
    return "" if not left or not right else "same" if left == right else "other"
