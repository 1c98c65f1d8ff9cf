"""Enterprises and public bodies: names, codes, sizes, states."""

from __future__ import annotations

import numpy as np

from zhigong.generator import divisions
from zhigong.generator.arrow import pa
from zhigong.generator.checkdigits import credit_codes
from zhigong.generator.draw import Column, chance, pick, rank_within, stream
from zhigong.generator.industries import FIRST, INDUSTRIES, INSTITUTIONS, PRIVATE_FORMS, SECOND
from zhigong.generator.texts import Text, choose, fixed, join, spread, take, whole
from zhigong.generator.types import Employers, Setting

FORMER_SHARE = 0.07
"""Enterprises that once bore another name."""
CLOSED_SHARE = 0.03
"""Enterprises deregistered or revoked; nobody works there any more."""
_NUMBERS = "一二三四五六七八九"
_REACH = ("云泽", "云泽市", "江泽", "{district}", "{street}")


def make_employers(setting: Setting, institutions: int) -> Employers:
    """Enterprises of the profile and the given number of institutions."""
    rng = stream(setting.seed, "employers")
    firms = setting.profile.employers
    industry = np.concatenate(
        [
            pick(rng, [row.weight for row in INDUSTRIES], firms),
            len(INDUSTRIES) + pick(rng, [row.weight for row in INSTITUTIONS], institutions),
        ]
    )
    street = _streets(rng, setting, len(industry))
    form = pick(rng, [share for _, share, _ in PRIVATE_FORMS], firms)
    name, short, former = _firm_names(rng, industry[:firms], form, street[:firms])
    bodies = _body_names(industry[firms:] - len(INDUSTRIES), street[firms:])
    closed = chance(rng, CLOSED_SHARE, firms)
    size = _sizes(rng, industry)
    size[:firms][closed] = 0
    registration = np.array([kind for _, _, kind in PRIVATE_FORMS])[form]
    own = chance(rng, 0.6, firms) & (registration == 170)
    return Employers(
        enterprises=firms,
        code=_codes(industry, street, firms),
        name=pa.concat_arrays([name, bodies]),
        short=pa.concat_arrays([short, bodies]),
        former=pa.concat_arrays([former, spread([""], np.full(institutions, -1))]),
        industry=industry,
        registration=np.concatenate([np.where(own, 170, registration), np.full(institutions, 400)]),
        street=street,
        founded=setting.today - rng.integers(400, 14_000, len(industry)),
        size=size,
        state=np.concatenate([np.where(closed, rng.integers(1, 3, firms), 0), np.zeros(institutions, dtype=np.int64)]),
    )


def _streets(rng: np.random.Generator, setting: Setting, size: int) -> Column:
    rows = divisions.streets_in_use(setting.profile.unions)
    weights = [1.0 if str(row.parent)[4] == "2" else 1.8 for row in rows]
    return np.array([row.code for row in rows])[pick(rng, weights, size)]


def _sizes(rng: np.random.Generator, industry: Column) -> Column:
    scale = np.array([row.size for row in (*INDUSTRIES, *INSTITUTIONS)])[industry]
    return np.maximum(3, 18 * scale * rng.lognormal(0, 1.0, len(industry)))


def _codes(industry: Column, street: Column, firms: int) -> Text:
    kinds = np.array([91] * len(INDUSTRIES) + [row.kind for row in INSTITUTIONS])[industry]
    place = street // 1000
    return fixed(credit_codes(kinds, place, np.arange(len(industry)) + 1_000))


