"""The page of one union: what it is, as it was, its members, employers, posts and terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from zhigong.kernel.actor import Actor
from zhigong.kernel.codes import load_table
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Level, UnionCard, UnionStatus, UnionVersionLine
from zhigong.people import queries as people
from zhigong.people.types import MemberFilter
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import choice_asked, day_asked, id_asked
from zhigong.web.workbench.paging import pager
from zhigong.web.workbench.unions.changes import offered

TABS = ("overview", "below", "members", "employers", "posts")
CHANGES = {
    "founded": "成立",
    "renamed": "更名",
    "moved": "划转",
    "merged": "合并",
    "dissolved": "撤销",
    "corrected": "名册更正",
}
MEMBERS_SHOWN = 20
BELOW = (Column("工会"), Column("级别"), Column("类型"), Column("下级", numeric=True), Column("会员", numeric=True))
MEMBERS = (
    *(Column("姓名"), Column("性别"), Column("所属工会")),
    *(Column("手机"), Column("实名"), Column("入会日期")),
)
EMPLOYERS = (Column("单位"), Column("统一社会信用代码"), Column("登记状态"), Column("地址"))
POSTS = (Column("姓名"), Column("岗位"), Column("专兼职"), Column("任期"), Column("账号"), Column(""))


@dataclass(frozen=True, slots=True)
class Past:
    """How a union was on a day; version None when it did not exist yet (or no longer)."""

    on: date
    version: UnionVersionLine | None


@require_GET
@as_cadre("unions.read")
def union(request: HttpRequest, actor: Actor, union_id: UUID) -> HttpResponse:
    """One union, one tab of it."""
    on = day_asked(request, actor)
    card = orgs.union_page(actor, union_id, on=on)
    tab = choice_asked(request, "tab", TABS)
    living = card.line.status in (UnionStatus.ACTIVE, UnionStatus.PREPARING)
    tallies = people.tallies(actor, union_id=union_id) if "members.read" in actor.rights else None
    context: dict[str, Any] = {
        "card": card,
        "union": card.line,
        "tab": tab,
        "tabs": _tabs(actor, card, tallies),
        "tab_url": f"?tab={tab}",
        "tallies": tallies,
        "crumbs": _crumbs(actor, card),
        "changes": offered(actor, card) if living else [],
        "living": living,
        "past": Past(on, _version(card, on)) if on else None,
    }
    return render(request, "workbench/unions/page.html", context | PARTS[tab](request, actor, card))


def _crumbs(actor: Actor, card: UnionCard) -> list[tuple[str, str]]:
    """Unions above one's own are named, but lead nowhere."""
    above = [
        (one.name, reverse("workbench:union", args=[one.id]) if one.level >= actor.level else "")
        for one in card.ancestors
    ]
    return [("工会组织", f"{reverse('workbench:unions')}?at={card.line.id}"), *above, (card.line.name, "")]


def _tabs(actor: Actor, card: UnionCard, tallies: dict[str, int] | None) -> list[tuple[str, str, str | None]]:
    found: list[tuple[str, str, str | None]] = [("概况", "?tab=overview", None)]
    if card.line.level < Level.GRASSROOTS or card.line.children:
        found.append(("下级工会", "?tab=below", f"{card.line.children:,}"))
    if tallies is not None:
        found.append(("会员", "?tab=members", f"{tallies['members']:,}"))
    if "employers.read" in actor.rights:
        found.append(("用人单位", "?tab=employers", None))
    if "posts.read" in actor.rights:
        found.append(("任职与届次", "?tab=posts", None))
    return found


def _version(card: UnionCard, on: date) -> UnionVersionLine | None:
    return next((v for v in card.history if v.valid_from <= on and (v.valid_to is None or on < v.valid_to)), None)


def _overview(request: HttpRequest, actor: Actor, card: UnionCard) -> dict[str, Any]:
    history = [(version, CHANGES.get(version.change, version.change)) for version in card.history]
    division = load_table("division").label(card.division_code[:6]) if card.division_code else ""
    terms = orgs.terms_of(actor, card.line.id)
    return {"history": history, "division": division, "term": terms[0] if terms else None, "today": actor.on}


def _below(request: HttpRequest, actor: Actor, card: UnionCard) -> dict[str, Any]:
    found = orgs.children(actor, card.line.id, limit=50, after=id_asked(request, "after"))
    lines = list(found)
    counts = people.members_below(actor, [line.id for line in lines]) if lines else {}
    columns = heads(BELOW, request.GET)
    shown = pager(request, text=f"共 {card.line.children:,} 个下级工会", previous=None, following=found.following)
    return {"lines": [(line, counts.get(line.id, 0)) for line in lines], "columns": columns, "pager": shown}


def _members(request: HttpRequest, actor: Actor, card: UnionCard) -> dict[str, Any]:
    wanted = MemberFilter(union_id=card.line.id)
    after, before = id_asked(request, "after"), id_asked(request, "before")
    page = people.members(actor, wanted, after=after, before=before, limit=MEMBERS_SHOWN)
    columns = heads(MEMBERS, request.GET)
    text = f"共 {page.total:,} 名在籍会员"
    shown = pager(request, text=text, previous=page.previous, following=page.following)
    return {"page": page, "columns": columns, "pager": shown}


def _employers(request: HttpRequest, actor: Actor, card: UnionCard) -> dict[str, Any]:
    after, before = id_asked(request, "after"), id_asked(request, "before")
    found = orgs.employers(actor, union_id=card.line.id, after=after, before=before)
    columns = heads(EMPLOYERS, request.GET)
    shown = pager(request, text=f"本页 {len(found)} 家", previous=found.previous, following=found.following)
    return {"employers": list(found), "columns": columns, "pager": shown}


def _posts(request: HttpRequest, actor: Actor, card: UnionCard) -> dict[str, Any]:
    actor.require("posts.read")
    held = list(orgs.posts(actor, on=actor.on, union_id=card.line.id))
    columns = heads(POSTS, request.GET)
    return {
        "held": held,
        "terms": orgs.terms_of(actor, card.line.id),
        "columns": columns,
        "may_appoint": "posts.write" in actor.rights,
        "may_term": "unions.write" in actor.rights,
    }


PARTS: dict[str, Callable[[HttpRequest, Actor, UnionCard], dict[str, Any]]] = {
    "overview": _overview,
    "below": _below,
    "members": _members,
    "employers": _employers,
    "posts": _posts,
}
