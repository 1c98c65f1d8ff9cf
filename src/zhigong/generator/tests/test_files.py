"""The written files: contract, links, verdicts, dirt, agreement with the truth."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from zhigong.generator import dirt
from zhigong.generator.hardship import DIBAO_MONTH
from zhigong.generator.operations import SOURCES, generate
from zhigong.generator.tests.conftest import MEMBERS
from zhigong.generator.tests.reading import decoded, rows_of, tidy_number, verdict_of
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from zhigong.generator.types import GeneratedCity

Truth = dict[str, list[dict[str, Any]]]
COLUMNS = {
    "unions": "工会编码 工会名称 上级工会编码 级别 类型 行政区划代码 成立日期 届满日期 覆盖单位信用代码",
    "roster": "工会编码 序号 姓名 性别 出生日期 民族 就业状况 有效证件类别 证件号码 学历 技术等级 移动电话 户籍类型 "
    "户籍所在地 会籍变化类型 会籍变化日期 会籍变化原因 政治面貌 工作单位 籍贯 是否农民工会员",
    "enterprises": "统一社会信用代码 单位名称 行业代码 登记注册类型 行政区划代码 地址 登记状态 成立日期",
    "social-insurance": "姓名 证件号码 单位名称 统一社会信用代码 参保状态 缴费年月 缴费基数",
    "household": "户号 姓名 证件号码 与户主关系 户籍地址 人员状态",
    "housing": "姓名 证件号码 房屋套数 保障类型",
    "tax": "统一社会信用代码 纳税人名称 所属期 从业人数 工资总额 营业收入 利润总额 工会经费",
    "low-income": "姓名 证件号码 户主证件号码 保障类别 月保障金额 起始年月",
    "medical-settlement": "结算流水号 姓名 证件号码 就诊类型 病种 结算日期 总费用 政策范围内自付 个人自付 冲销流水号",
    "work-injury": "认定书编号 姓名 证件号码 单位名称 统一社会信用代码 部门 工种 事故日期 伤害程度",
    "school": "学生姓名 学生证件号码 监护人证件号码 学校 学段 学费 学年",
}
NAMED = {"school": ("学生姓名", "学生证件号码")}
_PERSONAL = "roster social-insurance household housing low-income medical-settlement work-injury school"
OF_PEOPLE = tuple(_PERSONAL.split())


@pytest.fixture(scope="module")
def files(made: GeneratedCity) -> dict[str, list[dict[str, str]]]:
    return {source: rows_of(path) for source, path in made.paths.items()}


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_same_seed_same_bytes_other_seed_other_city(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in "abc")
    generate(out=one, members=400, seed=3)
    generate(out=two, members=400, seed=3)
    generate(out=three, members=400, seed=4)
    assert hashes(one) == hashes(two)
    assert hashes(one)["roster.csv"] != hashes(three)["roster.csv"]


def test_a_folder_of_ours_is_rewritten_and_no_other_touched(tmp_path: Path) -> None:
    generate(out=tmp_path / "city", members=400, seed=3)
    again = generate(out=tmp_path / "city", members=300, seed=5)
    assert len(list((tmp_path / "city" / "rosters").glob("*-*"))) == len(again.rosters)
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("keep")
    with pytest.raises(Refused):
        generate(out=other, members=400)
    with pytest.raises(Refused):
        generate(out=other / "letter.txt", members=400)
    assert (other / "letter.txt").read_text() == "keep"


@pytest.mark.parametrize("source", SOURCES)
def test_columns_and_rows_of_the_contract(
    made: GeneratedCity, files: dict[str, list[dict[str, str]]], truth: Truth, source: str
) -> None:
    assert list(files[source][0]) == COLUMNS[source].split()
    counts = made.counts[source]
    assert len(files[source]) == counts["rows"] == counts["accepted"] + counts["unverified"] + counts["rejected"]
    links = [row for row in truth["links"] if row["source"] == source and not row["file"].startswith("rosters/")]
    assert [row["row"] for row in links] == list(range(1, counts["rows"] + 1))
    key = "person" if source in OF_PEOPLE else "union" if source == "unions" else "employer"
    assert all(row[key] is not None for row in links)


def test_encodings_vary_as_in_life(made: GeneratedCity) -> None:
    assert made.paths["roster"].read_bytes().startswith(b"\xef\xbb\xbf")
    for source in ("household", "social-insurance", "school"):
        with pytest.raises(UnicodeDecodeError):
            made.paths[source].read_text(encoding="utf-8")
        decoded(made.paths[source])
    assert {path.suffix for path in made.paths.values()} == {".csv", ".xlsx"}


@pytest.mark.parametrize("source", OF_PEOPLE)
def test_a_strangers_checker_gives_the_expected_verdicts(
    made: GeneratedCity, files: dict[str, list[dict[str, str]]], source: str
) -> None:
    name, number = NAMED.get(source, ("姓名", "证件号码"))
    found = Counter(verdict_of(row, name, number) for row in files[source])
    expected = json.loads(made.truth["expected"].read_text(encoding="utf-8"))[source]
    for verdict in ("accepted", "unverified", "rejected"):
        assert found[verdict] == made.counts[source][verdict] == expected[verdict]


def test_every_dirty_cell_is_dirty_and_remembers_the_clean_value(
    files: dict[str, list[dict[str, str]]], truth: Truth
) -> None:
    persons = {row["person"]: row for row in truth["persons"]}
    about = {
        (row["source"], row["row"]): row["person"] for row in truth["links"] if not row["file"].startswith("rosters/")
    }
    seen = 0
    for row in truth["dirt"]:
        if row["file"].startswith("rosters/") or not row["column"]:
            continue
        cell = files[row["source"]][row["row"] - 1][row["column"]]
        if row["kind"] not in ("phone-shared", "phone-recycled"):
            assert cell != row["clean"], row
        if row["column"] in ("证件号码", "学生证件号码"):
            assert row["clean"] == persons[about[row["source"], row["row"]]]["number"]
            seen += 1
    assert seen > 50


def test_clean_cells_agree_with_the_truth(files: dict[str, list[dict[str, str]]], truth: Truth) -> None:
    persons = {row["person"]: row for row in truth["persons"]}
    dirty = {
        (row["source"], row["row"], row["column"]) for row in truth["dirt"] if not row["file"].startswith("rosters/")
    }
    checked = 0
    for link in truth["links"]:
        if link["file"].startswith("rosters/") or link["source"] not in OF_PEOPLE:
            continue
        source, place = link["source"], link["row"]
        name, number = NAMED.get(source, ("姓名", "证件号码"))
        row, person = files[source][place - 1], persons[link["person"]]
        for column, value in ((name, person["name"]), (number, person["number"])):
            if (source, place, column) not in dirty:
                assert row[column] == value
                checked += 1
    assert checked > 4 * MEMBERS


def kinds_in(truth: Truth, source: str, column: str) -> Counter[str]:
    return Counter(
        row["kind"]
        for row in truth["dirt"]
        if (row["source"], row["column"]) == (source, column) and not row["file"].startswith("rosters/")
    )


@pytest.mark.parametrize(
    ("column", "kinds"), [("证件号码", dirt.ID_KINDS), ("姓名", dirt.NAME_KINDS), ("移动电话", dirt.PHONE_KINDS)]
)
def test_dirt_comes_at_the_stated_rates(
    made: GeneratedCity, truth: Truth, column: str, kinds: tuple[dirt.Kind, ...]
) -> None:
    found = kinds_in(truth, "roster", column)
    rows = made.counts["roster"]["rows"]
    for kind in kinds:
        if kind.rate > 0.05 or kind.name in ("id-fifteen", "id-transposed", "name-misheard"):
            continue  # rates of a part of the rows
        expected = kind.rate * rows
        assert abs(found[kind.name] - expected) <= 4 * expected**0.5 + 3, (kind.name, found[kind.name], expected)
    assert set(found) <= {kind.name for kind in kinds} | {"phone-shared", "phone-recycled"}


def test_dirt_kinds_do_what_they_say() -> None:
    spoil = {
        kind.name: kind.change for kind in (*dirt.ID_KINDS, *dirt.NAME_KINDS, *dirt.PHONE_KINDS, *dirt.BIRTH_KINDS)
    }
    number = "99010219850312123X"
    assert spoil["id-excel-cut"](number, 0) in (None, "990102198503121000")
    assert spoil["id-excel-display"](number, 1) == "9.90102E+17"
    assert spoil["id-fifteen"](number, 0) == "990102850312123"
    assert spoil["id-fifteen"]("990102200503121239", 0) is None
    assert tidy_number(spoil["id-inner-blank"](number, 0) or "") == number
    assert tidy_number(spoil["id-apostrophe"](number, 0) or "") == number
    assert tidy_number(spoil["id-full-width"](number, 0) or "") == number
    assert spoil["name-spaced"]("王伟", 1) == "王  伟"
    assert spoil["name-dot"]("阿迪力·买买提", 0) == "阿迪力•买买提"
    assert spoil["phone-scientific"]("16412345678", 0) == "1.64E+10"
    assert spoil["date-serial"]("1985-03-12", 0) == "31118"
    assert date(1899, 12, 30).toordinal() + 31118 == date(1985, 3, 12).toordinal()


def test_same_member_twice_and_in_two_unions(files: dict[str, list[dict[str, str]]], truth: Truth) -> None:
    twice = [row["row"] for row in truth["dirt"] if row["kind"] == "row-twice" and row["file"] == "roster.csv"]
    two = [row["row"] for row in truth["dirt"] if row["kind"] == "row-two-unions" and row["file"] == "roster.csv"]
    assert twice and two
    person = {row["row"]: row["person"] for row in truth["links"] if row["file"] == "roster.csv"}
    unions = defaultdict(list)
    for place, who in person.items():
        unions[who].append(files["roster"][place - 1]["工会编码"])
    assert all(len(unions[person[row]]) != len(set(unions[person[row]])) for row in twice)
    assert all(len(set(unions[person[row]])) > 1 for row in two)
    assert any(len(files["roster"][row - 1]["证件号码"]) == 15 for row in twice)


def test_reversals_take_back_what_was_settled_before(files: dict[str, list[dict[str, str]]]) -> None:
    rows = {row["结算流水号"]: row for row in files["medical-settlement"]}
    assert len(rows) == len(files["medical-settlement"])
    undone = [row for row in rows.values() if row["冲销流水号"]]
    assert undone
    for row in undone:
        first = rows[row["冲销流水号"]]
        assert float(row["个人自付"]) == -float(first["个人自付"]) < 0
        assert row["结算流水号"] > first["结算流水号"]
    for row in rows.values():
        assert abs(float(row["政策范围内自付"])) <= abs(float(row["个人自付"]))


def test_tax_agrees_with_wages(files: dict[str, list[dict[str, str]]], truth: Truth) -> None:
    pay = {row["employer"]: (row["wages_month"], row["staff"]) for row in truth["employers"]}
    links = [row for row in truth["links"] if row["source"] == "tax"]
    periods = sorted({row["所属期"] for row in files["tax"]})
    assert periods == ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    for link, row in zip(links, files["tax"], strict=True):
        if row["所属期"] == "2026Q3":
            amount = float(row["工资总额"].replace(",", "").strip("¥元"))
            assert round(amount * 100) == pay[link["employer"]][0] * 3
            assert int(row["从业人数"]) == pay[link["employer"]][1]


def test_unions_file_lists_who_is_covered(files: dict[str, list[dict[str, str]]], truth: Truth) -> None:
    code = {row["employer"]: row["code"] for row in truth["employers"]}
    covered = defaultdict(set)
    for row in truth["coverage"]:
        covered[row["union"]].add(code[row["employer"]])
    for place, row in enumerate(files["unions"]):
        listed = row["覆盖单位信用代码"]
        for mark in "；、,":
            listed = listed.replace(mark, ";")
        assert set(filter(None, listed.split(";"))) == covered[place]


class Homes:
    """What the files say about each household of the register, with perfect links."""

    def __init__(self, files: dict[str, list[dict[str, str]]], truth: Truth) -> None:
        self.person: dict[str, list[int]] = defaultdict(list)
        for row in truth["links"]:
            if not row["file"].startswith("rosters/"):
                self.person[row["source"]].append(row["person"])
        self.files = files
        self.home = {who: row["户号"] for who, row in self.about("household")}
        self.size = Counter(row["户号"] for row in files["household"] if row["人员状态"] == "正常")
        insured = [(w, r) for w, r in self.about("social-insurance") if r["参保状态"] in ("参保缴费", "退休")]
        self.income = self.total(insured, "缴费基数", 12)
        now = [(w, r) for w, r in self.about("medical-settlement") if r["结算日期"] > "2026"]
        self.spent = self.total(now, "个人自付") + self.total(self.about("school"), "学费")
        self.owned = Counter[str]()
        for who, row in self.about("housing"):
            self.owned[self.home.get(who, "")] += int(row["房屋套数"])
        self.private = {self.home.get(who) for who, row in self.about("school") if "民办" in row["学校"]}

    def about(self, source: str) -> list[tuple[int, dict[str, str]]]:
        return list(zip(self.person[source], self.files[source], strict=True))

    def total(self, rows: list[tuple[int, dict[str, str]]], column: str, times: int = 1) -> Counter[str]:
        found = Counter[str]()
        for who, row in rows:
            found[self.home.get(who, "")] += times * fen(row[column])
        return found

    def poor(self, home: str) -> bool:
        short = self.income[home] - self.spent[home] < 2 * 12 * self.size[home] * DIBAO_MONTH
        return short and self.owned[home] < 2 and home not in self.private


def test_hardship_can_be_found_from_the_files(files: dict[str, list[dict[str, str]]], truth: Truth) -> None:
    """With perfect links the files alone find nearly all, and few others: what screening can reach.

    Not to be found: losses that only their victims can tell, households the register lacks.
    """
    homes = Homes(files, truth)
    found = set()
    for row in truth["facts"]:
        home = homes.home.get(row["person"], "")
        settled = not row["is_migrant"] or row["months_of_labour_relation"] >= 12
        if row["membership_status"] == "active" and settled and homes.size[home] and homes.poor(home):
            found.add(row["person"])
    true = {row["person"] for row in truth["hardship"]}
    assert len(found & true) / len(true) >= 0.85
    assert len(found & true) / len(found) >= 0.8


def fen(text: str) -> int:
    return round(float(text.replace(",", "").strip("¥元")) * 100)
