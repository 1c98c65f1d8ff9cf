"""我的: my data as it stands on file, who looked at it and why, a copy to take away, ways to correct and leave."""

from __future__ import annotations

import json
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from zhigong.audit import queries as audit
from zhigong.audit.types import Looked, Purpose
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.people import operations as people
from zhigong.people.types import PersonCard
from zhigong.web.member.file import with_file
from zhigong.web.member.me import wording

FIRST = 3
PAGE = 30


@with_file
def overview(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """My data and the latest looks at it."""
    looks = audit.who_looked(actor, card.line.id, limit=FIRST + 1)
    context = {
        "card": card,
        "facts": wording.facts(card),
        "missing": wording.missing(card),
        "family": wording.family(card),
        "origin": wording.origin(card),
        "looks": [wording.look(look) for look in looks[:FIRST]],
        "more": len(looks) > FIRST,
    }
    return render(request, "member/me/overview.html", context)


@with_file
def looked(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """Everyone who looked at my data, and why, newest first."""
    looks = audit.who_looked(actor, card.line.id, until=_until(request), limit=PAGE + 1)
    shown: tuple[Looked, ...] = looks[:PAGE]
    older = f"?until={shown[-1].last_at.timestamp()}" if len(looks) > PAGE else ""
    context = {"looks": [wording.look(look) for look in shown], "older": older, "first": not request.GET}
    return render(request, "member/me/looked.html", context)


def _until(request: HttpRequest) -> datetime | None:
    from django.utils.timezone import get_current_timezone

    try:
        return datetime.fromtimestamp(float(request.GET["until"]), get_current_timezone())
    except (KeyError, ValueError, OverflowError, OSError):
        return None


@with_file
def copy(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """All that is on file about me, to read and to print; recorded, since numbers are opened."""
    context = {
        "copy": _whole(actor, card),
        "card": card,
        "origin": wording.origin(card),
        "on": actor.on,
        "json_url": reverse("member:copy-json"),
    }
    return render(request, "member/me/copy.html", context)


@with_file
def copy_json(request: HttpRequest, actor: Actor, card: PersonCard) -> HttpResponse:
    """The same for machines (right to a copy, 个人信息保护法 45)."""
    whole = _whole(actor, card)
    text = json.dumps(whole.as_dict(), ensure_ascii=False, indent=2)
    name = f"zhigong-{actor.on.isoformat()}.json"
    return HttpResponse(
        text,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _whole(actor: Actor, card: PersonCard) -> wording.Copy:
    opened = people.open_fields(
        by=actor, person_id=card.line.id, fields=("id_number", "phone"), purpose=Purpose.SELF, now=now()
    )
    looks = audit.who_looked(actor, card.line.id, limit=1000)
    return wording.Copy(on=actor.on, card=card, opened=opened, looks=tuple(wording.look(look) for look in looks))
