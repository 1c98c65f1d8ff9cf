"""Parsed expression to typed tree. What is not listed here cannot be said in a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Literal

from sqlglot import exp

from zhigong.kernel.errors import Refused
from zhigong.rules import tree
from zhigong.rules.reading import parse
from zhigong.rules.tree import Kind, Node
from zhigong.rules.types import Name, Vocabulary

MAX_DEPTH = 40
MAX_NODES = 500
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,6})?", re.ASCII)
_KINDS = {
    Kind.INTEGER: "整数",
    Kind.DECIMAL: "数",
    Kind.BOOLEAN: "是否",
    Kind.TEXT: "文字",
    Kind.DATE: "日期",
}
_IDLE = {"typed", "safe", "ignore_nulls", "quoted", "_type", "is_string", "nested"}
_ARITHMETIC: dict[type[exp.Expr], Literal["+", "-", "*", "/"]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
}
_COMPARE: dict[type[exp.Expr], tuple[Literal["=", "<>", "<", "<="], bool]] = {
    exp.EQ: ("=", False),
    exp.NEQ: ("<>", False),
    exp.LT: ("<", False),
    exp.LTE: ("<=", False),
    exp.GT: ("<", True),
    exp.GTE: ("<=", True),
}


def understand(text: object, vocabulary: Vocabulary, *, place: str, boolean: bool) -> Node:
    """The tree of a condition (`boolean`) or of a formula giving a number; raises Refused otherwise."""
    reader = _Reader(vocabulary, place)
    node = reader.read(parse(text, place=place))
    if boolean and node.kind is not Kind.BOOLEAN:
        raise reader.refuse("条件应当能回答是或否", f"这里得到的是{_KINDS[node.kind]}")
    if not boolean and not node.kind.number:
        raise reader.refuse("金额公式应当得到一个数", f"这里得到的是{_KINDS[node.kind]}")
    return node


def _shown(part: exp.Expr) -> str:
    return part.sql(dialect="duckdb")[:60]


class _Reader:
    """Reads one expression. `place` names it in errors."""

    def __init__(self, vocabulary: Vocabulary, place: str) -> None:
        self.vocabulary = vocabulary
        self.place = place
        self.depth = 0
        self.nodes = 0

    def refuse(self, what: str, why: str = "", do: str = "") -> Refused:
        """An error at this place."""
        return Refused(f"{what}。", where=self.place, why=why, do=do)

    def read(self, part: exp.Expr) -> Node:
        """The tree of any part."""
        while isinstance(part, exp.Paren):
            part = part.this
        handler = _HANDLERS.get(type(part))
        self.nodes += 1
        if handler is None or self._has_more(part):
            raise self.refuse("规则语言里没有这种写法", f"「{_shown(part)}」（{type(part).__name__}）")
        if self.depth >= MAX_DEPTH or self.nodes > MAX_NODES:
            raise self.refuse("规则条件嵌套太深", do="请拆成几项条件。")
        self.depth += 1
        try:
            return handler(self, part)
        finally:
            self.depth -= 1

    def _has_more(self, part: exp.Expr) -> bool:
        used = {key for key, value in part.args.items() if value not in (None, False, [])}
        return bool(used - _IDLE - _PARTS.get(type(part), {"this", "expression"}))

    def number(self, part: exp.Expr) -> Node:
        """A part that must be a number."""
        return self._of(part, "数", lambda kind: kind.number)

    def truth(self, part: exp.Expr) -> Node:
        """A part that must be yes or no."""
        return self._of(part, "是否", lambda kind: kind is Kind.BOOLEAN)

    def _of(self, part: exp.Expr, wanted: str, fits: Callable[[Kind], bool]) -> Node:
        node = self.read(part)
        if not fits(node.kind):
            raise self.refuse("类型不对", f"「{_shown(part)}」是{_KINDS[node.kind]}，这里要的是{wanted}")
        return node

    def same(self, nodes: Iterable[Node]) -> Kind:
        """The kind that all nodes share; texts must be able to be equal."""
        kinds = {node.kind for node in nodes}
        if all(kind.number for kind in kinds):
            return Kind.INTEGER if kinds == {Kind.INTEGER} else Kind.DECIMAL
        if len(kinds) > 1:
            raise self.refuse("类型不对", "与".join(sorted(_KINDS[kind] for kind in kinds)) + "不能放在一起比较")
        return kinds.pop()

    def word(self, name: str) -> Name:
        """A name of the vocabulary."""
        found = self.vocabulary.get(name) if NAME.fullmatch(name) else None
        if found is None:
            raise self.refuse(
                f"规则里有未知的名称「{name[:64]}」", "事实词表和参数里都没有它", "请核对拼写，或先登记这个事实。"
            )
        return found

    def compare(self, operator: Literal["=", "<>", "<", "<="], left: Node, right: Node) -> Node:
        """Two values of one kind."""
        kind = self.same((left, right))
        if operator in ("<", "<=") and not (kind.number or kind is Kind.DATE):
            raise self.refuse("类型不对", f"{_KINDS[kind]}没有大小之分，只能比较相等与否")
        if kind is Kind.TEXT:
            self._check_texts(left, right)
            self._check_texts(right, left)
        return tree.Compare(operator, left, right)

    def _check_texts(self, node: Node, other: Node) -> None:
        allowed = self._texts(other)
        wrong = sorted((self._texts(node) or set()) - allowed) if allowed and isinstance(node, tree.Constant) else []
        if wrong:
            raise self.refuse(f"没有「{wrong[0][:40]}」这个取值", "可用的取值：" + "、".join(sorted(allowed or ())))

    def _texts(self, node: Node) -> set[str] | None:
        """The texts a node may hold; None when any."""
        match node:
            case tree.Constant():
                return {str(node.value)}
            case tree.Fact() | tree.Parameter():
                return set(self.vocabulary[node.name].values) or None
            case tree.Choice():
                parts: tuple[Node, ...] = (*(value for _, value in node.branches), node.otherwise)
            case _:
                parts = tree.children(node)
        sets = [self._texts(part) for part in parts]
        return None if None in sets else set().union(*(texts for texts in sets if texts))


def _column(reader: _Reader, part: exp.Expr) -> Node:
    if not isinstance(part.this, exp.Identifier) or part.this.args.get("quoted"):
        raise reader.refuse("规则语言里没有这种写法", f"「{_shown(part)}」")
    word = reader.word(part.this.this)
    return tree.Parameter(word.name, word.kind) if word.parameter else tree.Fact(word.name, word.kind)


def _literal(reader: _Reader, part: exp.Expr) -> Node:
    text = part.this
    if part.args.get("is_string"):
        if len(text) > 64 or not text.isprintable():
            raise reader.refuse("文字取值太长或含有不可见字符")
        return tree.Constant(text, Kind.TEXT)
    if not _NUMBER.fullmatch(text):
        raise reader.refuse("数的写法不对", f"「{text[:40]}」", "请写成 1200 或 0.8，最多 16 位整数、6 位小数。")
    return tree.Constant(Fraction(text), Kind.DECIMAL) if "." in text else tree.Constant(int(text), Kind.INTEGER)


def _boolean(_reader: _Reader, part: exp.Expr) -> Node:
    return tree.Constant(bool(part.this), Kind.BOOLEAN)


def _null(reader: _Reader, _part: exp.Expr) -> Node:
    raise reader.refuse("不能直接与 NULL 比较", "未知的事实比较结果总是未知", "请写 IS NULL 或 IS NOT NULL。")


def _date(reader: _Reader, part: exp.Expr) -> Node:
    to = part.args["to"]
    if (
        not isinstance(part.this, exp.Literal)
        or not part.this.args.get("is_string")
        or to.this != exp.DataType.Type.DATE
    ):
        raise reader.refuse("规则语言里没有类型转换", f"「{_shown(part)}」")
    try:
        return tree.Constant(date.fromisoformat(part.this.this), Kind.DATE)
    except ValueError:
        raise reader.refuse("日期的写法不对", f"「{part.this.this[:40]}」", "请写成 DATE '2026-01-01'。") from None


def _arithmetic(reader: _Reader, part: exp.Expr) -> Node:
    operator = _ARITHMETIC[type(part)]
    left, right = reader.number(part.this), reader.number(part.expression)
    return tree.Arithmetic(operator, left, right, Kind.DECIMAL if operator == "/" else reader.same((left, right)))


def _negative(reader: _Reader, part: exp.Expr) -> Node:
    return _minus(reader.number(part.this))


def _minus(node: Node) -> Node:
    if isinstance(node, tree.Constant) and isinstance(node.value, int | Fraction):
        return tree.Constant(-node.value, node.kind)
    return tree.Arithmetic("-", tree.Constant(0, Kind.INTEGER), node, node.kind)


def _comparison(reader: _Reader, part: exp.Expr) -> Node:
    operator, swapped = _COMPARE[type(part)]
    left, right = reader.read(part.this), reader.read(part.expression)
    return reader.compare(operator, right, left) if swapped else reader.compare(operator, left, right)


def _junction(reader: _Reader, part: exp.Expr) -> Node:
    operator: Literal["AND", "OR"] = "AND" if isinstance(part, exp.And) else "OR"
    items: list[Node] = []
    for child in part.flatten():
        node = reader.truth(child)
        items.extend(node.items if isinstance(node, tree.Junction) and node.operator == operator else (node,))
    return tree.Junction(operator, tuple(items))


def _not(reader: _Reader, part: exp.Expr) -> Node:
    return tree.Not(reader.truth(part.this))


def _is(reader: _Reader, part: exp.Expr) -> Node:
    if not isinstance(part.expression, exp.Null):
        raise reader.refuse("IS 后面只能写 NULL 或 NOT NULL", f"「{_shown(part)}」")
    return tree.Unknown(reader.read(part.this))


def _in(reader: _Reader, part: exp.Expr) -> Node:
    left = reader.read(part.this)
    items = tuple(reader.compare("=", left, reader.read(item)) for item in part.expressions)
    if not items:
        raise reader.refuse("IN 后面的括号里应当列出取值")
    return items[0] if len(items) == 1 else tree.Junction("OR", items)


def _between(reader: _Reader, part: exp.Expr) -> Node:
    item, low, high = (reader.read(part.args[key]) for key in ("this", "low", "high"))
    return tree.Junction("AND", (reader.compare("<=", low, item), reader.compare("<=", item, high)))


def _case(reader: _Reader, part: exp.Expr) -> Node:
    if part.args.get("default") is None:
        raise reader.refuse("CASE 必须写 ELSE", "否则都不成立时没有结果")
    subject = reader.read(part.this) if part.this is not None else None
    branches = []
    for branch in part.args["ifs"]:
        if subject is None:
            condition = reader.truth(branch.this)
        else:
            condition = reader.compare("=", subject, reader.read(branch.this))
        branches.append((condition, reader.read(branch.args["true"])))
    otherwise = reader.read(part.args["default"])
    return tree.Choice(tuple(branches), otherwise, reader.same((*(value for _, value in branches), otherwise)))


def _arguments(part: exp.Expr) -> list[exp.Expr]:
    return [part.this, *part.expressions]


def _coalesce(reader: _Reader, part: exp.Expr) -> Node:
    items = tuple(reader.read(item) for item in _arguments(part))
    if len(items) < 2:
        raise reader.refuse("COALESCE 至少要两个参数")
    return tree.First(items, reader.same(items))


def _extreme(reader: _Reader, part: exp.Expr) -> Node:
    items = tuple(reader.read(item) for item in _arguments(part))
    kind = reader.same(items)
    if len(items) < 2 or not (kind.number or kind is Kind.DATE):
        raise reader.refuse("LEAST 和 GREATEST 要两个以上的数或日期")
    return tree.Extreme("least" if isinstance(part, exp.Least) else "greatest", items, kind)


def _abs(reader: _Reader, part: exp.Expr) -> Node:
    node = reader.number(part.this)
    return tree.Extreme("greatest", (node, _minus(node)), node.kind)


def _floor(reader: _Reader, part: exp.Expr) -> Node:
    return tree.Floor(reader.number(part.this))


def _ceil(reader: _Reader, part: exp.Expr) -> Node:
    return _minus(tree.Floor(_minus(reader.number(part.this))))


def _named(reader: _Reader, part: exp.Expr) -> Node:
    function = {"round_down": _round_down, "banded": _banded}.get(part.this if isinstance(part.this, str) else "")
    if function is None:
        raise reader.refuse(f"规则语言里没有「{str(part.this)[:40]}」这个函数", do="可用：" + "、".join(FUNCTIONS))
    return function(reader, part.expressions)


def _round_down(reader: _Reader, arguments: list[exp.Expr]) -> Node:
    if len(arguments) not in (1, 2):
        raise reader.refuse("round_down 要一个数，或一个数和一个单位")
    node = reader.number(arguments[0])
    if len(arguments) == 1:
        return tree.Floor(node)
    unit = reader.number(arguments[1])
    fixed = isinstance(unit, tree.Parameter) or (isinstance(unit, tree.Constant) and unit.value > 0)  # type: ignore[operator]
    if not fixed:
        raise reader.refuse("round_down 的单位应是正数或参数")
    whole = tree.Floor(tree.Arithmetic("/", node, unit, Kind.DECIMAL))
    return tree.Arithmetic("*", whole, unit, unit.kind)


def _banded(reader: _Reader, arguments: list[exp.Expr]) -> Node:
    nodes = [reader.number(argument) for argument in arguments]
    if len(nodes) != 3 or not isinstance(nodes[1], tree.Parameter) or not isinstance(nodes[2], tree.Parameter):
        raise reader.refuse("banded 的写法不对", do="请写成 banded(数, 分档界限参数, 分档比例参数)。")
    return tree.Banded(nodes[0], nodes[1], nodes[2])


FUNCTIONS = ("abs", "banded", "ceil", "coalesce", "floor", "greatest", "least", "round_down")
_PARTS: dict[type[exp.Expr], set[str]] = {
    exp.Column: {"this"},
    exp.In: {"this", "expressions"},
    exp.Between: {"this", "low", "high"},
    exp.Case: {"this", "ifs", "default"},
    exp.Cast: {"this", "to"},
    exp.Coalesce: {"this", "expressions"},
    exp.Least: {"this", "expressions"},
    exp.Greatest: {"this", "expressions"},
    exp.Anonymous: {"this", "expressions"},
    exp.Floor: {"this"},
    exp.Ceil: {"this"},
    exp.Abs: {"this"},
}
_HANDLERS: dict[type[exp.Expr], Callable[[_Reader, exp.Expr], Node]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Cast: _date,
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    **dict.fromkeys(_COMPARE, _comparison),
    exp.Neg: _negative,
    exp.And: _junction,
    exp.Or: _junction,
    exp.Not: _not,
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Least: _extreme,
    exp.Greatest: _extreme,
    exp.Abs: _abs,
    exp.Floor: _floor,
    exp.Ceil: _ceil,
    exp.Anonymous: _named,
}
