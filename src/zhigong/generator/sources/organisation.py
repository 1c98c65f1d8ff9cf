"""Files about units: unions (工会组织), enterprises (市场监管), tax (税务)."""

from __future__ import annotations

import numpy as np

from zhigong.generator.arrow import pa, pc
from zhigong.generator.dirt import (
    AMOUNT_KINDS,
    DATE_KINDS,
    DEPARTMENT_SHARE,
    FIRM_KINDS,
    KEY_CODE_KINDS,
    soil,
)
from zhigong.generator.draw import Column, chance, pick, stream
from zhigong.generator.employers import addresses
from zhigong.generator.industries import INDUSTRIES, INSTITUTIONS
from zhigong.generator.sheet import Sheet
from zhigong.generator.texts import Text, day_text, spread, take, whole, yuan
from zhigong.generator.types import City
from zhigong.generator.unions import KINDS, LEVELS
from zhigong.generator.work import AT_WORK, EARLY, IDLE, SICK

ENTERPRISES_MISSED = 0.01
"""Enterprises of the city that the market-regulation file leaves out."""
FUND_ARREARS_SHARE = 0.1
"""Employers with a union that pay less than the 2 % they owe."""
QUARTERS = 4
"""Periods of the tax file: the latest whole quarters."""


def unions_sheet(city: City) -> Sheet:
    """One row per union; the code column lists the employers it covers."""
    rng = stream(city.setting.seed, "file unions")
    unions = city.unions
    parent = spread(whole(unions.code), unions.parent)
    sheet = Sheet(
        "unions",
        {
            "工会编码": whole(unions.code),
            "工会名称": unions.name,
            "上级工会编码": parent,
            "级别": spread(LEVELS, unions.level),
            "类型": spread(KINDS, unions.kind),
            "行政区划代码": whole(unions.division),
            "成立日期": day_text(unions.founded),
            "届满日期": day_text(unions.expires),
            "覆盖单位信用代码": _covered(city),
        },
        *(np.full(unions.count, -1), np.full(unions.count, -1), np.arange(unions.count)),
    )
    soil(sheet, rng, "工会名称", FIRM_KINDS)
    for column in ("成立日期", "届满日期"):
        soil(sheet, rng, column, DATE_KINDS[:4])
    rows = np.flatnonzero(chance(rng, 0.02, unions.count))
    mark = np.array(["；", "、", ","])[rng.integers(0, 3, len(rows))]
    lists = take(sheet.columns["覆盖单位信用代码"], rows).to_pylist()
    many = [place for place, value in enumerate(lists) if ";" in value]
    sheet.stain(
        "覆盖单位信用代码", "list-mark", rows[many], [lists[place].replace(";", str(mark[place])) for place in many]
    )
    return sheet


def _covered(city: City) -> Text:
    """Credit codes per union, joined by semicolons."""
    places = city.workplaces
    rows = np.flatnonzero((places.union >= 0) & (places.employer >= 0))
    rows = rows[np.lexsort((places.employer[rows], places.union[rows]))]
    codes = take(city.employers.code, places.employer[rows])
    starts = np.searchsorted(places.union[rows], np.arange(city.unions.count + 1)).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(starts), codes)
    return pc.binary_join(lists, ";")


