"""In SQL: which unknown facts the answer still depends on. The same walk as `evaluating.missing`, as conditions."""

from __future__ import annotations

from collections.abc import Iterator

from zhigong.rules import tree
from zhigong.rules.tree import Node
from zhigong.rules.writing import Writer

Asked = Iterator[tuple[str, tuple[str, ...]]]


def asked(node: Node, writer: Writer, guards: tuple[str, ...] = ()) -> Asked:
    """(fact, conditions): an unknown fact is asked for where all conditions of one pair hold."""
    if tree.strict(node):
        yield from ((name, guards) for name in tree.facts(node))
        return
    guards = (*guards, f"NOT {writer.is_known(node)}")
    if isinstance(node, tree.Choice):
        yield from _of_choice(node, writer, guards)
        return
    for part in tree.children(node):
        yield from asked(part, writer, guards)


def _of_choice(node: tree.Choice, writer: Writer, guards: tuple[str, ...]) -> Asked:
    for condition, result in node.branches:
        truth = writer.keep(writer.other(condition))
        yield from asked(condition, writer, (*guards, f"{truth} IS NULL"))
        yield from asked(result, writer, (*guards, f"{truth} IS NOT FALSE"))
        guards = (*guards, f"{truth} IS NOT TRUE")
    yield from asked(node.otherwise, writer, guards)
