"""Text files: encodings, delimiters, quotes, ragged and truncated rows."""

from __future__ import annotations

import codecs

import pytest

from zhigong.exchange.reading import Limits
from zhigong.exchange.tests.reading import read
from zhigong.exchange.tests.workbooks import HEADER, cells, csv_text, member
from zhigong.kernel.errors import Refused

RARE = "㛃䶮𫖯"
ROWS = [HEADER, *[cells(member(i)) for i in range(1, 6)], cells(member(6, 姓名=f"王{RARE}"))]

ENCODINGS = [
    ("utf-8", b"", "utf-8"),
    ("utf-8", codecs.BOM_UTF8, "utf-8-sig"),
    ("gb18030", b"", "gb18030"),
    ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
    ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
]


@pytest.mark.parametrize(("encoding", "mark", "expected"), ENCODINGS)
def test_encodings_with_rare_characters(tmp_path, encoding, mark, expected):
    path = tmp_path / "a.csv"
    path.write_bytes(mark + csv_text(ROWS).encode(encoding))
    found = read(path)
    assert found.result.encoding == expected
    assert found.rows[5]["姓名"] == f"王{RARE}"
    assert found.rows[0]["序号"] == "1", "the mark is no part of the first header"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("suffix", ["csv", "txt"])
def test_delimiters(tmp_path, delimiter, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_text(csv_text([["某某单位，会员名册；2026"], *ROWS], delimiter), "utf-8")
    found = read(path)
    assert found.result.delimiter == delimiter
    assert found.result.rows == 6


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_line_endings(tmp_path, ending):
    path = tmp_path / "a.csv"
    path.write_bytes(csv_text(ROWS).replace("\r\n", ending).encode())
    assert read(path).result.rows == 6


def test_breaks_quotes_and_our_own_separators_inside_cells(tmp_path):
    path = tmp_path / "a.csv"
    odd = 'a"b,\n第二行\r\nc\x1fd\x1ee'
    path.write_text(csv_text([HEADER, cells(member(1, 户籍所在地=odd)), cells(member(2))]), "utf-8", newline="")
    found = read(path)
    assert found.column("户籍所在地") == ['a"b,\n第二行\nc d e', "江泽省云泽市"]
    assert found.column("row") == [2, 3], "as Excel counts"


def test_quotes_without_partner_swallow_nobody(tmp_path):
    lines = csv_text(ROWS).splitlines()
    lines[2] = lines[2].replace("江泽省云泽市", '"江泽省云泽市')
    lines[5] = lines[5].replace("江泽省云泽市", '"江泽省云泽市')
    path = tmp_path / "a.csv"
    path.write_text("\r\n".join(lines), "utf-8")
    found = read(path)
    assert found.result.rows == 6
    assert found.column("姓名") == [row[1] for row in ROWS[1:]]
    assert "stray_quote" in found.codes


def test_a_quote_that_would_swallow_the_rest_is_refused(tmp_path):
    lines = csv_text([HEADER, *[cells(member(i % 400)) for i in range(3_000)]]).splitlines()
    lines[9] = lines[9].replace("江泽省云泽市", '"江泽省云泽市')
    path = tmp_path / "a.csv"
    path.write_text("\r\n".join(lines), "utf-8")
    with pytest.raises(Refused, match="双引号"):
        read(path)


def test_rows_longer_than_the_header_are_kept_and_named(tmp_path):
    path = tmp_path / "a.csv"
    text = csv_text(ROWS).replace("江泽省云泽市", "安徽省,云泽市", 1)
    path.write_text(text, "utf-8")
    found = read(path)
    assert found.result.rows == 6
    assert found.codes == {"ragged"}
    assert "第 2 行" in found.result.notices[0].text
    assert found.rows[0]["extra"] == '{"第21列":"否"}'


def test_empty_and_headless_files(tmp_path):
    path = tmp_path / "a.csv"
    for content, what in (
        (b"", "空的"),
        (b"\r\n\r\n", "没有内容"),
        ("甲,乙\r\n1,2\r\n".encode(), "没有找到表头"),
        ("姓名\r\n王芳\r\n".encode(), "没有找到表头"),
    ):
        path.write_bytes(content)
        with pytest.raises(Refused, match=what):
            read(path)


BROKEN = [
    csv_text(ROWS).encode()[:-40] + b"\xff\xfe" + csv_text(ROWS).encode()[-40:],
    codecs.BOM_UTF8 + csv_text(ROWS).encode("gb18030"),
    csv_text(ROWS).encode("utf-16-le"),
    csv_text(ROWS).encode("gb18030")[:-3] + b"\xff\xff\r\n",
    csv_text(ROWS).encode("big5", "replace"),
    csv_text(ROWS).encode("shift_jis", "replace"),
    codecs.BOM_UTF16_LE + csv_text(ROWS).encode("utf-16-le")[:-1],
    bytes(range(256)) * 40,
]


@pytest.mark.parametrize("content", BROKEN)
def test_wrong_encodings_are_refused_not_guessed(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(Refused) as refusal:
        read(path)
    assert refusal.value.what
    assert refusal.value.where
    assert refusal.value.do


def test_a_text_cut_anywhere_is_refused_or_fully_accounted_for(tmp_path):
    """Every whole line before the cut is there; the last, incomplete one is a row or the reason of a refusal."""
    path = tmp_path / "a.csv"
    for encoding in ("utf-8", "gb18030"):
        whole = csv_text(ROWS).encode(encoding)
        for cut in range(len(whole) - 300, len(whole), 61):
            path.write_bytes(whole[:cut])
            try:
                found = read(path)
            except Refused:
                continue
            assert found.result.rows >= whole[:cut].count(b"\r\n") - 1


def test_limits_of_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv_text([HEADER, *[cells(member(i % 400)) for i in range(50)]]), "utf-8")
    for limits, what in (
        (Limits(text_bytes=1000), "文件太大"),
        (Limits(text_rows=20), "文件太大"),
        (Limits(columns=10), "列数太多"),
    ):
        with pytest.raises(Refused, match=what):
            read(path, limits=limits)
