"""Registers of people: social insurance (人社), household (公安), housing (住建), low income (民政)."""

from __future__ import annotations

import numpy as np

from zhigong.generator.arrow import pa, pc
from zhigong.generator.dirt import (
    AMOUNT_KINDS,
    CODE_KINDS,
    DEPARTMENT_SHARE,
    FIRM_FORMER_RATE,
    FIRM_KINDS,
    FIRM_SHORT_RATE,
    ID_KINDS,
    NAME_KINDS,
    soil,
)
from zhigong.generator.draw import Column, chance, pick, stream
from zhigong.generator.employers import addresses
from zhigong.generator.hardship import DIBAO_MONTH, protected_category
from zhigong.generator.people import CHILD, HEAD, PARENT, SPOUSE
from zhigong.generator.sheet import Sheet
from zhigong.generator.sources.roster import registered_place
from zhigong.generator.texts import Text, choose, join, month_text, padded, spread, take, whole, yuan
from zhigong.generator.types import ALIVE, City
from zhigong.generator.work import EARNING, RETIRED

INSURED_MISSED = 0.0015
"""People at work whom the insurance file leaves out."""
HOUSEHOLDS_MISSED, MIGRANTS_MISSED, KIN_MISSED = 0.01, 0.08, 0.002
"""Households of the city, households of migrants, and single persons missing from the household register."""
HOMES_MISSED = 0.02
ARREARS_SHARE = 0.015
"""Employers whose latest paid month lies some months back."""
INSURED = ("参保缴费", "暂停缴费", "终止参保", "退休")
PROTECTION = ("", "低保", "低保边缘", "特困")


def clean_people(sheet: Sheet, rng: np.random.Generator, name: str = "姓名", number: str = "证件号码") -> None:
    """The dirt of any department's names and numbers."""
    soil(sheet, rng, name, NAME_KINDS, DEPARTMENT_SHARE)
    soil(sheet, rng, number, ID_KINDS, DEPARTMENT_SHARE)


def social_insurance_sheet(city: City) -> Sheet:
    """The latest month of everybody insured or retired, and the last month under an earlier employer.

    The base of the retired is their pension; flexible workers have no employer.
    """
    rng = stream(city.setting.seed, "file social-insurance")
    person, past = _insured(rng, city)
    work = city.work
    retired = (work.job[person] == RETIRED) & ~past
    employer = np.where(past, work.former[person], np.where(retired, -1, work.employer[person]))
    state = np.where(past, np.where(chance(rng, 0.6, len(person)), 1, 2), np.where(retired, 3, 0))
    earlier = np.rint(work.wage[person] * rng.uniform(0.7, 1.0, len(person))).astype(np.int64)
    without = spread(["灵活就业人员", "社会保险经办中心"], retired.astype(int))
    unit = choose(employer >= 0, take(city.employers.name, np.maximum(employer, 0)), without)
    sheet = Sheet(
        "social-insurance",
        {
            "姓名": take(city.identity.name, person),
            "证件号码": take(city.identity.number, person),
            "单位名称": unit,
            "统一社会信用代码": spread(city.employers.code, employer),
            "参保状态": spread(INSURED, state),
            "缴费年月": month_text(_months(rng, city, person, employer, past)),
            "缴费基数": yuan(np.where(past, earlier, work.wage[person]) * 100),
        },
        *(person, employer, np.full(len(person), -1)),
    )
    _spoil_insurance(rng, city, sheet, employer)
    return sheet


def _insured(rng: np.random.Generator, city: City) -> tuple[Column, Column]:
    """Rows of the file in no order: the person, and whether it is about an earlier employer."""
    work, size = city.work, city.people.count
    listed = np.isin(work.job, EARNING) & (city.people.state == ALIVE) & ~chance(rng, INSURED_MISSED, size)
    now = np.flatnonzero(listed)
    before = np.flatnonzero((work.former >= 0) & ~chance(rng, 0.03, size))
    order = rng.permutation(len(now) + len(before))
    return np.concatenate([now, before])[order], order >= len(now)


def _months(rng: np.random.Generator, city: City, person: Column, employer: Column, past: Column) -> Column:
    """A day in the month last paid: last month, earlier for employers in arrears, the end of a former job."""
    late = chance(rng, ARREARS_SHARE, city.employers.count) * rng.integers(60, 240, city.employers.count)
    first = np.datetime64(city.setting.as_of, "M").astype("datetime64[D]").astype(np.int64)
    back = np.where(employer >= 0, late[np.maximum(employer, 0)], 0)
    return np.where(
        past, city.work.left[person], np.maximum(first - 1 - back, np.minimum(city.work.hired[person], first - 1))
    )


def _spoil_insurance(rng: np.random.Generator, city: City, sheet: Sheet, employer: Column) -> None:
    clean_people(sheet, rng)
    renamed = pc.not_equal(city.employers.former, "").to_numpy(zero_copy_only=False)
    old = (employer >= 0) & renamed[np.maximum(employer, 0)] & chance(rng, FIRM_FORMER_RATE, sheet.rows)
    rows = np.flatnonzero(old)
    sheet.stain("单位名称", "firm-former", rows, take(city.employers.former, employer[rows]))
    firm = (employer >= 0) & (employer < city.employers.enterprises)
    rows = np.flatnonzero(firm & ~old & chance(rng, FIRM_SHORT_RATE * DEPARTMENT_SHARE, sheet.rows))
    sheet.stain("单位名称", "firm-short", rows, take(city.employers.short, employer[rows]))
    soil(sheet, rng, "单位名称", FIRM_KINDS, DEPARTMENT_SHARE)
    soil(sheet, rng, "统一社会信用代码", CODE_KINDS)
    soil(sheet, rng, "缴费基数", AMOUNT_KINDS)


