"""Reads what an address asks for; what cannot be read is refused, not guessed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused

LONGEST = 6


def id_asked(request: HttpRequest, name: str) -> UUID | None:
    """An identifier of the query string, None when absent."""
    text = request.GET.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Refused("链接不完整。", where=name, do="请返回上一页，从列表中重新打开。") from error


def day_asked(request: HttpRequest, actor: Actor, *, name: str = "on") -> date | None:
    """A past day of the query string; None when absent or today. Raises Refused for a day to come."""
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Refused("日期写法不对。", where=text, do="请写成 2026-01-31 这样。") from error
    if day > actor.on:
        raise Refused("还没到这一天。", where=text, do="请选择今天或以前的日期。")
    return None if day == actor.on else day


def choice_asked(request: HttpRequest, name: str, allowed: tuple[str, ...]) -> str:
    """One of some words of the query string; the first when absent or unknown."""
    asked = request.GET.get(name, "")
    return asked if asked in allowed else allowed[0]


def page_asked(request: HttpRequest) -> int:
    """Which page of a list, from 1; the first when absent or no number of at most six digits."""
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else 1
