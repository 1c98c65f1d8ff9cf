"""A service folder that is not in order is refused, and the reason says file, place and way out."""

from datetime import date

import pytest

from zhigong.catalogue.tests.folders import ARCHIVE, MEDICAL
from zhigong.catalogue.types import FieldKind, Grant, StepKind, StepLevel
from zhigong.kernel.errors import NotFound, Refused


def test_a_service_is_read_whole(city):
    city.copy(ARCHIVE)
    service = city.load(ARCHIVE).service
    assert service.grant is Grant.APPLICATION
    assert service.kind == "hardship"
    assert [step.level for step in service.route.steps] == [
        StepLevel.GRASSROOTS,
        StepLevel.STREET,
        StepLevel.DISTRICT,
        StepLevel.DISTRICT,
        StepLevel.CITY,
    ]
    assert service.route.total_workdays == 20
    assert service.route.total_days == 28 <= service.days_promised == 30
    assert service.route.step("publicity").kind is StepKind.PUBLICITY
    assert service.screening.presume == {
        "runs_business_with_employees": False,
        "private_school_or_study_abroad": False,
        "sudden_loss_year": 0,
        "months_of_labour_relation": 12,
    }
    kinds = {one.name: one.kind for one in service.form}
    assert kinds["household_income_year"] is FieldKind.MONEY
    assert kinds["is_migrant"] is FieldKind.YES_NO
    assert kinds["bank_account"] is FieldKind.BANK_ACCOUNT
    assert kinds["verification_consent"] is FieldKind.CONSENT
    size = next(one for one in service.form if one.fact == "household_size")
    assert (size.kind, size.at_least, bool(size.help)) == (FieldKind.NUMBER, 1, True)


@pytest.mark.parametrize("part", ["service", "form", "rules", "amounts", "route", "cases"])
def test_a_half_written_folder_says_what_is_missing(city, part):
    folder = city.copy(MEDICAL)
    folder = folder.rename(folder.with_name("dental"))
    (folder / f"{part}.yaml").unlink()
    found = city.problems("mutual-aid/dental")
    assert [problem.what for problem in found] == [f"缺少 {part}.yaml。"]
    assert str(folder) in found[0].where
    assert "zhigong catalogue new" in found[0].do


def test_a_city_changes_one_file_and_keeps_the_others(city):
    folder = city.copy(MEDICAL)
    for part in ("service", "form", "rules", "route", "cases"):
        (folder / f"{part}.yaml").unlink()
    city.change(MEDICAL, "amounts", "value: 100000", "value: 80000")
    assert city.load(MEDICAL).service.parameters(date(2026, 3, 1))["deductible"] == 80000


def test_a_file_nobody_reads_is_refused(city):
    folder = city.copy(MEDICAL)
    (folder / "rule.yaml").write_text("rules: []\n", encoding="utf-8")
    assert [problem.what for problem in city.problems(MEDICAL)] == ["有不认识的文件：rule.yaml。"]


def test_a_service_that_is_not_there_is_named_with_its_neighbour(city):
    with pytest.raises(NotFound) as caught:
        city.load("hardship/archve")
    assert "hardship/archive" in caught.value.do
    with pytest.raises(NotFound):
        city.load("../services")


