"""What acting on a case asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from zhigong.casework.types import Action, ObjectionState, QuestionLine
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import FieldKind

NOTE = 500


def _key() -> forms.CharField:
    """Names one sending of a form: sent twice, it is done once."""
    return forms.CharField(max_length=32, widget=forms.HiddenInput)


def _words(
    label: str, *, rows: int = 2, required: bool = True, most: int = NOTE, help_text: str = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": f"请填写{label}。", "max_length": f"最多 {most} 个字。"},
    )


class ActForm(forms.Form):
    """An act on the open step; ask: what the applicant is to supply."""

    action = forms.ChoiceField(label="办理意见", error_messages={"required": "请选择办理意见。"})
    note = _words("意见和理由", rows=3, required=False)
    ask = forms.MultipleChoiceField(label="请申请人重新填写", required=False)
    step = forms.CharField(max_length=40, widget=forms.HiddenInput)
    key = _key()

    def __init__(self, actions: tuple[Action, ...], version: str, data: Any = None) -> None:  # noqa: ANN401 — Django's
        super().__init__(data)
        for name, choices in (("action", _actions(actions)), ("ask", asked(version, actions))):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 — declared above
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Sending back and asking for supplements say why."""
        given: dict[str, Any] = self.cleaned_data
        if given.get("action") in (Action.RETURN, Action.SUPPLEMENT) and len(str(given.get("note", "")).strip()) < 2:
            self.add_error("note", "请写明原因，对方会看到这句话。")
        return given


def _actions(actions: tuple[Action, ...]) -> list[tuple[str, str]]:
    return [(one.value, one.label) for one in actions]


def asked(version: str, actions: tuple[Action, ...]) -> list[tuple[str, str]]:
    """What an applicant can be asked to fill in again: the form of her service, without her bank account."""
    if Action.SUPPLEMENT not in actions:
        return []
    form = catalogue.version(version).form
    return [(one.name, one.label) for one in form if one.kind not in (FieldKind.BANK_ACCOUNT, FieldKind.CONSENT)]


class AnswerForm(forms.Form):
    """The answer to an objection."""

    state = forms.TypedChoiceField(
        label="复核结论",
        coerce=int,
        choices=[
            (ObjectionState.UPHELD.value, "维持：原决定（公示）没有问题"),
            (ObjectionState.REVERSED.value, "改变：异议成立"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择复核结论。"},
    )
    answer = _words("答复", rows=3, most=1000, help_text="提出异议的人会看到这段话。")
    key = _key()


class HeirForm(forms.Form):
    """Who is paid in place of a member who has died."""

    holder = forms.CharField(label="继承人姓名", max_length=64, error_messages={"required": "请填写继承人姓名。"})
    relation = forms.CharField(
        label="与会员的关系",
        max_length=20,
        error_messages={"required": "请填写与会员的关系。"},
        help_text="如配偶、子女、父母。",
    )
    bank = forms.CharField(label="开户银行", max_length=80, error_messages={"required": "请填写开户银行。"})
    number = forms.CharField(
        label="银行卡号",
        max_length=32,
        error_messages={"required": "请填写银行卡号。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "numeric"}),
    )
    passbook = forms.BooleanField(label="这是存折或其他账户，不是银行卡", required=False)
    key = _key()


class RestateForm(forms.Form):
    """What a member said of her situation, entered for her; typed answers are read by casework."""

    changed = forms.ChoiceField(
        label="本人说",
        choices=[("no", "没有变化"), ("yes", "有变化，按下面填写")],
        widget=forms.RadioSelect,
        initial="no",
    )
    text = _words("怎么联系的、本人怎么说", rows=2, required=False)
    key = _key()

    def __init__(
        self,
        questions: Iterable[QuestionLine],
        data: Any = None,  # noqa: ANN401 — Django's
        *,
        said: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401 — Django's
    ) -> None:
        super().__init__(data, auto_id="restate_%s", **more)
        self.names = []
        for one in questions:
            self.fields[one.fact] = _restating(one, (said or {}).get(one.fact, ""))
            self.names.append(one.fact)
        self.order_fields(["changed", *self.names, "text", "key"])

    def answers(self) -> dict[str, str]:
        """What was filled in."""
        return {name: self.cleaned_data[name] for name in self.names if self.cleaned_data.get(name)}


def _restating(one: QuestionLine, said: str) -> forms.Field:
    label = f"{one.label}（元）" if one.kind == "money" else one.label
    choices = (("yes", "是"), ("no", "否")) if one.kind == "yes_no" else one.choices
    if choices:
        return forms.ChoiceField(label=label, required=False, choices=[("", "—"), *choices], initial=said)
    return forms.CharField(label=label, required=False, max_length=30, initial=said)


class NoteForm(forms.Form):
    """What was found at a follow-up or a re-check."""

    note = _words("情况记录", rows=3)
    key = _key()
