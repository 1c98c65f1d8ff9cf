"""What the command line shows: check, new, which, diff, and facts read from a file."""

import os
from datetime import date
from decimal import Decimal

import pytest

from zhigong.catalogue import operations, queries, schemas, store
from zhigong.catalogue.differences import Change
from zhigong.catalogue.tests.folders import ARCHIVE, MEDICAL
from zhigong.kernel import resources
from zhigong.kernel.errors import Conflict, NotFound, Refused


def test_the_shipped_catalogue_is_in_order():
    report = queries.check()
    assert report.problems == ()
    assert report.checked["services"] == len(queries.service_ids()) >= 2
    assert report.checked["cases"] >= 24
    assert report.checked["facts"] >= 30
    assert report.checked["parameters"] >= 3


def test_check_finds_what_is_wrong_wherever_it_lies(in_force):
    in_force.copy(MEDICAL)
    in_force.change(MEDICAL, "amounts", "[0.5, 0.6, 0.7]", "[0.5, 0.6, 0.8]")
    (in_force.root / "services" / "readme.md").write_text("x", encoding="utf-8")
    broken = in_force.root / "services" / "hardship" / "tuition"
    broken.mkdir(parents=True)
    (broken / "service.yaml").write_text("title: 助学\n", encoding="utf-8")
    (in_force.root / "parameters").mkdir()
    (in_force.root / "parameters" / "x.yaml").write_text("id: y\n", encoding="utf-8")
    found = queries.check().problems
    told = "\n".join(f"{one.where} {one.what}" for one in found)
    assert "例子「进入第三段十分钱，按七成多补七分」不符：金额（分）应为 2900007，实为 2900008。" in told
    assert "readme.md 这个文件不属于任何一项服务" in told
    assert "tuition 缺少 form.yaml、rules.yaml、amounts.yaml、route.yaml、cases.yaml。" in told
    assert "x.yaml" in told
    assert all(one.where for one in found)


def test_one_bad_folder_does_not_take_the_others_down(in_force, caplog):
    in_force.copy(MEDICAL)
    in_force.change(MEDICAL, "rules", "mutual_aid_enrolled", "enrolled")
    assert [one.id for one in queries.services()] == [one for one in queries.service_ids() if one != MEDICAL]
    assert MEDICAL in caplog.text
    with pytest.raises(Refused, match="enrolled"):
        queries.service(MEDICAL)


def test_a_changed_file_is_noticed(in_force, monkeypatch):
    monkeypatch.setattr(store, "_LOOK_AGAIN", 0.0)
    before = queries.service(MEDICAL)
    assert queries.service(MEDICAL) is before, "nothing changed: nothing is read again"
    in_force.copy(MEDICAL)
    file = in_force.change(MEDICAL, "amounts", "value: 100000", "value: 80000")
    changed = queries.service(MEDICAL)
    assert changed.version != before.version
    os.utime(file, ns=(1, 1))
    assert queries.service(MEDICAL).version == changed.version


def test_a_new_folder_passes_check_as_it_is(in_force):
    files = operations.scaffold("hardship/tuition")
    assert sorted(file.name for file in files) == sorted(f"{part}.yaml" for part in PARTS)
    assert all(file.is_relative_to(in_force.root) and file.is_file() for file in files)
    store.forget()
    assert queries.check().problems == ()
    assert "hardship/tuition" in queries.service_ids()
    assert list((in_force.root / "services" / "hardship").iterdir()) == [files[0].parent], "nothing is left behind"


PARTS = ("service", "form", "rules", "amounts", "route", "cases")


@pytest.mark.parametrize("name", ["tuition", "Hardship/Tuition", "hardship/../x", "hardship/", "a/b/c", "困难/助学"])
def test_a_name_that_is_none_is_refused(in_force, name):
    with pytest.raises(Refused, match="名称不对"):
        operations.scaffold(name)
    assert list(in_force.root.iterdir()) == []


def test_an_existing_service_is_not_written_over(in_force):
    with pytest.raises(Conflict) as caught:
        operations.scaffold(ARCHIVE)
    assert "复制到" in caught.value.do
    operations.scaffold("hardship/tuition")
    with pytest.raises(Conflict):
        operations.scaffold("hardship/tuition")


def test_which_file_wins(in_force):
    in_force.copy(MEDICAL)
    file = in_force.root / "services" / MEDICAL / "amounts.yaml"
    [found] = queries.which(f"services/{MEDICAL}/amounts.yaml")
    assert (found.file, found.hidden) == (file, (resources.national() / "services" / MEDICAL / "amounts.yaml",))
    assert {one.file.parent for one in queries.which(MEDICAL)} == {file.parent}
    assert len(queries.which(ARCHIVE)) == 6
    with pytest.raises(NotFound) as caught:
        queries.which(f"services/{MEDICAL}/amount.yaml")
    assert "amounts.yaml" in caught.value.do


def test_what_a_city_changes(in_force):
    assert queries.differences() == ()
    folder = in_force.copy(MEDICAL)
    for part in ("service", "form", "rules", "route"):
        (folder / f"{part}.yaml").unlink()
    in_force.change(MEDICAL, "amounts", "value: 100000", "value: 80000")
    operations.scaffold("mutual-aid/dental")
    found = {one.path: one for one in queries.differences()}
    assert {path: one.kind for path, one in found.items() if MEDICAL in path} == {
        f"services/{MEDICAL}/amounts.yaml": "replaced",
        f"services/{MEDICAL}/cases.yaml": "same",
    }
    assert found[f"services/{MEDICAL}/amounts.yaml"].changes == (
        Change(key="deductible values 第 1 项 value", before="100000", after="80000"),
    )
    assert found["services/mutual-aid/dental/rules.yaml"].kind == "added"


def test_facts_from_a_file():
    text = '{"household_size": 3, "is_migrant": false, "homes_owned": null, "insured_paid_until": "2026-02-01"}'
    assert queries.read_facts(text, where="f.json") == {
        "household_size": 3,
        "is_migrant": False,
        "homes_owned": None,
        "insured_paid_until": date(2026, 2, 1),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "不是有效的 JSON"),
        ("[1]", "应是一个 JSON 对象"),
        ('{"household_size": 3, "household_size": 4}', "写了两次"),
        ('{"household_size": NaN}', "不是数"),
        ('{"household_sise": 3}', "是不是想写 household_size"),
        ('{"household_size": "3"}', "应是整数"),
        ('{"household_size": true}', "应是整数"),
        ('{"household_size": [3]}', "应是整数"),
        ('{"is_migrant": 1}', "应是true 或 false"),
        ('{"membership_status": "aktive"}', "没有 aktive 这个值"),
        ('{"household_income_year": 12.5}', "金额以分计"),
        ('{"insured_paid_until": "2026-02-30"}', "没有这一天"),
        ('{"insured_paid_until": 20260201}', "应是日期"),
    ],
)
def test_facts_that_are_none_are_refused(text, told):
    with pytest.raises(Refused) as caught:
        queries.read_facts(text, where="f.json")
    assert told in str(caught.value)
    assert "f.json" in caught.value.where


def test_deciding_looks_only_at_the_facts_of_the_service():
    medical = queries.service(MEDICAL)
    facts = {"membership_status": "active", "household_size": 3, "mutual_aid_enrolled": True}
    found = queries.decide(medical, facts, on=date(2026, 3, 1))
    assert found.missing == ("medical_policy_own_pay_year", "medical_aid_paid_year")
    assert all("household_size" not in reason.facts for reason in found.reasons)


@pytest.mark.parametrize(
    ("word", "near"),
    [("rating", "rating"), ("ratings", "rating"), ("ratign", "rating"), ("xyz", ""), ("r", ""), ("", "")],
)
def test_slips_of_the_pen(word, near):
    assert schemas.likely(word, ["rating", "title", "summary"]) == near


def test_schemas_say_yes_to_decimals_and_dates():
    raw = {"x": {"title": "x", "unit": "", "values": [{"value": Decimal("0.5"), "document": "d", "valid_from": DAY}]}}
    assert schemas.problems("amounts", raw, where="f") == []
    assert [one.what for one in schemas.problems("amounts", [], where="f")] == ["应是键值对，写的是 []。"]


DAY = date(2026, 1, 1)
