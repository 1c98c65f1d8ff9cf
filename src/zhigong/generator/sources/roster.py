"""The members' roster (会员名册) as unions send it: one column of codes, twenty of the members' sheet."""

from __future__ import annotations

import numpy as np

from zhigong.generator import divisions
from zhigong.generator.arrow import pa, pc
from zhigong.generator.dirt import (
    BIRTH_KINDS,
    DATE_KINDS,
    FIRM_FORMER_RATE,
    FIRM_KINDS,
    FIRM_MISSING_RATE,
    FIRM_SHORT_RATE,
    ID_KINDS,
    NAME_KINDS,
    OLD_NUMBER_RATE,
    PHONE_KINDS,
    RECYCLED_PHONE_RATE,
    SAME_FILE_RATE,
    SHARED_PHONE_RATE,
    STYLE_RATE,
    TWO_UNIONS_RATE,
    soil,
)
from zhigong.generator.draw import Column, chance, pick, rank_within, stream
from zhigong.generator.employers import branch_names
from zhigong.generator.identity import DOCUMENTS, fifteen
from zhigong.generator.names import PEOPLES
from zhigong.generator.sheet import Sheet
from zhigong.generator.texts import Text, blank, choose, day_text, join, spread, take, whole
from zhigong.generator.types import LEFT, RETAINED, City

_COLUMNS = (
    "工会编码 序号 姓名 性别 出生日期 民族 就业状况 有效证件类别 证件号码 学历 技术等级 移动电话 户籍类型 "
    "户籍所在地 会籍变化类型 会籍变化日期 会籍变化原因 政治面貌 工作单位 籍贯 是否农民工会员"
)
COLUMNS = tuple(_COLUMNS.split())
_LAST_OLD_NUMBER = 9_496  # 1996-01-01, in days since 1970
JOB_LABELS = ("在岗", "在岗", "在岗", "待(下)岗", "失业", "退休", "失业", "病休", "退养(内退)")
EDUCATION_LABELS = ("博士", "硕士", "大学本科", "大学专科", "中专", "高中", "初中", "小学及以下")
SKILLS = ("", "无", "初级", "中级", "高级", "技师", "高级技师")
PARTY = ("群众", "中共党员", "共青团员", "中共预备党员", "民盟", "民建", "无党派人士")
CHANGES = ("入会", "转入", "保留", "转出", "除名", "退会")
REASONS = (
    "",
    "劳动(工作)关系发生变化",
    "在本单位下岗后待岗",
    "失业",
    "所在企业破产",
    "个人要求退会",
    "因犯罪被开除会籍",
)
STYLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "性别": (("男", "女"), ("男性", "女性"), ("1", "2")),
    "政治面貌": (PARTY, ("群众", "党员", "团员", "预备党员", "民盟盟员", "民建会员", "无党派")),
    "学历": (
        EDUCATION_LABELS,
        ("博士研究生", "硕士研究生", "本科", "大专", "中专/中技", "高中", "初中", "小学"),
        ("博士毕业", "硕士毕业", "本科毕业", "专科毕业", "中专毕业", "高中毕业", "初中毕业", "小学毕业"),
    ),
    "户籍类型": (("非农业", "农业"), ("非农业家庭户口", "农业家庭户口"), ("城镇", "农村")),
}
"""Labels of the template first, then what some unions write for the whole column."""


def roster_rows(city: City, held: Column) -> tuple[Column, Column, Column]:
    """Persons of the file and the union each row stands under; those of `held` are left to the workbooks.

    Third: 0 an ordinary row, 1 the same member again in the union, 2 a second union.
    """
    rng = stream(city.setting.seed, "roster rows")
    union = city.workplaces.union[city.people.workplace]
    person = np.flatnonzero((city.people.member > 0) & ~held)
    again = person[chance(rng, SAME_FILE_RATE, len(person))]
    twice = person[chance(rng, TWO_UNIONS_RATE, len(person))]
    grassroots = np.flatnonzero(city.unions.level == 3)
    other = grassroots[rng.integers(0, len(grassroots), len(twice))]
    persons = np.concatenate([person, again, twice])
    unions = np.concatenate([union[person], union[again], other])
    sort = np.repeat([0, 1, 2], [len(person), len(again), len(twice)])
    sort[len(person) + len(again) :][other == union[twice]] = 1
    order = np.lexsort((sort, persons, unions))
    return persons[order], unions[order], sort[order]


def roster_sheet(city: City, held: Column) -> Sheet:
    """The large roster with its dirt."""
    persons, unions, sort = roster_rows(city, held)
    sheet = make_roster(city, "roster", persons, unions)
    for place, kind in ((1, "row-twice"), (2, "row-two-unions")):
        rows = np.flatnonzero(sort == place)
        sheet.note("", kind, rows, blank(len(rows)))
    _age_repeats(city, sheet, persons, sort == 1)
    spoil_roster(city, sheet, persons, unions)
    return sheet


