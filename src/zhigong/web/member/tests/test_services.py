"""服务: found for me, each condition with its source, only the missing questions, sending once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from tests.support.world import assert_plain, text_of

from zhigong.casework.tests.stage import POOR, RICH
from zhigong.web.member.posting import new_key
from zhigong.web.member.tests.town import APPLY, POOR_ONE, SERVICE, Town, key_on

PAGES = (
    "/m/", "/m/services/", SERVICE, "/m/services/mutual-aid/medical/", "/m/cases/", "/m/notices/", "/m/publicity/",
    "/m/me/", "/m/me/facts/", "/m/me/facts/household_size/", "/m/me/facts/homes_owned/",
)  # fmt: skip
OF_MEMBERS = [page for page in PAGES if "services" not in page]
ROLES = ("demo-member", "demo-hardship", "demo-courier")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_plainly_and_leads_nowhere_dead(town: Town, role, path):
    client = town.browser(role)
    answer = client.get(path)
    assert answer.status_code == 200
    assert_plain(answer)
    page = answer.content.decode()
    for target in sorted(set(re.findall(r'href="(/m/[^"#]*)"', page))):
        assert client.get(target).status_code == 200, target
    assert 'href=""' not in page


@pytest.mark.parametrize("path", OF_MEMBERS)
def test_whoever_has_no_file_is_told_how_to_join(town: Town, path):
    assert "怎样加入" in text_of(town.browser("demo-courier").get(path))


def test_whoever_has_no_file_reads_about_services_and_cannot_apply(town: Town):
    client = town.browser("demo-courier")
    text = text_of(client.get(SERVICE))
    assert "先入会，再办理" in text and "30 天内办结" in text and "一条一条看" not in text
    assert "怎样加入" in text_of(client.post(APPLY, town.answers(step="send")))


def test_home_tells_what_was_found_and_why(town: Town):
    answer = town.browser("demo-hardship").get("/m/")
    text = text_of(answer)
    assert "为您找到" in text and "深度困难" in text and "3,000 元" in text
    assert "家庭住房须少于 2 套。" in text and f'href="{SERVICE}"' in answer.content.decode()


def test_home_tells_what_came_without_asking(town: Town):
    text = text_of(town.browser("demo-member").get("/m/"))
    assert "直接发给您的" in text and "2,000 元" in text and "医保结算数据显示" in text


def test_services_are_searched_and_narrowed(town: Town):
    client = town.browser("demo-member")
    assert "职工医疗互助" in text_of(client.get("/m/services/?q=住院"))
    assert "困难职工建档" not in text_of(client.get("/m/services/?q=住院"))
    assert "职工医疗互助" not in text_of(client.get("/m/services/?kind=hardship"))
    for words in ("没有这种东西", "\0", "x" * 5000, "<script>"):
        assert client.get("/m/services/", {"q": words, "kind": "不存在"}).status_code == 200
    assert client.get("/m/services/none/such/").status_code == 404


def test_a_service_shows_each_condition_with_its_source(town: Town):
    text = text_of(town.browser("demo-hardship").get(SERVICE))
    assert "符合： 家庭住房须少于 2 套。 家庭住房套数：1 套 住建" in text
    assert "还不知道： 家中须没有人" in text
    assert "10,000 元" in text and "基层工会，5 个工作日" in text and "社会救助暂行办法" in text


def test_a_service_tells_what_speaks_against_me_and_lets_me_ask_all_the_same(town: Town):
    client, _ = town.someone(**RICH)
    case = town.send(client)
    client.post(f"/m/cases/{case}/withdraw/", {"key": new_key()})
    page = client.get(SERVICE)
    assert "您暂时不符合" in text_of(page) and "觉得自己符合，仍要申请" in text_of(page)


def test_only_what_nobody_knows_is_asked(town: Town):
    form = town.browser("demo-hardship").get(SERVICE).context["form"]
    assert list(form.fields) == [
        "runs_business_with_employees", "private_school_or_study_abroad", "sudden_loss_year", "cause", "note",
        "account_number", "account_bank", "account_passbook", "verification_consent",
    ]  # fmt: skip


def test_every_field_has_a_label(town: Town):
    page = town.browser("demo-hardship").get(SERVICE).content.decode()
    shown = re.findall(r'<(?:input|select|textarea)(?![^>]*type="(?:hidden|radio)")[^>]*id="(id_[^"]+)"', page)
    assert len(shown) >= 5
    for each in shown:
        assert f'for="{each}"' in page or re.search(rf"<label[^>]*>\s*<[^>]*id=\"{each}\"", page), each
    assert page.count("<legend>") == 3


BAD = [
    ("sudden_loss_year", "abc", "请写成"),
    ("sudden_loss_year", "-5", "负数"),
    ("sudden_loss_year", "1e9", "请写成"),
    ("sudden_loss_year", "1000000000", "之间"),
    ("sudden_loss_year", "0.001", "两位小数"),
    ("sudden_loss_year", "1\x002", "看不见的特殊字符"),
    ("sudden_loss_year", "9" * 31, "最多 30 字"),
    ("sudden_loss_year", "", "请回答这个问题"),
    ("runs_business_with_employees", "maybe", "选项"),
    ("runs_business_with_employees", "", "请回答这个问题"),
    ("cause", "hunger", "选项"),
    ("note", "字" * 501, "最多 500 字"),
    ("note", "a\x00b", "看不见的特殊字符"),
    ("account_number", "12", "8 到 30 位"),
    ("account_number", "", "银行卡号"),
    ("account_number", "6222020000123453", "校验位"),
    ("account_bank", "", "开户行"),
    ("account_bank", "=HYPERLINK(1)", "开户行"),
    ("verification_consent", "", "不同意核对就无法办理"),
]


@pytest.mark.parametrize(("name", "value", "said"), BAD)
def test_bad_answers_come_back_at_their_field_and_nothing_is_lost(town: Town, name, value, said):
    client, person = town.someone(**POOR)
    given = town.answers(step="send", key=new_key()) | {name: value}
    answer = client.post(APPLY, given)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [name] and said in form.errors[name][0]
    page = answer.content.decode()
    assert "孩子在读大学" in page or name == "note"
    assert f'value="{given["account_number"]}"' in page or not given["account_number"]
    assert town.count(person) == 0
    assert town.world.admin("SELECT count(*) FROM facts_declared WHERE person_id = %s", person) == [(0,)]


def test_answers_are_looked_at_before_they_are_sent(town: Town):
    client, person = town.someone(**POOR)
    given = town.answers(key=key_on(client.get(SERVICE)))
    review = client.post(APPLY, given)
    text = text_of(review)
    assert "1,200.50 元" in text and "本人或家人患病" in text and "符合条件（深度困难）" in text and "3,000 元" in text
    assert town.count(person) == 0
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', review.content.decode()))
    edit = client.post(APPLY, hidden | {"step": "edit"})
    assert edit.status_code == 200 and "孩子在读大学" in edit.content.decode()
    sent = client.post(APPLY, hidden | {"step": "send"}, follow=True)
    assert "办件编号" in text_of(sent) and "1区1街1号公司工会" in text_of(sent) and "承诺办结" in text_of(sent)
    assert town.count(person) == 1


def test_sending_twice_is_one_case(town: Town):
    client, person = town.someone(**POOR)
    given = town.answers(key=new_key(), step="send")
    first, second = client.post(APPLY, given), client.post(APPLY, given)
    assert first["Location"] == second["Location"] and town.count(person) == 1
    other = client.post(APPLY, given | {"key": new_key(), "note": "又点了一次"})
    assert other["Location"] == first["Location"] and town.count(person) == 1
    assert "您已经申请了，正在办" in text_of(client.get(SERVICE))


def test_two_phones_at_once_are_one_case(town: Town):
    client, person = town.someone(**POOR)
    given = town.answers(key=new_key(), step="send")

    def send(_: int) -> int:
        try:
            return client.post(APPLY, given).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(send, range(2)))
    assert codes == [302, 302] and town.count(person) == 1


def test_another_persons_card_is_refused_at_the_card(town: Town):
    first, _ = town.someone(**POOR)
    second, person = town.someone(**POOR)
    given = town.answers(key=new_key(), step="send")
    assert first.post(APPLY, given).status_code == 302
    answer = second.post(APPLY, given | {"key": new_key()})
    assert answer.status_code == 422 and "account_number" in answer.context["form"].errors
    assert town.count(person) == 0


@pytest.mark.parametrize("key", ["", "x", "\0", "a" * 500, "'; DROP TABLE"])
def test_a_form_with_a_strange_key_is_still_one_application(town: Town, key):
    client, person = town.someone(**POOR)
    assert client.post(APPLY, town.answers(key=key, step="send")).status_code == 302
    assert town.count(person) == 1


def test_an_automatic_service_takes_no_application(town: Town):
    answer = town.browser("demo-member").post("/m/services/mutual-aid/medical/apply/", {"step": "send"})
    assert answer.status_code == 302 and answer["Location"] == "/m/services/mutual-aid/medical/"


def test_a_known_card_is_not_asked_for_again(town: Town):
    client, _ = town.someone(**RICH)
    case = town.send(client)
    client.post(f"/m/cases/{case}/withdraw/", {"key": new_key()})
    page = client.get(SERVICE)
    assert "account_number" not in page.context["form"].fields and "钱发到您的银行卡" in text_of(page)


def test_forms_need_their_token(town: Town):
    client = town.browser("demo-hardship", checks=True)
    assert client.post(APPLY, town.answers(step="send")).status_code == 403


def test_large_type_holds_on_every_page(town: Town):
    client = town.browser("demo-hardship")
    client.post("/signin/type/", {"size": "large", "next": "/m/"})
    for page in PAGES:
        assert 'data-type="large"' in client.get(page).content.decode()
    assert POOR_ONE in text_of(client.get("/m/"))
