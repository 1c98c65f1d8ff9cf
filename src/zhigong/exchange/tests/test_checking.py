"""Checks of rows: every case of domain.md §1.4 on a roster's cells, verdicts by commands.md, duplicates in a file."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.exchange.checking import Checker
from zhigong.exchange.tests.checking import ROSTER, TODAY, raw, tables
from zhigong.exchange.tests.workbooks import id_number, member
from zhigong.kernel import dates, identity_numbers, names, phones
from zhigong.kernel.codes import load_table


def check(rows: list[dict[str, str]], **kwargs) -> list[dict]:
    with Checker(ROSTER, on=TODAY, tables=tables("roster")) as checker:
        return checker.check(raw(rows, **kwargs)).to_pylist()


def codes(row: dict) -> list[str]:
    return [f"{problem['column']}:{problem['code']}" for problem in row["problems"]]


@pytest.fixture(scope="module")
def loose():
    """A checker that compares no rows."""
    with Checker(replace(ROSTER, unique=None), on=TODAY, tables=tables("roster")) as made:
        yield made


def test_a_sound_row_has_nothing_to_say():
    (row,) = check([member(1)])
    assert row["verdict"] == "accepted"
    assert row["problems"] == []
    assert row["birth_date"] == dt.date(1985, 1, 1)
    assert row["sex"] == "1"
    assert row["is_migrant"] is False


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


SOUND = id_number(7)
WITH_X = next(number for number in map(id_number, range(1, 60)) if number.endswith("X"))
CELLS = [
    # 1. cut by Excel
    ("证件号码", SOUND[:15] + "000", "unverified", ["excel-truncated"], None),
    ("证件号码", "9.9010319850101E+17", "unverified", ["excel-scientific"], None),
    ("证件号码", "1.38E+10", "unverified", ["excel-scientific"], None),
    ("移动电话", "1.38E+10", "accepted", ["excel-scientific"], None),
    ("移动电话", "13800000000.0", "accepted", [], "13800000000"),
    # 2. widths, blanks, quotes
    ("证件号码", full_width(SOUND), "accepted", [], SOUND),
    ("证件号码", WITH_X.lower(), "accepted", [], WITH_X),
    ("证件号码", "'" + SOUND, "accepted", [], SOUND),
    ("证件号码", "\u00a0" + SOUND + "\u3000\t", "accepted", [], SOUND),
    ("证件号码", f"{SOUND[:6]} {SOUND[6:14]} {SOUND[14:]}", "accepted", [], SOUND),
    # 3. names
    ("姓名", "古丽•阿依", "accepted", [], "古丽·阿依"),
    ("姓名", "古丽．阿依", "accepted", [], "古丽·阿依"),
    ("姓名", "王　芳", "accepted", [], "王芳"),
    ("姓名", "㛃䶮𫖯", "accepted", [], "㛃䶮𫖯"),
    ("姓名", "王3", "accepted", ["odd-name"], "王3"),
    ("姓名", "　", "rejected", ["missing"], None),
    # 4. dates
    ("会籍变化日期", "1985.1.1", "accepted", [], dt.date(1985, 1, 1)),
    ("会籍变化日期", "1985/1/1", "accepted", [], dt.date(1985, 1, 1)),
    ("会籍变化日期", "19850101", "accepted", [], dt.date(1985, 1, 1)),
    ("会籍变化日期", "1985年1月", "accepted", ["month-only"], dt.date(1985, 1, 1)),
    ("会籍变化日期", "31048", "accepted", [], dt.date(1985, 1, 1)),
    ("会籍变化日期", "1985-02-30", "accepted", ["impossible-date"], None),
    ("会籍变化日期", "去年", "accepted", ["unreadable-date"], None),
    ("会籍变化日期", "2026-11-23", "accepted", ["future-date"], None),
    ("会籍变化日期", "", "accepted", [], None),
    ("出生日期", "1985-13-01", "unverified", ["impossible-date"], dt.date(1985, 1, 1)),
    ("出生日期", "1985", "accepted", ["year-only"], dt.date(1985, 1, 1)),
    ("出生日期", "1986-01-01", "accepted", ["birth-mismatch"], dt.date(1985, 1, 1)),
    ("出生日期", "1985年1月", "accepted", ["month-only"], dt.date(1985, 1, 1)),
    ("出生日期", "", "accepted", [], dt.date(1985, 1, 1)),
    # 5. labels
    ("性别", "男性", "accepted", [], "1"),
    ("性别", "1", "accepted", [], "1"),
    ("性别", "女", "accepted", ["sex-mismatch"], "1"),
    ("民族", "汉", "accepted", [], "01"),
    ("政治面貌", "党员", "accepted", [], "01"),
    ("学历", "大专", "accepted", [], "31"),
    ("学历", "专科毕业", "accepted", [], "31"),
    ("就业状况", "1 在岗", "accepted", [], "1"),
    ("民族", "汗族", "accepted", ["unknown-code"], None),
    ("是否农民工会员", "√", "accepted", [], True),
    ("是否农民工会员", "也许", "accepted", ["bad-boolean"], None),
    # others
    ("证件号码", "", "unverified", ["missing"], None),
    ("证件号码", SOUND[:17] + ("1" if SOUND[17] != "1" else "2"), "unverified", ["bad-check-digit"], None),
    ("证件号码", SOUND[:6] + SOUND[8:17], "accepted", ["upgraded-15"], SOUND),
    ("证件号码", "990103****01010011", "unverified", ["masked"], None),
    ("证件号码", "无", "unverified", ["bad-characters"], None),
    ("移动电话", "138-0000-0000", "accepted", [], "13800000000"),
    ("移动电话", "0553-3831234", "accepted", ["landline"], "05533831234"),
    ("移动电话", "1380000000", "accepted", ["bad-phone"], None),
    ("工会编码", "3.402E+13", "accepted", ["excel-scientific"], None),
    ("工会编码", "99010300200001.0", "accepted", [], "99010300200001"),
]


@pytest.fixture(scope="module")
def cells_checked():
    rows = [member(7, **{column: text}) for column, text, *_ in CELLS]
    with Checker(replace(ROSTER, unique=None), on=TODAY, tables=tables("roster")) as checker:
        return checker.check(raw(rows)).to_pylist()


@pytest.mark.parametrize("place", range(len(CELLS)), ids=lambda place: f"{CELLS[place][0]} {CELLS[place][1]}")
def test_one_cell(place, cells_checked):
    column, _, verdict, problems, value = CELLS[place]
    row = cells_checked[place]
    assert codes(row) == [f"{column}:{code}" for code in problems]
    assert row["verdict"] == verdict
    assert row[next(c.field for c in ROSTER.columns if c.name == column)] == value


ENDS_IN_ZEROS = next(
    number
    for month in range(1, 13)
    for day in range(1, 29)
    for serial in (0, 100, 200, 300, 400)
    if (number := id_number(serial, birth=f"1985{month:02d}{day:02d}", male=False)).endswith("000")
)


def test_a_number_cell_is_cut_even_when_its_digits_pass():
    """The cell held a number: eighteen digits can't be true, whatever the check digit says."""
    rows = check([member(1, 证件号码=ENDS_IN_ZEROS), member(2)], damaged=["证件号码"])
    assert [row["verdict"] for row in rows] == ["unverified"] * 2
    assert codes(rows[0]) == ["证件号码:excel-truncated"]
    assert [row["id_number"] for row in rows] == [None, None]
    assert rows[0]["birth_date"] == dt.date(1985, 1, 1), "as typed: the number says nothing"


