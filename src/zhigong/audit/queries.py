"""Reads of the audit record. Row-level security decides; the literal filters beside it let the planner use an index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from zhigong.audit.models import Entry, Leaf, Seal
from zhigong.audit.policies import sealing_state
from zhigong.audit.types import (
    EntryFilter,
    EntryLine,
    EntryPage,
    Looked,
    Outcome,
    PageKey,
    Purpose,
    SealingState,
    SealLine,
    SealStatus,
)
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotAllowed

_CITY = 1
_EVERYTHING = EntryFilter()

_LOOKED = """
    SELECT (at AT TIME ZONE 'Asia/Shanghai')::date AS day, coalesce(account_id = %(me)s, false) AS by_self,
           actor_name, duty, union_name, purpose, reason,
           array_agg(DISTINCT action ORDER BY action) AS actions,
           coalesce(array_agg(DISTINCT name ORDER BY name) FILTER (WHERE name IS NOT NULL), '{{}}') AS fields,
           count(DISTINCT id) AS times, min(at) AS first_at, max(at) AS last_at
    FROM audit_entry LEFT JOIN LATERAL unnest(fields) AS name ON true
    WHERE subject_id = %(person)s AND outcome = 'done'
      AND at >= coalesce(%(since)s::timestamptz - interval '1 day', '-infinity')
      AND at < coalesce(%(until)s::timestamptz + interval '1 day', 'infinity')
      AND {within}
    GROUP BY day, by_self, account_id, actor_name, post_id, duty, union_name, purpose, reason
    HAVING max(at) >= coalesce(%(since)s, '-infinity'::timestamptz)
       AND max(at) < coalesce(%(until)s, 'infinity'::timestamptz)
    ORDER BY last_at DESC LIMIT %(limit)s
"""


def who_looked(
    actor: Actor, person_id: UUID, *, since: datetime | None = None, until: datetime | None = None, limit: int = 100
) -> tuple[Looked, ...]:
    """Who used this person's data: one line per day, cadre, post and purpose, newest first.

    The person herself sees everyone, wherever they sit; a cadre needs `audit.read` and sees what fell into her scope.
    since (inclusive) and until (exclusive) bound the last act of a line, so that lines stay whole; the next page asks
    for until = last_at of the last line. Raises NotAllowed.
    """
    own = actor.person_id is not None and actor.person_id == person_id
    if not own:
        actor.require("audit.read")
    within = "true" if own else f"{actor.level_column} IN (%(seq)s, %(top)s)"
    values = {"me": actor.account_id, "person": person_id, "since": since, "until": until, "limit": limit}
    values |= {"seq": actor.seq, "top": 0 if actor.level == _CITY else actor.seq}
    with connection.cursor() as cursor:
        cursor.execute(_LOOKED.format(within=within), values)
        return tuple(_looked(row) for row in cursor.fetchall())


def _looked(row: tuple[Any, ...]) -> Looked:
    day, by_self, name, duty, union, purpose, reason, actions, fields, times, first_at, last_at = row
    return Looked(
        day=day,
        by_self=by_self,
        actor_name=name,
        duty=duty,
        union_name=union,
        purpose=Purpose(purpose),
        reason=reason,
        actions=tuple(actions),
        fields=tuple(fields),
        times=times,
        first_at=first_at,
        last_at=last_at,
    )


def entries(
    actor: Actor, *, filters: EntryFilter = _EVERYTHING, after: PageKey | None = None, size: int = 50
) -> EntryPage:
    """One page of the record within the actor's scope, newest first; needs `audit.read`, else NotAllowed.

    after: the `following` of the page before.
    """
    actor.require("audit.read")
    found = _within(actor).filter(_narrowed(filters))
    if after is not None:
        # The plain bound on `at` is what an index and the choice of partitions understand.
        found = found.filter(at__lte=after.at).filter(Q(at__lt=after.at) | Q(id__lt=after.id))
    rows = list(found.order_by("-at", "-id")[: size + 1])
    shown = rows[:size]
    seals = _seals_of(shown)
    following = PageKey(shown[-1].at, shown[-1].id) if len(rows) > size else None
    return EntryPage(lines=tuple(_line(row, seals.get(row.id)) for row in shown), following=following)


def _within(actor: Actor) -> QuerySet[Entry]:
    """The literal twin of the policy: own column, and at the top also acts outside every union."""
    if actor.level == _CITY:
        return Entry.objects.filter(l1__in=(actor.seq, 0))
    return Entry.objects.filter(**{actor.level_column: actor.seq})


def _narrowed(filters: EntryFilter) -> Q:
    wanted = {
        "at__gte": filters.since,
        "at__lt": filters.until,
        "account_id": filters.account_id,
        "actor_name": filters.actor_name or None,
        "subject_id": filters.subject_id,
        "action": filters.action or None,
        "purpose": filters.purpose,
        "outcome": filters.outcome,
    }
    return Q(**{name: value for name, value in wanted.items() if value is not None})


def _seals_of(rows: Iterable[Entry]) -> dict[UUID, int]:
    keys = [(row.id, row.at) for row in rows]
    found = Leaf.objects.filter(entry_id__in=[key for key, _ in keys], at__in=[at for _, at in keys])
    return dict(found.values_list("entry_id", "seal"))


def _line(row: Entry, seal: int | None) -> EntryLine:
    return EntryLine(
        id=row.id,
        at=row.at,
        account_id=row.account_id,
        actor_name=row.actor_name,
        duty=row.duty,
        union_name=row.union_name,
        action=row.action,
        purpose=Purpose(row.purpose),
        reason=row.reason,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        count=row.count,
        fields=tuple(row.fields),
        detail=row.detail,
        outcome=Outcome(row.outcome),
        request_id=row.request_id,
        seal=seal,
    )


def line_of(made: Seal) -> SealLine:
    """A seal for readers."""
    return SealLine(
        number=made.number,
        count=made.count,
        root=bytes(made.root).hex(),
        previous=bytes(made.previous).hex(),
        sealed_at=made.sealed_at,
        key_id=made.key_id,
        signature=bytes(made.signature).hex(),
    )


def seals(actor: Actor, *, before: int | None = None, size: int = 50) -> tuple[SealLine, ...]:
    """Seals, newest first; needs `audit.read`. before: the number of the last one shown."""
    actor.require("audit.read")
    found = Seal.objects.order_by("-number")
    return tuple(line_of(made) for made in (found.filter(number__lt=before) if before else found)[:size])


def seal_status(actor: Actor) -> SealStatus:
    """The last seal, how many entries wait for the next and since when; for everyone signed in, it holds no content."""
    if actor.account_id is None and not actor.rights:
        raise NotAllowed("请先登录。")
    last = Seal.objects.order_by("-number").first()
    pending, oldest = _waiting()
    return SealStatus(last=line_of(last) if last else None, pending=pending, oldest_pending_at=oldest)


def sealing(_actor: Actor, *, now: datetime) -> SealingState:
    """Whether sealing keeps up. While STOPPED, cadres may open no personal data (security.md §4.10)."""
    return sealing_state(oldest_pending_at=_waiting()[1], now=now)


def _waiting() -> tuple[int, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pending, oldest FROM audit_waiting()")
        pending, oldest = cursor.fetchone()
    return pending, oldest
