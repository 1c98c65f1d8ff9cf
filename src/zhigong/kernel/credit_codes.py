"""Unified social credit codes (GB 32100): 18 characters without I O Z S V; union legal persons start with 81."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zhigong.kernel.folding import fold_code

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
EIGHTEEN = f"[{ALPHABET}]{{18}}"
SCIENTIFIC = r"[0-9](?:\.[0-9]+)?E\+[0-9]+"

TEXTS = {
    "missing": "统一社会信用代码为空。",
    "masked": "统一社会信用代码被打了星号，请填写完整代码。",
    "excel-scientific": "统一社会信用代码被 Excel 变成科学计数法，请从原始资料重新填写（单元格设为文本）。",
    "bad-length": "统一社会信用代码应为 18 位。",
    "bad-characters": "统一社会信用代码不用字母 I、O、Z、S、V 和其他符号，请核对是否与 1、0、2、5 混淆。",
    "bad-check-digit": "统一社会信用代码校验位不对；少数早期代码确实如此，请核对营业执照。",
    "not-union": "工会法人的统一社会信用代码以 81 开头。",
}

_EIGHTEEN = re.compile(EIGHTEEN)
_SCIENTIFIC = re.compile(SCIENTIFIC, re.ASCII)


@dataclass(frozen=True, slots=True)
class CreditCheck:
    """value: normalised; problem: hard; warnings: shown and kept (some early real codes fail their check digit)."""

    value: str
    problem: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """Problem and warnings as sentences."""
        return [TEXTS[code] for code in ([self.problem] if self.problem else []) + list(self.warnings)]

    @property
    def is_union(self) -> bool:
        """Whether the code belongs to a union legal person."""
        return self.problem is None and self.value.startswith("81")


def check_credit_code(text: str | None, *, union: bool = False) -> CreditCheck:
    """Check one code; `union` expects that of a union legal person and warns otherwise."""
    value = fold_code(text or "")
    problem = _problem(value)
    if problem:
        return CreditCheck(value, problem)
    warnings = [] if value[17] == check_character(value[:17]) else ["bad-check-digit"]
    if union and not value.startswith("81"):
        warnings.append("not-union")
    return CreditCheck(value, None, tuple(warnings))


def check_character(first_seventeen: str) -> str:
    """The check character for seventeen characters of the alphabet (MOD 31-3)."""
    total = sum(ALPHABET.index(one) * weight for one, weight in zip(first_seventeen, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def _problem(value: str) -> str | None:
    if not value:
        return "missing"
    if "*" in value:
        return "masked"
    if _SCIENTIFIC.fullmatch(value):
        return "excel-scientific"
    if len(value) != 18:
        return "bad-length"
    return None if _EIGHTEEN.fullmatch(value) else "bad-characters"