def test_a_sound_number_that_ends_in_zeros_is_only_remarked():
    (row,) = check([member(1, 证件号码=ENDS_IN_ZEROS, 出生日期="", 性别="")])
    assert codes(row) == ["证件号码:maybe-truncated"]
    assert row["verdict"] == "accepted"
    assert row["sex"] == "2"


def test_unknown_labels_are_kept_aside():
    (row,) = check([member(1, 民族='汗"族', 学历="秀才")])
    assert row["extra"] == '{"民族":"汗\\"族","学历":"秀才"}'
    assert row["ethnicity"] is None


def test_a_bad_date_never_becomes_today():
    rows = check(
        [member(i, 会籍变化日期=text) for i, text in enumerate(["", "0", "今天", "2026-11-31", "None", "NaT"])]
    )
    assert {row["change_date"] for row in rows} == {None}


def test_rows_of_several_faults_take_the_worst_verdict_and_say_all():
    (row,) = check([member(1, 姓名="", 证件号码="1", 移动电话="x", 民族="y")])
    assert row["verdict"] == "rejected"
    assert [problem["severity"] for problem in row["problems"]] == ["reject", "unverify", "warn", "warn"]
    assert all(problem["text"] for problem in row["problems"])


def test_sentences_never_quote_a_number():
    rows = check([member(1, 性别=SOUND, 民族="13812345678", 证件号码=SOUND[:-1] + "#", 移动电话=SOUND, 出生日期=SOUND)])
    told = str([problem["text"] for row in rows for problem in row["problems"]])
    assert SOUND[:10] not in told
    assert "138123" not in told