def _firm_names(rng: np.random.Generator, industry: Column, form: Column, street: Column) -> tuple[Text, Text, Text]:
    """Registered names (all distinct), short names, and former names (mostly empty)."""
    size = len(industry)
    words = [row.words.split() for row in INDUSTRIES]
    starts = np.cumsum([0, *(len(row) for row in words)])
    room = len(FIRST) * len(SECOND)
    combination = np.empty(size, dtype=np.int64)
    for place, row in enumerate(words):
        mine = np.flatnonzero(industry == place)
        combination[mine] = rng.choice(room * len(row) * len(_REACH), len(mine), replace=False)
    rest, mark = np.divmod(combination, room)
    reach, word = np.divmod(rest, np.array([len(row) for row in words])[industry])
    trade = spread([one for row in words for one in row], starts[industry] + word)
    brand = join(spread(list(FIRST), mark // len(SECOND)), spread(list(SECOND), mark % len(SECOND)))
    place = _reach_text(reach, street)
    ending = spread([text for text, _, _ in PRIVATE_FORMS], form)
    bracket = chance(rng, 0.12, size)
    name = choose(bracket, join(brand, "（", place, "）", trade, ending), join(place, brand, trade, ending))
    older = join(
        place,
        spread(list(SECOND), rng.integers(0, len(SECOND), size)),
        spread(list(FIRST), mark // len(SECOND)),
        trade,
        ending,
    )
    former = choose(chance(rng, FORMER_SHARE, size), older, "")
    return distinct(name), join(brand, trade), former


def distinct(names: Text) -> Text:
    """The same names, repeated ones with the province (and a number) in front."""
    repeat = rank_within(names.dictionary_encode().indices.to_numpy(zero_copy_only=False))
    serial = join("江泽省", choose(repeat > 1, join("第", whole(repeat)), ""), names)
    return choose(repeat > 0, serial, names)


def _reach_text(reach: Column, street: Column) -> Text:
    places = {row.code: row.name for row in divisions.all_divisions()}
    known = sorted(places)
    names = [places[code] for code in known]
    stems = [name.removesuffix("街道") if name.endswith("街道") else name for name in names]
    district = spread(names, np.searchsorted(known, street // 1000))
    corner = spread(stems, np.searchsorted(known, street))
    fixed_part = spread(list(_REACH[:3]), np.minimum(reach, 2))
    return choose(reach < 3, fixed_part, choose(reach == 3, district, corner))


def _body_names(kind: Column, street: Column) -> Text:
    """Names of institutions, numbered within what their pattern names."""
    places = {row.code: row.name for row in divisions.all_divisions()}
    out = np.empty(len(kind), dtype=object)
    for place, row in enumerate(INSTITUTIONS):
        mine = np.flatnonzero(kind == place)
        scope = (
            street[mine]
            if "{street}" in row.pattern
            else street[mine] // 1000
            if "{district}" in row.pattern
            else street[mine] * 0
        )
        serial = rank_within(scope) + 1
        for at, number in zip(mine, serial, strict=True):
            code = int(street[at])
            out[at] = row.pattern.format(district=places[code // 1000], street=places[code], n=_chinese(int(number)))
    return pa.array(out, pa.string())


def _chinese(number: int) -> str:
    """1 … 99 999 in Chinese figures."""
    text = ""
    for unit, mark in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        count, number = divmod(number, unit)
        if count:
            text += (_NUMBERS[count - 1] if unit > 10 or count > 1 or text else "") + mark
        elif text and number and not text.endswith("零"):
            text += "零"
    return text + (_NUMBERS[number - 1] if number else "")


def addresses(rng: np.random.Generator, street: Column) -> Text:
    """Addresses in the given streets."""
    places = {row.code: row.name for row in divisions.all_divisions()}
    known = sorted(places)
    names = [places[code] for code in known]
    roads = (
        "云泽大道",
        "人民路",
        "建设路",
        "滨江路",
        "文昌路",
        "学府路",
        "工业一路",
        "工业二路",
        "站前路",
        "湖滨路",
        "解放路",
        "迎宾大道",
    )
    road = spread(roads, rng.integers(0, len(roads), len(street)))
    return join(
        "云泽市",
        spread(names, np.searchsorted(known, street // 1000)),
        spread(names, np.searchsorted(known, street)),
        road,
        whole(rng.integers(1, 400, len(street))),
        "号",
    )


def branch_names(names: Text, employer: Column, branch: Column) -> Text:
    """The name of a workplace: the employer's, with the branch behind it when there is one."""
    tail = spread(
        ["第一分公司", "第二分公司", "第三分公司", "江北厂区", "物流中心", "新区营业部"],
        np.where(branch > 0, (branch - 1) % 6, -1),
    )
    return join(take(names, employer), tail)
