"""Texts in ordinary shape, settled at the speed of NumPy; what is not plainly sound is left for the kernel's macros.

Each function gives a mask of the texts it has settled (all of them sound) and what they stand for.  A property test
holds these short ways to the kernel's rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from zhigong.kernel import credit_codes, dates
from zhigong.kernel import identity_numbers as idn
from zhigong.kernel.folding import BLANKS
from zhigong.kernel.names import HAN

# Their stubs demand exact array types that Arrow's own functions don't return.
pc: Any = pyarrow.compute

Texts: TypeAlias = Any
"""A pyarrow array of strings (or of what they stand for)."""

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Settled: TypeAlias = tuple[Bools, dict[str, Texts]]

_GROUPS = iter("ymd")
DAY_PARTS = "^" + re.sub(r"\((?!\?)", lambda _: f"(?P<{next(_GROUPS)}>", dates.DAY) + "$"
BLANK = f"[{BLANKS}]"
ZERO, NINE = ord("0"), ord("9")
ID_WEIGHTS = np.array(idn.WEIGHTS, dtype=np.int32)
ID_CHECKS = np.frombuffer(idn.CHECK_CHARACTERS.encode(), dtype=np.uint8)
CODE_WEIGHTS = np.array(credit_codes.WEIGHTS, dtype=np.int32)
CODE_ALPHABET = np.frombuffer(credit_codes.ALPHABET.encode(), dtype=np.uint8)
CODE_VALUES = np.full(256, -1, dtype=np.int32)
CODE_VALUES[CODE_ALPHABET] = np.arange(len(CODE_ALPHABET))


def name(texts: Texts) -> Settled:
    """Names of Chinese characters, with blanks among them or around."""
    settled, results = _matching(texts, f"^[{HAN}]{{1,40}}$")
    rest = ~settled & pc.is_valid(texts).to_numpy(zero_copy_only=False)
    if rest.any():
        mask = pa.array(rest)
        closed = pc.replace_substring_regex(texts.filter(mask), BLANK, "")
        good, more = _matching(closed, f"^[{HAN}]{{1,40}}$")
        results["value"] = pc.replace_with_mask(results["value"], mask, more["value"])
        settled = settled | _spread(rest, good)
    return settled, results


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
    """1985-01-31, 1985/1/31, 1985.1.31, 1985年1月31日 and 19850131, where there is such a day."""
    parts = pc.extract_regex(texts, DAY_PARTS)
    mask = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    year, month, day = (_whole(parts, name, mask) for name in ("y", "m", "d"))
    days, valid = _days(year, month, day)
    settled = _spread(mask, valid)
    packed, matrix = _fixed(texts, 8)
    figures = _digits(matrix)
    of_packed, valid = _days(*_ymd(matrix))
    settled |= _spread(packed, figures & valid)
    found = np.zeros(len(texts), dtype=np.int32)
    found[mask] = days
    found[packed] = np.where(figures, of_packed, found[packed])
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
    born, valid = _days(*_ymd(matrix[:, 6:14]))
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


def _ymd(matrix: npt.NDArray[np.uint8]) -> tuple[Ints, Ints, Ints]:
    """Year, month, day of eight figures."""
    f = matrix.astype(np.int32) - ZERO
    return f[:, :4] @ np.array([1000, 100, 10, 1]), f[:, 4:6] @ np.array([10, 1]), f[:, 6:] @ np.array([10, 1])


def _whole(parts: Any, name: str, mask: Bools) -> Ints:  # noqa: ANN401
    """One group of digits as numbers, for the texts of the mask."""
    values: Ints = pc.struct_field(parts, name).filter(pa.array(mask)).cast(pa.int32()).to_numpy(zero_copy_only=False)
    return values


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Days since 1970, and whether there is such a day in the years the kernel reads."""
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
