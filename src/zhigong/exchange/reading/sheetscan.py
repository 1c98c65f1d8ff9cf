"""A look at a sheet's XML that is independent of the parser: what is there, so that nothing can go missing unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zhigong.kernel.errors import Refused

_VALUE = re.compile(rb"<(?:\w+:)?(?:v(?:\s[^>]*)?>[^<]|is[\s>])")
_PLAIN_VALUE = re.compile(rb"<v>[^<]|<v\s[^>]*>[^<]|<is[\s>]")
_REFERENCE = re.compile(rb"\sr=[\"']([A-Z]{1,4})\d")
_LAST_ROW = re.compile(rb".*\sr=[\"'][A-Z]{0,4}(\d{1,8})[\"']", re.DOTALL)
_VALUE_CELL = re.compile(
    rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]{1,4})(\d{1,8})[\"'][^>]*>\s*"
    rb"(?=(?:<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?(?:v(?:\s[^>]*)?>[^<]|is[\s>]))"
)
_ERROR = re.compile(rb"<(?:\w+:)?c\s[^>]*\bt=[\"']e[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_UNCOMPUTED = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\s[^>]*/>)\s*(?:<(?:\w+:)?v\s*/>\s*)?</(?:\w+:)?c>")
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*>")
_HIDDEN_COL = re.compile(rb"<(?:\w+:)?col\s[^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*>")
_ROW_NUMBER = re.compile(rb"\br=[\"'](\d+)[\"']")
_COL_SPAN = re.compile(rb"\b(min|max)=[\"'](\d+)[\"']")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"']([\w.-]+)[\"']")

LISTED = 50
TAG_ROOM = 2**20


@dataclass
class SheetFacts:
    """values: cells that hold one, errors among them.  last_row / last_column: 1-based, how far cells reach.

    From a quick scan, cells with a format only count for the reach; from a thorough one, only those with a value.
    """

    last_row: int = 0
    last_column: int = 0
    values: int = 0
    errors: int = 0
    formulas: int = 0
    uncomputed: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    hidden_row_count: int = 0
    hidden_columns: list[int] = field(default_factory=list)


class XmlGuard:
    """Fed the bytes of an XML part: refuses document types, entities and encodings other than UTF-8."""

    def __init__(self, name: str) -> None:
        self._name, self._tail, self._first = name, b"", True

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        if self._first:
            self._check_start(data)
            self._first = False
        window = self._tail + data
        if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
            raise Refused(
                "文件结构异常，已拒绝", where=self._name, why="含有 XML 实体定义", do="请用 Excel 打开后另存为 .xlsx"
            )
        self._tail = window[-16:]

    def _check_start(self, data: bytes) -> None:
        declared = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
        odd = declared is not None and declared.group(1).lower() not in (b"utf-8", b"us-ascii", b"utf8")
        if odd or b"\0" in data[:64]:
            raise Refused(
                "文件结构异常，已拒绝", where=self._name, why="编码不是 UTF-8", do="请用 Excel 打开后另存为 .xlsx"
            )


class SheetScanner(XmlGuard):
    """Fed the bytes of one worksheet; `facts` grow as it goes.  thorough: slower, its reach counts values only."""

    def __init__(self, name: str, *, thorough: bool = False) -> None:
        super().__init__(name)
        self.facts = SheetFacts()
        self._thorough = thorough
        self._rest = b""
        self._columns: set[bytes] = set()
        self._value = _PLAIN_VALUE
        self._further = _further_than(0)

    def feed(self, data: bytes) -> None:
        """The next bytes; a piece ends where a cell ends, so that no tag is cut."""
        super().feed(data)
        window = self._rest + data
        cut = max(window.rfind(b"</c>"), window.rfind(b":c>"), window.rfind(b"</row>"))
        if cut < 0 and len(window) > TAG_ROOM:
            cut = window.rfind(b"/>")
        cut = window.find(b">", cut) + 1 if cut >= 0 else 0
        if not cut and len(window) > TAG_ROOM:
            raise Refused(
                "文件结构异常，已拒绝", where=self._name, why="单个标记过长", do="请用 Excel 打开后另存为 .xlsx"
            )
        piece, self._rest = window[:cut], window[cut:]
        self._scan(piece)

    def finish(self) -> SheetFacts:
        """Look at what was held back and give the facts."""
        self._scan(self._rest)
        self._rest = b""
        return self.facts

    def _scan(self, piece: bytes) -> None:
        facts = self.facts
        if b":worksheet" in piece:
            self._value = _VALUE
        if b'"e"' in piece or b"'e'" in piece:
            facts.errors += len(_ERROR.findall(piece))
        if b"<f" in piece or b":f" in piece:
            facts.formulas += len(_FORMULA.findall(piece))
            facts.uncomputed += len(_UNCOMPUTED.findall(piece))
        if self._thorough:
            self._scan_cells(piece)
        else:
            self._scan_quickly(piece)
        if b"hidden=" in piece:
            self._scan_hidden(piece)

    def _scan_quickly(self, piece: bytes) -> None:
        facts = self.facts
        facts.values += len(self._value.findall(piece))
        if piece.count(b"r=") != piece.count(b' r="') or self._further.search(piece):
            self._reach(set(_REFERENCE.findall(piece)))
        last = _LAST_ROW.match(piece)
        facts.last_row = max(facts.last_row, int(last.group(1)) if last else 0)

    def _scan_cells(self, piece: bytes) -> None:
        cells = _VALUE_CELL.findall(piece)
        facts = self.facts
        facts.values += len(cells)
        self._reach({column for column, _ in cells})
        facts.last_row = max([facts.last_row, *(int(row) for _, row in cells)])

    def _reach(self, columns: set[bytes]) -> None:
        fresh = columns - self._columns
        self._columns |= fresh
        self.facts.last_column = max([self.facts.last_column, *(column_number(column) for column in fresh)])
        self._further = _further_than(self.facts.last_column)

    def _scan_hidden(self, piece: bytes) -> None:
        facts = self.facts
        for tag in _HIDDEN_ROW.findall(piece):
            number = _ROW_NUMBER.search(tag)
            facts.hidden_row_count += 1
            if number and len(facts.hidden_rows) < LISTED:
                facts.hidden_rows.append(int(number.group(1)))
        for tag in _HIDDEN_COL.findall(piece):
            span = dict(_COL_SPAN.findall(tag))
            first, last = int(span.get(b"min", 1)), int(span.get(b"max", 1))
            facts.hidden_columns.extend(range(first, min(last, first + LISTED) + 1))


def _further_than(column: int) -> re.Pattern[bytes]:
    """Finds a cell of a later column, among references as nearly every program writes them; rows have no letters."""
    if not column:
        return re.compile(rb' r="[A-Z]')
    last = column_letters(column).encode()
    known = [rb"[A-Z]{1,%d}" % (len(last) - 1)] if len(last) > 1 else []
    known += [
        last[:place] + rb"[A-%c]" % (letter - 1) + rb"[A-Z]{%d}" % (len(last) - place - 1)
        for place, letter in enumerate(last)
        if letter > 65
    ]
    return re.compile(rb' r="(?!(?:' + b"|".join([*known, last]) + rb")?\d)")


def column_number(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def column_letters(number: int) -> str:
    """A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
