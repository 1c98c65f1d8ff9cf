"""From an industry code as registers write it to its division and section (GB/T 4754-2017)."""

from __future__ import annotations

import re

from zhigong.kernel.codes import CodeTable, load_table
from zhigong.kernel.folding import fold_code

_CLASS_CODE = re.compile(r"[A-T]?([0-9]{2})[0-9]{0,2}", re.ASCII)


def industry_division(text: str | None, *, table: CodeTable | None = None) -> str | None:
    """The two-digit division of `F5211`, `5211`, `52` or a division's name; None when not recognised."""
    divisions = table or load_table("industry")
    code = divisions.code_of(text)
    if code is None and text:
        matched = _CLASS_CODE.fullmatch(fold_code(text))
        code = matched[1] if matched and matched[1] in divisions else None
    return code


def industry_section(division: str, *, table: CodeTable | None = None) -> str | None:
    """The letter of the section a division belongs to; None for an unknown division."""
    for row in (table or load_table("industry")).rows:
        if row.code == division:
            return row.aliases[0][0]
    return None