def enterprises_sheet(city: City) -> Sheet:
    """Enterprises only: public bodies are not in this register."""
    rng = stream(city.setting.seed, "file enterprises")
    firms = np.flatnonzero(~chance(rng, ENTERPRISES_MISSED, city.employers.enterprises))
    own = city.employers
    code = [row.code for row in (*INDUSTRIES,)] + [row.branch for row in INSTITUTIONS]
    kind = {120: "集体企业", 159: "其他有限责任公司", 160: "股份有限公司", 170: "私营企业"}
    known = sorted(kind)
    sheet = Sheet(
        "enterprises",
        {
            "统一社会信用代码": take(own.code, firms),
            "单位名称": take(own.name, firms),
            "行业代码": spread(code, own.industry[firms]),
            "登记注册类型": spread(list(kind.values()), np.searchsorted(known, own.registration[firms])),
            "行政区划代码": whole(own.street[firms] // 1000),
            "地址": addresses(rng, own.street[firms]),
            "登记状态": spread(["存续", "注销", "吊销"], own.state[firms]),
            "成立日期": day_text(own.founded[firms]),
        },
        *(np.full(len(firms), -1), firms, np.full(len(firms), -1)),
    )
    soil(sheet, rng, "统一社会信用代码", KEY_CODE_KINDS)
    soil(sheet, rng, "单位名称", FIRM_KINDS, DEPARTMENT_SHARE)
    soil(sheet, rng, "成立日期", DATE_KINDS, DEPARTMENT_SHARE)
    drift = np.flatnonzero(chance(rng, 0.2, len(firms)) & (own.state[firms] == 0))
    sheet.stain(
        "登记状态",
        "label-drift",
        drift,
        spread(["在业", "开业", "存续（在营、开业、在册）"], rng.integers(0, 3, len(drift))),
    )
    return sheet


def tax_sheet(city: City) -> Sheet:
    """Staff, wages, turnover, profit and union fund per employer and quarter, agreeing with what people there earn."""
    rng = stream(city.setting.seed, "file tax")
    own = city.employers
    staff, wages = payroll(city)
    payers = np.flatnonzero((staff > 0) & (own.state == 0))
    employer = np.repeat(payers, QUARTERS)
    period = np.tile(np.arange(QUARTERS), len(payers))
    size = len(employer)
    drift = rng.uniform(0.97, 1.02, size)
    head = np.maximum(1, np.rint(staff[employer] * np.where(period == QUARTERS - 1, 1.0, drift)).astype(np.int64))
    paid = np.rint(wages[employer] * 3 * np.where(period == QUARTERS - 1, 1.0, drift)).astype(np.int64)
    turnover = np.rint(paid * rng.lognormal(1.5, 0.5, own.count)[employer] * rng.uniform(0.9, 1.1, size)).astype(
        np.int64
    )
    profit = np.rint(turnover * rng.normal(0.05, 0.06, own.count)[employer]).astype(np.int64)
    sheet = Sheet(
        "tax",
        {
            "统一社会信用代码": take(own.code, employer),
            "纳税人名称": take(own.name, employer),
            "所属期": spread(quarters(city), period),
            "从业人数": whole(head),
            "工资总额": yuan(paid),
            "营业收入": yuan(turnover),
            "利润总额": yuan(profit),
            "工会经费": yuan(np.rint(paid * 0.02 * fund_share(rng, city)[employer]).astype(np.int64)),
        },
        *(np.full(size, -1), employer, np.full(size, -1)),
    )
    soil(sheet, rng, "统一社会信用代码", KEY_CODE_KINDS)
    soil(sheet, rng, "纳税人名称", FIRM_KINDS, DEPARTMENT_SHARE)
    soil(sheet, rng, "工资总额", AMOUNT_KINDS)
    former = np.flatnonzero(pc.not_equal(take(own.former, employer), "").to_numpy(zero_copy_only=False) & (period == 0))
    sheet.stain("纳税人名称", "firm-former", former, take(own.former, employer[former]))
    return sheet


def payroll(city: City) -> tuple[Column, Column]:
    """Per employer: people at work and their monthly wages in fen."""
    work = city.work
    at = np.isin(work.job, (AT_WORK, IDLE, SICK, EARLY)) & (work.employer >= 0)
    staff = np.bincount(work.employer[at], minlength=city.employers.count)
    wages = np.bincount(work.employer[at], work.wage[at] * 100.0, minlength=city.employers.count)
    return staff, wages


def fund_share(rng: np.random.Generator, city: City) -> Column:
    """Part of the 2 % each employer pays: covered ones mostly all, others rarely (as 筹备金)."""
    places = city.workplaces
    covered = np.zeros(city.employers.count, dtype=bool)
    covered[places.employer[(places.union >= 0) & (places.employer >= 0)]] = True
    part = pick(rng, [1 - FUND_ARREARS_SHARE, FUND_ARREARS_SHARE / 2, FUND_ARREARS_SHARE / 2], city.employers.count)
    loose = chance(rng, 0.3, city.employers.count)
    return np.where(covered, np.array([1.0, 0.4, 0.0])[part], np.where(loose, 1.0, 0.0))


def quarters(city: City) -> list[str]:
    """The latest whole quarters before the day, oldest first, as 2026Q3."""
    day = city.setting.as_of
    last = day.year * 4 + (day.month - 1) // 3 - 1
    return [f"{number // 4}Q{number % 4 + 1}" for number in range(last - QUARTERS + 1, last + 1)]
