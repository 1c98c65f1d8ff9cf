"""What a rule may not say: each refused with the condition and the reason, however hostile the text."""

from __future__ import annotations

import time

import pytest

from zhigong.kernel.errors import Refused
from zhigong.rules import operations as rules
from zhigong.rules.tests.oracle import VOCABULARY
from zhigong.rules.types import ConditionText, GradeText, RuleText


def refusal(when: str, **texts) -> Refused:
    text = RuleText((ConditionText("homes < 2", "住房"), ConditionText(when, "理由")), **texts)
    with pytest.raises(Refused) as caught:
        rules.compile_rule(text, VOCABULARY, where="困难建档")
    return caught.value


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("incom < 5", "未知的名称「incom」"),
        ("Income < 5", "未知的名称"),
        ('"income" < 5', "不允许的写法"),
        ("person.income < 5", "不允许的写法"),
        ("income < 'a'", "类型不对"),
        ("status < 'active'", "没有大小之分"),
        ("migrant < TRUE", "没有大小之分"),
        ("status = 'retired'", "没有「retired」这个取值"),
        ("status IN ('active', 'gone')", "没有「gone」这个取值"),
        ("CASE status WHEN 'gone' THEN TRUE ELSE FALSE END", "没有「gone」这个取值"),
        ("income", "条件应当能回答是或否"),
        ("income + migrant > 2", "类型不对"),
        ("NOT income", "类型不对"),
        ("income AND migrant", "类型不对"),
        ("migrant = 1", "类型不对"),
        ("joined < '2026-01-01'", "类型不对"),
        ("joined - born > 5", "类型不对"),
        ("joined < DATE '2026-02-30'", "日期的写法不对"),
        ("income = NULL", "不能直接与 NULL 比较"),
        ("income IN (1, NULL)", "不能直接与 NULL 比较"),
        ("migrant IS TRUE", "IS 后面只能写 NULL"),
        ("CASE WHEN migrant THEN TRUE END", "必须写 ELSE"),
        ("CASE WHEN migrant THEN 1 ELSE FALSE END", "类型不对"),
        ("income < 1e5", "数的写法不对"),
        ("income < 0.1234567", "数的写法不对"),
        ("income < 12345678901234567", "数的写法不对"),
        ("sqrt(income) < 5", "没有这种写法"),
        ("upper(status) = 'A'", "没有这种写法"),
        ("banded(income, 5, rates) > 1", "banded 的写法不对"),
        ("banded(income, limits) > 1", "banded 的写法不对"),
        ("round_down(income, 0) > 1", "单位应是正数"),
        ("round_down(income, size) > 1", "单位应是正数"),
        ("least(income) > 1", "两个以上"),
        ("least(migrant, business)", "两个以上的数或日期"),
        ("coalesce(income) > 1", "至少要两个参数"),
        ("income BETWEEN 1", "没有写完整"),
        ("income <", "没有写完整"),
        ("(income < 5", "没有写完整"),
        ("income < 5)", "没有写完整"),
        ("income < 5 AND", "没有写完整"),
        ("'open", "没有写完整"),
        ("", "是空的"),
        ("   ", "是空的"),
        ("income < 5; DROP TABLE person", "不允许的写法"),
        ("income IN (SELECT income FROM person)", "不允许的写法"),
        ("EXISTS (SELECT 1)", "不允许的写法"),
        ("income < 5 -- yes", "注释"),
        ("income < 5 /* yes */", "注释"),
        ("income::TEXT = '1'", "不允许的写法"),
        ("CAST(income AS DATE) = DATE '2026-01-01'", "不允许的写法"),
        ("income % 2 = 0", "不允许的写法"),
        ("status LIKE 'a%'", "不允许的写法"),
        ("income < $1", "不允许的写法"),
        ("income < ?", "不允许的写法"),
        ("income < {{ line }}", "不允许的写法"),
        ("read_csv('/etc/passwd') = 1", "没有这种写法"),
        ("median_of(income) = 1", "没有「median_of」这个函数"),
        ("getenv('HOME') = 'x'", "没有「getenv」这个函数"),
        ("status = 'a\0'", "不可见字符"),
        ("income NOT IN ()", "IN 后面"),
        ("interval < 5", "不允许的写法"),
        ("x" * 1_000_000, "太长"),
        ("(" * 200 + "migrant" + ")" * 200, "嵌套太深"),
        ("NOT " * 200 + "migrant", "嵌套太深"),
        ("income < " + "- " * 200 + "1", "嵌套太深"),
        ("CASE WHEN migrant THEN " * 30 + "TRUE" + " ELSE FALSE END" * 30, "嵌套太深"),
        ("1" + "+1" * 290 + " < income", "嵌套太深"),
        ("migrant" + " OR migrant" * 170, None),
        ("income IN (" + ",".join(["1"] * 320) + ")", "太长"),
    ],
)
def test_a_text_outside_the_language_is_refused_with_its_place_and_reason(when, says) -> None:
    if says is None:
        rules.compile_rule(RuleText((ConditionText(when, "理由"),)), VOCABULARY)
        return
    started = time.process_time()
    error = refusal(when)
    assert says in error.what + error.why
    assert error.where == "困难建档，第 2 项条件"
    assert time.process_time() - started < 5


