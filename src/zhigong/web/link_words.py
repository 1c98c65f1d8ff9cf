"""Links in plain words: how a row was found to be a person's, where two sides agree, what was said of them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from zhigong.exchange.types import DoubtPair, Verdict

FIELDS = (
    ("name", "姓名"),
    ("id", "证件号码"),
    ("birth_date", "出生日期"),
    ("sex", "性别"),
    ("employer_name", "工作单位"),
)
STATES = {
    "same": ("一致", "good"),
    "near": ("相近", "warn"),
    "other": ("不同", "bad"),
    "cut": ("被截断，前 15 位一致", "warn"),
    "one": ("有一位之差", "warn"),
    "three": ("有两三位之差", "warn"),
    "display": ("写成了科学计数，剩下的数字一致", "warn"),
    "region": ("写成了科学计数，只剩前几位，都一致", "warn"),
    "": ("没法比较", ""),
}
NAME_STATES = STATES | {"near": ("差一个字", "warn")}
METHODS = {
    "id": "证件号码和姓名都一致",
    "id-near-name": "证件号码一致，姓名差一个字",
    "id-other-name": "证件号码一致，姓名不同",
    "rival-row": "同一份文件里已有一行是这个人",
    "ruled": "人工判定是同一人",
    "alias": "别的来源证实，这个号码是此人的",
    "digits": "姓名一致，剩下的号码与别的来源里此人的号码一致",
    "name": "姓名一致，别的来源里同名的只有此人",
}
PARTS = {
    "name": {"same": "姓名一致", "near": "姓名差一个字", "other": "姓名不同"},
    "id": {
        "cut": "号码被截断、前 15 位一致",
        "one": "号码有一位之差",
        "three": "号码有两三位之差",
        "display": "号码写成科学计数、剩下的数字一致",
        "region": "号码只剩前几位、都一致",
        "other": "号码不同",
    },
    "birth": {"same": "出生日期一致", "near": "出生月日一致", "other": "出生日期不同"},
    "sex": {"other": "性别不同"},
    "employer": {"same": "单位一致", "other": "单位不同"},
}
TONES = {Verdict.SAME: "good", Verdict.DIFFERENT: "bad", Verdict.UNSURE: "warn", Verdict.WITHDRAWN: ""}
SURE_ENOUGH = 0.99
WHOLE = 15
"""Digits of the shortest number that names a resident."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a pair: what either side says, and whether they agree. Numbers opened come as marked pieces."""

    label: str
    file: object
    base: object
    state: str
    tone: str
    file_pieces: tuple[tuple[str, bool], ...] = ()
    base_pieces: tuple[tuple[str, bool], ...] = ()


def how(method: str, reason: str) -> str:
    """How a row was found, in words; of a model's link what agreed and what did not."""
    if method in METHODS:
        return METHODS[method]
    codes = dict(part.split(":", 1) for part in reason.split() if ":" in part)
    said = [words[codes[name]] for name, words in PARTS.items() if codes.get(name) in words]
    return "，".join(said) or "按姓名和单位推断"


def likely(score: float, method: str) -> tuple[str, str]:
    """How likely the pair is one person, in a word, and its tone."""
    if method == "id-other-name":
        return "姓名要核对", "warn"
    return ("可能性高", "info") if score >= SURE_ENOUGH else ("可能性中等", "")


def rows(pair: DoubtPair, *, opened: bool) -> list[Row]:
    """A pair field by field."""
    file, base = pair.file, pair.base
    made = []
    for name, label in FIELDS:
        state, tone = (NAME_STATES if name == "name" else STATES).get(pair.agreements.get(name, ""), STATES[""])
        field = "number" if name == "id" else name
        left, right = getattr(file, field), getattr(base, field)
        if name == "id" and opened:
            first, second = differences(file.number, base.number)
            made.append(Row(label, left, right, state, tone, first, second))
        else:
            made.append(Row(label, left, right, state, tone))
    return made


def differences(left: str, right: str) -> tuple[tuple[tuple[str, bool], ...], tuple[tuple[str, bool], ...]]:
    """Two numbers in pieces; true: this piece the other one does not have. Nothing is marked beside Excel's 3.4E+17."""
    if min(len(left), len(right)) < WHOLE or not (left + right).isalnum():
        return (((left, False),) if left else ()), (((right, False),) if right else ())
    one: list[tuple[str, bool]] = []
    other: list[tuple[str, bool]] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if b > a:
            one.append((left[a:b], kind != "equal"))
        if d > c:
            other.append((right[c:d], kind != "equal"))
    return tuple(one), tuple(other)
