"""What each change of a union asks."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from zhigong.kernel.actor import Actor
from zhigong.orgs.types import EmployerLine, Level, UnionCard, UnionKind, UnionLine
from zhigong.web.workbench.widgets import DayField, UnionField, offer_levels, past_or_today, union_named


class ChangeForm(forms.Form):
    """Every change has a day and, mostly, a document that allows it."""

    on = DayField(label="生效日期", help_text="批复文件上的日期，不能晚于今天。")
    document = forms.CharField(
        label="批复文号", required=False, max_length=120, help_text="例如：云工〔2026〕9号。会写进组织沿革。"
    )

    def __init__(self, *args: Any, actor: Actor, card: UnionCard, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.actor, self.card = actor, card
        self.fields["on"].initial = actor.on

    def clean_on(self) -> date:
        """Changes are recorded once they hold."""
        return past_or_today(self.cleaned_data["on"], today=self.actor.on)


def _name(label: str, **more: Any) -> forms.CharField:  # noqa: ANN401
    return forms.CharField(label=label, max_length=120, error_messages={"required": f"请填写{label}。"}, **more)


def _code() -> forms.CharField:
    return forms.CharField(
        label="工会编码",
        max_length=32,
        help_text="上级工会编定的编码，全市唯一。",
        error_messages={"required": "请填写工会编码。"},
    )


class RenameForm(ChangeForm):
    """Another name."""

    field_order = ("name", "on", "document")
    name = _name("新名称", help_text="请填写规范全称，与批复一致。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = self.card.line.name


class FoundForm(ChangeForm):
    """A new union below this one."""

    field_order = ("name", "code", "level", "kind", "on", "document")
    name = _name("工会名称", help_text="规范全称，例如：云泽市清河机械厂工会。")
    code = _code()
    level = forms.TypedChoiceField(label="级别", coerce=int)
    kind = forms.TypedChoiceField(label="类型", coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        below = [level for level in Level if level > self.card.line.level]
        _choices(self, "level", [(int(level), level.label) for level in below])
        _choices(self, "kind", [(int(kind), kind.label) for kind in UnionKind])
        self.fields["level"].initial = int(below[0]) if below else None
        self.fields["kind"].initial = int(
            UnionKind.ENTERPRISE if below[:1] == [Level.GRASSROOTS] else UnionKind.FEDERATION
        )


class MoveForm(ChangeForm):
    """Another union above."""

    field_order = ("to", "on", "document")
    to = UnionField(label="划转到哪个工会之下", error_messages={"required": "请选择新的上级工会。"})
    target: UnionLine

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        offer_levels(self.fields["to"], self.levels())

    def levels(self) -> list[Level]:
        """The levels a union of this level may hang below."""
        return [level for level in Level if level < self.card.line.level]

    def clean_to(self) -> str:
        """One union of the scope, of a fitting level."""
        self.target = union_named(self.actor, self.cleaned_data["to"], levels=self.levels())
        return str(self.cleaned_data["to"])


class MergeForm(MoveForm):
    """The union that takes over."""

    to = UnionField(
        label="并入哪个工会", help_text="须是同一级别的工会。", error_messages={"required": "请选择并入的工会。"}
    )

    def levels(self) -> list[Level]:
        """The same level."""
        return [self.card.line.level]


class SplitForm(ChangeForm):
    """A new grassroots union with some of the employers."""

    field_order = ("name", "code", "employers", "on", "document")
    name = _name("新工会名称")
    code = _code()
    employers = forms.MultipleChoiceField(
        label="划给新工会的单位",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少勾选一家单位。"},
        help_text="在这些单位工作的会员一并转入新工会。",
    )

    def __init__(self, *args: Any, employers: list[EmployerLine], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _choices(self, "employers", [(str(one.id), one.name) for one in employers])

    def clean_employers(self) -> list[UUID]:
        """Their identifiers."""
        return [UUID(text) for text in self.cleaned_data["employers"]]


class DissolveForm(ChangeForm):
    """Nothing more to ask."""

    field_order = ("on", "document")


class TermForm(ChangeForm):
    """A new term of office; it may begin on a day to come."""

    field_order = ("on", "years", "document")
    on = DayField(label="本届开始日期", help_text="选举大会召开、上级批复的日期。")
    years = forms.TypedChoiceField(
        label="每届任期", coerce=int, choices=[(5, "五年"), (3, "三年")], help_text="基层工会三年或五年，地方工会五年。"
    )

    def clean_on(self) -> date:
        """A term may be recorded before it begins, though not long before."""
        value: date = self.cleaned_data["on"]
        if (value - self.actor.on).days > 180:
            raise forms.ValidationError("开始日期离今天太远，请核对年份。")
        return value


def _choices(form: forms.Form, name: str, choices: list[tuple[Any, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 — narrows the type
    field.choices = choices
