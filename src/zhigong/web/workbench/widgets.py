"""Form fields that several features share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse, reverse_lazy

from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Level, UnionLine

JOINT = " · "


class DayField(forms.DateField):
    """A date by the browser's own picker; typed as 2026-01-31 where there is none."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 — as Django's own
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("error_messages", {"invalid": "日期请写成 2026-01-31 这样。", "required": "请填写日期。"})
        super().__init__(**kwargs)


class UnionField(forms.CharField):
    """A union of the scope by code or name; suggestions as one types, and plain typing without script.

    The value cleaned is the text; `union_named` makes a union of it.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 — as Django's own
        name = kwargs.pop("options", "unions-fit")
        attributes = {
            "list": name,
            "autocomplete": "off",
            "spellcheck": "false",
            "placeholder": "工会名称、拼音首字母或编码",
            "hx-get": reverse_lazy("workbench:union-pick"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{name}",
            "hx-swap": "innerHTML",
        }
        kwargs.setdefault("widget", forms.TextInput(attrs=attributes))
        kwargs.setdefault("max_length", 200)
        super().__init__(**kwargs)


def union_named(actor: Actor, text: str, *, levels: Sequence[Level] | None = None) -> UnionLine:
    """The one union of the scope a text means: an option as suggested, a code, or a name. Raises ValidationError."""
    head = text.split(JOINT)[0].strip()
    found = orgs.search_unions(actor, head, limit=20, levels=levels)
    exact = [one for one in found if head in (one.code, one.name)] or found
    if len(exact) == 1:
        return exact[0]
    if not exact:
        kind = "、".join(level.label for level in levels or ())
        raise forms.ValidationError(f"管辖范围内没有叫「{head}」的{kind or '工会'}，请输入名称或编码后从提示中选择。")
    names = "；".join(f"{one.name}（{one.code}，{one.path or one.level.label}）" for one in exact[:3])
    raise forms.ValidationError(f"「{head}」对应 {len(exact)} 个工会，请改填编码：{names}")


def offer_levels(field: forms.Field, levels: Sequence[Level]) -> None:
    """Let a union field suggest unions of some levels only."""
    asked = "".join(str(int(level)) for level in levels)
    field.widget.attrs["hx-get"] = f"{reverse('workbench:union-pick')}?levels={asked}"


def past_or_today(value: date, *, today: date) -> date:
    """A date that is not in the future. Raises ValidationError."""
    if value > today:
        raise forms.ValidationError("日期不能晚于今天。")
    return value
