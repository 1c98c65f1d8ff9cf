"""Telephone numbers as rosters have them: mobiles normalised to eleven digits, landlines allowed with a warning."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zhigong.kernel.folding import fold_code

TEXTS = {
    "missing": "电话号码为空。",
    "masked": "电话号码被打了星号，请填写完整号码。",
    "excel-scientific": "电话号码被 Excel 变成科学计数法，末位数字已丢失，请重新填写（单元格设为文本）。",
    "several-phones": "一格里有不止一个号码，请只留一个手机号。",
    "bad-phone": "不是有效的手机号（11 位，1 开头，第二位 3 至 9）。",
    "landline": "这是固定电话，收不到短信验证码，建议改填手机号。",
}

PUNCTUATION = "-()."
COUNTRY = r"(?:\+86|0086|86)(1[0-9]{10})"
DECIMAL_ZERO = r"([0-9]{11})\.0+"
MOBILE = r"1[3-9][0-9]{9}"
LANDLINE = r"(?:0[1-9][0-9]{1,2})?[2-9][0-9]{6,7}|400[0-9]{7}|800[0-9]{7}"
SEVERAL = r"\+?[0-9-]{7,}(?:[,;/、，；]\+?[0-9-]{7,})+"
SCIENTIFIC = r"[0-9](?:\.[0-9]+)?E\+?[0-9]+"

_COUNTRY, _DECIMAL_ZERO, _MOBILE, _LANDLINE, _SEVERAL, _SCIENTIFIC = (
    re.compile(pattern, re.ASCII) for pattern in (COUNTRY, DECIMAL_ZERO, MOBILE, LANDLINE, SEVERAL, SCIENTIFIC)
)
_PUNCTUATION = str.maketrans("", "", PUNCTUATION)


@dataclass(frozen=True, slots=True)
class PhoneCheck:
    """value: eleven digits for a mobile, bare digits for a landline, the folded text when a problem remains."""

    value: str
    problem: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """Problem and warnings as sentences."""
        return [TEXTS[code] for code in ([self.problem] if self.problem else []) + list(self.warnings)]

    @property
    def is_mobile(self) -> bool:
        """Whether a text message can reach it."""
        return self.problem is None and not self.warnings


def check_phone(text: str | None) -> PhoneCheck:
    """Check one number: `+86 138-0000-0000`, `13800000000.0`, full-width digits; `1.38E+10` is beyond repair."""
    value = fold_code(text or "")
    if not value:
        return PhoneCheck(value, "missing")
    if "*" in value:
        return PhoneCheck(value, "masked")
    if _SCIENTIFIC.fullmatch(value):
        return PhoneCheck(value, "excel-scientific")
    if _SEVERAL.fullmatch(value):
        return PhoneCheck(value, "several-phones")
    return _bare(value)


def _bare(value: str) -> PhoneCheck:
    if matched := _DECIMAL_ZERO.fullmatch(value):
        value = matched[1]
    bare = value.translate(_PUNCTUATION)
    if matched := _COUNTRY.fullmatch(bare):
        bare = matched[1]
    if _MOBILE.fullmatch(bare):
        return PhoneCheck(bare)
    if _LANDLINE.fullmatch(bare):
        return PhoneCheck(bare, None, ("landline",))
    return PhoneCheck(value, "bad-phone")