def _age_repeats(city: City, sheet: Sheet, persons: Column, again: Column) -> None:
    """Part of the members listed twice stand there the second time with their old 15-digit number."""
    rng = stream(city.setting.seed, "old numbers")
    old = again & (city.people.birth[persons] < _LAST_OLD_NUMBER) & (city.identity.document[persons] == 0)
    rows = np.flatnonzero(old & chance(rng, OLD_NUMBER_RATE, len(persons)))
    numbers = take(sheet.columns["证件号码"], rows).to_pylist()
    sheet.stain("证件号码", "id-fifteen", rows, [fifteen(number) for number in numbers])


def make_roster(city: City, stage: str, persons: Column, unions: Column) -> Sheet:
    """Clean rows for the given persons under the given unions."""
    rng = stream(city.setting.seed, f"file {stage}")
    people, work = city.people, city.work
    change, changed, reason = _membership(rng, city, persons)
    farm = people.migrant[persons] & people.rural[persons]
    columns = {
        "工会编码": take(whole(city.unions.code), unions),
        "序号": whole(rank_within(unions) + 1),
        "姓名": take(city.identity.name, persons),
        "性别": spread(STYLES["性别"][0], people.sex[persons] - 1),
        "出生日期": day_text(people.birth[persons]),
        "民族": spread([f"{name}族" for name, _ in PEOPLES], city.identity.people[persons]),
        "就业状况": spread(JOB_LABELS, work.job[persons]),
        "有效证件类别": spread(DOCUMENTS, city.identity.document[persons]),
        "证件号码": take(city.identity.number, persons),
        "学历": spread(EDUCATION_LABELS, work.education[persons]),
        "技术等级": spread(SKILLS, _skills(rng, work.education[persons])),
        "移动电话": phones(city, persons),
        "户籍类型": spread(STYLES["户籍类型"][0], people.rural[persons].astype(np.int64)),
        "户籍所在地": registered_place(city, persons),
        "会籍变化类型": spread(CHANGES, change),
        "会籍变化日期": day_text(changed),
        "会籍变化原因": spread(REASONS, reason),
        "政治面貌": spread(PARTY, _party(rng, city, persons)),
        "工作单位": workplace_names(city, persons),
        "籍贯": _native_place(city, persons),
        "是否农民工会员": spread(["否", "是"], farm.astype(np.int64)),
    }
    return Sheet("roster", columns, persons, work.employer[persons], unions)


def phones(city: City, persons: Column) -> Text:
    """Mobile numbers, empty where there is none."""
    phone = city.identity.phone[persons]
    return choose(phone > 0, whole(phone), "")


def workplace_names(city: City, persons: Column) -> Text:
    """Where members work, as registered; platform workers name no employer."""
    place = city.people.workplace[persons]
    employer = city.workplaces.employer[place]
    named = branch_names(city.employers.name, np.maximum(employer, 0), city.workplaces.branch[place])
    return choose(employer >= 0, named, "灵活就业")


def registered_place(city: City, persons: Column) -> Text:
    """Where the household is registered: county for people from elsewhere, street for those of the city."""
    rows = divisions.all_divisions()
    known = np.array(sorted(row.code for row in rows))
    full = {row.code: divisions.full_name(row) for row in rows}
    code = np.where(city.people.migrant[persons], city.identity.origin[persons], city.people.street[persons])
    return spread([full[int(one)] for one in known], np.searchsorted(known, code))


