"""Files nobody should send: refused with a reason, in seconds, within the memory limit; never half-read in silence."""

from __future__ import annotations

import struct
import zipfile
import zlib

import pytest

from zhigong.exchange.reading import Limits, zips
from zhigong.exchange.reading.sheetscan import SheetScanner, column_letters
from zhigong.exchange.reading.workbooks import grids
from zhigong.exchange.tests.reading import ROWS, read, refused
from zhigong.exchange.tests.workbooks import (
    HEADER,
    MAIN,
    cells,
    compound,
    csv_text,
    entry,
    member,
    plain,
    raw_package,
    rezip,
    save,
    sheet_xml,
    xls,
)
from zhigong.kernel.errors import Refused


@pytest.fixture
def good(tmp_path):
    return save(plain(ROWS), tmp_path / "good.xlsx")


# --- bombs and lies


def test_a_bomb_of_a_few_hundred_kilobytes(tmp_path):
    path = raw_package(tmp_path / "a.xlsx", sheet_xml(ROWS)[:-20] + b" " * (68 * 2**20) + sheet_xml(ROWS)[-20:])
    assert path.stat().st_size < 256 * 2**10
    refused(path, "结构异常")


def test_a_bomb_of_rows(tmp_path):
    """Legal sheet, 64 MiB of cells: refused by size or read within the child's memory, never beyond."""
    row = b"<row>" + b"<c t='inlineStr'><is><t>x</t></is></c>" * 20 + b"</row>"
    body = b"<worksheet xmlns='%s'><sheetData>%s</sheetData></worksheet>" % (MAIN.encode(), row * 90_000)
    refused(raw_package(tmp_path / "a.xlsx", body), "结构异常|太大|表头")


def test_too_large_packed_and_unpacked(good, tmp_path):
    refused(good, "文件太大", limits=Limits(packed_bytes=1000))
    refused(good, "文件太大", limits=Limits(unpacked_bytes=10_000))
    refused(good, "部件", limits=Limits(entries=3))


@pytest.mark.parametrize("declared", [0, 10, 2**31 - 1])
def test_sizes_that_lie(good, declared):
    data = bytearray(good.read_bytes())
    at = data.find(b"xl/worksheets/sheet1.xml", data.rfind(b"PK\x01\x02", 0, data.rfind(b"sheet1.xml"))) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<L", data, at + 24, declared)
    good.write_bytes(data)
    refused(good, "实际大小|文件太大|结构异常")


def test_the_lie_detector_can_fail(good):
    """Without counting while inflating, a directory that says 10 bytes would be believed."""
    with zipfile.ZipFile(good) as archive:
        info = next(i for i in archive.infolist() if "sheet1" in i.filename)
        info.file_size = 10
        with good.open("rb") as file, pytest.raises(Refused):
            zips._inflate(file, info, "x", 2**30, None)
        info.CRC = zlib.crc32(b"<worksheet")
        assert archive.open(info).read() == b"<worksheet", "what the standard library makes of it"


def test_many_entries_and_doubled_names(tmp_path, good):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2_100):
            archive.writestr(f"x{number}", b"")
    refused(path, "部件")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(good, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<x/>")
    refused(good, "重名")


def test_a_directory_of_a_million_entries_is_never_parsed(tmp_path):
    path = tmp_path / "a.xlsx"
    filler = b"PK\x03\x04" + b"\0" * 2**20
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, 2**20, 0, 0)
    path.write_bytes(filler + end)
    refused(path, "部件")


# --- active content


PARTS = [
    ("xl/vbaProject.bin", "宏"),
    ("xl/externalLinks/externalLink1.xml", "别的文件"),
    ("xl/embeddings/oleObject1.bin", "嵌有"),
    ("xl/activeX/activeX1.xml", "控件"),
    ("xl/macrosheets/sheet1.xml", "宏"),
    ("xl/connections.xml", "数据连接"),
]


@pytest.mark.parametrize(("part", "match"), PARTS)
def test_active_content(good, part, match):
    refused(rezip(good, {part: b"x"}), match)


