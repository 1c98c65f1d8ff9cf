"""Random rules and persons, and a naive second opinion on them that shares no code with the package.

Expressions are nested tuples, written out as rule text. The oracle lifts every operator over sets of possible answers
(unknown = both) and carries forward which unknown names each unknown result came from.
"""

from __future__ import annotations

import itertools
import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from zhigong.rules.types import ConditionText, GradeText, Kind, Name, RuleText

NUMBERS = ("income", "expense", "size", "homes", "months", "rate")
TRUTHS = ("migrant", "business")
STATES = ("active", "moving", "left")
DAYS = ("joined", "born")
VOCABULARY = {
    name.name: name
    for name in (
        *(Name(name, Kind.INTEGER) for name in NUMBERS[:-1]),
        Name("rate", Kind.DECIMAL),
        *(Name(name, Kind.BOOLEAN) for name in TRUTHS),
        Name("status", Kind.TEXT, values=STATES),
        *(Name(name, Kind.DATE) for name in DAYS),
        Name("line", Kind.INTEGER, parameter=True),
        Name("multiple", Kind.DECIMAL, parameter=True),
        Name("limits", Kind.INTEGER, parameter=True),
        Name("rates", Kind.DECIMAL, parameter=True),
        Name("since", Kind.DATE, parameter=True),
    )
}
PARAMETERS = {
    "line": 106200,
    "multiple": Decimal("1.5"),
    "limits": (1000, 50000),
    "rates": (Decimal("0.5"), Decimal("0.65"), Decimal("0.7")),
    "since": date(2020, 2, 29),
}
FACTS = (*NUMBERS, *TRUTHS, "status", *DAYS)
NUMBER_KINDS = tuple("+ - * / / least greatest floor ceil round_down banded abs minus coalesce case".split())  # noqa: SIM905
TRUTH_KINDS = tuple("and or and or not < <= > >= = <> < between in is case text day same simple first".split())  # noqa: SIM905
CHOICES = {
    "income": [0, 1, -5, 99999, 106200, 1274400, 3822301, 10**15, -(10**15)],
    "expense": [0, 1, 120, 1274400, 3000000, 10**15],
    "size": [0, 1, 2, 3, 4, -1, 7],
    "homes": [0, 1, 2, 3],
    "months": [0, 11, 12, 13, 240],
    "rate": [Decimal(0), Decimal("0.8"), Decimal("-1.25"), Decimal("0.000001"), Decimal("1062.5"), Decimal(3)],
    "migrant": [True, False],
    "business": [True, False],
    "status": list(STATES),
    "joined": [date(2020, 2, 29), date(1999, 12, 31), date(2026, 1, 1)],
    "born": [date(1970, 1, 1), date(2020, 2, 29), date(2001, 3, 4)],
}


def persons(chance: Random, count: int, unknown: float) -> list[dict]:
    """Random persons; each fact unknown with this probability, mostly on the edges of thresholds."""
    return [{name: None if chance.random() < unknown else _fact(chance, name) for name in FACTS} for _ in range(count)]


def _fact(chance: Random, name: str):
    if name in ("income", "expense") and chance.random() < 0.3:
        return chance.randrange(0, 10 ** chance.randrange(1, 13))
    if name in DAYS and chance.random() < 0.3:
        return date(1950, 1, 1) + timedelta(days=chance.randrange(28000))
    return chance.choice(CHOICES[name])


def number(chance: Random, depth: int) -> tuple:
    if depth <= 0 or chance.random() < 0.15:
        return chance.choice(
            [("fact", chance.choice(NUMBERS))] * 4
            + [("literal", chance.choice(["0", "1", "2", "12", "0.8", "106200", "0.000001", "99999999999"]))] * 2
            + [("parameter", chance.choice(["line", "multiple"]))]
        )
    sub = lambda: number(chance, depth - 1)  # noqa: E731
    kind = chance.choice(NUMBER_KINDS)
    if kind in "+-*/":
        return (kind, sub(), sub())
    if kind in ("least", "greatest", "coalesce"):
        return (kind, *(sub() for _ in range(chance.choice([2, 2, 3]))))
    if kind == "round_down":
        return (kind, sub(), chance.choice([("literal", "100"), ("literal", "0.25"), ("parameter", "multiple")]))
    if kind == "case":
        return _case(chance, depth, sub)
    return (kind, sub())


