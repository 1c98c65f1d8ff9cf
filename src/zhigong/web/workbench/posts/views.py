"""Lists of posts and of terms that end."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from zhigong.kernel import parameters
from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Duty
from zhigong.web.components import Column, heads
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.asking import id_asked
from zhigong.web.workbench.fragments import wants_part
from zhigong.web.workbench.paging import pager

COLUMNS = (Column("姓名"), Column("工会"), Column("岗位"), Column("专兼职"), Column("任期"), Column("账号"), Column(""))
TERM_COLUMNS = (Column("工会"), Column("届次"), Column("本届届满"), Column(""))
AT_ONCE = 50


class FilterForm(forms.Form):
    """The filter bar."""

    q = forms.CharField(
        label="姓名或工会",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "姓名或工会名称", "autocomplete": "off"}),
    )
    duty = forms.ChoiceField(label="岗位", required=False, choices=[("", "不限"), *((d.value, d.label) for d in Duty)])


@require_GET
@as_cadre("posts.read")
def posts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Posts held today; the filter bar asks for the list alone."""
    form = FilterForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    found = orgs.posts(
        actor,
        on=actor.on,
        text=given.get("q") or "",
        duty=given.get("duty") or "",
        after=id_asked(request, "after"),
        before=id_asked(request, "before"),
        limit=AT_ONCE,
    )
    context = {
        "form": form,
        "held": list(found),
        "narrowed": any(given.values()),
        "columns": heads(COLUMNS, request.GET),
        "pager": pager(request, text=f"本页 {len(found)} 个岗位", previous=found.previous, following=found.following),
        "may_appoint": "posts.write" in actor.rights,
        "own_post": actor.post_id,
    }
    return render(request, "workbench/posts/list.html" if wants_part(request) else "workbench/posts/page.html", context)


@require_GET
@as_cadre("unions.read")
def terms(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Terms at a reminder stage, the most urgent first."""
    stages = parameters.integers("term_reminder_days", on=actor.on)
    counts = orgs.term_counts(actor, on=actor.on, stages=stages)
    after, before = id_asked(request, "after"), id_asked(request, "before")
    lines = orgs.terms_ending(actor, on=actor.on, within_days=max(stages), after=after, before=before, limit=AT_ONCE)
    text = f"本页 {len(lines)} 个"
    bounds = (-1, *sorted(stages))
    labels = {-1: "已超期", 0: "今天届满"}
    context = {
        "lines": lines.items,
        "columns": heads(TERM_COLUMNS, request.GET),
        "stages": [
            (labels.get(stage, f"{stage} 天内届满"), counts.get(stage, 0), "bad" if stage < 0 else "")
            for stage in bounds
        ],
        "total": sum(counts.values()),
        "pager": pager(request, text=text, previous=lines.previous, following=lines.following),
        "may_term": "unions.write" in actor.rights,
        "document": parameters.parameter("term_reminder_days").on(actor.on).document,
    }
    return render(request, "workbench/posts/terms.html", context)