def test_encrypted_entries_and_odd_compression(good):
    data = bytearray(good.read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    good.write_bytes(data)
    refused(good, "密码")
    data[at + 8] &= 0xFE
    struct.pack_into("<H", data, at + 10, 12)
    good.write_bytes(data)
    refused(good, "压缩方式")


@pytest.mark.parametrize("stream", ["_VBA_PROJECT_CUR", "VBA", "\x01Ole10Native"])
def test_old_workbooks_with_macros_or_objects(tmp_path, stream):
    path = tmp_path / "a.xls"
    path.write_bytes(xls(ROWS, extra_streams=[stream]))
    refused(path, "宏|嵌有")


def test_a_cell_may_say_vba(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(xls([HEADER, cells(member(1, 户籍所在地="_VBA_PROJECT_CUR")), cells(member(2))]))
    assert read(path).result.rows == 2


def test_an_encrypted_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(compound({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}))
    refused(path, "不符|密码")
    refused(path.rename(tmp_path / "a.xls"), "密码")


ENTITIES = [
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
]


@pytest.mark.parametrize("doctype", ENTITIES)
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "_rels/.rels", "docProps/core.xml"])
def test_entities(good, doctype, part):
    refused(rezip(good, {part: doctype + entry(good, part).split(b"?>")[-1]}), "实体")


def test_xml_that_hides_in_another_encoding(good):
    hidden = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x>'.encode("utf-16")
    refused(rezip(good, {"xl/worksheets/sheet1.xml": hidden}), "编码")
    seven = b'<?xml version="1.0" encoding="utf-7"?><worksheet/>'
    refused(rezip(good, {"xl/worksheets/sheet1.xml": seven}), "编码")


# --- false and enormous sheets


@pytest.mark.parametrize("reference", ["A1:B2", "A1", "A1:XFD1048576", "B3:A1"])
def test_a_false_dimension_loses_nothing(good, reference):
    sheet = entry(good, "xl/worksheets/sheet1.xml")
    start = sheet.index(b'<dimension ref="') + 16
    changed = sheet[:start] + reference.encode() + sheet[sheet.index(b'"', start) :]
    found = read(rezip(good, {"xl/worksheets/sheet1.xml": changed}))
    assert found.column("姓名") == [row[1] for row in ROWS[1:]]
    assert len(found.result.sheets[0].columns) == 20


def test_a_parser_that_believed_the_dimension_would_be_caught(good, monkeypatch):
    """The guard against lost cells, with a reader that stops after three rows and columns."""
    from zhigong.exchange.reading import workbooks

    class Short:
        def __init__(self, sheet):
            self._sheet = sheet
            self.total_width = self.total_height = 3
            self.end = (2, 2)
            self.merged_cell_ranges = []

        def iter_rows(self):
            return (row[:3] for row in list(self._sheet.iter_rows())[:3])

    real = workbooks._sheet
    monkeypatch.setattr(workbooks, "_sheet", lambda *args: Short(real(*args)))
    with pytest.raises(Refused, match="没有读全"):
        for grid in grids(good, "good.xlsx", "xlsx", Limits()):
            list(grid.blocks)


def test_ten_thousand_columns(tmp_path):
    wide = [f"列{i}" for i in range(10_000)]
    book = raw_package(tmp_path / "a.xlsx", sheet_xml([[*HEADER, *wide], *ROWS[1:]]))
    assert "NUJ" in refused(book, "列数太多").why
    text = tmp_path / "a.csv"
    text.write_text(csv_text([[*HEADER, *wide], *ROWS[1:]]), "utf-8")
    refused(text, "列数太多")


def test_a_lone_cell_far_out(tmp_path):
    far = "<row r='1048576'><c r='XFD1048576' t='inlineStr'><is><t>x</t></is></c></row></sheetData>"
    xml = sheet_xml(ROWS).decode().replace("</sheetData>", far).encode()
    refused(raw_package(tmp_path / "a.xlsx", xml), "列数太多")
    down = far.replace("XFD", "A")
    xml = sheet_xml(ROWS).decode().replace("</sheetData>", down).encode()
    assert "1048576" in refused(raw_package(tmp_path / "b.xlsx", xml), "工作表太大").why


