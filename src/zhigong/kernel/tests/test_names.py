"""Names keep their characters, sort by pinyin, and are found by their beginnings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel.names import (
    initials,
    initials_many,
    looks_like_person_name,
    normal_name,
    normal_unit_name,
    search_key,
    sort_key,
    sort_keys,
    unit_key,
)
from zhigong.kernel.surnames import COMPOUND_INITIALS

RARE = "㛃䶮𫖯𬙋"
name_texts = st.text(
    st.one_of(
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), st.sampled_from(f"·•. 　尉万单{RARE}豈AbＣ1-")
    ),
    max_size=8,
)


@pytest.mark.parametrize("dot", list("·•・．‧∙⋅･"))
def test_one_kind_of_dot(dot):
    assert normal_name(f"买买提{dot}艾力") == "买买提·艾力"


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("王 伟", "王伟"),
        ("　李　娜\t", "李娜"),
        ("'张三", "张三"),
        ("\u00a0赵\u200b六", "赵六"),
        ("买.买.提", "买·买·提"),
        ("买买提。艾力", "买买提·艾力"),
        ("·艾力··买买提·", "艾力·买买提"),
        ("买买提 · 艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("ＪＯＨＮ", "JOHN"),
        ("J. Smith", "J. Smith"),
        ("", ""),
        ("张\0三\x07", "张三"),
    ],
)
def test_one_spelling(dirty, clean):
    assert normal_name(dirty) == clean


@pytest.mark.parametrize("name", ["王㛃", "李䶮", "张𫖯", "豈明", "王\uf9d1"])
def test_rare_and_compatibility_characters_stay(name):
    assert normal_name(f" {name} ") == name
    assert normal_name(name) == name


@given(name_texts)
def test_normalising_twice_changes_nothing(name):
    assert normal_name(normal_name(name)) == normal_name(name)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("张建国", "zhang jian guo"),
        ("单雄信", "shan xiong xin"),
        ("曾国藩", "zeng guo fan"),
        ("仇英", "qiu ying"),
        ("解珍", "xie zhen"),
        ("区伯", "ou bo"),
        ("查良", "zha liang"),
        ("盖聂", "ge nie"),
        ("尉迟恭", "yu chi gong"),
        ("欧阳修", "ou yang xiu"),
        ("任长霞", "ren zhang xia"),
        ("朴树", "piao shu"),
        ("吕布", "lv bu"),
        ("阿依古丽·买买提", "a yi gu li mai mai ti"),
        ("John Smith", "john smith"),
        ("张𫖯", "zhang fu"),
    ],
)
def test_pinyin_bodies(name, body):
    assert sort_key(name) == f"{body}|{normal_name(name)}"


def test_a_surname_reading_holds_only_in_front():
    assert sort_key("王单").startswith("wang dan|")
    assert sort_key("王曾").startswith("wang ceng|")


@given(name_texts, st.integers(0, 8))
def test_the_key_of_a_beginning_begins_the_key(name, length):
    normal = normal_name(name)
    beginning = normal_name(normal[:length])
    if normal.startswith(beginning):
        assert sort_key(normal).rpartition("|")[0].startswith(sort_key(beginning).rpartition("|")[0])


@given(st.lists(name_texts, max_size=20))
def test_many_are_as_one_by_one(names):
    assert sort_keys(names) == [sort_key(name) for name in names]
    assert initials_many(names) == [initials(name) for name in names]


def test_names_sort_as_people_expect():
    names = ["张三", "赵六", "曾五", "单二", "艾力·买买提", "王丽", "欧阳修"]
    assert sorted(names, key=sort_key) == ["艾力·买买提", "欧阳修", "单二", "王丽", "曾五", "张三", "赵六"]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("张建国", "zjg"),
        ("单明", "sm"),
        ("单于明", "cym"),
        ("尉迟恭", "ycg"),
        ("尉健行", "wjx"),
        ("万俟雪", "mqx"),
        ("万达", "wd"),
        ("长孙无忌", "zswj"),
        ("买买提·艾力", "mmtal"),
        ("John Smith", "js"),
        ("", ""),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


def test_compound_surnames_have_two_letters_for_two_characters():
    assert all(len(name) == len(letters) == 2 for name, letters in COMPOUND_INITIALS.items())


@pytest.mark.parametrize("name", ["张三", "欧阳娜娜", "欧阳上官子墨", "阿依古丽·买买提", "John Smith", "王 伟", "𫖯䶮"])
def test_cells_that_hold_a_name(name):
    assert looks_like_person_name(name)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "合计",
            "小计",
            "填表人",
            "填表人：张三",
            "单位负责人(签字)",
            "备注",
            "姓名",
            "示例",
            "",
            "1",
            "2024年",
            "张三李四王五",
        ),
        *("填表单位（盖章）", "以上共计", "13800000000", "无", "-", "某某工会", "ab"),
    ],
)
def test_cells_that_do_not(text):
    assert not looks_like_person_name(text)


def test_search_text():
    assert search_key(" Ｚｈａｎｇ 建国") == "zhang建国"
    assert search_key("买买提•艾力") == "买买提艾力"


@pytest.mark.parametrize(
    "text",
    [
        "芜湖（中国）科技有限责任公司",
        "芜湖(中国)科技有限公司",
        "芜湖【中国】科技 有限公司",
        "芜湖·中国科技责任有限公司",
    ],
)
def test_unit_names_compare_without_brackets_and_form(text):
    assert unit_key(text) == "芜湖中国科技有限公司"


def test_unit_names_differ_where_firms_differ():
    assert unit_key("芜湖科技股份有限公司") != unit_key("芜湖科技有限公司")
    assert unit_key("ａｂｃ公司") == unit_key("ABC公司")


def test_unit_names_have_one_spelling():
    assert normal_unit_name(" 芜湖 (中国)ＡＢＣ 有限公司") == "芜湖（中国）ABC有限公司"
