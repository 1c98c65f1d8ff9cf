"""Facts about me in my words: where each comes from, whether it is old, and who can put it right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zhigong.facts.types import DECLARED_SOURCE, Fact, FactValue, Group, GroupPage, Model

UNION = "这是会员实名库里的资料。请找所在单位工会，凭证件当场更正。"
LEDGER = "这是工会自己的发放记录。请拨打工会服务热线 12351 核对，有错当天更正。"
DEPARTMENT = "这条来自{source}的数据，只有{source}能更正。更正以后，下一次数据到了工会会自动更新，不用您再来。"


@dataclass(frozen=True, slots=True)
class Block:
    """A group of facts as the page shows it."""

    name: str
    title: str
    facts: tuple[FactValue, ...]
    missing: str


def blocks(pages: tuple[GroupPage, ...]) -> list[Block]:
    """Groups in which something is known; what nobody knows is named under each."""
    return [Block(one.name, one.title, one.facts, "、".join(one.missing)) for one in pages if one.facts]


def unknown(pages: tuple[GroupPage, ...]) -> list[str]:
    """Titles of groups in which nothing is known."""
    return [one.title for one in pages if not one.facts and one.missing]


def whom_to_turn_to(fact: Fact, value: FactValue | None, groups: Mapping[str, Group]) -> str:
    """Who can put a value right, in a sentence."""
    group = groups[fact.group]
    if group.model is Model.LEDGER:
        return LEDGER
    if value is None or value.source == DECLARED_SOURCE:
        return "目前没有部门提供这项资料。"
    if value.source == "base" or group.model is Model.BASE:
        return UNION
    return DEPARTMENT.format(source=value.source_title)
