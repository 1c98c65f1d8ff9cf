"""Labels of coded fields, from the code tables of the catalogue."""

from __future__ import annotations

from functools import cache

from zhigong.kernel.codes import CodeTable, load_table


@cache
def table(name: str) -> CodeTable:
    """A code table, read once per process."""
    return load_table(name)


def label_of(name: str, code: str) -> str:
    """The label of a code; '' for no code, the code itself when the table lacks it."""
    return table(name).label(code) if code else ""
