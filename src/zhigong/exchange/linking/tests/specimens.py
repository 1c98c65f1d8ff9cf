"""A small base and rows about it, made by hand."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pyarrow as pa

from zhigong.exchange.linking.linker import EMPLOYERS, INCOMING, PERSONS, Base, link_rows
from zhigong.exchange.linking.model import load_model
from zhigong.kernel.identity_numbers import check_digit

ON = date(2026, 11, 22)
MODEL = load_model()
SURNAMES, GIVEN = "王李张刘陈杨黄赵周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"
FIRM, OTHER_FIRM = "云泽市民鼎建设有限公司", "江泽联民机械有限公司"
FIRM_CODE = "91990102MA8HBNLY1F"


def number(serial: int, born: str = "19870312") -> str:
    """A sound number; serial 0 to 999."""
    first = f"990102{born}{serial:03d}"
    return first + check_digit(first)


def born(index: int) -> date:
    """A birth date of its own for each of the first 3 360 persons."""
    return date(1960 + index % 40, 1 + index // 40 % 12, 1 + index // 480 % 7)


def person(index: int, **changes: Any) -> dict[str, Any]:
    """The index-th person of the base: sound number, employer; names repeat now and then, as in life."""
    own = f"{SURNAMES[index % 10]}{GIVEN[index // 10 % 20]}{GIVEN[(index // 200 + index) % 20]}"
    found = {
        "person_id": f"p{index:05d}",
        "name": own,
        "birth_date": born(index),
        "sex": 1 + index % 2,
        "employer_name": FIRM if index % 3 else OTHER_FIRM,
        "number": number(index % 1000, born(index).strftime("%Y%m%d")),
    }
    return found | changes


def hidden(numbers: Any) -> list[str]:
    """Tokens as a keyed hash would give them."""
    return [hashlib.sha256(one.encode()).hexdigest()[:32] for one in numbers]


def base_of(persons: list[dict[str, Any]]) -> Base:
    """A base of these persons and one employer; opening a number asks for it by person."""
    numbers = {one["person_id"]: one["number"] for one in persons}
    table = [one | {"token": hidden([one["number"]])[0] if one["number"] else None} for one in persons]
    firms = [{"employer_id": "f1", "credit_code": FIRM_CODE, "unit": FIRM}]
    return Base(
        persons=pa.Table.from_pylist(table, schema=PERSONS),
        employers=pa.Table.from_pylist(firms, schema=EMPLOYERS),
        hidden=hidden,
        pseudonym=hidden,
        opened=lambda wanted: [numbers[one] for one in wanted],
    )


def rows_of(*rows: dict[str, Any]) -> pa.Table:
    """Rows 1, 2, … of a batch; each says `id_number` and what else it has."""
    return pa.Table.from_pylist([{"row": n} | one for n, one in enumerate(rows, 1)], schema=INCOMING)


def row(one: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a department writes about a person."""
    return {"name": one["name"], "id_number": one["number"], "employer_name": one["employer_name"]} | changes


def linked(rows: pa.Table, base: Base, *, exclusive: bool = False, **more: Any) -> list[dict[str, Any]]:
    """Lines by row."""
    found: list[dict[str, Any]] = link_rows(
        rows, base, model=MODEL, on=ON, exclusive=exclusive, threads=1, **more
    ).to_pylist()
    return found
