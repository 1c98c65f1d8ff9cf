"""The questions of a service as a form: a field of the right kind for each, nothing that is already known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from zhigong.casework.operations import Account
from zhigong.casework.types import QuestionLine
from zhigong.facts.types import UNITS
from zhigong.funds import operations as funds
from zhigong.kernel.errors import Refused
from zhigong.web.member.posting import Words

ANSWER = "请回答这个问题。"
BANK, NUMBER, PASSBOOK = "account_bank", "account_number", "account_passbook"
NO_CARD = "这是存折或其他账户，不是银行卡"
YES_NO = (("yes", "是"), ("no", "否"))
ACCOUNT_WORDS = (
    ("开户行", BANK),
    ("银行账号", NUMBER),
    ("银行卡号", NUMBER),
    ("账户", NUMBER),
    ("账号", NUMBER),
    ("户名", NUMBER),
)


def _typed(mode: str, longest: int) -> Callable[[QuestionLine], forms.Field]:
    def make(question: QuestionLine) -> forms.Field:
        widget = forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})
        return Words(longest=longest, widget=widget, **_common(question))

    return make


def _choice(question: QuestionLine) -> forms.Field:
    choices = YES_NO if question.kind == "yes_no" else question.choices
    return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **_common(question))


def _date(question: QuestionLine) -> forms.Field:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    messages = {"required": ANSWER, "invalid": "日期请写成 2026-01-31 这样。"}
    return forms.DateField(widget=widget, **_common(question) | {"error_messages": messages})


def _consent(question: QuestionLine) -> forms.Field:
    messages = {"required": "不同意核对就无法办理；可以不申请，不影响您的其他权益。"}
    return forms.BooleanField(**_common(question) | {"error_messages": messages})


def _text(question: QuestionLine) -> forms.Field:
    return Words(longest=500, lines=3, **_common(question))


MAKERS: Mapping[str, Callable[[QuestionLine], forms.Field]] = {
    "yes_no": _choice,
    "choice": _choice,
    "money": _typed("decimal", 30),
    "number": _typed("numeric", 12),
    "date": _date,
    "consent": _consent,
    "text": _text,
}


def _common(question: QuestionLine) -> dict[str, Any]:
    unit = "元" if question.kind == "money" else UNITS.get(question.unit, question.unit)
    return {
        "label": f"{question.label}（{unit}）" if unit else question.label,
        "help_text": question.help,
        "required": question.required,
        "error_messages": {"required": ANSWER, "invalid_choice": "请从给出的选项中选择。"},
    }


class QuestionsForm(forms.Form):
    """One field per question; a bank account is two, since its holder is the member herself."""

    use_required_attribute = False

    def __init__(self, *args: Any, questions: Iterable[QuestionLine], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.names: list[str] = []
        self.places: list[tuple[str, str]] = []
        self.asks_account = False
        for question in questions:
            if question.kind == "bank_account":
                self._ask_account(question)
                continue
            name = question.fact or question.field
            self.fields[name] = MAKERS[question.kind](question)
            self.names.append(name)
            self.places += [(question.label, name), (name, name)]

    def _ask_account(self, question: QuestionLine) -> None:
        self.asks_account = True
        self.places += ACCOUNT_WORDS
        off = {"autocomplete": "off"}
        self.fields[NUMBER] = Words(
            label=f"{question.label}：卡号",
            longest=40,
            widget=forms.TextInput(attrs={"inputmode": "numeric", **off}),
            help_text=question.help,
            required=question.required,
            validators=[RegexValidator(r"\A[\d\s-]{8,40}\Z", "卡号应为 8 到 30 位数字，请对照银行卡重新填写。")],
            error_messages={"required": "请填写本人的银行卡号。"},
        )
        self.fields[BANK] = Words(
            label=f"{question.label}：开户行",
            longest=40,
            widget=forms.TextInput(attrs=off),
            help_text="卡面上的银行名称，例如“中国工商银行云泽支行”。",
            required=question.required,
            error_messages={"required": "请填写开户行。"},
        )
        self.fields[PASSBOOK] = forms.BooleanField(label=NO_CARD, required=False)

    def clean(self) -> dict[str, Any]:
        """A slip in the card number is told before anything is sent."""
        given: dict[str, Any] = self.cleaned_data
        if given.get(NUMBER):
            try:
                funds.checked_number(given[NUMBER], passbook=bool(given.get(PASSBOOK)))
            except Refused as error:
                self.add_error(NUMBER, f"{error.what}{error.why}。{error.do}")
        return given

    def answers(self) -> dict[str, Any]:
        """What was answered, as casework reads it."""
        given = self.cleaned_data
        return {name: given[name] for name in self.names if given.get(name) not in (None, "")}

    def account(self, holder: str) -> Account | None:
        """The bank account given; None where none was asked for."""
        if not self.asks_account or not self.cleaned_data.get(NUMBER):
            return None
        given = self.cleaned_data
        return Account(
            holder=holder, bank=given.get(BANK, ""), number=given[NUMBER], passbook=bool(given.get(PASSBOOK))
        )

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Errors of the review, each at its field, unless the field has one."""
        for name, text in errors.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, text)
