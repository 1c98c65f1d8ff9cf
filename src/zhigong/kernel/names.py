"""Names of people and units: one spelling, a sort key, initials, and a key to compare unit names by.

Names are never run through NFKC, which rewrites compatibility ideographs; only blanks, dots and full-width letters are
touched (domain.md §1.4). Pinyin comes character by character, so that the key of a name's beginning begins its key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from zhigong.kernel.folding import BLANKS, QUOTES, WIDTH_FROM, WIDTH_TO
from zhigong.kernel.surnames import COMPOUND_INITIALS, COMPOUND_SURNAMES, SURNAME_READINGS

DOT = "·"
DOTS = "•・．‧∙⋅･●⸱․˙"
HAN = "〇㐀-䶿一-鿿豈-﫿\U00020000-\U000323af"
SPACED_FROM = BLANKS + DOTS + WIDTH_FROM.replace("．", "")
SPACED_TO = " " * len(BLANKS) + DOT * len(DOTS) + WIDTH_TO.replace(".", "")
# (pattern, replacement) in turn; each is valid for Python's re and for RE2, and has no look-around.
NAME_STEPS = (
    (r" +", " "),
    (r"([^A-Za-z.,]) ", r"\1"),
    (r" ([^A-Za-z])", r"\1"),
    (f"([{HAN}])[.。]([{HAN}])", r"\1·\2"),
    (f"([{HAN}])[.。]([{HAN}])", r"\1·\2"),
    (r"·+", "·"),
    (r"^[ ·]+|[ ·]+$", ""),
)

_SPACED = str.maketrans(SPACED_FROM, SPACED_TO)
_STEPS = tuple((re.compile(pattern), replacement) for pattern, replacement in NAME_STEPS)
_HAN_ONLY = re.compile(f"[{HAN}]+")
_PERSON = re.compile(f"[{HAN}]{{2,4}}|[{HAN}]{{1,12}}(?:·[{HAN}]{{1,12}}){{1,4}}|[A-Za-z][A-Za-z.,'’ -]{{2,59}}")
_NOT_A_PERSON = re.compile(
    "合计|小计|总计|共计|累计|填表|制表|填报|审核|复核|签字|签章|签名|盖章|公章|负责人|联系人|经办|备注|说明|附件|序号|姓名"
    "|单位|工会|示例|样例|样表|范例|举例|测试|名单|人数|职工|会员|无此人|同上|以上|以下|空白|日期|电话"
)


def normal_name(text: str) -> str:
    """One spelling of a person's name: no stray blanks or quotes, one kind of dot, half-width letters; hanzi kept."""
    if _HAN_ONLY.fullmatch(text):
        return text
    name = text.translate(_SPACED).strip(" ").lstrip(QUOTES)
    for pattern, replacement in _STEPS:
        name = pattern.sub(replacement, name)
    return name


def looks_like_person_name(text: str) -> bool:
    """Whether a cell may hold a person's name, rather than a total, a signature line or a heading."""
    name = normal_name(text)
    compound = len(name) in (5, 6) and name[:2] in COMPOUND_SURNAMES and bool(_HAN_ONLY.fullmatch(name))
    return bool(compound or _PERSON.fullmatch(name)) and not _NOT_A_PERSON.search(name)


def sort_key(name: str) -> str:
    """Toneless pinyin parted by blanks, `|`, then the name: `zhang jian guo|张建国`.

    The part before `|` of a name's beginning begins the part before `|` of the name. Therefore a reading depends on
    nothing to its right: 尉 reads yu (尉迟), 万 wan (also in 万俟), 单 shan (also in 单于).
    """
    normal = normal_name(name)
    return f"{_body(normal)}|{normal}"


def sort_keys(names: Iterable[str]) -> list[str]:
    """`sort_key` of many names."""
    table = _readings()
    first, later = table.first, table.later
    keys = []
    for name in names:
        try:
            keys.append(f"{first[name[0]]}{''.join([later[one] for one in name[1:]])}|{name}")
        except (KeyError, IndexError):
            keys.append(sort_key(name))
    return keys


