"""Saying what is right: one question, the answer made into a value of the fact's kind."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from zhigong.facts.types import Fact, Plain
from zhigong.kernel.errors import Refused
from zhigong.kernel.money import parse_fen
from zhigong.rules.types import Kind
from zhigong.web.member.posting import Words
from zhigong.web.member.services.forms import YES_NO


class CorrectForm(forms.Form):
    """One field named `value`, of the kind of the fact."""

    use_required_attribute = False

    def __init__(self, *args: Any, fact: Fact, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fact = fact
        self.fields["value"] = self._field(fact)

    def _field(self, fact: Fact) -> forms.Field:
        ask = fact.ask
        unit = f"（{fact.unit_label}）" if fact.unit_label else ""
        common: dict[str, Any] = {
            "label": f"{ask.question if ask else fact.label}{unit}",
            "help_text": ask.help if ask else "",
            "error_messages": {"required": "请填写正确的内容。", "invalid_choice": "请从给出的选项中选择。"},
        }
        if fact.kind is Kind.BOOLEAN:
            return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, **common)
        if fact.kind is Kind.TEXT:
            return forms.ChoiceField(choices=list(fact.values.items()), widget=forms.RadioSelect, **common)
        if fact.kind is Kind.DATE:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            common["error_messages"]["invalid"] = "日期请写成 2026-01-31 这样。"
            return forms.DateField(widget=widget, **common)
        mode = "decimal" if fact.unit == "fen" else "numeric"
        return Words(longest=30, widget=forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"}), **common)

    def clean_value(self) -> Plain:
        """The value as facts keep it: fen for money, a whole number, a date, a code, a truth."""
        given = self.cleaned_data["value"]
        if isinstance(given, date):
            return given
        if self.fact.kind is Kind.BOOLEAN:
            return bool(given == "yes")
        if self.fact.kind is Kind.TEXT:
            return str(given)
        return self._number(str(given))

    def _number(self, text: str) -> int:
        if self.fact.unit == "fen":
            try:
                return parse_fen(text)
            except Refused as error:
                raise forms.ValidationError(f"{error.what}{error.do}") from error
        if not text.isascii() or not text.isdecimal() or len(text) > 9:
            raise forms.ValidationError("请填写整数，例如 3。")
        return int(text)