# --- duplicates


def test_duplicates_within_and_across_chunks():
    first = [member(1), member(2), member(1, 序号="9")]
    second = [member(2, 移动电话="13900000000"), member(1, 姓名="别人"), member(3), member(3, 姓名="")]
    with Checker(ROSTER, on=TODAY, tables=tables("roster")) as checker:
        one = checker.check(raw(first)).to_pylist()
        two = checker.check(raw(second, first=4, sheet="二车间")).to_pylist()
        assert checker.tally.codes["duplicate_same"] == 1
        assert checker.tally.rows == 7
    assert [codes(row) for row in one] == [[], [], ["证件号码:duplicate_same"]]
    assert "第 2 行" in one[2]["problems"][0]["text"]
    assert [codes(row) for row in two] == [
        ["证件号码:duplicate_differs"],
        ["证件号码:duplicate_conflict"],
        [],
        ["姓名:missing"],
    ]
    assert [row["verdict"] for row in two] == ["accepted", "unverified", "accepted", "rejected"]
    assert "工作表「会员」第 3 行" in two[0]["problems"][0]["text"]


def test_old_and_new_number_of_one_person_are_the_same():
    old = member(7, 证件号码=SOUND[:6] + SOUND[8:17])
    rows = check([member(7, 证件号码=SOUND), old])
    assert "证件号码:duplicate_same" in codes(rows[1])


def test_damaged_numbers_are_no_duplicates():
    rows = check([member(1, 证件号码=SOUND[:15] + "000"), member(2, 证件号码=SOUND[:15] + "000")])
    assert [codes(row) for row in rows] == [["证件号码:excel-truncated"]] * 2


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["甲", "乙"]), st.booleans()), max_size=30), st.integers(1, 7)
)
def test_duplicates_agree_with_a_plain_loop(drawn, size):
    rows = [member(i, 姓名=name, 籍贯="某地" if here else "") for i, name, here in drawn]
    expected, seen = [], {}
    for i, name, here in drawn:
        first = seen.setdefault(i, (name, here))
        code = (
            "duplicate_same"
            if first == (name, here)
            else "duplicate_differs"
            if first[0] == name
            else "duplicate_conflict"
        )
        expected.append(
            []
            if first is None or len(expected) == next(k for k, d in enumerate(drawn) if d[0] == i)
            else [f"证件号码:{code}"]
        )
    found = []
    with Checker(ROSTER, on=TODAY, tables=tables("roster")) as checker:
        for start in range(0, len(rows), size):
            found += [codes(row) for row in checker.check(raw(rows[start : start + size], first=start + 1)).to_pylist()]
    assert found == expected


