"""Broken and mislabelled files: cut off, changed by a byte, named as something else. Always a verdict, no silence."""

from __future__ import annotations

import zipfile

import pytest

from zhigong.exchange.reading import Limits, containers
from zhigong.exchange.reading.workbooks import grids
from zhigong.exchange.tests.reading import ROWS, read, refused
from zhigong.exchange.tests.workbooks import csv_text, plain, raw_package, save, sheet_xml, xls
from zhigong.kernel.errors import Refused


@pytest.fixture
def good(tmp_path):
    return save(plain(ROWS), tmp_path / "good.xlsx")


@pytest.fixture
def steady(tmp_path):
    """The same bytes on every day: libraries write the time of saving into a workbook, and offsets move with it."""
    moving = raw_package(tmp_path / "moving.xlsx", sheet_xml(ROWS))
    path = tmp_path / "steady.xlsx"
    with zipfile.ZipFile(moving) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return path


def test_a_workbook_cut_anywhere_is_refused(tmp_path, good):
    """In this process, as a thousand child processes would take minutes: the same checks, the same parser."""
    whole = good.read_bytes()
    path = tmp_path / "cut.xlsx"
    cuts = {*range(0, len(whole), max(1, len(whole) // 400)), *range(len(whole) - 30, len(whole))}
    for cut in sorted(cuts):
        path.write_bytes(whole[:cut])
        with pytest.raises(Refused):
            _read_here(path)


def test_a_workbook_with_any_byte_changed_is_refused_or_fully_read(tmp_path, steady):
    """Every byte of the directory and of the end record, and every so many of the rest."""
    whole = steady.read_bytes()
    directory = whole.index(b"PK\x01\x02")
    path = tmp_path / "changed.xlsx"
    expected, silent = _read_here(steady), []
    for offset in (*range(0, directory, 29), *range(directory, len(whole))):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x5A]) + whole[offset + 1 :])
        try:
            if _read_here(path) != expected:
                silent.append(offset)
        except Refused:
            continue
    assert silent == [], "checksums of the package catch what the parser would swallow"


def test_flags_the_archive_library_gives_up_on_are_refused(tmp_path, steady):
    """Strong encryption and patched data, of any entry: a refusal in our words, not an error of the library."""
    whole = steady.read_bytes()
    at = whole.index(b"PK\x01\x02")
    while at >= 0:
        for flag in (0x40, 0x20):
            path = tmp_path / "flag.xlsx"
            path.write_bytes(whole[: at + 8] + bytes([whole[at + 8] | flag]) + whole[at + 9 :])
            with pytest.raises(Refused, match=r"密码|结构异常"):
                _read_here(path)
        at = whole.find(b"PK\x01\x02", at + 1)


def test_a_directory_said_to_begin_before_the_file(tmp_path, steady):
    whole = bytearray(steady.read_bytes())
    end = whole.rindex(b"PK\x05\x06")
    whole[end + 19] = 0x7F
    path = tmp_path / "before.xlsx"
    path.write_bytes(whole)
    refused(path, "损坏")


def _read_here(path):
    kind = containers.sniff(path, path.name, Limits())
    return [row for grid in grids(path, path.name, kind, Limits()) for block in grid.blocks for row in block]


def test_an_old_workbook_cut_anywhere_ends_in_a_verdict(tmp_path):
    whole = xls(ROWS)
    path = tmp_path / "cut.xls"
    for cut in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:cut])
        try:
            rows = _read_here(path)
        except Refused:
            continue
        except BaseException as panic:  # the parser's own way of giving up; in the child it ends the process
            assert type(panic).__name__ == "PanicException"
            continue
        assert len(rows) <= len(ROWS)


def test_a_parser_that_panics_is_a_refusal(tmp_path):
    whole = xls(ROWS)
    path = tmp_path / "cut.xls"
    for cut in (600, 1500, 3000):
        path.write_bytes(whole[:cut])
        refused(path, "损坏")


NAMES = [
    ("a.xlsx", csv_text(ROWS).encode(), "不符"),
    ("a.xls", csv_text(ROWS).encode(), "不符"),
    ("a.csv", xls(ROWS), "不符"),
    ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "不是真正的表格"),
    ("a.xls", b'<?xml version="1.0"?><Workbook/>', "不是真正的表格"),
    ("a.xlsx", b"%PDF-1.7", "不符"),
    ("a.pdf", b"%PDF-1.7", "不认识"),
    ("a.xlsm", b"PK\x03\x04", "宏"),
    ("a", b"x", "不认识"),
    ("a.csv", b"\x1f\x8b\x08", "不符"),
    ("a.xlsx", b"", "不符|空"),
    ("a.xlsx", b"PK\x05\x06" + b"\0" * 18, "损坏|不完整"),
    ("a.xlsx", b"PK\x03\x04" + b"\0" * 400, "不完整"),
]


@pytest.mark.parametrize(("name", "content", "match"), NAMES)
def test_names_that_belie_the_content(tmp_path, name, content, match):
    path = tmp_path / name
    path.write_bytes(content)
    refused(path, match)


def test_a_package_that_is_no_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    refused(path, "损坏")


def test_error_values_are_reported(tmp_path):
    xml = sheet_xml(ROWS).decode().replace("<is><t>男</t></is>", "<v>#N/A</v>", 1).replace(
        "<c r='C2' t='inlineStr'>", "<c r='C2' t='e'>"
    )  # fmt: skip
    found = read(raw_package(tmp_path / "a.xlsx", xml.encode()))
    assert found.column("性别")[0] is None
    assert "error_values" in found.codes
