"""Code tables: complete, tolerant of what people type, dated, and refused when malformed."""

from datetime import date
from pathlib import Path

import pytest

from zhigong.kernel import resources
from zhigong.kernel.codes import load_table
from zhigong.kernel.errors import Refused
from zhigong.kernel.industries import industry_division, industry_section

ALL = [Path(path).stem for path in resources.all_under("codes") if path.endswith(".yaml")]


@pytest.mark.parametrize("name", ALL)
def test_every_table_loads_and_finds_its_own_codes_labels_and_aliases(name):
    table = load_table(name)
    assert table.title
    assert table.standard
    for row in table.rows:
        assert table.code_of(row.code) == row.code
        if not table.labels_repeat:
            for text in (
                row.label,
                *row.aliases,
                f"{row.code} {row.label}",
                f"{row.code}.{row.label}",
                f" {row.label}　",
            ):
                assert table.code_of(text) == row.code, text
    assert dict(table.as_rows()) == {text: table.code_of(text) for text, _ in table.as_rows()}


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("gender", 4),
        ("ethnic_group", 58),
        ("political_status", 13),
        ("industry_section", 20),
        ("industry", 97),
        ("employment_status", 9),
        ("membership_change_type", 6),
        ("membership_change_reason", 6),
        ("skill_level", 9),
    ],
)
def test_tables_are_complete(name, count):
    table = load_table(name)
    assert len(table.rows) == len({row.code for row in table.rows}) == count


@pytest.mark.parametrize(
    ("name", "code", "texts"),
    [
        ("gender", "1", ["男", "男性", "1", "１", " 男 ", "1男", "1.男", "01"[1:]]),
        ("gender", "2", ["女", "女性", "2", "2-女"]),
        ("ethnic_group", "01", ["汉", "汉族", "01", "1", "０１", "01汉族", "汉 族"]),
        ("ethnic_group", "05", ["维吾尔", "维吾尔族", "维族"]),
        ("political_status", "01", ["党员", "中共党员", "中国共产党党员", "1", "01 中共党员"]),
        ("political_status", "13", ["群众", "13"]),
        ("education", "31", ["大专", "专科", "专科毕业", "大学专科", "31"]),
        ("education", "21", ["本科", "大学本科", "大学"]),
        ("education", "81", ["小学及以下"]),
        ("education", "90", ["其他", "其它"]),
        ("employment_status", "1", ["在岗", "1 在岗", "1、在岗", "在岗职工"]),
        ("employment_status", "2", ["待(下)岗", "待（下）岗", "下岗"]),
        ("employment_status", "7", ["退养(内退)", "内退"]),
        ("membership_change_type", "1", ["入会", "新入会"]),
        ("membership_change_reason", "1", ["劳动(工作)关系发生变化"]),
        ("skill_level", "3", ["高级", "高级工", "三级/高级工", "国家职业资格三级"]),
        ("skill_level", "8", ["首席技师"]),
        ("skill_level", "0", ["无", "/"]),
        ("household_registration_type", "2", ["农业", "农业户口", "农业家庭户口"]),
        ("id_document_type", "111", ["身份证", "居民身份证"]),
        ("id_document_type", "516", ["回乡证", "港澳居民来往内地通行证"]),
        ("marital_status", "20", ["已婚", "20"]),
        ("industry", "52", ["零售业", "52", "F52"]),
        ("union_level", "district", ["区县总", "区县总工会", "DISTRICT"]),
        ("union_kind", "joint", ["联合", "联合工会"]),
        ("unit_kind", "700", ["民办非企业", "700"]),
        ("registration_type", "173", ["私营有限责任公司"]),
        ("economic_type", "151", ["国有独资", "国有独资(公司)"]),
    ],
)
def test_what_people_type(name, code, texts):
    table = load_table(name)
    for text in texts:
        assert table.code_of(text) == code, text


@pytest.mark.parametrize("text", [None, "", " 　", "不存在", "2 男", "3"])
def test_what_is_not_recognised_is_not_guessed(text):
    assert load_table("gender").code_of(text) is None


