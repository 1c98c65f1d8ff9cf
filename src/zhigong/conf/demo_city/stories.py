"""What happens to whom, by workdays before today: one case at every stage of its way. Declared here, played elsewhere.

Day 0 is today, -3 the third workday before it. The route of the hardship archive gives the steps and their limits:
check 5, street 4, district 4, publicity 5, decision 2 workdays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

HARDSHIP, MEDICAL = "hardship/archive", "mutual-aid/medical"
FIRST_DAY = -25
"""The workday of the first screening."""
VISITOR = "visitor"
"""Her offer is left open: whoever tries the demo applies as her."""


class Area(IntEnum):
    """Where a person of a story should belong to; where nobody fits, the next wider area is looked through."""

    GRASSROOTS = 4
    STREET = 3
    DISTRICT = 2
    CITY = 1


@dataclass(frozen=True)
class Act:
    """One act: on which workday, by whom (member, or the level of a cadre), what, and with which words."""

    day: int
    who: str
    what: str
    step: str = ""
    note: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """A person's case from beginning to where it is left."""

    area: Area
    acts: tuple[Act, ...]


ANSWERS: Mapping[str, object] = {
    "runs_business_with_employees": False,
    "private_school_or_study_abroad": False,
    "sudden_loss_year": 0,
    "months_of_labour_relation": 38,
    "verification_consent": True,
}
CAUSES = ("illness", "low_income", "schooling", "unemployment", "disability", "other")
CHECKED = "已入户，家庭人口、住房和收入与部门数据一致。"
REVIEWED = "材料齐全，初审意见有依据。"


def apply(day: int, **more: object) -> Act:
    """The member applies."""
    return Act(day, "member", "apply", values={**ANSWERS, **more})


def _passes(*days: int) -> tuple[Act, ...]:
    """Check, street, district, names published, decision: as many as there are days."""
    way = (
        ("grassroots", "pass", "check", CHECKED),
        ("street", "pass", "street", REVIEWED),
        ("district", "pass", "district", "未重复享受其他帮扶，同意公示。"),
        ("district", "publish", "publicity", ""),
        ("city", "pass", "decide", "公示无异议，同意建档。"),
    )
    return tuple(Act(day, *one) for day, one in zip(days, way, strict=False))


def _paid(first: int, *after: Act, area: Area = Area.DISTRICT) -> Story:
    """Decided in time for the payout of day -9."""
    return Story(area, (apply(first), *_passes(first + 2, first + 3, first + 4, first + 4, -11), *after))


def _rated(day: int, score: int, text: str) -> Act:
    return Act(day, "member", "rate", note=text, values={"score": score})


STORIES: Mapping[str, Story] = {
    VISITOR: Story(
        Area.GRASSROOTS,
        (
            Act(-3, "member", "register"),
            Act(-2, "member", "declare", values={"runs_business_with_employees": False}),
            Act(-2, "member", "declare", values={"private_school_or_study_abroad": False}),
        ),
    ),
    "check-new": Story(Area.GRASSROOTS, (apply(0, cause="illness"),)),
    "check-soon": Story(Area.GRASSROOTS, (apply(-4, note="爱人住院，家里只有一个人上班。"),)),
    "asked": Story(
        Area.GRASSROOTS,
        (
            apply(-6),
            Act(
                -3, "grassroots", "supplement", "check", "请补充说明今年住院以外的损失。", {"ask": ["sudden_loss_year"]}
            ),
        ),
    ),
    "rated-bad": _paid(-22, _rated(-2, 2, "等了一个多月才到账，中间没有人告诉我进度。"), area=Area.GRASSROOTS),
    "check-mid": Story(Area.GRASSROOTS, (apply(-2, cause="schooling"),)),
    "street-new": Story(Area.STREET, (apply(-4), *_passes(-1))),
    "street-due": Story(Area.STREET, (apply(-7), *_passes(-4))),
    "escalated": Story(Area.STREET, (apply(-9, note="前年下岗，至今打零工。"),)),
    "district-new": Story(Area.DISTRICT, (apply(-6), *_passes(-3, -1))),
    "district-due": Story(Area.DISTRICT, (apply(-9), *_passes(-6, -4))),
    "asked-district": Story(
        Area.DISTRICT,
        (
            apply(-10),
            *_passes(-7, -5),
            Act(-3, "district", "supplement", "district", "请说明是否已领取区民政的临时救助。"),
        ),
    ),
    "public-new": Story(Area.DISTRICT, (apply(-9), *_passes(-7, -5, -1, -1))),
    "public-mid": Story(Area.DISTRICT, (apply(-11), *_passes(-9, -6, -3, -3))),
    "public-last": Story(Area.DISTRICT, (apply(-13), *_passes(-10, -8, -5, -5))),
    "decide-new": Story(Area.DISTRICT, (apply(-13), *_passes(-11, -9, -7, -7))),
    "decide-overdue": Story(Area.DISTRICT, (apply(-17), *_passes(-15, -13, -11, -11))),
    "refused": Story(
        Area.DISTRICT,
        (
            apply(-9, runs_business_with_employees=True),
            *_passes(-7),
            Act(-5, "street", "refuse", "street", "入户时了解到家里开有一家雇了人的小店。"),
            Act(-2, "member", "object", note="小店去年底已经关了，营业执照正在注销，请重新核实。"),
        ),
    ),
    "withdrawn": Story(Area.DISTRICT, (apply(-6), Act(-5, "member", "withdraw"))),
    "granted-one": Story(Area.DISTRICT, (apply(-14), *_passes(-12, -10, -8, -8, -1))),
    "granted-two": Story(Area.DISTRICT, (apply(-15), *_passes(-13, -10, -9, -9, -2))),
    "paid-one": _paid(-23, _rated(-4, 5, "没跑一趟，都是工会上门办的，谢谢。")),
    "paid-two": _paid(-22, _rated(-3, 4, "")),
    "followed": _paid(
        -22,
        _rated(-5, 1, "入户约了两次都没有来。"),
        Act(-4, "grassroots", "follow_up", note="已当面道歉，说明原因，并重新安排了联系人。"),
    ),
    "paid-three": _paid(-21),
}
