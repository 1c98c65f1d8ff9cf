"""Identity documents: GB 11643 numbers and the other papers members show, checked without guessing.

Hard problems make the number unusable as a key; warnings are shown and kept. `sql_checks` holds the same rules as SQL;
a test keeps both in step. Rules: domain.md §1.3 and §1.4.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from zhigong.kernel.codes import load_table
from zhigong.kernel.folding import fold_code

RESIDENT, OFFICER, SOLDIER, PASSPORT = "111", "114", "123", "414"
TAIWAN_PERMIT, HOME_RETURN, FOREIGN_RESIDENT = "511", "516", "553"
HKM_RESIDENT, TAIWAN_RESIDENT, OTHER = "810", "830", "990"
NUMBERED_18 = frozenset({RESIDENT, FOREIGN_RESIDENT, HKM_RESIDENT, TAIWAN_RESIDENT})

WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
CHECK_CHARACTERS = "10X98765432"  # by the weighted sum modulo 11 (ISO 7064 MOD 11-2)

TEXTS = {
    "missing": "证件号码为空。",
    "masked": "证件号码被打了星号，无法核对，请填写完整号码。",
    "excel-scientific": "证件号码被 Excel 变成科学计数法，末位数字已丢失，请从原始资料重新填写（单元格设为文本）。",
    "excel-truncated": "证件号码被 Excel 截断，末三位已丢失，无法还原，请从原始资料重新填写（单元格设为文本）。",
    "bad-characters": "证件号码里有不该出现的字符。",
    "bad-length": "证件号码位数不对。",
    "impossible-date": "证件号码中的出生日期不存在。",
    "future-date": "证件号码中的出生日期还没有到。",
    "bad-check-digit": "证件号码校验位不对，请核对是否抄错。",
    "unknown-region": "证件号码前六位不在历年行政区划代码中，请留意。",
    "upgraded-15": "15 位旧号码已按规则升为 18 位；旧证 2013 年起停用，请核对新证。",
    "maybe-truncated": "号码以 000 结尾，也可能是被 Excel 截断后碰巧通过校验，请核对。",
    "not-verifiable": "这类证件的号码没有公开的校验规则，只核对了格式。",
    "birth-mismatch": "出生日期与证件号码不一致。",
    "sex-mismatch": "性别与证件号码不一致。",
    "kind-mismatch": "证件类别与号码的样式不一致。",
}
# The first that holds is the number's problem; the order is the same in SQL.
HARD = (
    *("missing", "masked", "excel-scientific", "excel-truncated", "bad-characters", "bad-length"),
    *("impossible-date", "future-date", "bad-check-digit"),
)

SCIENTIFIC = r"[0-9](?:\.[0-9]+)?E\+?[0-9]+"
SCIENTIFIC_SIGNED = r"[0-9](?:\.[0-9]+)?E\+[0-9]+"  # passports may look like 5E12345
TRUNCATED_NUMBER = r"[0-9]{16,18}\.0*"
FIFTEEN_WITH_ZERO = r"[0-9]{15}\.0+"
ONLY_DIGITS_AND_X = r"[0-9X]+"
EIGHTEEN = r"[0-9]{17}[0-9X]"
# An 18-digit number cut to 15 shows the century where an old number has its year: nobody born 1919/1920 is meant.
CUT_TO_FIFTEEN = r"[0-9]{6}(?:19|20)[0-9]{7}"

_SCIENTIFIC, _SIGNED, _TRUNCATED, _FIFTEEN_ZERO, _DIGITS_X, _EIGHTEEN, _CUT = (
    re.compile(pattern, re.ASCII)
    for pattern in (
        SCIENTIFIC,
        SCIENTIFIC_SIGNED,
        TRUNCATED_NUMBER,
        FIFTEEN_WITH_ZERO,
        ONLY_DIGITS_AND_X,
        EIGHTEEN,
        CUT_TO_FIFTEEN,
    )
)
OTHER_PAPERS = {
    HOME_RETURN: r"[HM](?:[0-9]{8}|[0-9]{10})",
    TAIWAN_PERMIT: r"[0-9]{8}|[0-9]{10}(?:\([A-Z0-9]\))?",
    PASSPORT: r"[A-Z0-9]{5,20}",
    FOREIGN_RESIDENT: r"[A-Z]{3}[0-9]{12}",
    OFFICER: r".{4,30}",
    SOLDIER: r".{4,30}",
    OTHER: r".{4,30}",
}
_PAPERS = {kind: re.compile(pattern, re.ASCII) for kind, pattern in OTHER_PAPERS.items()}


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """What a document number says. value: normalised (18 characters where it has them), also when a problem remains.

    hard, warnings: codes of TEXTS. birth, sex ('1' male, '2' female, '' unknown), region: from sound numbers only.
    """

    value: str
    kind: str
    hard: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    birth: date | None = None
    sex: str = ""
    region: str = ""

    @property
    def problem(self) -> str | None:
        """The first hard problem's code."""
        return self.hard[0] if self.hard else None

    @property
    def texts(self) -> list[str]:
        """Every problem and warning as a sentence."""
        return [TEXTS[code] for code in (*self.hard, *self.warnings)]

    def contradictions(self, *, birth: date | None = None, sex: str = "") -> list[str]:
        """Codes of what a roster says otherwise than the number; sex as in GB/T 2261.1."""
        found = ["birth-mismatch"] if birth and self.birth and birth != self.birth else []
        return found + (["sex-mismatch"] if sex in ("1", "2") and self.sex and sex != self.sex else [])


