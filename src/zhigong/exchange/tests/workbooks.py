"""Makers of the files that cadres send, and of files nobody should: all by code, nothing kept in the repository."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

HEADER = [
    *("序号", "姓名", "性别", "出生日期", "民族", "就业状况", "有效证件类别", "证件号码", "学历", "技术等级"),
    *("移动电话", "户籍类型", "户籍所在地", "会籍变化类型", "会籍变化日期", "会籍变化原因", "政治面貌", "工作单位"),
    *("籍贯", "是否农民工会员"),
]
NOTE = "填表说明：1.一人一行；2.证件号码按身份证填写，末位为X的请大写；3.请勿改动表头。"
CHECKS = "10X98765432"


def id_number(serial: int, *, birth: str = "19850101", region: str = "990103", male: bool = True) -> str:
    """A number with the right check digit; serial 0–499."""
    body = f"{region}{birth}{serial * 2 + int(male):03d}"
    return body + CHECKS[sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(body)) % 11]


def member(serial: int, **changes: str) -> dict[str, str]:
    """A sound row by column."""
    row = {
        "序号": str(serial),
        "姓名": "李" + chr(0x4E00 + serial % 5000) + chr(0x4E00 + serial * 7 % 5000),
        "性别": "男",
        "出生日期": "1985/01/01",
        "民族": "汉族",
        "就业状况": "在岗",
        "有效证件类别": "居民身份证",
        "证件号码": id_number(serial),
        "学历": "大学本科",
        "技术等级": "无",
        "移动电话": f"138{serial:08d}",
        "户籍类型": "农业",
        "户籍所在地": "江泽省云泽市",
        "会籍变化类型": "入会",
        "会籍变化日期": "2020/03/01",
        "政治面貌": "群众",
        "工作单位": "云泽江东机械有限公司",
        "籍贯": "江泽云泽",
        "是否农民工会员": "否",
    }
    return row | changes


def cells(row: dict[str, str], header: Sequence[str] = HEADER) -> list[str]:
    """A row in the order of a header."""
    return [row.get(name, "") for name in header]


def template(rows: Sequence[dict[str, str]], *, note_after: int = 9) -> openpyxl.Workbook:
    """The sheet of domain.md §1.1: titles, header in row 4, the merged note inside the data, the drop-down sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "会员信息采集表"
    sheet["A1"] = "附件四"
    sheet["A2"] = "江泽省工会会员信息采集表"
    sheet.merge_cells("A2:T2")
    sheet["A3"] = "填表单位（盖章）：云泽江东机械有限公司工会委员会"
    sheet.merge_cells("A3:J3")
    sheet["K3"] = "单位负责人(签字)：王芳"
    sheet.merge_cells("K3:T3")
    append(sheet, 4, HEADER)
    at = 5
    for count, row in enumerate(rows):
        if count == note_after:
            sheet.cell(at, 1, NOTE)
            sheet.merge_cells(start_row=at, start_column=1, end_row=at, end_column=20)
            at += 1
        append(sheet, at, cells(row))
        at += 1
    lists = book.create_sheet("下拉菜单表")
    for row in (["性别", "民族", "学历"], ["男", "汉族", "博士"], ["女", "回族", "硕士"]):
        lists.append(row)
    return book


def append(sheet: Worksheet, row: int, values: Sequence[object]) -> None:
    """Write values into a row, empty texts left out."""
    for column, value in enumerate(values, 1):
        if value != "":
            sheet.cell(row, column, value)


def plain(rows: Sequence[Sequence[object]], *, title: str = "Sheet1") -> openpyxl.Workbook:
    """A workbook with one sheet of these rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    for number, row in enumerate(rows, 1):
        append(sheet, number, row)
    return book


def save(book: openpyxl.Workbook, path: Path) -> Path:
    """Save and return the path."""
    book.save(path)
    return path


def rezip(path: Path, changes: dict[str, bytes | None], *, out: Path | None = None) -> Path:
    """The same package with some entries replaced, added, or (None) left out."""
    with zipfile.ZipFile(path) as source:
        kept = {entry.filename: source.read(entry) for entry in source.infolist()}
    kept |= {name: data for name, data in changes.items() if data is not None}
    target = out or path
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in kept.items():
            if changes.get(name, b"") is not None:
                archive.writestr(name, data)
    return target


def entry(path: Path, name: str) -> bytes:
    """One entry of a package."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


