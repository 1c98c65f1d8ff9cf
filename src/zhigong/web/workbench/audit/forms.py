"""What the audit view narrows by."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from django import forms
from django.utils.timezone import get_current_timezone

from zhigong.audit.types import EntryFilter, Outcome, PageKey, Purpose
from zhigong.web import record_words

BAD_DAY = {"invalid": "写成 2026-11-22 这样。"}
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EntryForm(forms.Form):
    """All fields optional; a field that cannot be understood narrows nothing and says so."""

    who = forms.CharField(label="谁", required=False, max_length=64)
    action = forms.ChoiceField(label="做了什么", required=False)
    purpose = forms.ChoiceField(label="用途", required=False)
    outcome = forms.ChoiceField(label="结果", required=False)
    since = forms.DateField(label="从", required=False, widget=DAY, error_messages=BAD_DAY)
    until = forms.DateField(label="到", required=False, widget=DAY, error_messages=BAD_DAY)
    subject = forms.UUIDField(required=False, widget=forms.HiddenInput)
    account = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        everything = [("", "全部")]
        self._choose("action", everything + sorted(record_words.ACTIONS.items()))
        self._choose("purpose", everything + [(purpose.value, purpose.label) for purpose in Purpose])
        self._choose("outcome", everything + [(outcome.value, outcome.label) for outcome in Outcome])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — narrows the type
        field.choices = choices

    def wanted(self) -> EntryFilter:
        """The filter; days are whole days here, so `until` ends with its last moment."""
        given = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        since, until = given.get("since"), given.get("until")
        zone = get_current_timezone()
        return EntryFilter(
            since=datetime.combine(since, time.min, zone) if since else None,
            until=datetime.combine(until + timedelta(days=1), time.min, zone) if until else None,
            account_id=given.get("account"),
            actor_name=(given.get("who") or "").strip(),
            subject_id=given.get("subject"),
            action=given.get("action") or "",
            purpose=Purpose(given["purpose"]) if given.get("purpose") else None,
            outcome=Outcome(given["outcome"]) if given.get("outcome") else None,
        )


def page_key(text: str) -> PageKey | None:
    """Where the page starts; anything we did not write ourselves starts at the beginning."""
    at, _, last = text.partition("~")
    try:
        return PageKey(datetime.fromisoformat(at), UUID(last))
    except ValueError:
        return None


def key_text(key: PageKey) -> str:
    """The inverse of `page_key`."""
    return f"{key.at.isoformat()}~{key.id}"
