"""P5: one person decided, a rule of eight conditions with reasons and missing facts; and a page of a hundred services."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import cycle, islice

from benchmarks._city import figure, own_memory_mb, say
from zhigong.rules import operations as rules
from zhigong.rules.types import ConditionText, GradeText, Kind, Name, Rule, RuleText, Value

VOCABULARY = {
    name.name: name
    for name in (
        Name("membership_status", Kind.TEXT, values=("active", "transferring", "left")),
        *(
            Name(name, Kind.INTEGER)
            for name in (
                "household_income_year",
                "household_rigid_expense_year",
                "household_size",
                "homes_owned",
                "sudden_loss_year",
                "months_of_labour_relation",
            )
        ),
        *(
            Name(name, Kind.BOOLEAN)
            for name in ("runs_business_with_employees", "private_school_or_study_abroad", "is_migrant")
        ),
        *(Name(name, Kind.INTEGER, parameter=True) for name in ("dibao_month", "migrant_months", "deep_multiple")),
        *(Name(name, Kind.DECIMAL, parameter=True) for name in ("hardship_multiple", "sudden_loss_share")),
    )
}
PARAMETERS: dict[str, Value] = {
    "dibao_month": 106200,
    "hardship_multiple": Decimal(2),
    "sudden_loss_share": Decimal("0.8"),
    "migrant_months": 12,
    "deep_multiple": 12,
}
PER_HEAD = "(household_income_year - household_rigid_expense_year) / 12 / household_size"
HARDSHIP = RuleText(  # five conditions and three grades: eight sentences
    (
        ConditionText("membership_status = 'active'", "申请人须为工会会员。"),
        ConditionText("homes_owned >= 2", "拥有两套及以上住房的家庭不适用。", unless=True),
        ConditionText("runs_business_with_employees", "家庭雇工经营的不适用。", unless=True),
        ConditionText("private_school_or_study_abroad", "子女就读高收费私立学校或自费留学的不适用。", unless=True),
        ConditionText(
            "NOT is_migrant OR months_of_labour_relation >= migrant_months",
            "农民工须有 {migrant_months} 个月以上劳动关系。",
        ),
    ),
    (
        GradeText("deep", "深度困难", f"{PER_HEAD} < dibao_month", "家庭人均纯收入低于 {dibao_month:元}。"),
        GradeText(
            "relative",
            "相对困难",
            f"{PER_HEAD} < hardship_multiple * dibao_month",
            "家庭人均纯收入低于当地低保标准的 {hardship_multiple} 倍。",
        ),
        GradeText(
            "sudden",
            "意外致困",
            "sudden_loss_year > household_income_year * sudden_loss_share",
            "意外支出超过家庭年收入的 {sudden_loss_share:%}。",
        ),
    ),
    amount="least(deep_multiple * dibao_month, greatest(0, hardship_multiple * dibao_month * 12 * household_size"
    " - (household_income_year - household_rigid_expense_year)))",
)
PERSON: dict[str, Value | None] = {
    "membership_status": "active",
    "household_income_year": 5_230_011,
    "household_rigid_expense_year": 1_204_500,
    "household_size": 3,
    "homes_owned": 1,
    "runs_business_with_employees": False,
    "private_school_or_study_abroad": False,
    "is_migrant": True,
    "months_of_labour_relation": 14,
    "sudden_loss_year": 0,
}
UNKNOWN = ("homes_owned", "household_size", "months_of_labour_relation", "sudden_loss_year")


def main() -> None:
    """The median of many decisions, of persons with everything known and with facts missing alike."""
    rule = rules.compile_rule(HARDSHIP, VOCABULARY)
    people = [PERSON, *({**PERSON, name: None} for name in UNKNOWN), {**PERSON, **dict.fromkeys(UNKNOWN)}]
    single = _median([_decide(rule, person) for person in islice(cycle(people), 3000)])
    say(f"  one decision {single * 1000:.3f} ms")
    figure(figure="P5", work="one person, eight conditions, reasons and missing", ours=single * 1000, unit="ms",
           reach="≤ 2 ms", memory_mb=round(own_memory_mb()))  # fmt: skip
    catalogue = [rules.compile_rule(HARDSHIP, VOCABULARY) for _ in range(100)]
    page = _median([_page(catalogue, person) for person in islice(cycle(people), 30)])
    say(f"  a hundred services {page * 1000:.1f} ms")
    figure(figure="P5", work="one person, a hundred services", ours=page * 1000, unit="ms", reach="≤ 50 ms",
           memory_mb=round(own_memory_mb()))  # fmt: skip


def _decide(rule: Rule, person: dict[str, Value | None]) -> float:
    started = time.perf_counter()
    rules.decide(rule, facts=person, parameters=PARAMETERS)
    return time.perf_counter() - started


def _page(catalogue: list[Rule], person: dict[str, Value | None]) -> float:
    started = time.perf_counter()
    for rule in catalogue:
        rules.decide(rule, facts=person, parameters=PARAMETERS)
    return time.perf_counter() - started


def _median(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]


if __name__ == "__main__":
    main()
