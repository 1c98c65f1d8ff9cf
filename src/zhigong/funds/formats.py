"""The bank's files as bytes: the payout list out, the return list in (docs/guides/bank-files.md). Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhigong.funds.types import MAX_BYTES, Format, LineState
from zhigong.kernel.errors import Refused
from zhigong.kernel.money import format_fen, parse_fen

HEAD = ("序号", "户名", "账号", "开户行", "金额(元)", "摘要", "流水号")
WIDTHS = (6, 120, 32, 80, 16, 64, 24)
"""Bytes of each field in the fixed layout, GB18030."""
TOTAL = "合计"
NEEDED = ("流水号", "金额(元)", "处理结果")
RESULTS = {
    "成功": LineState.PAID, "失败": LineState.REJECTED, "退回": LineState.REJECTED, "处理中": LineState.UNKNOWN,
    "退汇": LineState.RETURNED,
}  # fmt: skip
GONE_BACK = "退回"
_SERIAL = re.compile(r"ZG[0-9]{20}")
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,12})\.[0-9]{2}")


@dataclass(frozen=True, slots=True)
class FileLine:
    """One payment as the bank gets it."""

    number: int
    holder: str
    account: str
    bank: str
    fen: int
    purpose: str
    serial: str


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """One answer of the bank; row: of the file, the header being row 1; word: the result as the bank wrote it."""

    row: int
    serial: str
    fen: int
    state: LineState
    problem: str
    word: str = ""


@dataclass(frozen=True, slots=True)
class ReturnFile:
    """A return file that is sound in itself: totals agree, no line twice."""

    batch_code: str
    hash: str
    lines: tuple[ReturnLine, ...]


def batch_code(number: int) -> str:
    """How a batch is called in files."""
    return f"ZG{number:010d}"


def serial(*, number: int, line: int, day: str) -> str:
    """流水号: ZG, the day of drafting, batch and line; letters in front keep sheets from rounding it."""
    return f"ZG{day}{number % 10**6:06d}{line:06d}"


def bank_file(lines: Sequence[FileLine], *, code: str, digest: str, layout: Format) -> bytes:
    """The list for the bank: header, one row a payment, totals with the digest. The same batch gives the same bytes."""
    rows: list[tuple[str, ...]] = [HEAD]
    rows += [_row(one) for one in lines]
    total = format_fen(sum(one.fen for one in lines), thousands=False)
    rows.append((TOTAL, str(len(lines)), "", "", total, digest, code))
    if layout is Format.CSV:
        return b"".join((",".join(_plain(cell) for cell in row) + "\r\n").encode("gb18030") for row in rows)
    return b"".join(_fixed(row) for row in rows)


def _row(one: FileLine) -> tuple[str, ...]:
    amount = format_fen(one.fen, thousands=False)
    return (str(one.number), one.holder, one.account, one.bank, amount, one.purpose, one.serial)


def _plain(cell: str) -> str:
    if re.search(r'[,"\r\n\t]', cell) or re.match(r"[=+\-@]", cell):
        raise Refused("银行文件中有不能写入的字符。", where=cell[:20], do="请更正户名或开户行后重新登记账户。")
    return cell


def _fixed(row: Sequence[str]) -> bytes:
    cells = []
    for cell, width, name in zip(row, WIDTHS, HEAD, strict=True):
        raw = _plain(cell).encode("gb18030")
        if len(raw) > width:
            raise Refused("银行文件中有超长的栏目。", where=f"{name}：{cell[:20]}", why=f"最多 {width} 字节")
        cells.append(raw.ljust(width))
    return b"".join(cells) + b"\r\n"


def read_return(file: bytes) -> ReturnFile:
    """Read a return file strictly; raises Refused with row and reason, and reads all or nothing.

    CSV in GB18030, or UTF-8 with a mark; columns by name, order free: 流水号, 金额(元), 处理结果, 失败原因. The
    last row repeats the totals row of the payout list, with count and sum of this file.
    """
    rows = _rows(file)
    places = _places(rows[0])
    if len(rows) < 3 or rows[-1][0] != TOTAL:
        raise Refused(
            "回盘文件没有合计行。", where="最后一行", why=f"最后一行应以「{TOTAL}」开头", do="请向银行索取完整文件。"
        )
    lines = tuple(_line(number, row, places) for number, row in enumerate(rows[1:-1], 2))
    _no_line_twice(lines)
    total = _total(rows[-1], places=places)
    count, fen = len(lines), sum(line.fen for line in lines)
    if total[0] != count:
        raise Refused("回盘文件笔数不符。", where="合计行", why=f"合计写 {total[0]} 笔，文件中有 {count} 笔")
    if total[1] != fen:
        raise Refused(
            "回盘文件金额不符。", where="合计行",
            why=f"合计写 {format_fen(total[1])} 元，文件中各笔相加为 {format_fen(fen)} 元",
        )  # fmt: skip
    return ReturnFile(batch_code=total[2], hash=total[3], lines=lines)


def _rows(file: bytes) -> list[list[str]]:
    if len(file) > MAX_BYTES:
        raise Refused("回盘文件过大。", why="最大 20 MB")
    marked = file.startswith(b"\xef\xbb\xbf")
    try:
        text = file.decode("utf-8-sig" if marked else "gb18030")
    except UnicodeDecodeError as error:
        raise Refused(
            "回盘文件的编码读不出来。", where=f"第 {error.start + 1} 个字节", why="应为 GB18030",
            do="请使用银行导出的原文件，不要用其他软件另存。",
        ) from error  # fmt: skip
    if "\x00" in text:
        raise Refused("这不是回盘文件。", why="内容不是文本")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise Refused("回盘文件的格式读不出来。", why=str(error), do="请使用银行导出的原文件。") from error
    if not rows:
        raise Refused("回盘文件是空的。")
    return rows


def _places(head: Sequence[str]) -> Mapping[str, int]:
    missing = [name for name in NEEDED if head.count(name) != 1]
    if missing:
        raise Refused(
            "回盘文件缺少栏目。", where="表头", why=f"应恰有一列：{'、'.join(missing)}",
            do="请核对文件是否为回盘文件，编码是否为 GB18030。",
        )  # fmt: skip
    return {name: place for place, name in enumerate(head) if name}


def _line(number: int, row: Sequence[str], places: Mapping[str, int]) -> ReturnLine:
    where = f"第 {number} 行"
    if len(row) != len(places):
        raise Refused("回盘文件的一行栏目数不对。", where=where, why=f"应有 {len(places)} 栏，实有 {len(row)} 栏")
    number_text, amount, result = (row[places[name]] for name in NEEDED)
    if not _SERIAL.fullmatch(number_text):
        raise Refused("流水号不是本系统的。", where=where, why=f"文件中写的是「{number_text[:30]}」")
    if not _AMOUNT.fullmatch(amount):
        raise Refused("金额写法不对。", where=where, why=f"应为 1234.50 的写法，文件中写的是「{amount[:30]}」")
    if result not in RESULTS:
        raise Refused(
            "处理结果看不懂。", where=where, why=f"应为{'、'.join(RESULTS)}，文件中写的是「{result[:20]}」"
        )  # fmt: skip
    problem = row[places["失败原因"]][:200] if "失败原因" in places else ""
    state = RESULTS[result]
    if state in (LineState.REJECTED, LineState.RETURNED) and not problem:
        raise Refused("退回的一笔没有写原因。", where=where, do="请向银行核实失败原因后补在「失败原因」栏。")
    return ReturnLine(row=number, serial=number_text, fen=parse_fen(amount), state=state, problem=problem, word=result)


def _no_line_twice(lines: Sequence[ReturnLine]) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        if line.serial in seen:
            raise Refused(
                "同一流水号在回盘文件中出现两次。", where=f"第 {seen[line.serial]} 行和第 {line.row} 行",
                why=line.serial,
                do="请与银行核实后取得更正的文件。",
            )  # fmt: skip
        seen[line.serial] = line.row


def _total(row: Sequence[str], *, places: Mapping[str, int]) -> tuple[int, int, str, str]:
    """Count, sum, batch code and digest of the totals row."""
    if len(row) != len(places) or not row[1].isdecimal() or not _AMOUNT.fullmatch(row[places["金额(元)"]]):
        raise Refused("回盘文件的合计行读不出来。", where="最后一行", why="第二栏应为笔数，金额栏应为合计金额")
    digest = next((cell for cell in row if re.fullmatch(r"[0-9a-f]{64}", cell)), "")
    return int(row[1]), parse_fen(row[places["金额(元)"]]), row[places["流水号"]], digest