SPOILT = [
    # part, old, new, where, what
    ("service", "grant: application", "grant: applcation", "grant", "没有「applcation」这个选项"),
    ("service", "rating: true", "ratings: true", "service.yaml", "缺少必填项：rating"),
    ("service", "rating: true", "rating: yes", "rating", "应是true 或 false，写的是 yes"),
    ("service", "rating: true", "rating: true\n3: x", "service.yaml", "键必须是文字"),
    ("service", "days_promised: 30", "days_promised: 20", "days_promised", "承诺 20 天办不完"),
    ("service", "days_promised: 30", "days_promised: 0", "days_promised", "不能小于 1"),
    ("service", "runs_business_with_employees:", "runs_business:", "presume runs_business", "规则没有用到"),
    ("service", "value: 0", "value: none", "sudden_loss_year", "先按的值不对"),
    ("service", "recoverable: false", "recoverable: true", "rules.yaml", "收回没有写全"),
    ("form", "  - fact: sudden_loss_year\n", "", "sudden_loss_year", "表单没有问 sudden_loss_year"),
    ("form", "- fact: homes_owned", "- fact: homes_own", "fields 第 7 项", "没有 homes_own 这项事实"),
    ("form", "- fact: homes_owned", "- fact: membership_status", "fields 第 7 项", "不能问会员「会籍状态」"),
    ("form", "- fact: homes_owned", "- fact: single_parent", "fields 第 7 项", "规则没有用到 single_parent"),
    ("form", "- fact: homes_owned", "- fact: is_migrant", "form.yaml", "is_migrant 问了两次"),
    ("form", "- fact: homes_owned", "- fact: homes_owned\n    field: homes", "第 7 项", "写法不对"),
    ("form", "- fact: homes_owned", "- fact: homes_owned\n    kind: text", "第 7 项", "类型和选项不能在表单里写"),
    ("form", "field: note", "field: age", "第 11 项", "age 是一项事实"),
    ("form", "    kind: text\n", "    kind: choice\n", "第 11 项", "选择题要写 choices"),
    ("form", "    kind: bank_account", "    kind: text", "form.yaml", "付款的服务须问收款账户"),
    ("rules", "membership_status = 'active'", "member_status = 'active'", "rules.yaml", "member_status"),
    ("rules", "membership_status = 'active'", "membership_status = 'activ'", "rules.yaml", "activ"),
    ("rules", "homes_owned >= homes_limit", "homes_owned >= 'two'", "rules.yaml", ""),
    ("rules", "ELSE living_aid_sudden", "ELSE 300000", "amounts.yaml", "living_aid_sudden 没有用到"),
    ("rules", "{sudden_loss_percent}%", "{sudden_loss}%", "rules.yaml", "sudden_loss"),
    ("rules", "grade: sudden", "grade: deep", "rules.yaml", "等级的代号不对或重复"),
    ("rules", "amount: >-", "amounts: >-", "rules.yaml", "有不认识的键：amounts"),
    ("rules", "    because: 申请人须为在籍的工会会员。\n", "", "rules 第 1 项", "缺少必填项：because"),
    ("amounts", "value: 80", "value: eighty", "rules.yaml", ""),
    (
        "amounts",
        "value: 12\n      document: 平台示例值，由",
        "value: 12\n      documents: 平台示例值，由",
        "第 1 项",
        "document",
    ),
    ("amounts", "homes_limit:", "homes_owned:", "homes_owned", "已经是一项事实的名字"),
    ("amounts", "homes_limit:", "dibao_month:", "dibao_month", "已经是共用参数的名字"),
    ("amounts", "homes_limit:", "Homes:", "amounts.yaml", "写法不对"),
    ("route", "level: grassroots", "level: village", "steps 第 1 项 level", "没有「village」这个选项"),
    ("route", "level: grassroots", "level: city", "steps", "由下往上"),
    ("route", "right: cases.check", "right: cases.chek", "steps 第 1 项 right", "没有「cases.chek」这个选项"),
    ("route", "kind: decide", "kind: review", "steps", "最后一步须是审批"),
    ("route", "id: street", "id: check", "steps", "两步用了同一个 id"),
    ("route", "kind: publicity", "kind: review", "route.yaml", "公示没有写全"),
    ("route", "shows: [masked_name,", "shows: [id_number,", "shows 第 1 项", "没有「id_number」这个选项"),
    ("route", "shows: [masked_name,", "shows: [union,", "shows", "有重复的项"),
    ("cases", "人均正好等于低保标准的两倍，不符合", "比低保标准全年少一分钱，深度困难", "cases.yaml", "写了两次"),
    ("cases", "given: {homes_owned: 3}", "given: {homes: 3}", "cases 第 19 项", "规则没有用到 homes"),
    ("cases", "given: {homes_owned: 3}", "given: {homes_owned: many}", "cases 第 19 项", "给定的值不对"),
    ("cases", "because: [3, 4]", "because: [3, 9]", "cases 第 12 项", "没有第 9 个条件"),
    ("cases", "missing: [months_of_labour_relation]", "missing: [age]", "cases 第 16 项", "不会缺它"),
    ("cases", "as_of: 2025-12-31", 'as_of: "2025-12-31"', "cases 第 20 项", "as_of 不是日期"),
]


@pytest.mark.parametrize(("part", "old", "new", "where", "what"), SPOILT, ids=range(len(SPOILT)))
def test_what_is_wrong_is_named_with_its_place(city, part, old, new, where, what):
    city.copy(ARCHIVE)
    assert city.problems(ARCHIVE) == ()
    file = city.root / "services" / ARCHIVE / f"{part}.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = city.problems(ARCHIVE)
    assert any(where in one.where and what in one.what + one.why for one in found), found
    assert all(str(city.root) in one.where for one in found), "each names its file"


def test_amounts_must_not_overlap_nor_end_before_they_begin(city):
    city.copy(MEDICAL)
    file = city.change(
        MEDICAL,
        "amounts",
        "    - value: 100000\n",
        "    - value: 90000\n      document: x\n      valid_from: 2024-01-01\n    - value: 100000\n",
    )
    assert "时间上重叠" in city.problems(MEDICAL)[0].what
    before = "valid_from: 2024-01-01\n"
    file.write_text(file.read_text("utf-8").replace(before, before + "      valid_to: 2023-01-01\n"), encoding="utf-8")
    assert "有效期不对" in city.problems(MEDICAL)[0].what
    file.write_text(file.read_text("utf-8").replace("2023-01-01", "2024-12-31"), encoding="utf-8")
    assert city.problems(MEDICAL) == ()


def test_every_problem_is_found_at_once(city):
    city.copy(ARCHIVE)
    city.change(ARCHIVE, "service", "rating: true", "rating: 1")
    city.change(ARCHIVE, "route", "right: cases.decide", "right: all")
    city.change(ARCHIVE, "form", "- fact: household_size", "- fact: 7")
    assert len(city.problems(ARCHIVE)) == 3


def test_a_day_without_a_value_is_refused(city):
    city.copy(MEDICAL)
    with pytest.raises(Refused, match="没有有效值"):
        city.load(MEDICAL).service.parameters(date(2020, 1, 1))


def test_an_automatic_service_has_no_steps(city):
    city.copy(MEDICAL)
    city.change(MEDICAL, "service", "grant: automatic", "grant: application")
    assert "最后一步须是审批" in city.problems(MEDICAL)[0].what
    city.copy(ARCHIVE)
    city.change(ARCHIVE, "service", "grant: application", "grant: automatic")
    assert any("免申即享的服务不经审批" in one.what for one in city.problems(ARCHIVE))
