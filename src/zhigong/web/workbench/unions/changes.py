"""Changes of a union: each asks once, and says the consequence in numbers before anything happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs
from zhigong.orgs import queries as unions
from zhigong.orgs.types import Level, UnionCard, UnionKind
from zhigong.people import operations as people
from zhigong.people import queries as members
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.unions import forms

Weigh = Callable[[Actor, UnionCard, Any], list[str]]
YEARS = {3: "三年", 5: "五年"}
Act = Callable[[Actor, UnionCard, Any], tuple[str, UUID]]


@dataclass(frozen=True, slots=True)
class Change:
    """One change. weigh: its consequences as sentences; act: does it, gives a message and the union to show then."""

    key: str
    title: str
    lead: str
    icon: str
    form: type[forms.ChangeForm]
    weigh: Weigh
    act: Act
    sure: str
    tone: str = "primary"


def _carried(actor: Actor, card: UnionCard) -> str:
    below = unions.unions_below(actor, card.line.id)
    count = members.tallies(actor, union_id=card.line.id)["members"]
    parts = [f"下面的 {below:,} 个工会"] if below else []
    parts += [f"{count:,} 名会员"] if count else []
    return "、".join(parts)


def _weigh_rename(actor: Actor, card: UnionCard, form: forms.RenameForm) -> list[str]:
    below = unions.unions_below(actor, card.line.id)
    lines = [
        f"从 {form.cleaned_data['on']} 起，「{card.line.name}」改称「{form.cleaned_data['name']}」，原名留在沿革里。"
    ]
    return [*lines, f"{below:,} 个下级工会显示的上级路径随之更新。"] if below else lines


def _rename(actor: Actor, card: UnionCard, form: forms.RenameForm) -> tuple[str, UUID]:
    given = form.cleaned_data
    orgs.rename(by=actor, union_id=card.line.id, name=given["name"], on=given["on"], document=given["document"])
    return f"已更名为「{given['name']}」。", card.line.id


def _weigh_found(actor: Actor, card: UnionCard, form: forms.FoundForm) -> list[str]:
    given = form.cleaned_data
    return [
        f"将在「{card.line.name}」之下设立「{given['name']}」（{Level(given['level']).label}，编码 {given['code']}）。"
    ]


def _found(actor: Actor, card: UnionCard, form: forms.FoundForm) -> tuple[str, UUID]:
    given = form.cleaned_data
    made = orgs.found(
        by=actor,
        code=given["code"],
        name=given["name"],
        level=Level(given["level"]),
        kind=UnionKind(given["kind"]),
        parent_id=card.line.id,
        on=given["on"],
        document=given["document"],
    )
    return f"已设立「{given['name']}」，接下来可以登记届次、任命干部、导入名册。", made


def _weigh_move(actor: Actor, card: UnionCard, form: forms.MoveForm) -> list[str]:
    carried = _carried(actor, card)
    along = f"，连同{carried}一并划转" if carried else ""
    return [
        f"「{card.line.name}」将从「{card.ancestors[-1].name}」划到「{form.target.name}」{along}。",
        "原上级的干部即刻看不到这些人和单位，新上级的干部即刻看得到。",
    ]


def _move(actor: Actor, card: UnionCard, form: forms.MoveForm) -> tuple[str, UUID]:
    given = form.cleaned_data
    moved = orgs.move(
        by=actor, union_id=card.line.id, to_parent=form.target.id, on=given["on"], document=given["document"]
    )
    return f"已把 {moved:,} 个工会划转到「{form.target.name}」之下。", card.line.id


def _weigh_merge(actor: Actor, card: UnionCard, form: forms.MergeForm) -> list[str]:
    passing = members.passing_over(actor, card.line.id)
    held = len(unions.posts(actor, on=actor.on, union_id=card.line.id))
    parts = [f"{passing:,} 名会员的会籍"]
    parts += [f"{card.line.children:,} 个下级工会"] if card.line.children else []
    lines = [
        f"{'、'.join(parts)}和它覆盖的单位转入「{form.target.name}」。",
        f"「{card.line.name}」自 {form.cleaned_data['on']} 起不再存在。",
    ]
    return [*lines, f"它的 {held:,} 个任职随之结束，有账号的干部从那天起看不到本会数据。"] if held else lines


def _merge(actor: Actor, card: UnionCard, form: forms.MergeForm) -> tuple[str, UUID]:
    given = form.cleaned_data
    moved = people.merge_unions(
        by=actor, union_id=card.line.id, successor_id=form.target.id, on=given["on"], document=given["document"]
    )
    return f"已并入「{form.target.name}」，转入 {moved:,} 名会员。", form.target.id


def _weigh_split(actor: Actor, card: UnionCard, form: forms.SplitForm) -> list[str]:
    given = form.cleaned_data
    passing = members.passing_over(actor, card.line.id, employers=given["employers"])
    who = f"{len(given['employers']):,} 家单位和在那里工作的 {passing:,} 名会员"
    return [f"{who}，从「{card.line.name}」转入新设的「{given['name']}」。"]


def _split(actor: Actor, card: UnionCard, form: forms.SplitForm) -> tuple[str, UUID]:
    given = form.cleaned_data
    made, moved = people.split_union(
        by=actor,
        union_id=card.line.id,
        code=given["code"],
        name=given["name"],
        employers=given["employers"],
        on=given["on"],
        document=given["document"],
    )
    return f"已设立「{given['name']}」，转入 {moved:,} 名会员。", made


def _weigh_dissolve(actor: Actor, card: UnionCard, form: forms.DissolveForm) -> list[str]:
    held = len(unions.posts(actor, on=actor.on, union_id=card.line.id))
    lines = [f"「{card.line.name}」自 {form.cleaned_data['on']} 起撤销，沿革保留，不能恢复。"]
    passing = members.passing_over(actor, card.line.id)
    lines += [f"还有 {passing:,} 名会员的会籍在这里，须先合并或转出，否则不能撤销。"] if passing else []
    return [*lines, f"{held:,} 个任职随之结束。"] if held else lines


def _dissolve(actor: Actor, card: UnionCard, form: forms.DissolveForm) -> tuple[str, UUID]:
    given = form.cleaned_data
    people.dissolve_union(by=actor, union_id=card.line.id, on=given["on"], document=given["document"])
    return f"已撤销「{card.line.name}」。", card.ancestors[-1].id


def _weigh_term(actor: Actor, card: UnionCard, form: forms.TermForm) -> list[str]:
    terms = unions.terms_of(actor, card.line.id)
    number = terms[0].number + 1 if terms else 1
    given = form.cleaned_data
    return [
        f"登记「{card.line.name}」第 {number} 届，{given['on']} 开始，任期{YEARS[given['years']]}。",
        "换届提醒按新一届计算。",
    ]


def _term(actor: Actor, card: UnionCard, form: forms.TermForm) -> tuple[str, UUID]:
    given = form.cleaned_data
    orgs.start_term(
        by=actor, union_id=card.line.id, starts_on=given["on"], years=given["years"], document=given["document"]
    )
    return "已登记新一届。", card.line.id


CHANGES = {
    one.key: one
    for one in (
        Change(
            key="term",
            title="登记换届",
            lead="新一届委员会选举产生、上级批复之后登记。",
            icon="arrow-repeat",
            form=forms.TermForm,
            weigh=_weigh_term,
            act=_term,
            sure="登记",
        ),
        Change(
            key="found",
            title="下设工会",
            lead="在这个工会之下设立一个新的工会。",
            icon="plus-lg",
            form=forms.FoundForm,
            weigh=_weigh_found,
            act=_found,
            sure="设立",
        ),
        Change(
            key="rename",
            title="更名",
            lead="名称自生效日起改变，以前的名称留在沿革里。",
            icon="pencil",
            form=forms.RenameForm,
            weigh=_weigh_rename,
            act=_rename,
            sure="更名",
        ),
        Change(
            key="move",
            title="划转",
            lead="换一个上级工会，下级工会、会员和单位跟着走。",
            icon="arrow-left-right",
            form=forms.MoveForm,
            weigh=_weigh_move,
            act=_move,
            sure="划转",
        ),
        Change(
            key="merge",
            title="合并",
            lead="并入同级的另一个工会，会员、单位一并转入，本会不再存在。",
            icon="sign-merge-right",
            form=forms.MergeForm,
            weigh=_weigh_merge,
            act=_merge,
            sure="合并",
            tone="danger",
        ),
        Change(
            key="split",
            title="拆分",
            lead="把一部分单位和会员分出去，另设一个基层工会。",
            icon="signpost-split",
            form=forms.SplitForm,
            weigh=_weigh_split,
            act=_split,
            sure="拆分",
        ),
        Change(
            key="dissolve",
            title="撤销",
            lead="会员和下级工会须先妥善安置。",
            icon="x-octagon",
            form=forms.DissolveForm,
            weigh=_weigh_dissolve,
            act=_dissolve,
            sure="撤销",
            tone="danger",
        ),
    )
}


def offered(actor: Actor, card: UnionCard) -> list[Change]:
    """The changes that make sense for this union and that the actor's post allows."""
    if "unions.write" not in actor.rights:
        return []
    own = card.line.id == actor.union_id
    left_out = {"move", "merge", "dissolve", "split"} if own or card.line.level is Level.CITY else set()
    left_out |= {"found"} if card.line.level is Level.GRASSROOTS else {"split"}
    return [one for key, one in CHANGES.items() if key not in left_out]


