"""The tabs above the lists of cases, and what their filters offer."""

from __future__ import annotations

from django.urls import reverse

from zhigong.casework import queries as casework
from zhigong.catalogue import queries as catalogue
from zhigong.kernel.actor import Actor

Tab = tuple[str, str, int | None]


def tabs(actor: Actor) -> list[Tab]:
    """Mine with its true count, all, and whom the data found."""
    mine = [("待我办理", reverse("workbench:cases-mine"), casework.todo_count(actor))] if handles(actor) else []
    return [
        *mine,
        ("全部办件", reverse("workbench:cases"), None),
        ("数据找到、还没申请", reverse("workbench:cases-found"), None),
    ]


def handles(actor: Actor) -> bool:
    """Whether the actor's post acts on cases at all."""
    return any(right.startswith("cases.") and right != "cases.read" for right in actor.rights)


def services() -> list[tuple[str, str]]:
    """Every service for a filter."""
    return [("", "全部"), *((one.id, one.title) for one in catalogue.services())]
