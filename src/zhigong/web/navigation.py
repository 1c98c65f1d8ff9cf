"""What stands in the sidebar and the bottom bar: data, read by the base templates.

An entry whose url does not exist yet, or whose right the actor lacks, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from zhigong.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go; icon: a bootstrap-icons name; right: what the post must carry; group: heading in the sidebar."""

    label: str
    url_name: str
    icon: str
    right: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one page shows it; current: the page lies at or below it."""

    label: str
    url: str
    icon: str
    current: bool
    heading: str = ""


WORKBENCH = (
    Entry("首页", "workbench:home", "house"),
    Entry("总览", "workbench:dashboard", "bar-chart", "members.read"),
    Entry("办件", "workbench:cases", "folder2-open", "cases.read", "服务与资金"),
    Entry("公示", "workbench:publicity", "megaphone", "cases.read", "服务与资金"),
    Entry("发放", "workbench:payouts", "cash-stack", "payouts.release", "服务与资金"),
    Entry("工会组织", "workbench:unions", "diagram-3", "", "组织与会员"),
    Entry("会员", "workbench:members", "people", "members.read", "组织与会员"),
    Entry("会员接转", "workbench:transfers", "arrow-left-right", "members.read", "组织与会员"),
    Entry("用人单位", "workbench:employers", "buildings", "employers.read", "组织与会员"),
    Entry("工会干部", "workbench:posts", "person-badge", "posts.read", "组织与会员"),
    Entry("名册导入", "workbench:imports", "file-earmark-spreadsheet", "members.import", "数据"),
    Entry("数据交换", "workbench:exchange", "hdd-network", "sources.import", "数据"),
    Entry("核对关联", "workbench:links", "person-check", "links.review", "数据"),
    Entry("查阅记录", "workbench:audit", "shield-check", "audit.read", "数据"),
)

MEMBER = (
    Entry("首页", "member:home", "house"),
    Entry("服务", "member:services", "grid"),
    Entry("会员码", "member:code", "qr-code"),
    Entry("活动", "member:activities", "calendar-event"),
    Entry("我的", "member:me", "person"),
)


def url_or_none(name: str) -> str | None:
    """The address of a named url, None while nobody has built it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def links(entries: Iterable[Entry], *, actor: Actor | None, path: str) -> list[Link]:
    """The entries this actor can follow, the nearest to path marked as current."""
    open_to_actor = [e for e in entries if not e.right or (actor is not None and e.right in actor.rights)]
    found = [(e, url) for e in open_to_actor if (url := url_or_none(e.url_name))]
    nearest = max((url for _, url in found if _covers(url, path)), key=len, default=None)
    return [
        Link(e.label, url, e.icon, url == nearest, e.group if _opens_group(found, index) else "")
        for index, (e, url) in enumerate(found)
    ]


def _covers(url: str, path: str) -> bool:
    """A page belongs to the entry whose address it begins with; home, the shortest, only to itself."""
    return path == url or (url.count("/") > 2 and path.startswith(url))


def _opens_group(found: list[tuple[Entry, str]], index: int) -> bool:
    return index == 0 or found[index - 1][0].group != found[index][0].group
