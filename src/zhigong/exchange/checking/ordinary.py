"""Texts in ordinary shape, settled at the speed of NumPy; what is not plainly sound is left for the kernel's macros.

Each function gives a mask of the texts it has settled (all of them sound) and what they stand for.  A property test
holds these short ways to the kernel's rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from zhigong.kernel import credit_codes, dates
from zhigong.kernel import identity_numbers as idn
from zhigong.kernel.names import HAN

# Their stubs demand exact array types that Arrow's own functions don't return.
pc: Any = pyarrow.compute

Texts: TypeAlias = Any
"""A pyarrow array of strings (or of what they stand for)."""

Bools: TypeAlias = npt.NDArray[np.bool_]
Settled: TypeAlias = tuple[Bools, dict[str, Texts]]

ZERO, NINE = ord("0"), ord("9")
ID_WEIGHTS = np.array(idn.WEIGHTS, dtype=np.int32)
ID_CHECKS = np.frombuffer(idn.CHECK_CHARACTERS.encode(), dtype=np.uint8)
CODE_WEIGHTS = np.array(credit_codes.WEIGHTS, dtype=np.int32)
CODE_ALPHABET = np.frombuffer(credit_codes.ALPHABET.encode(), dtype=np.uint8)
CODE_VALUES = np.full(256, -1, dtype=np.int32)
CODE_VALUES[CODE_ALPHABET] = np.arange(len(CODE_ALPHABET))


def name(texts: Texts) -> Settled:
    """Names of Chinese characters only."""
    return _matching(texts, f"^[{HAN}]{{1,40}}$")


def unit_name(texts: Texts) -> Settled:
    """Unit names of Chinese characters and full-width brackets."""
    return _matching(texts, f"^[{HAN}（）]+$")


def code_text(texts: Texts) -> Settled:
    """Codes of digits and capitals."""
    return _matching(texts, "^[0-9A-Z]+$")


def phone(texts: Texts) -> Settled:
    """Eleven digits of a mobile."""
    mask, matrix = _fixed(texts, 11)
    good = _digits(matrix) & (matrix[:, 0] == ZERO + 1) & (matrix[:, 1] >= ZERO + 3)
    return _kept(texts, _spread(mask, good))


def date(texts: Texts) -> Settled:
    """1985-01-31, 1985/01/31, 1985.01.31."""
    mask, matrix = _fixed(texts, 10)
    marks = np.isin(matrix[:, [4, 7]], np.frombuffer(b"-/.", dtype=np.uint8)).all(axis=1)
    figures = np.delete(matrix, [4, 7], axis=1)
    days, valid = _days(figures)
    good = marks & _digits(figures) & valid
    settled = _spread(mask, good)
    found = np.zeros(len(texts), dtype=np.int32)
    found[settled] = days[good]
    value = pa.array(found, mask=~settled).cast(pa.date32())
    return settled, {"value": value, "precision": pc.if_else(settled, "day", None)}


def credit_code(texts: Texts) -> Settled:
    """Eighteen characters of GB 32100 with their check character; county part of digits."""
    mask, matrix = _fixed(texts, 18)
    values = CODE_VALUES[matrix]
    check = (31 - (values[:, :17] * CODE_WEIGHTS).sum(axis=1) % 31) % 31
    good = (values >= 0).all(axis=1) & _digits(matrix[:, 2:8]) & (values[:, 17] == check)
    return _kept(texts, _spread(mask, good))


def id_number(texts: Texts, *, ordinary: Bools, on: np.datetime64) -> Settled:
    """Resident numbers with their check digit and a birth date that has been; `ordinary` masks resident documents."""
    mask, matrix = _fixed(texts, 18, ordinary)
    figures = matrix[:, :17].astype(np.int32) - ZERO
    check = ID_CHECKS[(figures * ID_WEIGHTS).sum(axis=1) % 11]
    born, valid = _days(matrix[:, 6:14])
    good = _digits(matrix[:, :17]) & valid & (born <= on.astype("datetime64[D]").astype(np.int32))
    good &= matrix[:, 17] == check
    settled = _spread(mask, good)
    birth = np.zeros(len(texts), dtype=np.int32)
    birth[settled] = born[good]
    male, zeros = np.zeros(len(texts), dtype=bool), np.zeros(len(texts), dtype=bool)
    male[settled] = figures[good, 16] % 2 == 1
    zeros[settled] = (matrix[good, 15:] == ZERO).all(axis=1)
    return settled, {
        "value": pc.if_else(settled, texts, None),
        "birth": pa.array(birth, mask=~settled).cast(pa.date32()),
        "sex": pc.if_else(settled, pc.if_else(male, "1", "2"), None),
        "noted": pc.if_else(zeros, "maybe-truncated", None),
    }


SHORT_WAYS: dict[str, Callable[[Texts], Settled]] = {
    "name": name,
    "unit_name": unit_name,
    "code-text": code_text,
    "phone": phone,
    "date": date,
    "credit_code": credit_code,
}


def _matching(texts: Texts, pattern: str) -> Settled:
    hits = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
    return _kept(texts, hits.to_numpy(zero_copy_only=False))


def _kept(texts: Texts, settled: Bools) -> Settled:
    return settled, {"value": pc.if_else(settled, texts, None)}


def _fixed(texts: Texts, width: int, only: Bools | None = None) -> tuple[Bools, npt.NDArray[np.uint8]]:
    """Which texts have exactly so many bytes, and those bytes row by row."""
    mask: Bools = pc.fill_null(pc.equal(pc.binary_length(texts), width), fill_value=False).to_numpy(
        zero_copy_only=False
    )
    if only is not None:
        mask = mask & only
    chosen = texts.filter(pa.array(mask))
    data = chosen.buffers()[2]
    size = len(chosen) * width
    if not size or data is None:
        return mask, np.zeros((0, width), dtype=np.uint8)
    return mask, np.frombuffer(data, dtype=np.uint8, count=size).reshape(-1, width)


def _digits(matrix: npt.NDArray[np.uint8]) -> Bools:
    good: Bools = np.asarray(((matrix >= ZERO) & (matrix <= NINE)).all(axis=1))
    return good


def _days(figures: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int32], Bools]:
    """Days since 1970 of eight figures yyyymmdd, and whether there is such a day from 1900 on."""
    f = figures.astype(np.int32) - ZERO
    year, month, day = f[:, :4] @ [1000, 100, 10, 1], f[:, 4:6] @ [10, 1], f[:, 6:] @ [10, 1]
    valid = (year >= dates.FIRST_YEAR) & (year <= dates.LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    valid &= day <= following - first
    return (first + day - 1).astype(np.int32), valid


def _spread(mask: Bools, good: Bools) -> Bools:
    """`good` is about the rows of the mask: bring it to the whole."""
    whole = np.zeros(len(mask), dtype=bool)
    whole[mask] = good
    return whole
