"""Receipts: the file as it came, a reason beside each bad cell, and a mark by which a re-upload finds its rows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.exchange.reading.types import ReadResult, SheetResult
from zhigong.exchange.receipts import CellProblem, write_receipt
from zhigong.exchange.receipts.patching import SheetPatcher
from zhigong.exchange.receipts.styles import Palette, patch_styles
from zhigong.exchange.receipts.texts import inert
from zhigong.exchange.receipts.types import Line
from zhigong.exchange.tests.reading import read
from zhigong.exchange.tests.workbooks import (
    HEADER,
    MAIN,
    append,
    cells,
    csv_text,
    entry,
    letters,
    member,
    plain,
    raw_package,
    rezip,
    save,
    sheet_xml,
    template,
    xls,
)
from zhigong.kernel.errors import Refused

ROWS = [cells(member(i)) for i in range(1, 13)]
X14 = (
    b'<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"'
    b' xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:dataValidations count="1">'
    b'<x14:dataValidation type="list"><x14:formula1><xm:f xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    b"Sheet2!$A$1:$A$56</xm:f></x14:formula1></x14:dataValidation></x14:dataValidations></ext></extLst></worksheet>"
)


def problem(data_row: int, row: int, column: str = "证件号码", text: str = "末三位已丢失。", **more) -> CellProblem:
    return CellProblem(
        sheet=more.pop("sheet", "会员信息采集表"), row=row, data_row=data_row, column=column, text=text, **more
    )


def receipt(path: Path, problems=(), *, batch: str = "12", suffix: str | None = None):
    found = read(path)
    out = path.with_name(f"receipt{suffix or path.suffix}")
    return write_receipt(path, result=found.result, problems=problems, batch=batch, out=out)


def first_sheet(path: Path):
    """As openpyxl sees it; it warns that the drop-downs in the extension are there."""
    with pytest.warns(UserWarning, match="Data Validation"):
        return openpyxl.load_workbook(path).worksheets[0]


@pytest.fixture
def roster(tmp_path):
    """The template with drop-downs in the extension that openpyxl drops."""
    path = save(template([member(i) for i in range(1, 13)]), tmp_path / "名册.xlsx")
    name = "xl/worksheets/sheet1.xml"
    return rezip(path, {name: entry(path, name).replace(b"</worksheet>", X14), "xl/media/image1.png": b"\x89PNG"})


def test_reasons_stand_beside_bad_cells(roster):
    made = receipt(
        roster,
        [
            problem(1, 5, severity="unverify"),
            problem(1, 5, "移动电话", "不是有效的手机号。"),
            problem(11, 16, "姓名", "没有填写。", severity="reject"),
            problem(12, 17, "", "会籍在其他工会"),
        ],
    )
    assert (made.rows, made.marked_cells, made.format, made.note) == (12, 3, "xlsx", "")
    sheet = first_sheet(made.path)
    assert sheet["U4"].value == "导入结果"
    assert sheet["U5"].value == "待核实：证件号码：末三位已丢失；移动电话：不是有效的手机号。〔#12-1〕"
    assert sheet["U16"].value == "未采用：姓名：没有填写。〔#12-11〕"
    assert sheet["U17"].value == "请留意：会籍在其他工会。〔#12-12〕"
    assert sheet["U6"].value == "通过〔#12-2〕"
    assert sheet["U14"].value is None, "the note is no member"
    assert sheet["H5"].fill.fgColor.rgb == "FFFFCDD2"
    assert sheet["K5"].fill.fgColor.rgb == "FFFFF3C4"
    assert sheet["H6"].fill.fill_type is None


def test_everything_else_is_untouched(roster):
    made = receipt(roster, [problem(1, 5)])
    with zipfile.ZipFile(roster) as before, zipfile.ZipFile(made.path) as after:
        assert sorted(before.namelist()) == sorted(after.namelist())
        changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}
    old, new = (entry(path, "xl/worksheets/sheet1.xml") for path in (roster, made.path))
    assert X14 in new
    undone = re.sub(rb'<c r="U\d+".*?</c>', b"", new)
    undone = re.sub(rb'<cols><col min="21".*?</cols>', b"", undone)
    undone = undone.replace(b'ref="A1:U17"', b'ref="A1:T17"')
    assert re.sub(rb' s="\d+"', b"", undone) == re.sub(rb' s="\d+"', b"", old)


def test_the_receipt_comes_back_as_the_same_rows_with_marks(roster):
    made = receipt(roster, [problem(1, 5)])
    first, again = read(roster), read(made.path)
    assert again.column("receipt_ref") == [f"12-{i}" for i in range(1, 13)]
    plain_row = {key for key in first.rows[0] if key != "receipt_ref"}
    assert [{k: row[k] for k in plain_row} for row in again.rows] == [
        {k: row[k] for k in plain_row} for row in first.rows
    ]


def test_a_second_receipt_replaces_the_first(roster):
    made = receipt(roster, [problem(1, 5), problem(2, 6)])
    mended = made.path.rename(made.path.with_name("mended.xlsx"))
    again = receipt(mended, [problem(2, 6)], batch="13")
    sheet = first_sheet(again.path)
    assert sheet["U5"].value == "通过〔#13-1〕"
    assert sheet["V5"].value is None
    assert sheet["H5"].fill.fill_type is None, "mended: the old format is back"
    assert sheet["H6"].fill.fgColor.rgb == "FFFFF3C4"
    formats = [len(re.findall(rb"<xf ", entry(path, "xl/styles.xml"))) for path in (mended, again.path)]
    assert formats[0] == formats[1]


def test_several_sheets_count_on(tmp_path):
    book = plain([HEADER, *ROWS[:3]], title="一车间")
    for title, rows in (("说明", [["请填写"]]), ("二车间", [["二车间"], HEADER, *ROWS[3:]])):
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, 1):
            append(sheet, number, row)
    path = save(book, tmp_path / "a.xlsx")
    made = receipt(path, [problem(2, 3, sheet="一车间"), problem(4, 3, sheet="二车间")])
    found = openpyxl.load_workbook(made.path)
    assert found["一车间"]["U3"].value.endswith("〔#12-2〕")
    assert found["二车间"]["U3"].value.startswith("请留意")
    assert found["二车间"]["U3"].value.endswith("〔#12-4〕")
    assert found["说明"]["U1"].value is None


@pytest.mark.parametrize("wrong", [problem(3, 99), problem(1, 4), problem(1, 5, sheet="别的表")])
def test_a_problem_that_finds_no_row_is_not_dropped_in_silence(roster, wrong):
    with pytest.raises(Refused, match="没有写全"):
        receipt(roster, [wrong])
    assert list(roster.parent.glob("receipt*")) == []
    assert list(roster.parent.glob(".*.tmp")) == []


def test_problems_may_come_as_a_stream_and_layouts_from_json(roster):
    kept = ReadResult.from_dict(read(roster).result.as_dict())
    out = roster.with_name("out.xlsx")
    made = write_receipt(roster, result=kept, problems=iter([problem(1, 5)]), batch="a.b-1", out=out)
    assert read(made.path).column("receipt_ref")[0] == "a.b-1-1"


def test_batch_names_that_would_break_the_mark_are_refused(roster):
    with pytest.raises(Refused):
        receipt(roster, batch="1〕2")


ODD_SHEETS = {
    "prefix": (sheet_xml([HEADER, *ROWS], prefix="x:"), {"prefix": b"x:"}),
    "no references": (sheet_xml([HEADER, *ROWS], references=False), {}),
}


@pytest.mark.parametrize("kind", ODD_SHEETS)
def test_sheets_as_other_programs_write_them(tmp_path, kind):
    xml, kwargs = ODD_SHEETS[kind]
    path = raw_package(tmp_path / "a.xlsx", xml, **kwargs)
    made = receipt(path, [problem(3, 4, sheet="Sheet1")])
    again = read(made.path)
    assert again.column("receipt_ref") == [f"12-{i}" for i in range(1, 13)]
    assert again.column("姓名") == [row[1] for row in ROWS]


# --- the patcher itself


COLUMN = 6
GAPS = st.sets(st.integers(0, 9), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.dictionaries(st.integers(1, 12), GAPS, max_size=8),
    lines=st.dictionaries(st.integers(1, 12), st.dictionaries(st.integers(0, COLUMN - 1), st.just("warn"), max_size=4)),
    head=st.integers(0, 2),
    size=st.integers(1, 400),
    short=st.booleans(),
)
def test_cells_stay_in_order_and_single(rows, lines, head, size, short):
    """Any gaps, cells beyond, cells already in our column, rows without cells, cut into pieces of any size."""
    parts = []
    for number, columns in sorted(rows.items()):
        inner = "".join(f'<c r="{letters(c + 1)}{number}" s="1"><v>{c}</v></c>' for c in sorted(columns))
        parts.append(f'<row r="{number}" spans="1:9">{inner}</row>' if inner or not short else f'<row r="{number}"/>')
    head_xml = f'<worksheet xmlns="{MAIN}"><dimension ref="A1:B2"/><sheetData>'
    xml = f"{head_xml}{''.join(parts)}</sheetData></worksheet>".encode()
    head = head if head in rows else 0
    wanted = [Line(row, f"<{row}>&", cells) for row, cells in sorted(lines.items()) if row > head and row in rows]
    sheet = SheetResult(name="x", role="data", header_row=head, width=COLUMN)
    patcher = SheetPatcher(sheet, iter(wanted), Palette(twins={"odd": [7, 8], "bad": [5, 6]}))
    out = b"".join(patcher.feed(xml[i : i + size]) for i in range(0, len(xml), size)) + patcher.feed(b"", last=True)
    by_row = {line.row: line for line in wanted} | ({head: Line(head, "导入结果", {})} if head else {})
    found = ET.fromstring(out)  # noqa: S314
    for row in found.iter(f"{{{MAIN}}}row"):
        number = int(row.get("r"))
        places = [re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r")).groups() for cell in row]
        order = [sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(name))) for name, _ in places]
        assert order == sorted(set(order))
        line = by_row.get(number)
        expected = {c + 1 for c in rows[number]} | ({COLUMN + 1, *(c + 1 for c in line.cells)} if line else set())
        assert set(order) == expected
        for cell, place in zip(row, order, strict=True):
            if line and place == COLUMN + 1:
                assert "".join(cell.itertext()) == line.text
            elif line and place - 1 in line.cells:
                assert cell.get("s") == ("8" if place - 1 in rows[number] else "7")


def patched(rows: str, lines: list[Line]) -> bytes:
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    patcher = SheetPatcher(SheetResult(name="x", role="data", width=2), iter(lines), Palette())
    return patcher.feed(xml) + patcher.feed(b"", last=True)


def test_comments_and_cdata_are_stepped_over():
    inline = '<c r="A2" t="inlineStr"><is><t><![CDATA[</c></row><row r="9"><c r="C2">]]></t></is></c>'
    rows = f'<!-- <row r="2"/> --><row r="1"><c r="A1"/></row><row r="2">{inline}<!-- </row> --></row>'
    out = patched(rows, [Line(2, "理由", {0: "warn"})])
    assert out.count("理由".encode()) == 1
    assert out.index(b"]]>") < out.index("理由".encode()) < out.index(b"</sheetData>")
    assert rows.split("<row")[1].encode() in out


@pytest.mark.parametrize("lines", [[Line(3, "x", {})], [Line(1, "x", {}), Line(2, "y", {})]])
def test_a_reason_without_its_row_is_refused(lines):
    with pytest.raises(Refused, match="没有找到"):
        patched('<row r="1"><c r="A1"/></row><row r="4"/>', lines)


def test_styles_are_added_once():
    xml = (
        b'<styleSheet xmlns="m"><fills count="2"><fill><patternFill patternType="none"/></fill>'
        b'<fill><patternFill patternType="gray125"/></fill></fills>'
        b'<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0"/>'
        b'<xf numFmtId="49" fontId="1" fillId="1" applyFill="1"><alignment wrapText="1"/></xf></cellXfs></styleSheet>'
    )
    once, palette = patch_styles(xml)
    twice, again = patch_styles(once)
    assert once == twice
    for style in (0, 1):
        red = palette.marked(style, "reject")
        assert red not in (0, 1)
        assert again.marked(red, "warn") == palette.marked(style, "warn")
        assert again.plain[red] == style
    assert b'cellXfs count="7"' in once
    assert patch_styles(b"<styleSheet/>")[0] == b"<styleSheet/>"


# --- text and old files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_text_keeps_encoding_and_delimiter(tmp_path, encoding, delimiter):
    path = tmp_path / "a.csv"
    rows = [["附件四"], HEADER, *ROWS[:3], [], ["制表人：王芳"], cells(member(40, 姓名="㛃䶮𫖯"))]
    path.write_bytes(csv_text(rows, delimiter).encode(encoding))
    made = receipt(path, [problem(2, 4, sheet="")])
    text = made.path.read_bytes().decode(encoding)
    before = csv_text(rows, delimiter).splitlines()
    for number, line in enumerate(text.splitlines()):
        assert line.startswith(before[number])
    assert text.splitlines()[3].endswith(f"{delimiter}请留意：证件号码：末三位已丢失。〔#12-2〕")
    again = read(made.path)
    assert again.column("receipt_ref") == ["12-1", "12-2", "12-3", "12-4"]
    assert again.rows[3]["姓名"] == "㛃䶮𫖯"
    assert again.result.encoding == encoding


def test_a_second_receipt_of_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv_text([HEADER, *ROWS[:3]]), "utf-8")
    made = receipt(path, [problem(2, 3, sheet="")])
    mended = made.path.rename(tmp_path / "b.csv")
    text = receipt(mended, batch="13").path.read_text("utf-8")
    assert text.count("导入结果") == 1
    assert "#12-" not in text


def test_only_what_we_add_is_guarded(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv_text([HEADER, cells(member(1, 姓名="=1+1", 籍贯="-5"))]), "utf-8")
    text = receipt(path).path.read_text("utf-8")
    assert ",=1+1," in text
    for start in "=+-@\t\r\0":
        assert inert(start + "x") == "'" + start + "x"
    assert inert("通过") == "通过"


def test_old_workbooks_come_back_as_new_ones(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(xls([["附件四"], HEADER, *ROWS[:3]]))
    made = receipt(path, [problem(2, 4, sheet="Sheet1", severity="unverify")])
    assert made.path.suffix == ".xlsx"
    assert ".xls" in made.note
    sheet = openpyxl.load_workbook(made.path).worksheets[0]
    assert [[c.value for c in row][:20] for row in sheet.iter_rows(min_row=2)] == [
        [text or None for text in row] for row in (HEADER, *ROWS[:3])
    ]
    assert sheet["H4"].fill.fgColor.rgb == "FFFFCDD2"
    assert read(made.path).column("receipt_ref") == ["12-1", "12-2", "12-3"]


def test_texts_that_look_like_formulas_stay_texts_in_a_rewritten_workbook(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(xls([HEADER, cells(member(1, 籍贯='=HYPERLINK("http://x")', 户籍所在地="http://x"))]))
    made = receipt(path)
    assert b"<f>" not in entry(made.path, "xl/worksheets/sheet1.xml")
    assert read(made.path).column("籍贯") == ['=HYPERLINK("http://x")']
