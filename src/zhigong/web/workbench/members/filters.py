"""How a member list is narrowed: the filter bar, and what of it an address and a saved view keep."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from zhigong.people.types import MemberFilter, MembershipStatus, Verification

ANY = "all"
KEPT = ("status", "verification", "sex", "migrant", "age_from", "age_to", "union", "sort")
STATUSES = [(str(int(s)), s.label) for s in (MembershipStatus.ACTIVE, MembershipStatus.RETAINED, MembershipStatus.ENDED,
                                             MembershipStatus.NONE)]  # fmt: skip
VERIFICATIONS = [(str(int(v)), v.label) for v in Verification]


def _age(label: str) -> forms.IntegerField:
    words = dict.fromkeys(("invalid", "min_value", "max_value"), "请填 0 到 120 的整数。")
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=120, error_messages=words)


class FilterForm(forms.Form):
    """The filter bar. A whole identity or phone number is sent back: it must not stay in an address."""

    q = forms.CharField(
        label="姓名或尾号",
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "姓名、拼音首字母、尾号四位", "autocomplete": "off"}
        ),
    )
    status = forms.ChoiceField(label="会籍", required=False, choices=[*STATUSES, (ANY, "全部")])
    verification = forms.ChoiceField(label="实名", required=False, choices=[("", "不限"), *VERIFICATIONS])
    sex = forms.ChoiceField(label="性别", required=False, choices=[("", "不限"), ("1", "男"), ("2", "女")])
    migrant = forms.ChoiceField(label="农民工", required=False, choices=[("", "不限"), ("1", "是"), ("0", "否")])
    age_from = _age("年龄从")
    age_to = _age("年龄到")
    union = forms.UUIDField(required=False, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def clean_q(self) -> str:
        """Names, initials and tails only."""
        text = str(self.cleaned_data["q"]).strip()
        if len(text) > 10 and text[:-1].isdigit():
            raise forms.ValidationError("整个号码请在页面顶部的搜索框查，那里不会把号码留在网址里。")
        return text

    def wanted(self) -> MemberFilter:
        """What the list is narrowed by; a field that cannot be read narrows nothing and shows its error."""
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data
        status, verification, migrant = given.get("status"), given.get("verification"), given.get("migrant")
        union: UUID | None = given.get("union")
        return MemberFilter(
            text=given.get("q") or "",
            status=None if status == ANY else MembershipStatus(int(status)) if status else MembershipStatus.ACTIVE,
            verification=Verification(int(verification)) if verification else None,
            sex=given.get("sex") or "",
            migrant=migrant == "1" if migrant else None,
            union_id=union,
            age_from=given.get("age_from"),
            age_to=given.get("age_to"),
            sort=given.get("sort") or "name",
        )


def is_narrowed(wanted: MemberFilter) -> bool:
    """Whether anything beside the order differs from the list as it first comes."""
    return wanted != MemberFilter(sort=wanted.sort)


def kept(query: QueryDict) -> str:
    """The query string without pages and typed names: what a saved view and an export keep."""
    chosen = QueryDict(mutable=True)
    for name in KEPT:
        if value := query.get(name, "").strip():
            chosen[name] = value
    return chosen.urlencode()
