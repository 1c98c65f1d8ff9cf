"""What is known of a member, as she reads it: {% load member_words %}."""

from __future__ import annotations

from typing import Any

from django import template

from zhigong.facts import queries as facts
from zhigong.web.templatetags.wording import yuan

register = template.Library()


@register.filter
def said(fact: Any) -> str:  # noqa: ANN401 — a FactLine, a FactValue or a Rival
    """A fact in words; money as everywhere on the pages, without idle decimals."""
    known = facts.vocabulary().get(getattr(fact, "name", ""))
    if known is not None and known.unit == "fen" and isinstance(fact.value, int):
        return yuan(fact.value)
    return str(getattr(fact, "text", "") or getattr(fact, "shown", ""))