def test_formats_far_out_cost_nothing(tmp_path):
    styled = "<row r='1048576'><c r='XFD1048576' s='0'/></row></sheetData>"
    xml = sheet_xml(ROWS).decode().replace("</sheetData>", styled).encode()
    assert read(raw_package(tmp_path / "a.xlsx", xml)).result.rows == 7


def test_sheets_as_other_programs_write_them(tmp_path):
    for name, xml, kwargs in (
        ("prefix", sheet_xml(ROWS, prefix="x:"), {"prefix": b"x:"}),
        ("no references", sheet_xml(ROWS, references=False), {}),
    ):
        found = read(raw_package(tmp_path / f"{name}.xlsx", xml, **kwargs))
        assert found.result.rows == 7, name


@pytest.mark.slow
def test_memory_of_the_child_is_bounded(tmp_path):
    rows = [HEADER, *[cells(member(i % 400)) for i in range(12_000)]]
    path = raw_package(tmp_path / "a.xlsx", sheet_xml(rows))
    assert read(path).result.rows == 12_000
    refused(path, "内存", limits=Limits(memory_bytes=24 * 2**20))


# --- the parent's side


def test_an_error_in_our_own_work_stops_the_child_and_is_seen(good):
    from zhigong.exchange.reading import read_file
    from zhigong.exchange.tests.reading import ROSTER

    def fail(_chunk):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_file(good, columns=ROSTER, on_chunk=fail)


@pytest.mark.slow
def test_cpu_and_waiting_are_bounded(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv_text([HEADER, *[cells(member(i % 400)) for i in range(60_000)]]), "utf-8")
    refused(path, "太久", limits=Limits(text_seconds=0, workbook_seconds=0))


def test_a_child_that_lies_about_rows_is_not_believed():
    from zhigong.exchange.reading.arrows import ChunkBuilder
    from zhigong.exchange.tests.reading import ROSTER

    builder = ChunkBuilder(ROSTER, 10, lambda _chunk: None)
    meta = {"sheet": "", "runs": [[1, 5]], "columns": [["姓名", "姓名"]], "receipt": None}
    builder.add(meta, memoryview("王芳\n李明".encode()))
    with pytest.raises(Refused, match="行数不符"):
        builder.flush()


def test_the_scanner_counts_across_any_split():
    xml = sheet_xml(ROWS) + b""
    whole = SheetScanner("x")
    whole.feed(xml)
    expected = whole.finish()
    assert (expected.last_row, expected.last_column, expected.values) == (8, 20, 8 * 20)
    for size in (1, 7, 100, 4096):
        scanner = SheetScanner("x", thorough=size == 7)
        for start in range(0, len(xml), size):
            scanner.feed(xml[start : start + size])
        found = scanner.finish()
        assert (found.last_row, found.last_column, found.values) == (
            expected.last_row,
            expected.last_column,
            expected.values,
        )


def test_stored_entries_are_counted_too(tmp_path, good):
    path = tmp_path / "stored.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for one in source.infolist():
            target.writestr(one.filename, source.read(one))
    assert read(path).result.rows == 7


@pytest.mark.parametrize("start", [' r="', "\tr='", "\n r='", '\u000br="'])
def test_the_scan_reaches_as_far_as_the_furthest_column_however_references_are_written(start):
    letters = ["B", "A", "Z", "AA", "AZ", "BA", "AY", "ZZ", "AAA", "ABZ", "ZZ", "XFD", "C"]
    seen = []
    scanner = SheetScanner("x")
    for row, column in enumerate(letters, 1):
        reference = f"{start}{column}{row}{start[-1]}"
        scanner.feed(f'<row r="{row}"><c{reference}><v>1</v></c></row>'.encode())
        seen.append(column_letters(scanner.facts.last_column))
    assert seen == ["B", "B", "Z", "AA", "AZ", "BA", "BA", "ZZ", "AAA", "ABZ", "ABZ", "XFD", "XFD"]
    assert scanner.finish().last_row == len(letters)