def household_sheet(city: City) -> Sheet:
    """Everybody with an identity card by household; migrants' households as far as they have a residence permit."""
    rng = stream(city.setting.seed, "file household")
    people = city.people
    homes = int(people.household.max()) + 1
    away = np.zeros(homes, dtype=bool)
    away[people.household[people.migrant]] = True
    seen = ~chance(rng, np.where(away, MIGRANTS_MISSED, HOUSEHOLDS_MISSED), homes)
    seat = rng.permutation(homes)
    listed = seen[people.household] & ~chance(rng, KIN_MISSED, people.count) & (city.identity.document == 0)
    person = np.flatnonzero(listed)
    person = person[np.lexsort((people.role[person], seat[people.household[person]]))]
    sex = people.sex[person]
    role = people.role[person]
    label = np.select(
        [role == HEAD, role == SPOUSE, role == CHILD, role == PARENT],
        [np.zeros(len(role)), np.ones(len(role)), 1 + sex, 3 + sex],
        5 + sex,
    )
    sheet = Sheet(
        "household",
        {
            "户号": join("9901", padded(seat[people.household[person]] + 10_000_000, 9)),
            "姓名": take(city.identity.name, person),
            "证件号码": take(city.identity.number, person),
            "与户主关系": spread(["户主", "配偶", "子", "女", "父亲", "母亲", "兄弟", "姐妹"], label.astype(np.int64)),
            "户籍地址": _addresses(rng, city, person),
            "人员状态": spread(["正常", "死亡", "迁出"], people.state[person]),
        },
        *(person, np.full(len(person), -1), np.full(len(person), -1)),
    )
    clean_people(sheet, rng)
    drift = {"配偶": ("妻", "夫"), "子": ("儿子", "长子"), "女": ("女儿", "长女")}
    for place, (clean, others) in enumerate(drift.items()):
        here = np.flatnonzero((label == (1, 2, 3)[place]) & chance(rng, 0.25, len(person)))
        index = (sex[here] == 1).astype(np.int64) if clean == "配偶" else rng.integers(0, 2, len(here))
        sheet.stain("与户主关系", "label-drift", here, spread(others, index))
    return sheet


def _addresses(rng: np.random.Generator, city: City, person: Column) -> Text:
    local = join("江泽省", addresses(rng, city.people.street)).take(
        pa.array(_first_of_home(city)[city.people.household[person]])
    )
    away = join(registered_place(city, person), whole(city.people.household[person] % 90 + 1), "号")
    return choose(city.people.migrant[person], away, local)


def _first_of_home(city: City) -> Column:
    """A row of each household, so that all its people share one address."""
    first = np.full(int(city.people.household.max()) + 1, 0)
    first[city.people.household[::-1]] = np.arange(city.people.count)[::-1]
    return first


def housing_sheet(city: City) -> Sheet:
    """Owners with their number of homes, and tenants of public housing."""
    rng = stream(city.setting.seed, "file housing")
    people = city.people
    poor = city.hardship.income[people.household] / 12 < DIBAO_MONTH * 2 * city.hardship.size[people.household]
    tenant = (
        (people.role == HEAD)
        & (city.homes == 0)
        & chance(rng, np.where(poor, 0.3, 0.03), people.count)
        & (people.state == ALIVE)
    )
    listed = ((city.homes > 0) | tenant) & ~chance(rng, HOMES_MISSED, people.count)
    person = rng.permutation(np.flatnonzero(listed))
    kind = np.where(
        tenant[person], pick(rng, [80, 20], len(person)) + 1, np.where(chance(rng, 0.03, len(person)), 3, 0)
    )
    sheet = Sheet(
        "housing",
        {
            "姓名": take(city.identity.name, person),
            "证件号码": take(city.identity.number, person),
            "房屋套数": whole(city.homes[person]),
            "保障类型": spread(["", "公租房", "廉租住房", "经济适用房"], kind),
        },
        *(person, np.full(len(person), -1), np.full(len(person), -1)),
    )
    clean_people(sheet, rng)
    return sheet


def low_income_sheet(city: City) -> Sheet:
    """Everybody in a protected household, with the number of its head."""
    rng = stream(city.setting.seed, "file low-income")
    people, fate = city.people, city.hardship
    category = protected_category(rng, fate)
    person = np.flatnonzero((category[people.household] > 0) & (people.state == ALIVE) & (city.identity.document == 0))
    home = people.household[person]
    head = np.full(len(category), -1)
    heads = np.flatnonzero(people.role == HEAD)
    head[people.household[heads]] = heads
    gap = np.maximum(DIBAO_MONTH - fate.income[home] // 12 // np.maximum(fate.size[home], 1), 5_000)
    amount = np.select(
        [category[home] == 1, category[home] == 3], [gap // 100 * 100, np.full(len(home), DIBAO_MONTH * 13 // 10)], 0
    )
    since = city.setting.today - rng.integers(60, 1_500, len(category))[home]
    sheet = Sheet(
        "low-income",
        {
            "姓名": take(city.identity.name, person),
            "证件号码": take(city.identity.number, person),
            "户主证件号码": take(city.identity.number, head[home]),
            "保障类别": spread(PROTECTION, category[home]),
            "月保障金额": yuan(amount),
            "起始年月": month_text(since, "-"),
        },
        *(person, np.full(len(person), -1), np.full(len(person), -1)),
    )
    clean_people(sheet, rng)
    rows = np.flatnonzero(chance(rng, 0.01, len(person)))
    sheet.stain("起始年月", "date-loose", rows, pc.replace_substring(take(sheet.columns["起始年月"], rows), "-", "."))
    return sheet