def check_document(
    text: str | None,
    *,
    on: date,
    kind: str = RESIDENT,
    regions: Container[str] | None = None,
    from_number: bool = False,
) -> IdentityCheck:
    """Check one document number as of a day.

    kind: code of `id_document_type`; a resident number is also recognised as a permit by its prefix. regions: county
    codes ever in force (default: the national table). from_number: the cell held a number, so 18 digits cannot be true.
    """
    value = fold_code(text or "")
    if kind in NUMBERED_18 and not (kind == FOREIGN_RESIDENT and _PAPERS[kind].fullmatch(value)):
        return _check_numbered(
            value, kind, on, known_regions() if regions is None else regions, from_number=from_number
        )
    hard = _other_problem(value, kind)
    return IdentityCheck(value, kind, (hard,) if hard else (), () if hard else ("not-verifiable",))


@cache
def known_regions() -> frozenset[str]:
    """Every county-level code that was ever in force (GB/T 2260)."""
    return frozenset(row.code for row in load_table("division").rows)


def check_digit(first_seventeen: str) -> str:
    """The check character of GB 11643 for seventeen digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def upgrade(fifteen: str) -> str:
    """The 18-character form of an old number, born 19yy."""
    longer = f"{fifteen[:6]}19{fifteen[6:]}"
    return longer + check_digit(longer)


def _check_numbered(value: str, kind: str, on: date, regions: Container[str], *, from_number: bool) -> IdentityCheck:
    damaged = _damage(value)
    if damaged:
        return IdentityCheck(value.partition(".")[0] if damaged == "excel-truncated" else value, kind, (damaged,))
    warnings: list[str] = []
    if _FIFTEEN_ZERO.fullmatch(value):
        value = value[:15]
    if len(value) == 15:
        if _born(f"19{value[6:12]}") is None:
            return IdentityCheck(value, kind, ("impossible-date",))
        value, from_number = upgrade(value), False
        warnings.append("upgraded-15")
    checked = IdentityCheck(value, kind, _hard(value, on, from_number=from_number), tuple(warnings))
    return checked if checked.hard else _derived(checked, regions)


def _damage(value: str) -> str | None:
    """Problems that show before the number can be taken apart, in the order of HARD."""
    if not value:
        return "missing"
    if "*" in value:
        return "masked"
    if _SCIENTIFIC.fullmatch(value):
        return "excel-scientific"
    if _TRUNCATED.fullmatch(value) or _CUT.fullmatch(value):
        return "excel-truncated"
    if _FIFTEEN_ZERO.fullmatch(value):
        return "excel-truncated" if _CUT.fullmatch(value[:15]) else None
    return _shape(value)


def _shape(value: str) -> str | None:
    if not _DIGITS_X.fullmatch(value) or (len(value) == 15 and "X" in value):
        return "bad-characters"
    if len(value) not in (15, 18):
        return "bad-length"
    return "bad-characters" if len(value) == 18 and not _EIGHTEEN.fullmatch(value) else None


def _hard(value: str, on: date, *, from_number: bool) -> tuple[str, ...]:
    found = ["excel-truncated"] if from_number else []
    birth = _born(value[6:14])
    if birth is None:
        found.append("impossible-date")
    elif birth > on:
        found.append("future-date")
    if value[17] != check_digit(value[:17]):
        if not found and value.endswith("000"):
            found.append("excel-truncated")
        else:
            found.append("bad-check-digit")
    return tuple(found)


def _derived(checked: IdentityCheck, regions: Container[str]) -> IdentityCheck:
    value, warnings = checked.value, list(checked.warnings)
    kind = _kind_by_prefix(value)
    if checked.kind not in (RESIDENT, kind):
        warnings.append("kind-mismatch")
    foreign = kind == FOREIGN_RESIDENT
    if not foreign and value[:6] not in regions:
        warnings.append("unknown-region")
    if value.endswith("000"):
        warnings.append("maybe-truncated")
    return replace(
        checked,
        kind=kind,
        warnings=tuple(warnings),
        birth=_born(value[6:14]),
        sex="1" if int(value[16]) % 2 else "2",
        region="" if foreign else value[:6],
    )


def _kind_by_prefix(value: str) -> str:
    if value[0] == "9":
        return FOREIGN_RESIDENT
    return {"810000": HKM_RESIDENT, "820000": HKM_RESIDENT, "830000": TAIWAN_RESIDENT}.get(value[:6], RESIDENT)


def _born(digits: str) -> date | None:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born if born.year >= 1900 else None


def _other_problem(value: str, kind: str) -> str | None:
    if not value:
        return "missing"
    if "*" in value:
        return "masked"
    if _SIGNED.fullmatch(value):
        return "excel-scientific"
    if _PAPERS.get(kind, _PAPERS[OTHER]).fullmatch(value):
        return None
    return "bad-characters" if re.search(r"[^A-Z0-9()]", value, re.ASCII) else "bad-length"
