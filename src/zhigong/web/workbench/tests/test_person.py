"""The page of a person: what is sealed opens for a purpose alone, and every look leaves its line."""

import pytest

from zhigong.web.workbench.tests.conftest import name_of
from zhigong.web.workbench.tests.reading import text_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def url(desk):
    return f"/workbench/members/{desk.people['d1s1g1'][0]}/"


def test_the_page_shows_who_she_is_and_no_number(browser, url):
    words = text_of(browser("chair").get(url))
    assert name_of(1) in words
    assert "138****0001" in words
    assert "13800000001" not in words
    assert "340202" not in words
    assert "入会" in words


def test_her_family_is_shown_as_far_as_the_viewer_s_unions_go(browser, url, desk):
    near, far = desk.people["d1s1g1"][1], desk.people["d2s1g1"][0]
    answer = browser("chair").get(url)
    words, page = text_of(answer), answer.content.decode()
    assert "来自公安户籍：全户 4 人，本人是户主" in words
    assert "同户另有 2 人，没有在工会登记，或不在您的管辖范围" in words
    assert f"/workbench/members/{near}/" in page
    assert str(far) not in page
    assert "同户另有 1 人，没有在工会登记。" in text_of(browser("city").get(url))
    assert "同户还有 3 人" in text_of(browser("other").get(f"/workbench/members/{far}/"))
    assert "来自公安户籍" not in text_of(browser("chair").get(f"/workbench/members/{desk.people['d1s1g1'][2]}/"))


def test_a_number_opens_for_a_purpose_on_a_plain_page_and_in_place(browser, url):
    client = browser("chair")
    whole = client.post(url + "open/phone/", {"purpose": "contact"})
    assert whole.status_code == 200
    assert "13800000001" in text_of(whole)
    assert "已记录这次查看" in text_of(whole)
    part = client.post(url + "open/phone/", {"purpose": "contact"}, headers=HTMX)
    assert text_of(part).startswith("13800000001")
    assert "<html" not in part.content.decode()


@pytest.mark.parametrize("purpose", ["", "curiosity", "system"])
def test_without_a_known_purpose_nothing_opens(browser, url, purpose):
    client = browser("chair")
    whole = client.post(url + "open/phone/", {"purpose": purpose})
    assert whole.status_code == 422
    assert "13800000001" not in text_of(whole)
    assert "请先选择用途" in text_of(client.post(url + "open/phone/", {"purpose": purpose}, headers=HTMX))


def test_only_the_sealed_fields_open_and_never_by_a_link(browser, url):
    client = browser("chair")
    assert client.post(url + "open/name/", {"purpose": "contact"}).status_code == 404
    assert client.get(url + "open/phone/").status_code == 405


def test_who_looked_is_read_by_auditors_and_by_nobody_else(browser, url):
    browser("chair").get(url)
    browser("chair").post(url + "open/id_number/", {"purpose": "checking"})
    words = text_of(browser("auditor").get(url + "looked/"))
    assert "chair干部" in words
    assert "查看了个人资料：证件号码" in words
    assert "核对资料" in words
    assert name_of(1) not in words
    assert "查阅记录给本人和审计岗位看" in text_of(browser("chair").get(url + "looked/"))


def test_plain_fields_are_corrected_and_only_the_changed_are_written(browser, url, desk):
    client = browser("chair")
    form = client.get(url + "correct/").context["form"]
    data = {name: form[name].value() or "" for name in form.fields if name != "is_migrant"}
    answer = client.post(url + "correct/", data | {"education": "21", "is_migrant": "on"}, follow=True)
    assert "已更正 2 项" in text_of(answer)
    assert "农民工会员" in text_of(answer)
    words = text_of(browser("auditor").get(url + "looked/"))
    assert "更正了资料：学历、是否农民工会员" in words


def test_an_unknown_code_is_not_taken(browser, url):
    answer = browser("chair").post(url + "correct/", {"education": "ZZ"})
    assert answer.status_code == 422


def test_a_member_is_registered_from_five_fields(browser):
    from zhigong.web.workbench.tests.conftest import id_number

    client = browser("chair")
    data = {
        "name": "钱学",
        "id_type": "111",
        "id_number": id_number(999),
        "phone": "13900000999",
        "employer_name": "清河机械厂",
    }
    answer = client.post("/workbench/members/new/", data, follow=True)
    words = text_of(answer)
    assert "已登记 钱学 为「1区1街1号公司工会」会员" in words
    assert "139****0999" in words
    again = client.post("/workbench/members/new/", data)
    assert again.status_code == 422
    assert "已在实名库中" in text_of(again)
    assert again.context["form"]["name"].value() == "钱学"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("id_number", "340202198503020011", "校验位不对"),
        ("phone", "12345", "手机号码有误"),
        ("name", "", "请填写姓名"),
    ],
)
def test_a_bad_field_is_told_beside_it_and_nothing_typed_is_lost(browser, field, value, says):
    from zhigong.web.workbench.tests.conftest import id_number

    data = {
        "name": "钱学",
        "id_type": "111",
        "id_number": id_number(998),
        "phone": "13900000998",
        "employer_name": "清河",
    }
    answer = browser("chair").post("/workbench/members/new/", data | {field: value})
    assert answer.status_code == 422
    assert says in " ".join(answer.context["form"].errors[field])
    assert all(answer.context["form"][name].value() == (data | {field: value})[name] for name in data)


def test_above_the_grassroots_the_union_is_chosen_and_must_be_a_grassroots_one(browser, desk):
    from zhigong.web.workbench.tests.conftest import id_number

    client = browser("district")
    data = {
        "name": "钱学",
        "id_type": "111",
        "id_number": id_number(997),
        "phone": "13900000997",
        "employer_name": "清河",
    }
    wrong = client.post("/workbench/members/new/", data | {"union": desk.codes["d1s1"]})
    assert "没有叫" in " ".join(wrong.context["form"].errors["union"])
    outside = client.post("/workbench/members/new/", data | {"union": desk.codes["d2s1g1"]})
    assert outside.status_code == 422
    right = client.post("/workbench/members/new/", data | {"union": f"{desk.codes['d1s1g2']} · 随便什么"}, follow=True)
    assert "1区1街2号公司工会" in text_of(right)