@pytest.mark.parametrize("when", [None, 5, True, ["income < 5"], {"income": 5}])
def test_a_condition_that_is_not_text_is_refused(when) -> None:
    assert "一行文字" in refusal(when).what


def test_a_rule_without_any_condition_is_refused_since_it_would_admit_everyone() -> None:
    with pytest.raises(Refused, match="一项条件也没有"):
        rules.compile_rule(RuleText(()), VOCABULARY)


@pytest.mark.parametrize(
    "because", ["", "  ", "低于 {dibao}", "低于 {income}", "低于 {line", "低于 {}", "低于 {line:x}", None]
)
def test_a_sentence_that_cannot_be_filled_is_refused(because) -> None:
    with pytest.raises(Refused) as caught:
        rules.compile_rule(RuleText((ConditionText("income < line", because),)), VOCABULARY)
    assert "第 1 项条件" in caught.value.where


def test_grades_need_different_plain_names() -> None:
    for grade in ("Deep", "深", "", "a b"):
        assert "等级的代号" in refusal("migrant", grades=(GradeText(grade, "深", "migrant", "理由"),)).what
    twice = (GradeText("deep", "深", "migrant", "理由"), GradeText("deep", "深", "business", "理由"))
    assert "等级的代号" in refusal("migrant", grades=twice).what


def test_an_amount_must_be_a_number() -> None:
    error = refusal("migrant", amount="migrant")
    assert "一个数" in error.what
    assert error.where.endswith("金额公式")


def compiled(when: str, **texts):
    return rules.compile_rule(RuleText((ConditionText(when, "理由"),), **texts), VOCABULARY, where="困难建档")


@pytest.mark.parametrize(
    ("facts", "parameters"),
    [
        ({"income": 5.0}, {"line": 5}),
        ({"income": "5"}, {"line": 5}),
        ({"income": True}, {"line": 5}),
        ({"income": 5}, {"line": 5.5}),
        ({"income": 5}, {"line": "5"}),
        ({"income": 5}, {"line": (5, 6)}),
        ({"income": 5}, {}),
    ],
)
def test_values_of_another_kind_and_absent_parameters_are_refused(facts, parameters) -> None:
    with pytest.raises(Refused) as caught:
        rules.decide(compiled("income < line"), facts=facts, parameters=parameters)
    assert caught.value.where == "困难建档"


@pytest.mark.parametrize(
    ("limits", "rates"),
    [((1, 2), (1, 2)), ((2, 1), (1, 2, 3)), ((0, 1), (1, 2, 3)), ((1, 1), (1, 2, 3)), (1, (1, 2)), ((1,), 2)],
)
def test_bands_that_are_none_are_refused_by_both_readers(limits, rates) -> None:
    rule = compiled("banded(income, limits, rates) > 5")
    parameters = {"limits": limits, "rates": rates}
    with pytest.raises(Refused):
        rules.decide(rule, facts={"income": 5}, parameters=parameters)
    with pytest.raises(Refused):
        rules.population_sql(rule, table="people", parameters=parameters)


def test_presuming_a_fact_that_the_rule_does_not_read_is_refused() -> None:
    with pytest.raises(Refused, match="推定"):
        rules.decide(compiled("income < 5"), facts={}, parameters={}, presume={"homes": 0})


def test_a_formula_that_might_outgrow_exact_arithmetic_is_refused_before_it_runs() -> None:
    rule = compiled("income * income * income < expense")
    with pytest.raises(Refused, match="太大的数"):
        rules.population_sql(rule, table="people", parameters={})
    assert rules.population_sql(rule, table="people", parameters={}, ranges={"income": (0, 10**12), "expense": None})
