"""Layouts of domain.md §1.1 and §1.4: where the header is, which rows are members, and why the others are none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.exchange.reading.types import ReadResult
from zhigong.exchange.tests.reading import classify, read
from zhigong.exchange.tests.workbooks import (
    HEADER,
    NOTE,
    append,
    cells,
    csv_text,
    id_number,
    member,
    plain,
    save,
    template,
    xls,
)

MEMBERS = [member(i) for i in range(1, 13)]
ROWS = [cells(row) for row in MEMBERS]


def test_the_template_as_cadres_use_it(tmp_path):
    found = read(save(template(MEMBERS), tmp_path / "名册.xlsx"))
    sheet, lists = found.result.sheets
    assert found.column("姓名") == [row["姓名"] for row in MEMBERS], "also those typed below the note"
    assert found.column("row") == [*range(5, 14), 15, 16, 17]
    assert sheet.counts == {"title": 3, "header": 1, "notes": 1, "data": 12}
    assert sheet.header_row == 4
    assert sheet.unit_name == "云泽江东机械有限公司工会委员会"
    assert sheet.runs == ((5, 9), (15, 3))
    assert lists.role == "dropdown"
    assert ReadResult.from_dict(found.result.as_dict()) == found.result


def test_deleting_the_note_loses_nobody(tmp_path):
    found = read(save(template(MEMBERS, note_after=99), tmp_path / "名册.xlsx"))
    assert found.result.rows == 12


OTHER_ROWS = [
    (["合计", "12"], "total"),
    (["", "合 计", "", "", "", "", "", "", "", "", "12"], "total"),
    (["小计：", "", "6"], "total"),
    (["共 12 人"], "total"),
    (["制表人：张三　审核人：李四　填表日期：2026年11月"], "signature"),
    (["填表人：", "张三", "", "审核人：", "李四", "填表日期", "2026年"], "signature"),
    (["", "单位负责人（签字）：", "", "", "盖章"], "signature"),
    (["2026年11月3日"], "signature"),
    ([NOTE], "notes"),
    (["注：1.本表一式两份"], "notes"),
    (["1、姓名须与身份证一致"], "notes"),
    (["第一车间"], "notes"),
    ([], "blank"),
    (["　", " ", "\t"], "blank"),
    (["13"], "blank"),
    (HEADER, "header"),
    (["序号", " 姓 名 ", "性别"], "header"),
    (["示例", "张三", "男", "1985/01/01", "汉族", "在岗", "居民身份证", id_number(3)], "sample"),
    (["例", "李四", "女", "1990/01/01"], "sample"),
    (["1", "张三（示例）", "男", "1985/01/01", "汉族", "在岗"], "sample"),
]


@pytest.mark.parametrize(("odd", "kind"), OTHER_ROWS)
@pytest.mark.parametrize("place", [1, 6, 13])
def test_rows_that_are_no_members(odd, kind, place):
    rows = [HEADER, *ROWS]
    rows.insert(place, [*odd, *[""] * (len(HEADER) - len(odd))])
    result, asides = classify(rows)
    assert result.rows == 12
    assert result.counts[kind] == 1 + (kind == "header")
    if kind != "blank":
        assert (place + 1, kind) in asides


MEMBER_ROWS = [
    member(20, 姓名="计春华"),
    member(21, 姓名="章明"),
    member(22, 姓名="总计划"),
    member(23, 序号="", 性别="", 民族="", 证件号码=""),
    member(24, 姓名=""),
    member(25, 工作单位="合计制表有限公司"),
    member(26, 序号="注1"),
    {"姓名": "王小明"},
    {"证件号码": id_number(27)},
    {"序号": "9", "姓名": "欧阳·娜"},
    {"序号": "8", "姓名": "审理", "移动电话": "13800000000"},
]


@pytest.mark.parametrize("row", MEMBER_ROWS)
def test_rows_that_only_look_odd_are_kept(row):
    result, _ = classify([HEADER, *ROWS, cells(row), *ROWS])
    assert result.rows == 25


def test_titles_above_and_no_titles():
    for titles in ([], [["附件四"]], [["某某表"], [], ["填表单位：", "", "云泽市明泰轴承厂工会委员会"]]):
        result, _ = classify([*[[*t, *[""] * 20] for t in titles], HEADER, *ROWS])
        assert result.rows == 12
        assert result.header_row == len(titles) + 1
    assert result.unit_name == "云泽市明泰轴承厂工会委员会"


def test_a_union_named_in_the_title():
    result, _ = classify([["云泽市镜湖区总工会2026年会员名册", *[""] * 19], HEADER, *ROWS])
    assert result.unit_name == "云泽市镜湖区总工会"


def test_headers_by_other_words_and_order():
    header = ["身份证号码", "姓 名", "联系电话\n（手机）", "*性别（必填）", "工资", "文化程度", "工资"]
    result, _ = classify([header, ["990103198501010018", "王芳", "13800000000", "女", "5000", "本科", "1"]])
    assert [m.name for m in result.columns] == ["证件号码", "姓名", "移动电话", "性别", "", "学历", ""]
    assert [m.header for m in result.columns][-3:] == ["工资", "文化程度", "工资(2)"]


def test_the_official_name_wins_over_an_alias():
    result, _ = classify([["姓名", "联系电话", "移动电话"], ["王芳", "0553-2222222", "13800000000"]])
    assert [(m.header, m.name) for m in result.columns] == [
        ("姓名", "姓名"),
        ("联系电话", ""),
        ("移动电话", "移动电话"),
    ]


def test_a_header_of_two_rows():
    above = ["序号", "姓名", "证件", "", "联系方式", ""]
    below = ["", "", "类型", "号码", "手机", "住址"]
    merges = [(0, 2, 0, 3), (0, 4, 0, 5), (0, 0, 1, 0), (0, 1, 1, 1)]
    result, _ = classify(
        [above, below, ["1", "王芳", "居民身份证", id_number(1), "13800000000", "某街"]], merges=merges
    )
    names = {m.name for m in result.columns}
    assert {"姓名", "有效证件类别", "证件号码", "移动电话"} <= names
    assert result.header_row == 2


def test_several_sheets_are_all_read(tmp_path):
    book = plain([HEADER, *ROWS[:5]], title="一车间")
    second = book.create_sheet("二车间")
    for number, row in enumerate([["二车间名册"], HEADER, *ROWS[5:]], 1):
        append(second, number, row)
    book.create_sheet("空表")
    other = book.create_sheet("工资表")
    append(other, 1, ["工号", "应发", "实发"])
    append(other, 2, ["1", "5000", "4000"])
    hidden = book.create_sheet("离职")
    hidden.sheet_state = "hidden"
    for number, row in enumerate([HEADER, cells(member(90))], 1):
        append(hidden, number, row)
    found = read(save(book, tmp_path / "a.xlsx"))
    assert [(s.name, s.role, s.rows) for s in found.result.sheets] == [
        ("一车间", "data", 5),
        ("二车间", "data", 7),
        ("空表", "empty", 0),
        ("工资表", "other", 0),
        ("离职", "data", 1),
    ]
    assert found.column("row") == [*range(2, 7), *range(3, 10), 2]
    assert found.codes == {"no_header", "hidden_sheet"}


def test_hidden_rows_and_columns_are_read_and_reported(tmp_path):
    book = plain([HEADER, *ROWS])
    book.active.row_dimensions[4].hidden = True
    book.active.column_dimensions["K"].hidden = True
    found = read(save(book, tmp_path / "a.xlsx"))
    assert found.result.rows == 12
    assert {"hidden_rows", "hidden_columns"} == found.codes
    texts = " ".join(notice.text for notice in found.result.notices)
    assert "第 4 行" in texts
    assert "K" in texts


def test_cells_merged_downwards_belong_to_every_row(tmp_path):
    book = plain([HEADER, *[cells(member(i, 工作单位="" if i > 1 else "江东机械")) for i in range(1, 6)]])
    book.active.merge_cells("R2:R5")
    found = read(save(book, tmp_path / "a.xlsx"))
    assert found.column("工作单位") == ["江东机械"] * 4 + [None]


def test_unknown_columns_are_kept(tmp_path):
    rows = [[*cells(member(1)), '三"级\\', "x\ny"], [*cells(member(2)), "", ""], [*cells(member(3)), "", "z"]]
    found = read(save(plain([[*HEADER, "岗位", "备注"], *rows]), tmp_path / "a.xlsx"))
    assert found.column("extra") == ['{"岗位":"三\\"级\\\\","备注":"x\\ny"}', None, '{"备注":"z"}']


def test_numbers_dates_and_what_excel_has_cut(tmp_path):
    import datetime as dt

    row = cells(member(1))
    row[0], row[3], row[10] = 1, dt.date(1985, 1, 1), 13800000000
    cut = cells(member(2))
    cut[7], cut[10], cut[3] = 110105194912310021, 1.38e10, dt.datetime(1985, 1, 1, 8, 30)  # noqa: DTZ001
    short = cells(member(3))
    short[7] = 990103850101001
    found = read(save(plain([HEADER, row, cut, short]), tmp_path / "a.xlsx"))
    assert found.column("序号")[0] == "1"
    assert found.column("出生日期") == ["1985-01-01", "1985-01-01 08:30:00", "1985/01/01"]
    assert found.column("移动电话")[:2] == ["13800000000", "13800000000"]
    assert found.column("证件号码")[1:] == ["110105194912310000", "990103850101001"]
    assert found.column("damaged") == [[], ["证件号码"], []]


def test_a_workbook_that_counts_from_1904(tmp_path):
    import datetime as dt

    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = plain([HEADER])
    book.epoch = CALENDAR_MAC_1904
    row = cells(member(1))
    row[3] = dt.date(1985, 1, 1)
    append(book.active, 2, row)
    row[3] = "29586"
    append(book.active, 3, row)
    found = read(save(book, tmp_path / "a.xlsx"))
    assert found.column("出生日期") == ["1985-01-01", "31048"]


def test_formulas_are_read_as_saved_and_reported(tmp_path):
    book = plain([HEADER, *ROWS])
    book.active["A2"] = "=ROW()-1"
    found = read(save(book, tmp_path / "a.xlsx"))
    assert found.column("序号")[0] is None
    assert found.codes == {"formulas_without_value"}
    assert "1 个没有保存结果" in found.result.notices[0].text


def test_old_excel(tmp_path):
    path = tmp_path / "a.xls"
    rows = [HEADER, *ROWS]
    rows[1][7] = 110105194912310021.0
    path.write_bytes(xls([["附件"], *rows]))
    found = read(path)
    assert found.result.format == "xls"
    assert found.column("row") == list(range(3, 15))
    assert found.column("damaged")[0] == ["证件号码"]


def test_receipt_marks_come_back_and_are_no_data(tmp_path):
    header = [*HEADER, "导入结果"]
    rows = [
        [*ROWS[0], "待核实：证件号码有误。〔#12-7〕"],
        [*ROWS[1], "通过〔#a.b-8〕  "],
        [*ROWS[2], "随手写的"],
        [*ROWS[3], ""],
        [*[""] * 20, "通过〔#12-9〕"],
    ]
    found = read(save(plain([header, *rows]), tmp_path / "a.xlsx"))
    assert found.column("receipt_ref") == ["12-7", "a.b-8", None, None]
    assert found.column("extra") == [None] * 4
    assert found.result.counts["blank"] == 1
    assert found.result.sheets[0].receipt_position == 20


def test_what_is_told_of_a_file_carries_no_numbers(tmp_path):
    number = id_number(5)
    rows = [["填表人：王芳", "13812345678"], HEADER, ["示例", "张三", "男", "", "", "", "", number], *ROWS]
    found = read(save(plain(rows), tmp_path / "a.xlsx"))
    told = str(found.result.as_dict())
    assert number not in told
    assert "13812345678" not in told
    assert "张三" in told


KINDS = st.sampled_from(["member", *[str(i) for i in range(len(OTHER_ROWS))]])


@settings(max_examples=60, deadline=None)
@given(st.lists(KINDS, max_size=40), st.integers(0, 5))
def test_whatever_the_mixture_nothing_is_lost(kinds, titles):
    rows = [["某某表", *[""] * 19]] * titles + [HEADER]
    members = 0
    for place, kind in enumerate(kinds):
        if kind == "member":
            rows.append(cells(member(place)))
            members += 1
        else:
            odd = OTHER_ROWS[int(kind)][0]
            rows.append([*odd, *[""] * (len(HEADER) - len(odd))])
    result, _ = classify(rows)
    assert result.rows == members
    assert sum(count for _, count in result.runs) == members


def test_a_long_file_comes_in_chunks_of_any_size(tmp_path):
    from zhigong.exchange.reading import Limits

    path = tmp_path / "a.csv"
    rows = [cells(member(i % 400)) for i in range(9_000)]
    path.write_text(csv_text([HEADER, *rows[:4_000], ["合计"], *rows[4_000:]]), "utf-8")
    found = read(path, limits=Limits(chunk_rows=1_000))
    assert found.chunks >= 9
    assert found.column("序号") == [row[0] for row in rows]
    assert found.result.sheets[0].runs == ((2, 4_000), (4_003, 5_000))
