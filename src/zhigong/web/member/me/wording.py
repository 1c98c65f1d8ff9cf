"""A member's data and its readers in her words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.timezone import localtime

from zhigong.audit.types import Looked
from zhigong.people.types import PersonCard, Verification
from zhigong.web import record_words

ORIGIN = "所在工会登记"
REGISTER = "公安户籍"
ID_LABEL, PHONE_LABEL = "证件号码", "手机"
CHECKED = {
    Verification.UNVERIFIED: "待核实：号码缺失或有误",
    Verification.CHECKED: "号码校验通过",
    Verification.CONFIRMED: "已与公安数据比对",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing on file, and where it comes from."""

    label: str
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at my data: who, in which duty, why, what, when."""

    who: str
    office: str
    why: str
    what: str
    fields: str
    day: date
    clock: str
    times: int
    by_self: bool


def facts(card: PersonCard) -> list[Fact]:
    """What is on file, the identity first; a source stands where it is another than `origin`."""
    line = card.line
    id_state = card.id_masked.split("，")[0]
    known = [
        Fact("姓名", line.name),
        Fact("性别", line.sex),
        Fact("出生日期", card.birth_date.isoformat() if card.birth_date else ""),
        Fact(card.id_type or ID_LABEL, id_state, CHECKED[line.verification]),
        Fact(PHONE_LABEL, line.phone_masked),
        Fact("工作单位", line.employer_name),
        Fact("会员编号", line.member_no, "入会时编发" if line.member_no else ""),
        Fact("会籍", line.status.label, line.union_name),
        Fact("入会日期", line.joined_on.isoformat() if line.joined_on else ""),
        Fact("农民工会员", "是" if line.is_migrant else "否"),
        *(Fact(label, value) for label, value in _lesser(card)),
    ]
    return [fact for fact in known if fact.value]


def family(card: PersonCard) -> list[Fact]:
    """What the household register says of her home; nothing when it does not name her."""
    if card.home is None:
        return []
    known = [
        Fact("与户主关系", card.home.relation, REGISTER),
        Fact("户内人数", f"{card.home.size} 人，连本人在内", REGISTER),
    ]
    return [fact for fact in known if fact.value]


def missing(card: PersonCard) -> list[str]:
    """What nobody has told yet."""
    first = (
        ("出生日期", card.birth_date),
        (PHONE_LABEL, card.line.phone_masked),
        ("工作单位", card.line.employer_name),
    )
    return [label for label, value in (*first, *_lesser(card)) if not value]


def origin(card: PersonCard) -> str:
    """Where everything without a source of its own comes from."""
    return f"{ORIGIN}，更新于 {localtime(card.updated_at):%Y-%m-%d}" if card.updated_at else ORIGIN


def _lesser(card: PersonCard) -> list[tuple[str, str]]:
    return [
        ("民族", card.ethnicity),
        ("学历", card.education),
        ("技术等级", card.skill),
        ("就业状况", card.employment),
        ("政治面貌", card.political),
        ("户籍类型", card.household_type),
        ("户籍所在地", card.household_place),
        ("籍贯", card.native_place),
    ]


def look(of: Looked) -> Look:
    """A line of the record."""
    at = localtime(of.last_at)
    office = () if of.by_self else (of.union_name, record_words.duty(of.duty))
    return Look(
        who="本人" if of.by_self else of.actor_name,
        office=" · ".join(part for part in office if part and part != of.actor_name),
        why=f"{of.purpose.label}：{of.reason}" if of.reason else of.purpose.label,
        what="；".join(record_words.action(name) for name in of.actions),
        fields=record_words.fields(of.fields),
        day=of.day,
        clock=f"{at:%H:%M}",
        times=of.times,
        by_self=of.by_self,
    )


@dataclass(frozen=True, slots=True)
class Copy:
    """All that is on file about one person."""

    on: date
    card: PersonCard
    opened: dict[str, str]
    looks: tuple[Look, ...]

    @property
    def facts(self) -> list[Fact]:
        """The facts with numbers in the clear."""
        clear = {self.card.id_type or ID_LABEL: self.opened["id_number"], PHONE_LABEL: self.opened["phone"]}
        own = [Fact(f.label, clear.get(f.label) or f.value, f.source) for f in facts(self.card)]
        return [*own, *family(self.card)]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "说明": "本人在工会实名库中的全部资料",
            "生成日期": self.on.isoformat(),
            "资料": [
                {"项目": fact.label, "内容": fact.value, "来源": fact.source or origin(self.card)}
                for fact in self.facts
            ],
            "会籍": [
                {
                    "工会": m.union_name,
                    "状态": m.status.label,
                    "变化": m.change,
                    "原因": m.reason,
                    "起": m.joined_on.isoformat() if m.joined_on else None,
                    "止": m.ended_on.isoformat() if m.ended_on else None,
                }
                for m in self.card.memberships
            ],
            "查阅记录": [
                {
                    "日期": look.day.isoformat(),
                    "谁": look.who,
                    "岗位": look.office,
                    "用途": look.why,
                    "做了什么": look.what,
                    "看了哪些": look.fields,
                    "次数": look.times,
                }
                for look in self.looks
            ],
        }
