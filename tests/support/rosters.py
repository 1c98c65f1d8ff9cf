"""Checked roster chunks made by hand, in the shape the checker hands to an admission."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from zhigong.kernel.identity_numbers import check_digit

PROBLEM = pa.list_(
    pa.struct([("column", pa.string()), ("code", pa.string()), ("severity", pa.string()), ("text", pa.string())])
)
SCHEMA = pa.schema(
    [
        ("data_row", pa.int64()),
        ("sheet", pa.string()),
        ("row", pa.int32()),
        ("receipt_ref", pa.string()),
        ("verdict", pa.string()),
        ("problems", PROBLEM),
        ("birth_date", pa.date32()),
        ("change_date", pa.date32()),
        ("is_migrant", pa.bool_()),
    ]
    + [
        (name, pa.string())
        for name in (
            "union_code",
            "serial",
            "name",
            "sex",
            "ethnicity",
            "employment",
            "id_type",
            "id_number",
            "education",
            "skill",
            "phone",
            "household_type",
            "household_place",
            "change_type",
            "change_reason",
            "political",
            "employer_name",
            "native_place",
        )
    ]
)


def id_number(serial: int, *, born: str = "19850612") -> str:
    """A sound fictional document number; odd serials are men."""
    head = f"990102{born}{serial:03d}"
    return head + check_digit(head)


def person(row: int, name: str, **fields: Any) -> dict[str, Any]:
    """One accepted row; fields override."""
    return {
        "data_row": row,
        "sheet": "Sheet1",
        "row": row + 4,
        "verdict": "accepted",
        "problems": [],
        "name": name,
        "sex": "1",
        "id_type": "111",
        "id_number": id_number(row),
        "birth_date": date(1985, 6, 12),
        "phone": f"139{row:08d}",
        "change_type": "1",
        "change_date": date(2024, 1, 1),
        "employer_name": "一号公司",
    } | fields


def chunk(*rows: dict[str, Any]) -> pa.Table:
    """A checked chunk of these rows."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)
