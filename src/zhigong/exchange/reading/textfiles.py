"""Delimited text: which encoding, which delimiter, and its rows in blocks.

UTF-8 (with or without mark), UTF-16 with mark, GB18030 (which contains GBK and GB2312).
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from zhigong.exchange.reading.types import Limits
from zhigong.kernel.errors import Refused

DELIMITERS = (",", "\t", ";", "|")
BLOCK = 4096
SAMPLE_BYTES = 256 * 1024
CONVINCED = 30
"""So many characters of several bytes that are valid UTF-8 don't happen by chance in GB18030."""

LISTED = 50

RESAVE = "请在 Excel 里另存为“CSV UTF-8（逗号分隔）”或 .xlsx 后再上传"


@dataclass(frozen=True)
class Dialect:
    """How to read one text file.  encoding as Python names it; `utf-8-sig` when it came with a mark."""

    encoding: str
    delimiter: str


@dataclass
class Oddities:
    """What was met while reading rows: numbers of rows (1-based)."""

    stray_quotes: list[int] = field(default_factory=list)


def detect(path: Path, name: str) -> Dialect:
    """Encoding and delimiter of the file; Refused when no encoding fits, naming the line that doesn't."""
    encoding = _encoding(path, name)
    with path.open("rb") as file:
        sample = codecs.getincrementaldecoder(encoding)("ignore").decode(file.read(SAMPLE_BYTES))
    if "\0" in sample:
        raise Refused("文件编码无法识别", where=name, why="文本里有空字符，可能是不带标记的 UTF-16", do=RESAVE)
    return Dialect(encoding, _delimiter(sample))


def _encoding(path: Path, name: str) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        _first_error(path, "utf-8-sig", name, required=True)
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8" if _first_error(path, "utf-8", name, required=False) else "gb18030"


def _first_error(path: Path, encoding: str, name: str, *, required: bool) -> bool:
    """Whether the whole file decodes.  Refused when it is clearly meant to and doesn't."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, wide = 1, 0
    with path.open("rb") as file:
        while True:
            data = file.read(2**20)
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode("utf-8", "ignore")
                if required or wide + _wide(good) > CONVINCED:
                    raise _bad_encoding(name, line + good.count("\n"), encoding) from None
                return False
            if not data:
                return True
            line += text.count("\n")
            wide += _wide(text) if wide <= CONVINCED else 0


def _wide(text: str) -> int:
    """About how many Chinese characters, at the speed of encoding."""
    return (len(text.encode()) - len(text)) // 2


def _bad_encoding(name: str, line: int, encoding: str) -> Refused:
    shown = "UTF-8" if encoding.startswith("utf-8") else encoding.upper()
    return Refused(
        "文件编码混乱，读不下去",
        where=f"{name} 第 {line} 行附近",
        why=f"这里有不属于 {shown} 的字节，可能没有传完",
        do=RESAVE,
    )


def _delimiter(sample: str) -> str:
    """The candidate that splits the first lines most, and most evenly."""
    lines = [line for line in sample.splitlines()[:60] if line.strip()]

    def evenness(delimiter: str) -> tuple[int, int]:
        counts = [len(cells) for cells in csv.reader(lines, delimiter=delimiter)]
        common = max(set(counts), key=lambda n: (counts.count(n) * (n > 1), n), default=1)
        return (counts.count(common) * (common > 1) * common, common)

    try:
        return max(DELIMITERS, key=evenness)
    except csv.Error:
        return ","


def blocks(path: Path, dialect: Dialect, name: str, limits: Limits, odd: Oddities) -> Iterator[list[list[str]]]:
    """Rows in blocks, exactly one per line of a spreadsheet; Refused with the row for what can't be read.

    A quote without its partner swallows the lines up to the next quote: such rows are split up again and listed.
    """
    csv.field_size_limit(limits.cell_chars)
    count, lines = 0, 0
    try:
        with path.open(encoding=dialect.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=dialect.delimiter)
            while block := list(islice(reader, BLOCK)):
                if reader.line_num - lines != len(block):
                    block = _without_stray_quotes(block, dialect.delimiter, count, odd)
                lines, count = reader.line_num, count + len(block)
                if count > limits.text_rows:
                    why = f"超过 {limits.text_rows} 行"
                    raise Refused("文件太大", where=name, why=why, do="请拆成几个文件后上传")
                yield block
    except UnicodeDecodeError:
        raise _bad_encoding(name, count + 1, dialect.encoding) from None
    except csv.Error:
        raise Refused(
            "有一格内容过长，读不下去",
            where=f"{name} 第 {count + 1} 至 {count + BLOCK} 行之间",
            why=f"一格超过 {limits.cell_chars} 个字，多半是多了一个英文双引号，使后面的行连成一格",
            do="请在 Excel 里打开，改正双引号后重新另存",
        ) from None


def _without_stray_quotes(rows: list[list[str]], delimiter: str, before: int, odd: Oddities) -> list[list[str]]:
    """The rows of a block, those that swallowed others split into what they were."""
    found: list[list[str]] = []
    for row in rows:
        if any(_swallowed(cell, delimiter, len(row)) for cell in row):
            if len(odd.stray_quotes) < LISTED:
                odd.stray_quotes.append(before + len(found) + 1)
            text = delimiter.join(row)
            found.extend(csv.reader(text.splitlines(), delimiter=delimiter, quoting=csv.QUOTE_NONE))
        else:
            found.append(row)
    return found


def _swallowed(cell: str, delimiter: str, width: int) -> bool:
    """Whether a cell holds whole rows: after a line break, as many delimiters as half a row has."""
    _, broken, after = cell.partition("\n")
    return bool(broken) and after.count(delimiter) >= max(2, width // 2)
