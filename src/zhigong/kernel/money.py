"""Money is a whole number of fen. Reading what people type, showing it, and splitting it without losing a fen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from zhigong.kernel.errors import Refused
from zhigong.kernel.folding import fold_code

MAX_FEN = 10**15  # ten trillion yuan: above it, someone typed an account number
_AMOUNT = re.compile(
    r"(?P<sign>[-+]?)(?:[¥￥]|RMB|CNY)?(?P<number>[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?P<unit>万|亿|百万|千万)?(?P<yuan>元|圆|块)?整?",
    re.ASCII,
)
_UNITS = {None: 1, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}


def parse_fen(text: str | int | float | Decimal, *, where: str = "") -> int:
    """Fen from yuan as people write them: `1,234.50`, `１２３４．５`, `¥-3`, `1.2万元`; numbers are yuan too.

    Raises Refused for anything else, for parts of a fen, and beyond ten trillion yuan. Nothing is rounded.
    """
    yuan = _from_text(text, where) if isinstance(text, str) else _from_number(text, where)
    fen = yuan * 100
    if fen != fen.to_integral_value():
        raise Refused("金额最多精确到分。", where=where, why=f"填写的是「{text}」", do="请改为两位小数以内。")
    if abs(fen) > MAX_FEN:
        raise Refused("金额过大。", where=where, why=f"填写的是「{text}」", do="请核对是否多写了位数。")
    return int(fen)


def _from_text(text: str, where: str) -> Decimal:
    folded = fold_code(text).replace("，", ",")
    matched = _AMOUNT.fullmatch(folded)
    if not matched or (matched["number"].startswith("0,")):
        raise Refused("金额看不懂。", where=where, why=f"填写的是「{text}」", do="请写成 1234.50 或 1.2万元 这样的数。")
    amount = Decimal(matched["number"].replace(",", "")) * _UNITS[matched["unit"]]
    return -amount if matched["sign"] == "-" else amount


def _from_number(number: int | float | Decimal, where: str) -> Decimal:
    try:
        amount = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise Refused("金额看不懂。", where=where, why=f"填写的是「{number}」")
    return amount


def format_fen(fen: int, *, thousands: bool = True) -> str:
    """Yuan with two decimals: 123450 -> `1,234.50`."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:{',' if thousands else ''}}.{rest:02d}"


def format_yuan(fen: int) -> str:
    """Yuan with its word, without idle decimals: 120000 -> `1,200 元`, 123450 -> `1,234.50 元`."""
    text = format_fen(fen)
    return f"{text.removesuffix('.00')} 元"


def split(total: int, weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """Share fen by weight, largest remainder first; ties go to the earlier share. The shares sum to `total` exactly.

    Weights are not negative and not all zero, else ValueError. A negative total is split like its positive twin.
    """
    if any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("weights must not be negative, nor all zero")
    if total < 0:
        return [-share for share in split(-total, weights)]
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact)
    parts = [total * weight / whole for weight in exact]
    shares = [int(part) for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: (shares[place] - parts[place], place))
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares
