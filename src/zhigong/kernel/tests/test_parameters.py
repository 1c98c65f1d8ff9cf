"""Dated parameters: the value of the day, and refusal of everything that is not clear."""

from datetime import date
from decimal import Decimal

import pytest

from zhigong.kernel import parameters
from zhigong.kernel.errors import NotFound, Refused

GOOD = """
id: dibao_month
title: 月低保标准
unit: 元
values:
  - {value: 1001, document: 乳民〔2023〕1号, valid_from: 2023-01-01, valid_to: 2024-12-31}
  - {value: 1062.50, document: 乳民〔2025〕1号, valid_from: 2025-01-01}
"""


def catalogue(tmp_path, text, *, name="dibao_month", folder="hardship", root="one"):
    path = tmp_path / root / "parameters" / folder / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return tmp_path / root


def test_the_value_of_a_day_is_the_one_in_force_and_both_ends_count(tmp_path):
    roots = [catalogue(tmp_path, GOOD)]
    days = {date(2023, 1, 1): 1001, date(2024, 12, 31): 1001, date(2025, 1, 1): Decimal("1062.50")}
    assert {day: parameters.value_of("dibao_month", on=day, roots=roots) for day in days} == days
    assert parameters.parameter("dibao_month", roots=roots).on(date(2024, 1, 1)).document == "乳民〔2023〕1号"


def test_a_day_without_value_and_an_unknown_name_are_refused(tmp_path):
    roots = [catalogue(tmp_path, GOOD)]
    with pytest.raises(Refused, match="没有有效值"):
        parameters.value_of("dibao_month", on=date(2022, 12, 31), roots=roots)
    with pytest.raises(NotFound):
        parameters.value_of("dibao", on=date(2025, 1, 1), roots=roots)


def test_the_city_file_hides_the_national_one_whole(tmp_path):
    city = catalogue(tmp_path, GOOD.replace("1062.50", "1200"), root="city")
    roots = [city, catalogue(tmp_path, GOOD, root="national")]
    assert parameters.integer("dibao_month", on=date(2026, 1, 1), roots=roots) == 1200


def test_two_files_of_one_name_are_refused(tmp_path):
    catalogue(tmp_path, GOOD)
    with pytest.raises(Refused, match="重名"):
        parameters.parameter("dibao_month", roots=[catalogue(tmp_path, GOOD, folder="aid")])


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("id: dibao_month", "id: other", "文件名不符"),
        (", valid_to: 2024-12-31", "", "重叠"),
        ("valid_to: 2024-12-31", "valid_to: 2025-01-01", "重叠"),
        ("valid_to: 2024-12-31", "valid_to: 2022-12-31", "有效期不对"),
        ("valid_from: 2023-01-01", 'valid_from: "2023-01-01"', "有效期不对"),
        ("document: 乳民〔2023〕1号, ", "", "缺少必填项"),
        ("document: 乳民〔2023〕1号", 'document: ""', "依据文件"),
        ("unit: 元", "unit: 元\ncurrency: CNY", "不认识的键"),
        ("value: 1001", "value: {a: 1}", "只能是"),
        ("value: 1001", "value: ", "只能是"),
    ],
)
def test_an_unclear_file_is_refused(tmp_path, was, becomes, says):
    assert was in GOOD
    with pytest.raises(Refused) as caught:
        parameters.parameter("dibao_month", roots=[catalogue(tmp_path, GOOD.replace(was, becomes, 1))])
    assert says in str(caught.value)


def test_kinds_are_checked(tmp_path):
    roots = [catalogue(tmp_path, GOOD)]
    with pytest.raises(Refused, match="不是整数"):
        parameters.integer("dibao_month", on=date(2026, 1, 1), roots=roots)
    with pytest.raises(Refused, match="一列整数"):
        parameters.integers("dibao_month", on=date(2024, 1, 1), roots=roots)


def test_the_national_parameters_of_the_workbench_are_there():
    assert parameters.integers("term_reminder_days", on=date(2026, 11, 22)) == (180, 90, 30, 0)
    assert parameters.integer("transfer_answer_workdays", on=date(2026, 11, 22)) == 10
