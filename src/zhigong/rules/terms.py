"""Exact numbers in SQL: whole-number terms with their possible range, and fractions of two of them.

Every term knows the smallest and largest value it can take, so that 64-bit arithmetic is used where it is sure to
suffice, 128-bit where it is not, and a formula that could outgrow even that is refused before it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from zhigong.kernel.errors import Refused

LONG = 2**63 - 1
HUGE = 2**127 - 1


class TooLarge(Refused):
    """A formula whose exact value might not fit 128 bits."""


@dataclass(frozen=True, slots=True)
class Term:
    """`base * factor`, or just `factor` when there is no base. low and high bound the base."""

    factor: int
    base: str = ""
    base_low: int = 1
    base_high: int = 1

    @property
    def constant(self) -> int | None:
        """The value, when it is the same for everyone."""
        return None if self.base else self.factor

    @property
    def low(self) -> int:
        """The least value the term can take."""
        return min(self.factor * self.base_low, self.factor * self.base_high)

    @property
    def high(self) -> int:
        """The greatest value the term can take."""
        return max(self.factor * self.base_low, self.factor * self.base_high)

    @property
    def sql(self) -> str:
        """The term as SQL, in a type that holds its range."""
        if not self.base:
            return _literal(self.factor)
        if self.factor == 1:
            return self.base
        base = self.base if _fits(self.low, self.high) else f"CAST({self.base} AS HUGEINT)"
        return f"({base} * {_literal(self.factor)})"

    def times(self, factor: int) -> Term:
        """The term multiplied by a constant; not by zero, which would forget that it can be unknown."""
        return _checked(Term(self.factor * factor, self.base, self.base_low, self.base_high))


ONE = Term(1)
NOTHING = Term(1, "CAST(NULL AS BIGINT)", 0, 0)


def column(sql: str, low: int, high: int) -> Term:
    """A term that is one SQL expression."""
    return _checked(Term(1, sql, low, high))


def _literal(number: int) -> str:
    text = str(number) if number >= 0 else f"({number})"
    return text if abs(number) <= LONG else f"CAST({text} AS HUGEINT)"


def type_of(low: int, high: int) -> str:
    """The SQL type that holds the range."""
    return "BIGINT" if _fits(low, high) else "HUGEINT"


def _fits(low: int, high: int) -> bool:
    return low >= -LONG and high <= LONG


def _checked(term: Term) -> Term:
    if term.low < -HUGE or term.high > HUGE:
        raise TooLarge("公式可能算出太大的数，无法精确计算。", why="连乘或连除太多", do="请拆开公式，或减少相乘的项。")
    return term


def combine(left: Term, right: Term, operator: str) -> Term:
    """Two terms added, subtracted or multiplied in a type that holds the result."""
    if left.constant is not None and right.constant is not None:
        return _checked(Term(_CALCULATE[operator](left.constant, right.constant)))
    if operator == "*":
        return _product(left, right)
    if operator == "+" and 0 in (left.constant, right.constant):
        return right if left.constant == 0 else left
    if operator == "-" and (left.constant == 0 or right.constant == 0):
        return left if right.constant == 0 else right.times(-1)
    low = left.low + right.low if operator == "+" else left.low - right.high
    high = left.high + right.high if operator == "+" else left.high - right.low
    return column(_binary(left.sql, right.sql, operator, low, high), low, high)


_CALCULATE = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}


def _product(left: Term, right: Term) -> Term:
    for one, other in ((left, right), (right, left)):
        if one.constant:
            return other.times(one.constant)
        if one.constant == 0:
            return column(f"({other.sql} * 0)", 0, 0)
    corners = [one * other for one in _ends(left) for other in _ends(right)]
    low, high = min(corners), max(corners)
    base = _binary(left.base, right.base, "*", low, high)
    return _checked(Term(left.factor * right.factor, base, low, high))


def _ends(term: Term) -> tuple[int, int]:
    return term.base_low, term.base_high


def _binary(left: str, right: str, operator: str, low: int, high: int) -> str:
    return f"({left if _fits(low, high) else f'CAST({left} AS HUGEINT)'} {operator} {right})"


@dataclass(frozen=True, slots=True)
class Ratio:
    """An exact number: unknown when either part is NULL, else top / bottom with bottom above zero."""

    top: Term
    bottom: Term = ONE

    @property
    def constant(self) -> Fraction | None:
        """The value, when it is the same for everyone."""
        if self.top.constant is None or self.bottom.constant is None:
            return None
        return Fraction(self.top.constant, self.bottom.constant)

    @property
    def known(self) -> str:
        """SQL: whether the number is known."""
        parts = [f"{term.sql} IS NOT NULL" for term in (self.top, self.bottom) if term.constant is None]
        return "(" + (" AND ".join(parts) or "TRUE") + ")"


UNKNOWN = Ratio(NOTHING)


def exact(number: int | Fraction) -> Ratio:
    """A constant."""
    return Ratio(_checked(Term(Fraction(number).numerator)), _checked(Term(Fraction(number).denominator)))


def compare(left: Ratio, right: Ratio, operator: str) -> str:
    """SQL comparing two numbers by cross-multiplication, common factors first taken out."""
    if left.bottom == right.bottom:
        compared = f"({left.top.sql} {operator} {right.top.sql})"
        bottom = left.bottom
        return compared if bottom.constant else f"(CASE WHEN {bottom.sql} IS NOT NULL THEN {compared} END)"
    one, other = crossed(left, right)
    common = gcd(one.factor, other.factor) or 1
    return f"({shrunk(one, common).sql} {operator} {shrunk(other, common).sql})"


def shrunk(term: Term, divisor: int) -> Term:
    """The term with its constant factor divided; the factor must be a multiple of the divisor."""
    return Term(term.factor // divisor, term.base, term.base_low, term.base_high)


def crossed(left: Ratio, right: Ratio) -> tuple[Term, Term]:
    """Each top times the other's bottom, the bottoms' common factor taken out."""
    common = gcd(left.bottom.factor, right.bottom.factor)
    return (
        combine(left.top, shrunk(right.bottom, common), "*"),
        combine(right.top, shrunk(left.bottom, common), "*"),
    )


def add(left: Ratio, right: Ratio, operator: str) -> Ratio:
    """Sum or difference."""
    if left.bottom == right.bottom:
        return Ratio(combine(left.top, right.top, operator), left.bottom)
    common = gcd(left.bottom.factor, right.bottom.factor)
    bottom = combine(shrunk(left.bottom, common), right.bottom, "*")
    return Ratio(combine(*crossed(left, right), operator), bottom)


def multiply(left: Ratio, right: Ratio) -> Ratio:
    """Product."""
    return _lowest(combine(left.top, right.top, "*"), combine(left.bottom, right.bottom, "*"))


def _lowest(top: Term, bottom: Term) -> Ratio:
    common = gcd(top.factor, bottom.factor) or 1
    return Ratio(shrunk(top, common), shrunk(bottom, common))


def divide(left: Ratio, right: Ratio) -> Ratio:
    """Quotient; unknown where the divisor is zero. `right` should be cheap to repeat."""
    divisor = right.top
    if divisor.constant == 0:
        return UNKNOWN
    top, bottom = combine(left.top, right.bottom, "*"), left.bottom
    if divisor.high < 0:
        return _lowest(top.times(-1), combine(bottom, divisor.times(-1), "*"))
    if divisor.low < 0:
        sign = f"CASE WHEN {divisor.sql} > 0 THEN 1 WHEN {divisor.sql} < 0 THEN -1 END"
        top = combine(top, column(f"CAST({sign} AS BIGINT)", -1, 1), "*")
        divisor = column(f"abs({divisor.sql})", 0, max(-divisor.low, divisor.high))
    if divisor.low == 0:
        divisor = column(f"NULLIF({divisor.sql}, 0)", 1, max(1, divisor.high))
    return _lowest(top, combine(bottom, divisor, "*"))


def floor(number: Ratio) -> Term:
    """The largest whole number not above; parts should be cheap to repeat."""
    top, bottom = number.top, number.bottom
    if top.constant is not None and bottom.constant is not None:
        return Term(top.constant // bottom.constant)
    if bottom.constant == 1:
        return top
    corners = [one // other for one in (top.low, top.high) for other in (bottom.low, bottom.high)]
    wide = not (_fits(top.low, top.high) and _fits(bottom.low, bottom.high))
    above = f"CAST({top.sql} AS HUGEINT)" if wide else top.sql
    below = f"CAST({bottom.sql} AS HUGEINT)" if wide else bottom.sql
    whole = f"({above} // {below})"
    if top.low < 0:
        whole = f"({whole} - CASE WHEN {above} % {below} < 0 THEN 1 ELSE 0 END)"
    return column(whole, min(corners), max(corners))
