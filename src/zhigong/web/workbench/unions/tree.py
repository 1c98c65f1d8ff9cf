"""The tree, opened branch by branch: 200 000 unions, of which a page shows those one has opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Level, UnionLine
from zhigong.people import queries as people
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import day_asked, id_asked
from zhigong.web.workbench.fragments import wants_part
from zhigong.web.workbench.widgets import JOINT

AT_ONCE = 100
PICKED = 12


@dataclass(frozen=True, slots=True)
class Node:
    """One union of the tree; members None where they are not counted; children are loaded when open."""

    line: UnionLine
    members: int | None
    is_open: bool = False
    children: tuple[Node, ...] = ()
    more_url: str = ""
    is_here: bool = False


@require_GET
@as_cadre("unions.read")
def tree(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The actor's tree, open down to `at`, as it stands or as it stood `on` a day."""
    on = day_asked(request, actor)
    at = id_asked(request, "at")
    root = orgs.own_union(actor)
    if on is None and not root.children:
        return redirect("workbench:union", union_id=root.id)
    way = _way_down(actor, root.id, at)
    [node] = _nodes(actor, [root], way=way, here=at, on=on)
    context = {"root": node, "on": on, "today": actor.on, "counts_members": _counts(actor, on)}
    return render(request, "workbench/unions/tree.html", context)


@require_GET
@as_cadre("unions.read")
def branch(request: HttpRequest, actor: Actor, union_id: UUID) -> HttpResponse:
    """The unions directly below one; a plain request gets the whole tree, open at it."""
    on = day_asked(request, actor)
    if not wants_part(request):
        asked = {"at": str(union_id)} | ({"on": on.isoformat()} if on else {})
        return redirect(f"{reverse('workbench:unions')}?{urlencode(asked)}")
    lines, more = _below(actor, union_id, on=on, after=id_asked(request, "after"))
    nodes = _nodes(actor, lines, way=(), here=None, on=on)
    context = {"nodes": nodes, "more_url": more, "on": on, "counts_members": _counts(actor, on)}
    return render(request, "workbench/unions/branch.html", context)


@require_GET
@as_cadre("unions.read")
def pick(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Options for a field that names a union: what was typed so far comes under the field's own name."""
    asked = (request.GET.get(name, "").strip() for name in request.GET if name != "levels")
    text = next((text for text in asked if text), "")
    levels = [Level(int(one)) for one in request.GET.get("levels", "") if one in "1234"]
    found = orgs.search_unions(actor, text.split(JOINT)[0], limit=PICKED, levels=levels or None)
    return render(request, "workbench/unions/options.html", {"unions": found})


def _counts(actor: Actor, on: date | None) -> bool:
    return on is None and "members.read" in actor.rights


def _way_down(actor: Actor, root: UUID, at: UUID | None) -> tuple[UUID, ...]:
    """The unions to open: the root, and those above the one asked for with itself."""
    if at is None or at == root:
        return (root,)
    card = orgs.union_page(actor, at)
    return (*(one.id for one in card.ancestors), at)


def _below(
    actor: Actor, union_id: UUID, *, on: date | None, after: UUID | None = None
) -> tuple[Iterable[UnionLine], str]:
    """Children, and the address of those that follow; of a past day all at once."""
    if on is not None:
        return orgs.children_as_of(actor, union_id, on=on), ""
    found = orgs.children(actor, union_id, limit=AT_ONCE, after=after)
    url = reverse("workbench:union-branch", args=[union_id])
    return found, f"{url}?after={found.following}" if found.following else ""


def _nodes(
    actor: Actor, lines: Iterable[UnionLine], *, way: tuple[UUID, ...], here: UUID | None, on: date | None
) -> list[Node]:
    lines = list(lines)
    counted = people.members_below(actor, [line.id for line in lines]) if _counts(actor, on) and lines else {}
    made = []
    for line in lines:
        children, more = _below(actor, line.id, on=on) if line.id in way and line.children else ((), "")
        made.append(
            Node(
                line=line,
                members=counted.get(line.id),
                is_open=line.id in way,
                children=tuple(_nodes(actor, children, way=way, here=here, on=on)) if children else (),
                more_url=more,
                is_here=line.id == here,
            )
        )
    return made