def _case(chance: Random, depth: int, sub) -> tuple:
    branches = [(truth(chance, depth - 1), sub()) for _ in range(chance.choice([1, 2]))]
    return ("case", branches, sub())


def truth(chance: Random, depth: int) -> tuple:  # noqa: C901, PLR0912 — one case per construct
    if depth <= 0:
        return chance.choice([("fact", "migrant"), ("fact", "business"), _text(chance), _day(chance)])
    sub = lambda: truth(chance, depth - 1)  # noqa: E731
    value = lambda: number(chance, depth - 1)  # noqa: E731
    kind = chance.choice(TRUTH_KINDS)
    match kind:
        case "and" | "or":
            return (kind, *(sub() for _ in range(chance.choice([2, 2, 3]))))
        case "not":
            return (kind, sub())
        case "between":
            return (kind, value(), value(), value())
        case "in":
            return (kind, value(), *(value() for _ in range(chance.choice([1, 2, 3]))))
        case "is":
            return (kind, chance.choice([value, sub])())
        case "case":
            return _case(chance, depth, sub)
        case "simple":
            return ("simple", ("fact", "status"), [(("text", one), sub()) for one in STATES[:2]], sub())
        case "text":
            return _text(chance)
        case "day":
            return _day(chance)
        case "same":
            return (chance.choice(["=", "<>"]), sub(), sub())
        case "first":
            return ("coalesce", sub(), sub())
    return (kind, value(), value())


def _text(chance: Random) -> tuple:
    picked = [("text", one) for one in chance.sample(STATES, chance.choice([1, 2]))]
    if chance.random() < 0.4:
        return ("in", ("fact", "status"), *picked)
    return (chance.choice(["=", "<>"]), ("fact", "status"), picked[0])


def _day(chance: Random) -> tuple:
    sides = [("fact", "joined"), ("fact", "born"), ("parameter", "since"), ("day", "2001-03-04")]
    left = chance.choice(sides[:2])
    if chance.random() < 0.2:
        left = (chance.choice(["least", "greatest", "coalesce"]), *sides[:2])
    return (chance.choice(["<", "<=", "=", "<>", ">", ">="]), left, chance.choice(sides))


def write(node) -> str:  # noqa: C901, PLR0912 — one case per construct
    """The tuple as rule text."""
    kind, *parts = node
    match kind:
        case "fact" | "parameter" | "literal":
            return parts[0]
        case "text":
            return f"'{parts[0]}'"
        case "day":
            return f"DATE '{parts[0]}'"
        case "and" | "or" | "+" | "-" | "*" | "/" | "<" | "<=" | ">" | ">=" | "=" | "<>":
            return "(" + f" {kind} ".join(write(part) for part in parts) + ")"
        case "not":
            return f"(NOT {write(parts[0])})"
        case "minus":
            return f"(- {write(parts[0])})"
        case "between":
            return f"({write(parts[0])} BETWEEN {write(parts[1])} AND {write(parts[2])})"
        case "in":
            return f"({write(parts[0])} IN ({', '.join(write(part) for part in parts[1:])}))"
        case "is":
            return f"({write(parts[0])} IS NULL)"
        case "case":
            whens = " ".join(f"WHEN {write(when)} THEN {write(then)}" for when, then in parts[0])
            return f"(CASE {whens} ELSE {write(parts[1])} END)"
        case "simple":
            whens = " ".join(f"WHEN {write(when)} THEN {write(then)}" for when, then in parts[1])
            return f"(CASE {write(parts[0])} {whens} ELSE {write(parts[2])} END)"
        case "banded":
            return f"banded({write(parts[0])}, limits, rates)"
    return f"{kind}({', '.join(write(part) for part in parts)})"


