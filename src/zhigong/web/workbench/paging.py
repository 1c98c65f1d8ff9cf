"""From a page of lines to the pager under a list."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from zhigong.web.components import Pager, address


def pager(request: HttpRequest, *, text: str, previous: UUID | None, following: UUID | None) -> Pager:
    """The pager of a list whose address keeps its filters."""
    return Pager(
        text=text,
        previous_url=address(request.GET, before=str(previous), after=None) if previous else "",
        next_url=address(request.GET, after=str(following), before=None) if following else "",
    )