def initials(name: str) -> str:
    """First letters of the pinyin, `zjg`; compound surnames by their own reading (尉迟恭 -> ycg, 万俟 -> mq)."""
    normal = normal_name(name)
    head = COMPOUND_INITIALS.get(normal[:2], "")
    if head:
        return head + "".join(token[0] for token in _body(f"一{normal[2:]}").split()[1:])
    if normal[:1] == "尉":
        return "w" + "".join(token[0] for token in _body(normal).split()[1:])
    return "".join(token[0] for token in _body(normal).split())


def initials_many(names: Iterable[str]) -> list[str]:
    """`initials` of many names."""
    table = _readings()
    first, letters = table.first_letters, table.letters
    found = []
    for name in names:
        try:
            if name[:2] in COMPOUND_INITIALS or name[0] == "尉":
                found.append(initials(name))
            else:
                found.append(first[name[0]] + "".join([letters[one] for one in name[1:]]))
        except (KeyError, IndexError):
            found.append(initials(name))
    return found


def search_key(text: str) -> str:
    """What a search box's text is compared by: half-width, lower case, without blanks and dots."""
    return "".join(text.translate(_SPACED).lower().replace(DOT, " ").split(" "))


class _Readings(NamedTuple):
    """Reading of each character: as the first of a name, and later in it with a blank before."""

    first: dict[str, str]
    later: dict[str, str]
    first_letters: dict[str, str]
    letters: dict[str, str]


@cache
def _readings() -> _Readings:
    from pypinyin.constants import PINYIN_DICT  # imported here: it costs a quarter of a second

    plain = {chr(code): _toneless(readings.partition(",")[0]) for code, readings in PINYIN_DICT.items()}
    first = plain | SURNAME_READINGS
    return _Readings(
        first=first,
        later={one: f" {reading}" for one, reading in plain.items()},
        first_letters={one: reading[0] for one, reading in first.items()},
        letters={one: reading[0] for one, reading in plain.items()},
    )


def _toneless(reading: str) -> str:
    spelled = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(one for one in spelled if not unicodedata.combining(one))


def _body(name: str) -> str:
    """Tokens parted by blanks: a syllable per character, a run of letters or digits as one token."""
    table = _readings()
    body, running = "", False
    for place, one in enumerate(name):
        reading = table.first.get(one) if place == 0 else table.later.get(one, "")[1:]
        if reading:
            body, running = f"{body} {reading}", False
        elif one.isascii() and one.isalnum():
            body, running = f"{body}{'' if running else ' '}{one.lower()}", True
        elif one.isalpha():
            body, running = f"{body} {one}", False
        else:
            running = False
    return body[1:]


# --- units

BRACKETS_FROM, BRACKETS_TO = "()[]【】〔〕{}", "（）（）（）（）（）"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEY_FROM, KEY_TO = BRACKETS_FROM + _LETTERS, BRACKETS_TO + _LETTERS.upper()
KEY_DROPS = r"[ （）《》<>·\-—_、，,.。/\\&+'\"“”‘’:：;；#*~～]"
LIMITED = "有限责任公司|责任有限公司|有限责任制公司"
SHORT_LIMITED = "有限公司"
_BRACKETS, _KEY = str.maketrans(BRACKETS_FROM, BRACKETS_TO), str.maketrans(KEY_FROM, KEY_TO)
_KEY_DROPS, _LIMITED = re.compile(KEY_DROPS), re.compile(LIMITED)


def normal_unit_name(text: str) -> str:
    """One spelling of an employer's name: brackets as （）, no stray blanks, half-width letters and digits."""
    return normal_name(text).translate(_BRACKETS)


def unit_key(text: str) -> str:
    """What unit names are compared by: without brackets and punctuation, upper case, 有限责任公司 as 有限公司."""
    return _LIMITED.sub(SHORT_LIMITED, _KEY_DROPS.sub("", normal_name(text).translate(_KEY)))
