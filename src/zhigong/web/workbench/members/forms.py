"""What registering and correcting ask."""

from __future__ import annotations

from typing import Any

from django import forms

from zhigong.kernel.actor import Actor
from zhigong.kernel.codes import load_table
from zhigong.orgs.types import Level, UnionLine
from zhigong.people.types import PersonCard
from zhigong.web.workbench.widgets import UnionField, offer_levels, union_named

CODED = {
    "ethnicity": ("民族", "ethnic_group"),
    "education": ("学历", "education"),
    "skill": ("技术等级", "skill_level"),
    "political": ("政治面貌", "political_status"),
    "employment": ("就业状况", "employment_status"),
    "household_type": ("户籍类型", "household_registration_type"),
}
PLAIN = {"employer_name": ("工作单位", 160), "household_place": ("户籍所在地", 120), "native_place": ("籍贯", 120)}


class RegisterForm(forms.Form):
    """The five fields of joining, and the union where the actor keeps more than one."""

    union = UnionField(
        label="加入哪个工会", help_text="会员加入基层工会。", error_messages={"required": "请选择工会。"}
    )
    name = forms.CharField(label="姓名", max_length=64, error_messages={"required": "请填写姓名。"})
    id_type = forms.ChoiceField(label="证件类别")
    id_number = forms.CharField(
        label="证件号码",
        max_length=30,
        error_messages={"required": "请填写证件号码。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "text"}),
    )
    phone = forms.CharField(
        label="手机号码",
        max_length=20,
        help_text="会员用它登录手机端、领会员码。",
        error_messages={"required": "请填写手机号码。"},
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )
    employer_name = forms.CharField(label="工作单位", max_length=160, error_messages={"required": "请填写工作单位。"})
    target: UnionLine

    def __init__(self, *args: Any, actor: Actor, own: UnionLine | None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.actor = actor
        field = self.fields["id_type"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — narrows the type
        field.choices = load_table("id_document_type").choices(on=actor.on)
        if own is not None:
            self.target = own
            del self.fields["union"]
        else:
            offer_levels(self.fields["union"], (Level.GRASSROOTS,))

    def clean_union(self) -> str:
        """A grassroots union of the scope: nobody joins a federation directly."""
        self.target = union_named(self.actor, self.cleaned_data["union"], levels=(Level.GRASSROOTS,))
        return str(self.cleaned_data["union"])


class CorrectForm(forms.Form):
    """Plain fields of a person; name, document and phone are corrected by evidence elsewhere."""

    is_migrant = forms.BooleanField(label="农民工会员", required=False)

    def __init__(self, *args: Any, actor: Actor, card: PersonCard, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        for name, (label, table) in CODED.items():
            codes = load_table(table)
            choices = [("", "未填"), *codes.choices(on=actor.on)]
            initial = codes.code_of(getattr(card, name)) or ""
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=choices, initial=initial)
        for name, (label, most) in PLAIN.items():
            initial = card.line.employer_name if name == "employer_name" else getattr(card, name)
            self.fields[name] = forms.CharField(label=label, required=False, max_length=most, initial=initial)
        self.fields["is_migrant"].initial = card.line.is_migrant
        self.order_fields(["employer_name", *CODED, "household_place", "native_place", "is_migrant"])

    def changed(self) -> dict[str, object]:
        """Only what differs from what is on file."""
        return {name: self.cleaned_data[name] for name in self.changed_data}
