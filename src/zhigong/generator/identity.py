"""Who people are on paper: names, identity numbers, documents, phones."""

from __future__ import annotations

import numpy as np

from zhigong.generator import divisions
from zhigong.generator.arrow import pa, pc
from zhigong.generator.checkdigits import id_check, identity_numbers
from zhigong.generator.draw import Column, chance, pick, stream
from zhigong.generator.names import Naming, draw_peoples, draw_surnames, full_names
from zhigong.generator.people import YEAR
from zhigong.generator.phones import mobile_numbers
from zhigong.generator.texts import Text, fixed, ymd
from zhigong.generator.types import Identity, People, Setting

DOCUMENTS = (
    "居民身份证",
    "港澳居民来往内地通行证",
    "台湾居民来往大陆通行证",
    "护照",
    "港澳台居民居住证",
    "外国人永久居留身份证",
)
DOCUMENT_SHARES = (0.0006, 0.0003, 0.0005, 0.0003, 0.0002)
"""Share of members with each document other than the identity card."""
SAME_NAME_SHARE = 0.0005
"""Members who bear the name of a colleague (frequent names meet by themselves as well)."""


def make_identity(setting: Setting, people: People) -> Identity:
    """Names run in families; numbers follow the first registration, which may be a district now abolished."""
    rng = stream(setting.seed, "identity")
    size = people.count
    nation, surname = draw_peoples(rng, size), draw_surnames(rng, size)
    for _ in range(2):  # twice, since a grandchild may follow a father who follows his own
        heirs = people.father >= 0
        surname[heirs] = surname[people.father[heirs]]
        nation[heirs] = nation[people.father[heirs]]
    year = ymd(people.birth) // 10_000
    names = full_names(rng, Naming(people.sex, year, nation, surname))
    twin = np.flatnonzero(chance(rng, SAME_NAME_SHARE, size) & (people.member > 0))
    twin = twin[twin > 0]
    source = np.arange(size)
    source[twin] = twin - 1
    names = names.take(pa.array(source))
    origin = _origins(rng, people, year)
    number = identity_numbers(origin, ymd(people.birth), people.sex)
    document = _documents(rng, people)
    return Identity(nation, names, _special(number, document), document, origin, _phones(rng, setting, people))


def _origins(rng: np.random.Generator, people: People, year: Column) -> Column:
    """Six-digit code at first registration."""
    size = people.count
    here = np.array([row.code for row in divisions.districts()])
    gone = np.array([row.code for row in divisions.former_districts()])
    there = np.array([row.code for row in divisions.elsewhere()])
    local = np.where(chance(rng, 0.8, size), people.street // 1000, here[rng.integers(0, len(here), size)])
    old = (year < 2005) & chance(rng, 0.09, size)
    local = np.where(old, gone[rng.integers(0, len(gone), size)], local)
    seat = there[pick(rng, 1 / np.arange(1, len(there) + 1) ** 0.7, int(people.household.max()) + 1)]
    strange = people.migrant | chance(rng, 0.05, size)
    return np.where(
        strange,
        np.where(chance(rng, 0.85, size), seat[people.household], there[rng.integers(0, len(there), size)]),
        local,
    )


def _documents(rng: np.random.Generator, people: People) -> Column:
    shares = [1 - sum(DOCUMENT_SHARES), *DOCUMENT_SHARES]
    kind = pick(rng, shares, people.count)
    return np.where((people.member > 0) & ~people.migrant, kind, 0).astype(np.int8)


def _special(number: Column, document: Column) -> Text:
    """Numbers as text; the few other documents are written into their rows."""
    text = fixed(number)
    rows = np.flatnonzero(document)
    if not len(rows):
        return text
    other = [_special_number(int(row), int(document[row]), number[row]) for row in rows]
    return pc.replace_with_mask(text, pa.array(document > 0), pa.array(other, pa.string()))


def _special_number(row: int, kind: int, number: Column) -> str:
    serial = f"{(row * 48_271 + 7_919) % 10**8:08d}"
    if kind == 1:
        return "HM"[row % 2] + serial
    if kind == 2:
        return serial
    if kind == 3:
        return "E" + serial
    prefix = (b"810000", b"820000", b"830000")[row % 3] if kind == 4 else b"991840"
    body = np.concatenate([np.frombuffer(prefix, dtype=np.uint8), number[6:17]])[None, :]
    return bytes(np.concatenate([body, id_check(body)[:, None]], axis=1)[0]).decode()


def _phones(rng: np.random.Generator, setting: Setting, people: People) -> Column:
    """Adults and teenagers have a number of their own, most of the time."""
    age = (setting.today - people.birth) / YEAR
    has = (age > 14) & chance(rng, np.where(age > 70, 0.7, 0.985), people.count)
    start = int(rng.integers(0, 10**8))
    return np.where(has, mobile_numbers(np.arange(people.count), start), 0)


def fifteen(number: str) -> str:
    """The 15-digit form that a number had before 1999."""
    return number[:6] + number[8:17]
