"""Kinds, icons and verdicts of services in the member's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zhigong.casework.types import ConditionLine, RouteLine, ServicePage
from zhigong.catalogue.types import Service

KINDS = {
    "hardship": "困难帮扶",
    "mutual-aid": "互助保障",
    "schooling": "助学",
    "health": "健康疗休养",
    "rights": "法律维权",
    "skills": "技能提升",
    "culture": "文体活动",
}
OTHER_KIND = "其他服务"
ICONS = {"hardship": "heart", "medical": "bandaid", "schooling": "mortarboard", "rights": "shield-check"}
SIGNS = {
    True: ("good", "check-lg", "符合"),
    False: ("bad", "x-lg", "不符合"),
    None: ("open", "question-lg", "还不知道"),
}


def kind_label(kind: str) -> str:
    """A kind of services in words."""
    return KINDS.get(kind, OTHER_KIND)


def icon(name: str) -> str:
    """The drawing that stands for a service."""
    return ICONS.get(name, "file-earmark-text")


@dataclass(frozen=True, slots=True)
class Tile:
    """A service in the list."""

    id: str
    kind: str
    name: str
    title: str
    summary: str
    icon: str
    automatic: bool
    found: bool


def tile(service: Service, *, found: bool) -> Tile:
    """A service in the list; found: the data found it for the reader."""
    kind, _, name = service.id.partition("/")
    return Tile(service.id, kind, name, service.title, service.summary, icon(service.icon), service.automatic, found)


def matches(service: Service, words: str) -> bool:
    """Whether all the words stand somewhere in what the service says of itself."""
    text = f"{service.title}{service.summary}{service.audience}{service.what_you_get}{kind_label(service.kind)}"
    return all(word in text for word in words.split())


@dataclass(frozen=True, slots=True)
class Condition:
    """One sentence with its sign: tone and icon for the eye, word for the ear."""

    line: ConditionLine
    tone: str
    icon: str
    word: str


def conditions(lines: Iterable[ConditionLine]) -> list[Condition]:
    """The sentences of the rule with their signs."""
    return [Condition(line, *SIGNS[line.holds]) for line in lines if line.kind == "condition"]


def grades(lines: Iterable[ConditionLine]) -> list[Condition]:
    """The sentences that set the grade, one of which has to hold."""
    return [Condition(line, *SIGNS[line.holds]) for line in lines if line.kind != "condition"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rule says of the reader, in a sentence to begin the page with."""

    tone: str
    title: str
    text: str


def standing(page: ServicePage) -> Standing | None:
    """Whether the reader gets it, as far as is known; None where nothing is known of her."""
    if not page.conditions:
        return None
    if page.verdict is True:
        grade = f"（{page.grade_label}）" if page.grade_label else ""
        text = "符合条件后由系统直接发放，不用申请。" if page.automatic else "可以申请，核实后按流程办理。"
        return Standing("good", f"按现有资料，您符合条件{grade}", text)
    if page.verdict is False:
        return Standing("warn", "按现有资料，您暂时不符合", "下面标 ✗ 的是原因。资料有错的，可以更正后再来。")
    if page.questions and page.may_apply:
        return Standing("info", "还差几个问题就有结果", "部门数据里没有的才问您，其余都不用填。")
    return Standing("info", "资料还不全，暂时没有结果", "缺的资料由部门提供，到了会自动重新比对，并通知您。")


def way(route: Iterable[RouteLine]) -> str:
    """The route in one sentence: who does what, within how many workdays."""
    parts = [f"{line.level_label}{line.title}（{line.workdays} 个工作日内）" for line in route]
    return " → ".join(parts)