@require_http_methods(["GET", "POST"])
@as_cadre("unions.write")
def change(request: HttpRequest, actor: Actor, union_id: UUID, key: str) -> HttpResponse:
    """Ask, then show what will follow, then do it; `step` is empty, `back` or `sure`."""
    card = unions.union_page(actor, union_id)
    spec = CHANGES.get(key)
    if spec is None:
        raise Http404
    if spec not in offered(actor, card):
        raise Refused(
            f"不能在这里{spec.title}。",
            where=card.line.name,
            why="本级工会的这类变更由上级工会办理",
            do="请联系上级工会",
        )
    more = {"employers": list(unions.employers(actor, union_id=union_id, limit=200))} if key == "split" else {}
    form = spec.form(request.POST or None, actor=actor, card=card, **more)
    step = request.POST.get("step", "")
    context: dict[str, Any] = {
        "spec": spec,
        "card": card,
        "union": card.line,
        "form": form,
        "crumbs": _crumbs(card, spec),
    }
    asked = request.method == "POST" and step != "back"
    if asked and form.is_valid():
        try:
            if step == "sure":
                return _done(request, spec, actor, card, form)
            context["consequences"] = spec.weigh(actor, card, form)
        except Refused as error:
            context["refused"] = error
    wrong = asked and "consequences" not in context
    return render(request, "workbench/unions/change.html", context, status=422 if wrong else 200)


def _done(request: HttpRequest, spec: Change, actor: Actor, card: UnionCard, form: forms.ChangeForm) -> HttpResponse:
    message, shown = spec.act(actor, card, form)
    messages.success(request, message)
    tab = "?tab=posts" if spec.key == "term" else ""
    return redirect(reverse("workbench:union", args=[shown]) + tab)


def _crumbs(card: UnionCard, spec: Change) -> list[tuple[str, str]]:
    return [
        ("工会组织", f"{reverse('workbench:unions')}?at={card.line.id}"),
        (card.line.name, reverse("workbench:union", args=[card.line.id])),
        (spec.title, ""),
    ]
