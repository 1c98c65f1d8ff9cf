"""Reads generated files back without the generator: what a careful stranger would do."""

from __future__ import annotations

import csv
import re
import unicodedata
from datetime import date, timedelta
from typing import TYPE_CHECKING

from openpyxl import load_workbook

if TYPE_CHECKING:
    from pathlib import Path


def rows_of(path: Path) -> list[dict[str, str]]:
    """Data rows of a department file."""
    if path.suffix == ".xlsx":
        book = load_workbook(path, read_only=True)
        lines = [["" if cell is None else str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]
        book.close()
    else:
        lines = list(csv.reader(decoded(path).splitlines()))
    head = lines[0]
    return [dict(zip(head, [*line, *[""] * (len(head) - len(line))], strict=True)) for line in lines[1:]]


def decoded(path: Path) -> str:
    """The text of a CSV file, whichever way it is encoded."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def check_character(body: str) -> str:
    """GB 11643 by its definition: the whole number is 1 modulo 11, digit i weighing 2 ** (18 - i)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return "0123456789X"[(1 - total) % 11]


def tidy_number(text: str) -> str:
    """What remains of a number once spelling is put aside; 15 digits become 18."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[\s'\u00a0]", "", text).upper()
    if re.fullmatch(r"99\d{13}", text):
        body = text[:6] + "19" + text[6:]
        return body + check_character(body)
    return text


def good_number(text: str) -> bool:
    """An 18-character number with a real birth date and a right check character."""
    if not re.fullmatch(r"\d{17}[\dX]", text) or check_character(text[:17]) != text[17]:
        return False
    try:
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14])) < date(2026, 11, 22)
    except ValueError:
        return False


def birth_of(text: str) -> str | None:
    """yyyymmdd or yyyymm of a birth date in any of the styles in use; None when it is no date, empty when missing."""
    text = text.strip()
    if not text:
        return ""
    if re.fullmatch(r"\d{5}", text):
        return (date(1899, 12, 30) + timedelta(days=int(text))).strftime("%Y%m%d")
    month = re.fullmatch(r"(\d{4})年(\d{1,2})月", text)
    if month:
        return f"{month[1]}{int(month[2]):02d}"
    parts = re.fullmatch(r"(\d{4})[-./]?(\d{1,2})[-./]?(\d{1,2})", text)
    try:
        return date(*(int(part) for part in parts.groups())).strftime("%Y%m%d") if parts else None
    except ValueError:
        return None


def verdict_of(row: dict[str, str], name: str = "姓名", number: str = "证件号码", birth: str = "出生日期") -> str:
    """accepted, unverified or rejected by the definitions of the command contract."""
    if not row[name].strip():
        return "rejected"
    tidy = tidy_number(row[number])
    if row.get("有效证件类别", "居民身份证") not in ("居民身份证", ""):
        return "accepted" if tidy else "unverified"
    special = "有效证件类别" not in row and re.fullmatch(r"[HM]\d{8}|\d{8}|E\d{8}", tidy)
    if special:
        return "accepted"
    if not good_number(tidy):
        return "unverified"
    said = birth_of(row.get(birth, ""))
    return "unverified" if said is None else "accepted"
