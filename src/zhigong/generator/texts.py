"""Columns of text built without a Python loop over rows: Arrow strings from numbers, dates and short vocabularies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from zhigong.generator.arrow import pa, pc
from zhigong.generator.checkdigits import digit_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zhigong.generator.draw import Column

Text: TypeAlias = Any  # pyarrow.StringArray; Arrow's stubs know no parametrised arrays


def fixed(matrix: Column) -> Text:
    """Rows of ASCII bytes, shape (n, width), as strings."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix)))


def spread(values: Sequence[str] | Text, index: Column) -> Text:
    """values[index[i]] for each i; a negative index gives the empty string."""
    table = pa.array(["", *values]) if isinstance(values, (list, tuple)) else _with_blank(values)
    position = np.where(np.asarray(index) < 0, 0, np.asarray(index, dtype=np.int64) + 1)
    return table.take(pa.array(position))


def _with_blank(values: Text) -> Text:
    return pa.concat_arrays([pa.array([""]), values])


def take(values: Text, index: Column) -> Text:
    """values[index[i]] for each i, indices all valid."""
    return values.take(pa.array(np.asarray(index, dtype=np.int64)))


def join(*parts: Text | str, between: str = "") -> Text:
    """Texts side by side, row by row; constants are repeated."""
    return pc.binary_join_element_wise(*parts, between)


def choose(mask: Column, yes: Text | str, no: Text | str) -> Text:
    """`yes` where the mask holds, else `no`."""
    return pc.if_else(pa.array(np.asarray(mask, dtype=bool)), yes, no)


def blank(count: int) -> Text:
    """A column of empty strings."""
    return pa.repeat(pa.scalar(""), count)


def same(text: str, count: int) -> Text:
    """A column of one text."""
    return pa.repeat(pa.scalar(text), count)


def whole(numbers: Column) -> Text:
    """Integers in decimal."""
    return pa.array(np.asarray(numbers, dtype=np.int64)).cast(pa.string())


def padded(numbers: Column, width: int) -> Text:
    """Non-negative integers, zero-padded."""
    return fixed(digit_matrix(numbers, width))


def yuan(fen: Column) -> Text:
    """Integer fen as yuan with two decimals."""
    value = np.asarray(fen, dtype=np.int64)
    size = np.abs(value)
    sign = choose(value < 0, "-", "")
    return join(sign, whole(size // 100), ".", padded(size % 100, 2)) if len(value) else pa.array([], pa.string())


def ymd(days: Column) -> Column:
    """Days since 1970 as integers yyyymmdd."""
    date = np.asarray(days).astype("datetime64[D]")
    months = date.astype("datetime64[M]")
    month = months.astype(np.int64)
    day = (date - months).astype(np.int64) + 1
    whole_days: Column = (1970 + month // 12) * 10_000 + (month % 12 + 1) * 100 + day
    return whole_days


def day_text(days: Column, mark: str = "-") -> Text:
    """Days since 1970 as yyyy-mm-dd with the given ASCII mark between (or none)."""
    digits = digit_matrix(ymd(days), 8)
    if not mark:
        return fixed(digits)
    out = np.full((len(digits), 10), ord(mark), dtype=np.uint8)
    out[:, :4], out[:, 5:7], out[:, 8:] = digits[:, :4], digits[:, 4:6], digits[:, 6:]
    return fixed(out)


def month_text(days: Column, mark: str = "") -> Text:
    """Days since 1970 as yyyymm, or yyyy-mm with a mark."""
    digits = digit_matrix(ymd(days), 8)[:, :6]
    return fixed(digits) if not mark else join(fixed(digits[:, :4]), mark, fixed(digits[:, 4:]))
