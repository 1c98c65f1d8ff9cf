"""Files of events: medical settlements (医保结算), work injuries (工伤), schooling (教育)."""

from __future__ import annotations

import numpy as np

from zhigong.generator.dirt import AMOUNT_KINDS, CODE_KINDS, DATE_KINDS, DEPARTMENT_SHARE, FIRM_KINDS, soil
from zhigong.generator.draw import Column, chance, pick, stream
from zhigong.generator.industries import INDUSTRIES, INSTITUTIONS
from zhigong.generator.lives import DISEASES, KINDS, STAGES
from zhigong.generator.sheet import Sheet
from zhigong.generator.sources.departments import clean_people
from zhigong.generator.texts import Text, choose, day_text, join, padded, spread, take, ymd, yuan
from zhigong.generator.types import DECEASED, City
from zhigong.generator.work import AT_WORK

PUPILS_MISSED = 0.04
INJURED_SHARE = 0.006
"""People with an employer who were injured within three years."""
HARM = ("轻伤", "重伤", "十级伤残", "九级伤残", "八级伤残", "七级伤残", "六级伤残", "死亡")
_HARM_SHARES = (52, 8, 20, 9, 5, 2.5, 1.5)


def medical_sheet(city: City) -> Sheet:
    """Every settlement by day; a reversal has negative amounts and names what it takes back."""
    rng = stream(city.setting.seed, "file medical-settlement")
    own = city.settlements
    sheet = Sheet(
        "medical-settlement",
        {
            "结算流水号": own.serial,
            "姓名": take(city.identity.name, own.person),
            "证件号码": take(city.identity.number, own.person),
            "就诊类型": spread(KINDS, own.kind),
            "病种": spread(DISEASES, own.disease),
            "结算日期": day_text(own.day),
            "总费用": yuan(own.total),
            "政策范围内自付": yuan(own.policy),
            "个人自付": yuan(own.own),
            "冲销流水号": own.reverses,
        },
        *(own.person, np.full(len(own.person), -1), np.full(len(own.person), -1)),
    )
    clean_people(sheet, rng)
    soil(sheet, rng, "结算日期", (DATE_KINDS[0], *DATE_KINDS[2:4]), DEPARTMENT_SHARE)
    soil(sheet, rng, "总费用", AMOUNT_KINDS, DEPARTMENT_SHARE)
    return sheet


def injury_sheet(city: City) -> Sheet:
    """Recognised work injuries of the last three years."""
    rng = stream(city.setting.seed, "file work-injury")
    work = city.work
    risk = np.array([1.6 if row.code[0] in "CEGN" else 0.5 for row in (*INDUSTRIES,)] + [0.2] * len(INSTITUTIONS))
    rate = INJURED_SHARE * risk[city.employers.industry[np.maximum(work.employer, 0)]]
    person = np.flatnonzero((work.job == AT_WORK) & (work.employer >= 0) & chance(rng, rate, len(work.job)))
    first = np.maximum(work.hired[person], city.setting.today - 1_090)
    day = first + (rng.random(len(person)) * (city.setting.today - 10 - first)).astype(np.int64)
    harm = pick(rng, _HARM_SHARES, len(person))
    person, employer, day, harm = _with_deaths(rng, city, person, day, harm)
    trade = _trades(rng, city, employer)
    sheet = Sheet(
        "work-injury",
        {
            "认定书编号": join(
                "云泽人社工认〔", padded(ymd(day) // 10_000, 4), "〕", padded(np.arange(len(day)) + 1, 5), "号"
            ),
            "姓名": take(city.identity.name, person),
            "证件号码": take(city.identity.number, person),
            "单位名称": take(city.employers.name, employer),
            "统一社会信用代码": take(city.employers.code, employer),
            "部门": spread(
                ["生产一部", "生产二部", "工程部", "后勤部", "运营部", "综合部"], rng.integers(0, 6, len(day))
            ),
            "工种": trade,
            "事故日期": day_text(day),
            "伤害程度": spread(HARM, harm),
        },
        *(person, employer, np.full(len(day), -1)),
    )
    clean_people(sheet, rng)
    soil(sheet, rng, "单位名称", FIRM_KINDS)
    soil(sheet, rng, "统一社会信用代码", CODE_KINDS)
    soil(sheet, rng, "事故日期", DATE_KINDS[:4])
    return sheet


def _with_deaths(
    rng: np.random.Generator, city: City, person: Column, day: Column, harm: Column
) -> tuple[Column, Column, Column, Column]:
    """Some of the members who died did so at work; all cases in order of day, with the employer they happened under."""
    places = city.workplaces
    employer = places.employer[city.people.workplace]
    died = np.flatnonzero((city.people.member == DECEASED) & (employer >= 0) & chance(rng, 0.1, city.people.count))
    when = city.setting.today - rng.integers(20, 330, len(died))
    every = np.concatenate([city.work.employer[person], employer[died]])
    days = np.concatenate([day, when])
    order = np.argsort(days, kind="stable")
    harms = np.concatenate([harm, np.full(len(died), HARM.index("死亡"))])
    return np.concatenate([person, died])[order], every[order], days[order], harms[order]


def _trades(rng: np.random.Generator, city: City, employer: Column) -> Text:
    words = [row.jobs.split() for row in (*INDUSTRIES, *INSTITUTIONS)]
    counts = np.array([len(row) for row in words])
    industry = city.employers.industry[employer]
    return spread(
        [job for row in words for job in row],
        (np.cumsum(counts) - counts)[industry] + rng.integers(0, counts[industry]),
    )


def school_sheet(city: City) -> Sheet:
    """Pupils of the city's schools this school year."""
    rng = stream(city.setting.seed, "file school")
    own = city.studies
    rows = rng.permutation(np.flatnonzero(~chance(rng, PUPILS_MISSED, len(own.person))))
    year = city.setting.as_of.year - (city.setting.as_of.month < 9)
    person = own.person[rows]
    sheet = Sheet(
        "school",
        {
            "学生姓名": take(city.identity.name, person),
            "学生证件号码": take(city.identity.number, person),
            "监护人证件号码": take(city.identity.number, own.guardian[rows]),
            "学校": take(own.school, rows),
            "学段": spread(STAGES, own.stage[rows]),
            "学费": yuan(own.fee[rows]),
            "学年": choose(chance(rng, 0.9, len(rows)), f"{year}-{year + 1}", f"{year}-{year + 1}学年"),
        },
        *(person, np.full(len(rows), -1), np.full(len(rows), -1)),
    )
    clean_people(sheet, rng, "学生姓名", "学生证件号码")
    soil(sheet, rng, "学费", AMOUNT_KINDS, DEPARTMENT_SHARE)
    return sheet