CONTENT_TYPES = (
    b'<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="xml" ContentType="application/xml"/>'
    b'<Override PartName="/xl/workbook.xml"'
    b' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    b'<Override PartName="/xl/worksheets/sheet1.xml"'
    b' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def raw_package(path: Path, sheet_xml: bytes, *, prefix: bytes = b"", workbook_pr: bytes = b"") -> Path:
    """The smallest .xlsx around one sheet's XML, for what no library writes."""
    p = prefix
    space = b"xmlns:" + p[:-1] if p else b"xmlns"
    workbook = (
        b"<%sworkbook %s='%s' xmlns:r='%s'>%s<%ssheets><%ssheet name='Sheet1' sheetId='1' r:id='rId1'/></%ssheets>"
        b"</%sworkbook>" % (p, space, MAIN.encode(), RELATIONS.encode(), workbook_pr, p, p, p, p)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr(
            "_rels/.rels",
            f"<Relationships xmlns='{PACKAGE}'><Relationship Id='rId1' Type='{RELATIONS}/officeDocument'"
            " Target='xl/workbook.xml'/></Relationships>",
        )
        archive.writestr("xl/workbook.xml", workbook)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f"<Relationships xmlns='{PACKAGE}'><Relationship Id='rId1' Type='{RELATIONS}/worksheet'"
            " Target='worksheets/sheet1.xml'/></Relationships>",
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet_xml)
    return path


def sheet_xml(rows: Sequence[Sequence[str]], *, prefix: str = "", before: str = "", references: bool = True) -> bytes:
    """A sheet with inline texts."""
    p = prefix
    space = f"xmlns:{p[:-1]}" if p else "xmlns"
    out = [f"<{p}worksheet {space}='{MAIN}'>{before}<{p}sheetData>"]
    for number, row in enumerate(rows, 1):
        out.append(f"<{p}row r='{number}'>")
        for column, text in enumerate(row):
            place = f" r='{letters(column + 1)}{number}'" if references else ""
            out.append(f"<{p}c{place} t='inlineStr'><{p}is><{p}t>{text}</{p}t></{p}is></{p}c>")
        out.append(f"</{p}row>")
    out.append(f"</{p}sheetData></{p}worksheet>")
    return "".join(out).encode()


def letters(number: int) -> str:
    """A for 1."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


# --- the old binary format, as little of it as a reader needs


def xls(rows: Sequence[Sequence[str | float]], *, extra_streams: Sequence[str] = (), title: str = "Sheet1") -> bytes:
    """A BIFF8 workbook with one sheet, in a compound file; extra_streams are further (empty) directory entries."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    width = max(map(len, rows), default=0)
    sheet += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, float):
                sheet += _record(0x0203, struct.pack("<HHHd", r, c, 0, value))
            elif value:
                text = value.encode("utf-16-le")
                sheet += _record(0x0204, struct.pack("<HHHHB", r, c, 0, len(value), 1) + text)
    sheet += _record(0x000A, b"")
    name = title.encode("utf-16-le")
    opening = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    opening += _record(0x0042, struct.pack("<H", 1200))
    bound = struct.pack("<IBBBB", 0, 0, 0, len(title), 1) + name
    start = len(opening) + 4 + len(bound) + 4
    bound = struct.pack("<I", start) + bound[4:]
    stream = opening + _record(0x0085, bound) + _record(0x000A, b"") + sheet
    return compound({"Workbook": stream} | dict.fromkeys(extra_streams, b""))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file; streams are padded to 4096 bytes so that none is small."""
    sectors: list[bytes] = []
    chain: list[int] = []
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    names = list(streams)
    for number, name in enumerate(names):
        data = streams[name].ljust(4096, b"\0")
        data += b"\0" * (-len(data) % 512)
        first, count = len(sectors), len(data) // 512
        sectors += [data[i * 512 : (i + 1) * 512] for i in range(count)]
        chain += [*range(first + 1, first + count), 0xFFFFFFFE]
        right = number + 2 if number + 1 < len(names) else 0xFFFFFFFF
        entries.append(_entry(name, 2, first, max(len(streams[name]), 4096), right=right))
    entries += [b"\0" * 128] * (-len(entries) % 4)
    directory = len(sectors)
    folded = b"".join(entries)
    sectors += [folded[i : i + 512] for i in range(0, len(folded), 512)]
    chain += [*range(directory + 1, len(sectors)), 0xFFFFFFFE]
    fat_sectors = 1
    while (len(chain) + fat_sectors) > fat_sectors * 128:
        fat_sectors += 1
    fat_at = len(sectors)
    chain += [0xFFFFFFFD] * fat_sectors
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(fat_sectors * 512, b"\xff")
    sectors += [fat[i : i + 512] for i in range(0, len(fat), 512)]
    head = struct.pack(
        "<8s16sHHHHHHIIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0,
        fat_sectors, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0,
    )  # fmt: skip
    table = [*range(fat_at, fat_at + fat_sectors)] + [0xFFFFFFFF] * (109 - fat_sectors)
    return head + struct.pack("<109I", *table) + b"".join(sectors)


def _entry(name: str, kind: int, start: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", text, len(text), kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0, start, size
    )


def csv_text(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Rows as CSV."""
    import csv

    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return sink.getvalue()