def test_labels_and_choices_are_dated():
    skills = load_table("skill_level")
    assert skills.label("8") == "首席技师"
    assert skills.label("8", on=date(2020, 1, 1)) == "8"
    assert "首席技师" not in dict(skills.choices(on=date(2020, 1, 1))).values()
    assert ("1", "高级技师") in skills.choices(on=date(2020, 1, 1))
    assert load_table("gender").label("7") == "7"


def test_divisions_have_a_history_and_our_supplement():
    table = load_table("division")
    assert table.label("330113") == "临平区"
    assert table.label("330114") == "钱塘区"
    assert table.label("340210") == "湾沚区"
    assert table.label("340210", on=date(2019, 6, 1)) == "340210"
    assert table.label("330103", on=date(2010, 6, 1)) == "下城区"
    assert table.label("330103", on=date(2023, 6, 1)) == "330103"
    assert table.label("510202", on=date(1985, 1, 1)) == "市中区"
    assert table.label("510202") == "渝中区"
    assert table.label("810000") == "香港特别行政区"
    assert table.code_of("朝阳区") is None  # several counties
    assert table.code_of("崇文区") == "110103"
    assert len({row.code for row in table.rows}) > 6_800


def test_industries_by_class_codes():
    assert industry_division("F5211") == industry_division("5211") == industry_division("零售业") == "52"
    assert industry_division("９８") is None
    assert industry_division(None) is None
    assert industry_section("52") == "F"
    assert industry_section("98") is None
    sections = {row.code for row in load_table("industry_section").rows}
    assert {industry_section(row.code) for row in load_table("industry").rows} == sections


@pytest.mark.parametrize("name", ["nothing", "../gender", "a/b", ""])
def test_an_unknown_table_is_refused(name):
    with pytest.raises(Refused):
        load_table(name)


HEAD = "id: t\ntitle: 表\nstandard: 文号\nvalid_from: 2026-01-01\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- a", "键值对"),
        ("id: t\ntitle: 表", "standard"),
        (HEAD.replace("id: t", "id: other") + "rows: []", "other"),
        (HEAD + "rows: []", "没有内容"),
        (HEAD + "colour: red\nrows: []", "colour"),
        (HEAD + "rows:\n  - {code: 1, label: 一}", "引号"),
        (HEAD + "rows:\n  - {code: '1'}", "必须是文字"),
        (HEAD + "rows:\n  - {code: '1', label: 一, alias: [x]}", "alias"),
        (HEAD + "rows:\n  - {code: '1', label: 一, aliases: x}", "必须是文字"),
        (HEAD + "rows:\n  - {code: '1', label: 一, valid_from: 昨天}", "日期"),
        (HEAD + "rows:\n  - {code: '1', label: 一, aliases: [同]}\n  - {code: '2', label: 二, aliases: [同]}", "同"),
        (HEAD + "rows:\n  - 一", "键值对"),
        (HEAD + "rows_from: [missing.csv]", "不存在"),
        (HEAD + "rows_from: [../codes/t.csv]", "不存在"),
    ],
)
def test_a_malformed_table_is_refused(tmp_path, text, why):
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "t.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=why):
        load_table("t", roots=[tmp_path])


def test_a_city_replaces_a_table_and_csv_sources_are_checked(tmp_path):
    folder = tmp_path / "codes"
    folder.mkdir()
    (folder / "gender.yaml").write_text(HEAD.replace("id: t", "id: gender") + "rows_from: [g.csv]", encoding="utf-8")
    (folder / "g.csv").write_text(
        "code,label,aliases,valid_from,valid_to\nM,男,男性;先生,2026-01-01,\n", encoding="utf-8"
    )
    table = load_table("gender", roots=[tmp_path, resources.national()])
    assert table.code_of("先生") == "M"
    (folder / "g.csv").write_text("code,label,aliases,valid_from,valid_to\nM,男,,不是日期,\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"g\.csv:2"):
        load_table("gender", roots=[tmp_path])