def rule(chance: Random, depth: int = 3) -> tuple[RuleText, dict]:
    """A random rule as text, and as tuples for the oracle."""
    conditions = [(truth(chance, depth), chance.random() < 0.3) for _ in range(chance.choice([1, 1, 2, 3]))]
    grades = [(f"g{at}", truth(chance, depth)) for at in range(chance.choice([0, 0, 2, 3]))]
    amount = number(chance, depth) if chance.random() < 0.7 else None
    recover = number(chance, depth - 1) if chance.random() < 0.4 else None
    text = RuleText(
        tuple(ConditionText(write(node), "理由", unless=unless) for node, unless in conditions),
        tuple(GradeText(grade, grade, write(node), "理由") for grade, node in grades),
        write(amount) if amount else None,
        write(recover) if recover else None,
    )
    return text, {"conditions": conditions, "grades": grades, "amount": amount, "recover": recover}


BOTH = frozenset((True, False))
Opinion = tuple  # (set of possible answers or the number or None, names an unknown answer came from)


class Oracle:
    """What the language means, by definition."""

    def __init__(self, person: dict) -> None:
        self.person = person

    def verdict(self, rule: dict) -> dict:
        conditions = [self._negated(node) if unless else self.truth(node) for node, unless in rule["conditions"]]
        grades = [self.truth(node) for _, node in rule["grades"]]
        possible = self._lift(all, [answers for answers, _ in conditions])
        if grades:
            possible = self._lift(all, [possible, self._lift(any, [answers for answers, _ in grades])])
        amount, blamed = self.number(rule["amount"]) if rule["amount"] else (None, frozenset())
        blamed = blamed.union(*(names for _, names in conditions))
        for answers, names in grades:
            if answers == {True}:
                break
            blamed |= names
        first = next((at for at, (answers, _) in enumerate(grades) if answers != {False}), None)
        certain = None
        if first is not None:
            certain = rule["grades"][first][0] if grades[first][0] == {True} else None
        sure = possible == {True}
        recover = self.number(rule["recover"])[0] if rule["recover"] else None
        return {
            "verdict": None if possible == BOTH else sure,
            "grade": certain if sure else None,
            "amount": self._fen(amount) if sure else None,
            "recover": self._fen(recover),
            "conditions": [None if answers == BOTH else answers == {True} for answers, _ in conditions],
            "missing": set() if possible == {False} else set(blamed),
        }

    @staticmethod
    def _fen(amount):
        whole = None if amount is None else math.floor(amount)
        return whole if whole is not None and abs(whole) <= 10**15 else None

    @staticmethod
    def _lift(operator, sets) -> frozenset:
        return frozenset(operator(combination) for combination in itertools.product(*sets))

    def _negated(self, node) -> Opinion:
        answers, names = self.truth(node)
        return frozenset(not answer for answer in answers), names

    def truth(self, node) -> Opinion:
        answers, names = self._truth(node)
        return answers, frozenset(names) if answers == BOTH else frozenset()

    def _truth(self, node) -> Opinion:  # noqa: C901, PLR0912 — one case per construct
        kind, *parts = node
        match kind:
            case "fact":
                value = self.person[parts[0]]
                return (BOTH, {parts[0]}) if value is None else (frozenset((value,)), ())
            case "and" | "or":
                opinions = [self.truth(part) for part in parts]
                lifted = self._lift(all if kind == "and" else any, [answers for answers, _ in opinions])
                return lifted, set().union(*(names for _, names in opinions))
            case "not":
                return self._negated(parts[0])
            case "between":
                return self._truth(("and", ("<=", parts[1], parts[0]), ("<=", parts[0], parts[2])))
            case "in":
                return self._truth(("or", *(("=", parts[0], part) for part in parts[1:])))
            case "is":
                return frozenset((self.known(parts[0])[0] is None,)), ()
            case "case":
                return self._case(parts[0], parts[1], self.truth, BOTH)
            case "simple":
                branches = [(("=", parts[0], when), then) for when, then in parts[1]]
                return self._case(branches, parts[2], self.truth, BOTH)
            case "coalesce":
                opinions = [self.truth(part) for part in parts]
                for answers, _ in opinions:
                    if answers != BOTH:
                        return answers, ()
                return BOTH, set().union(*(names for _, names in opinions))
        (left, left_names), (right, right_names) = (self.known(part) for part in parts)
        if left is None or right is None:
            return BOTH, left_names | right_names
        answer = {
            "<": left < right,
            "<=": left <= right,
            ">": left > right,
            ">=": left >= right,
            "=": left == right,
            "<>": left != right,
        }[kind]
        return frozenset((answer,)), ()

    def _case(self, branches, otherwise, read, unknown) -> Opinion:
        """Unknown as soon as a condition is; then every branch still open may matter."""
        result, names, decided = unknown, set(), False
        for when, then in branches:
            answers, blamed = self.truth(when)
            names |= blamed
            value, value_names = read(then)
            names |= value_names if True in answers else set()
            decided = decided or answers == BOTH
            if answers == {True}:
                return (unknown if decided else value), names
        value, value_names = read(otherwise)
        return (result if decided else value), names | value_names

    def known(self, node) -> Opinion:
        """Any value, None when unknown."""
        kind = node[0]
        if kind in ("text", "day"):
            return (date.fromisoformat(node[1]) if kind == "day" else node[1]), frozenset()
        if kind == "fact" and node[1] not in NUMBERS:
            value = self.person[node[1]]
            return value, frozenset((node[1],)) if value is None else frozenset()
        if kind == "parameter" and node[1] == "since":
            return PARAMETERS["since"], frozenset()
        if _is_truth(node):
            answers, names = self.truth(node)
            return (None if answers == BOTH else True in answers), names
        if kind in ("least", "greatest", "coalesce") and node[1][1] in DAYS:
            return self._several(kind, [self.known(part) for part in node[1:]])
        return self.number(node)

    def number(self, node) -> Opinion:
        value, names = self._number(node)
        return value, frozenset(names) if value is None else frozenset()

    @staticmethod
    def _several(kind, opinions) -> Opinion:
        values = [value for value, _ in opinions]
        names = frozenset().union(*(names for _, names in opinions))
        if kind == "coalesce":
            value = next((value for value in values if value is not None), None)
        else:
            value = None if None in values else (min if kind == "least" else max)(values)
        return value, names if value is None else frozenset()

    def _number(self, node) -> Opinion:
        kind, *parts = node
        match kind:
            case "fact":
                value = self.person[parts[0]]
                return (None, {parts[0]}) if value is None else (_whole(value), ())
            case "parameter":
                return _whole(PARAMETERS[parts[0]]), ()
            case "literal":
                return _whole(Decimal(parts[0])), ()
            case "case":
                return self._case(parts[0], parts[1], self.number, None)
        opinions = [self.number(part) for part in parts]
        if kind in ("least", "greatest", "coalesce"):
            return self._several(kind, opinions)
        names = set().union(*(names for _, names in opinions))
        values = [value for value, _ in opinions]
        if None in values or (kind == "/" and values[1] == 0):
            return None, names
        return _CALCULATE[kind](*values), ()


def _whole(value):
    return int(value) if value == int(value) else Fraction(value)


def _is_truth(node) -> bool:
    kind = node[0]
    if kind in ("and", "or", "not", "between", "in", "is", "<", "<=", ">", ">=", "=", "<>", "simple"):
        return True
    if kind == "fact":
        return node[1] in TRUTHS
    if kind == "case":
        return _is_truth(node[2])
    return kind == "coalesce" and _is_truth(node[1])


def _bands(value: Fraction) -> Fraction:
    """By definition: fill the bands one after another."""
    left, total, start = max(value, 0), 0, 0
    for limit, rate in zip(PARAMETERS["limits"], PARAMETERS["rates"], strict=False):
        part = min(left, limit - start)
        total, left, start = total + part * Fraction(rate), left - part, limit
    return total + left * Fraction(PARAMETERS["rates"][-1])


_CALCULATE = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: Fraction(a) / b,
    "minus": lambda a: -a,
    "abs": abs,
    "floor": lambda a: Fraction(math.floor(a)),
    "ceil": lambda a: Fraction(math.ceil(a)),
    "round_down": lambda a, unit: math.floor(Fraction(a) / unit) * unit,
    "banded": _bands,
}