def _native_place(city: City, persons: Column) -> Text:
    rows = divisions.all_divisions()
    known = np.array(sorted(row.code for row in rows))
    names = {row.code: row.name for row in rows}
    return join(
        "江泽",
        spread([names[int(one)] for one in known], np.searchsorted(known, city.identity.origin[persons] // 100 * 100)),
    )


def _membership(rng: np.random.Generator, city: City, persons: Column) -> tuple[Column, Column, Column]:
    """Last change of each membership: index into CHANGES, day, index into REASONS."""
    size = len(persons)
    state, joined = city.people.member[persons], city.work.joined[persons]
    came = np.where(chance(rng, 0.78, size), 0, 1)
    went = np.array([3, 5, 4])[pick(rng, [60, 36, 4], size)]
    change = np.select([state == RETAINED, state == LEFT], [np.full(size, 2), went], came)
    later = np.minimum(joined + rng.integers(100, 900, size), city.setting.today - 5)
    changed = np.where((state == RETAINED) | (state == LEFT), np.maximum(joined, later), joined)
    reason = np.array([0, 1, 3, 1, 6, 5])[change]  # by the place of the change in CHANGES
    idle = (change == 2) & chance(rng, 0.5, size)
    return change, changed, np.where(idle, 2, reason)


def _skills(rng: np.random.Generator, education: Column) -> Column:
    learned = pick(rng, [20, 30, 18, 16, 10, 4, 2], len(education))
    return np.where(education <= 2, np.minimum(learned, 1), learned)


def _party(rng: np.random.Generator, city: City, persons: Column) -> Column:
    age = (city.setting.today - city.people.birth[persons]) / 365.25
    taught = city.work.education[persons] <= 3
    any_age = pick(rng, [82, 15, 0.0001, 1, 0.7, 0.6, 0.7], len(persons))
    educated = pick(rng, [64, 31, 0.0001, 1.6, 1.2, 1.0, 1.2], len(persons))
    party = np.where(taught, educated, any_age)
    return np.where((age < 28) & (party == 0) & chance(rng, 0.5, len(persons)), 2, party)


def spoil_roster(city: City, sheet: Sheet, persons: Column, unions: Column) -> None:
    """Dirt of cadres: styles by union, then cell by cell."""
    rng = stream(city.setting.seed, f"dirt {sheet.source}")
    spoil_styles(rng, city, sheet, unions)
    _spoil_employer(rng, city, sheet, persons)
    _spoil_phones(rng, city, sheet, persons, unions)
    listed = np.bincount(persons)[persons]
    soil(sheet, rng, "姓名", NAME_KINDS, spared=listed > 1)  # else one number would stand under two names
    soil(sheet, rng, "证件号码", ID_KINDS)
    soil(sheet, rng, "出生日期", BIRTH_KINDS)
    soil(sheet, rng, "移动电话", PHONE_KINDS)
    soil(sheet, rng, "会籍变化日期", DATE_KINDS)
    soil(sheet, rng, "工作单位", FIRM_KINDS)


def spoil_styles(rng: np.random.Generator, city: City, sheet: Sheet, unions: Column) -> None:
    """Columns that a union's cadre fills in another style throughout."""
    count = city.unions.count
    for column, styles in STYLES.items():
        style = np.where(chance(rng, STYLE_RATE, count), rng.integers(1, len(styles), count), 0)[unions]
        size = len(styles[0])
        code = pc.index_in(sheet.columns[column], pa.array(styles[0])).to_numpy()
        flat = [label for one in styles for label in one]
        differs = np.array([label != flat[place % size] for place, label in enumerate(flat)])
        rows = np.flatnonzero(differs[style * size + code])
        sheet.stain(column, "label-drift", rows, spread(flat, (style * size + code)[rows]))
    bare = np.flatnonzero(chance(rng, STYLE_RATE, count)[unions])
    sheet.stain("民族", "label-drift", bare, pc.replace_substring_regex(take(sheet.columns["民族"], bare), "族$", ""))
    for column in ("出生日期", "会籍变化日期"):
        style = np.where(chance(rng, STYLE_RATE, count), rng.integers(1, 4, count), 0)[unions]
        for place, mark in enumerate(("/", ".", ""), start=1):
            rows = np.flatnonzero(style == place)
            sheet.stain(column, "date-drift", rows, pc.replace_substring(take(sheet.columns[column], rows), "-", mark))


def _spoil_employer(rng: np.random.Generator, city: City, sheet: Sheet, persons: Column) -> None:
    place = city.people.workplace[persons]
    employer = city.workplaces.employer[place]
    has = (employer >= 0) & (city.workplaces.branch[place] == 0)
    renamed = pc.not_equal(city.employers.former, "").to_numpy(zero_copy_only=False)
    old = has & renamed[np.maximum(employer, 0)] & chance(rng, FIRM_FORMER_RATE, len(persons))
    rows = np.flatnonzero(old)
    sheet.stain("工作单位", "firm-former", rows, take(city.employers.former, employer[rows]))
    rows = np.flatnonzero(
        has & ~old & (employer < city.employers.enterprises) & chance(rng, FIRM_SHORT_RATE, len(persons))
    )
    sheet.stain("工作单位", "firm-short", rows, take(city.employers.short, employer[rows]))
    rows = np.flatnonzero(~sheet.dirty_rows("工作单位") & chance(rng, FIRM_MISSING_RATE, len(persons)))
    sheet.stain("工作单位", "firm-missing", rows, blank(len(rows)))


def _spoil_phones(rng: np.random.Generator, city: City, sheet: Sheet, persons: Column, unions: Column) -> None:
    """Some rows bear the phone of the first person of the union, some that of a stranger."""
    first = np.maximum.accumulate(np.where(np.diff(unions, prepend=-1) != 0, np.arange(len(unions)), 0))
    has = city.identity.phone[persons] > 0
    shared = has & has[first] & (first != np.arange(len(first))) & chance(rng, SHARED_PHONE_RATE, len(persons))
    rows = np.flatnonzero(shared)
    sheet.stain("移动电话", "phone-shared", rows, phones(city, persons[first[rows]]))
    rows = np.flatnonzero(has & ~shared & chance(rng, RECYCLED_PHONE_RATE, len(persons)))
    known = np.flatnonzero(city.identity.phone > 0)
    sheet.stain("移动电话", "phone-recycled", rows, phones(city, known[rng.integers(0, len(known), len(rows))]))