# --- the short ways agree with the kernel


NUMBERS = st.one_of(
    st.builds(
        id_number, st.integers(0, 499), birth=st.dates(dt.date(1890, 1, 1), dt.date(2030, 1, 1)).map("{:%Y%m%d}".format)
    ),
    st.text("0123456789X ", min_size=0, max_size=20),
    st.builds(
        lambda n, i, c: n[:i] + c + n[i + 1 :], st.just(SOUND), st.integers(0, 17), st.sampled_from("0123456789Xx*' a")
    ),
)
KINDS = st.sampled_from(["", "居民身份证", "护照", "港澳居民居住证", "外国人永久居留身份证", "台胞证", "其他"])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(NUMBERS, KINDS), min_size=1, max_size=120))
def test_numbers_are_judged_as_the_kernel_judges(loose, drawn):
    rows = [member(1, 证件号码=number, 有效证件类别=kind, 出生日期="", 性别="") for number, kind in drawn]
    found = loose.check(raw(rows)).to_pylist()
    kinds = load_table("id_document_type")
    for (number, kind), row in zip(drawn, found, strict=True):
        judged = identity_numbers.check_document(number, on=TODAY, kind=kinds.code_of(kind) or "111", regions=())
        problems = {code.partition(":")[2] for code in codes(row) if code.startswith("证件号码")}
        assert (problems & set(identity_numbers.HARD)) == ({judged.problem} if judged.problem else set()), number
        assert row["id_number"] == (None if judged.problem else judged.value), number
        if not judged.problem:
            assert row["birth_date"] == judged.birth, number


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.text("0123456789+-.,()/ E*", max_size=16) | st.from_regex(phones.MOBILE, fullmatch=True),
        min_size=1,
        max_size=120,
    )
)
def test_phones_are_judged_as_the_kernel_judges(loose, texts):
    found = loose.check(raw([member(1, 移动电话=text) for text in texts])).to_pylist()
    for text, row in zip(texts, found, strict=True):
        judged = phones.check_phone(text)
        assert row["phone"] == (None if judged.problem else judged.value), text


DATES = st.one_of(
    st.dates(dt.date(1899, 1, 1), dt.date(2201, 1, 1)).flatmap(
        lambda d: st.sampled_from(
            [f"{d}", f"{d:%Y/%m/%d}", f"{d.year}.{d.month}.{d.day}", f"{d:%Y%m%d}", f"{d:%Y年%m月%d日}"]
        )
    ),
    st.text("0123456789-/.年月日 ", max_size=12),
    st.from_regex(
        dates.DAY, fullmatch=True, alphabet=st.characters(codec="utf-8", categories=["Nd", "Pd", "Po", "Lo"])
    ),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(DATES, min_size=1, max_size=120))
def test_dates_are_judged_as_the_kernel_judges(loose, texts):
    found = loose.check(raw([member(1, 会籍变化日期=text, 出生日期="", 证件号码="") for text in texts])).to_pylist()
    for text, row in zip(texts, found, strict=True):
        judged = dates.read_date(text)
        expected = judged.value if judged.value and judged.value <= TODAY else None
        assert row["change_date"] == expected, text


NAMES = st.text("王芳·•． \u3000\xa0\u200b\tAb.,'\"3㛃䶮𫖯（）", max_size=8)


@settings(max_examples=15, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=120))
def test_names_are_judged_as_the_kernel_judges(loose, texts):
    found = loose.check(raw([member(1, 姓名=text) for text in texts])).to_pylist()
    for text, row in zip(texts, found, strict=True):
        assert row["name"] == (names.normal_name(text) or None), text
        assert (row["verdict"] == "rejected") == (row["name"] is None), text
