"""The public board, and bad marks to follow up."""

from __future__ import annotations

from uuid import UUID

from zhigong.casework.models import Objection, Publicity
from zhigong.casework.types import PublicityLine
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.orgs.queries import within


def publicity_board(actor: Actor, *, union_id: UUID | None = None, limit: int = 200) -> tuple[PublicityLine, ...]:
    """Open notices of the whole city, or of one union and what lies below it: masked names, and nothing else.

    For whoever is signed in; case ids are left out, the board leads nowhere.
    """
    below = 0
    if union_id is not None:
        found = fetch("SELECT seq FROM orgs_union WHERE id = %(id)s", {"id": union_id})
        below = found[0][0] if found else -1
    rows = fetch(
        "SELECT * FROM casework_board(%(on)s, %(below)s, %(limit)s)", {"on": actor.on, "below": below, "limit": limit}
    )
    return tuple(
        PublicityLine(id_, None, name, union, category, amount, starts, ends, (ends - actor.on).days, 0, not mine)
        for id_, name, union, category, amount, starts, ends, mine in rows
    )


def publicities(actor: Actor, *, limit: int = 200) -> tuple[PublicityLine, ...]:
    """Open notices of the actor's scope with the objections to each, for cadres."""
    actor.require("cases.read")
    rows = list(within(Publicity.objects.filter(ended_on=None), actor).order_by("ends_on", "id")[:limit])
    waiting: dict[UUID, int] = {}
    for notice_id in Objection.objects.filter(publicity__in=rows, answered_on=None).values_list(
        "publicity_id", flat=True
    ):
        waiting[notice_id] = waiting.get(notice_id, 0) + 1
    return tuple(
        PublicityLine(
            id=one.id,
            case_id=one.case_id,
            masked_name=one.masked_name,
            union_name=one.union_name,
            category=one.category,
            amount_fen=one.amount_fen,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            days_left=(one.ends_on - actor.on).days,
            objections=waiting.get(one.id, 0),
            may_object=False,
        )
        for one in rows
    )
