"""Members: a phone, a code, in; the same pages for every phone; cadres do not slip in this way."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import SESSION_KEY

from zhigong.identity import operations, queries
from zhigong.identity.models import OneTimeCode, Session
from zhigong.kernel.clock import now

PHONE, STRANGER = "13800000001", "13900000009"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real")]


@pytest.fixture
def member():
    return operations.create_account(by=None, username="m1", name="陈秀兰", phone=PHONE, now=now())


def code() -> str:
    return re.search(r"\d{6}", queries.texts()[0].text).group()


def test_a_member_signs_in(client, member):
    assert client.post("/signin/phone/", {"phone": "138 0000 0001"})["Location"] == "/signin/code/"
    assert "138****0001" in client.get("/signin/code/").content.decode()
    assert client.post("/signin/code/", {"code": code()}).status_code == 302
    assert client.session[SESSION_KEY] == str(member)
    row = Session.objects.get(account_id=member)
    assert not row.strong
    assert row.post_id is None
    assert client.get("/account/").status_code == 200


def test_known_and_unknown_phones_see_the_same(client, member):
    def walk(phone: str) -> list[object]:
        client.cookies.clear()
        seen: list[object] = []
        for address, data in (
            ("/signin/phone/", {"phone": phone}),
            ("/signin/code/", {"code": "1"}),
            ("/signin/phone/", {"phone": phone}),
        ):
            answer = client.post(address, data)
            text = re.sub(r'(csrf[^>]*?(?:value|content))="[^"]*"', r"\1", answer.content.decode())
            seen += [
                answer.status_code,
                answer.headers.get("Location"),
                text.replace(phone, "P").replace(f"{phone[:3]}****{phone[-4:]}", "M"),
            ]
        return seen

    assert walk(PHONE) == walk(STRANGER)


def test_wrong_tries_count_although_the_page_refuses(client, member):
    """The refusal must not roll the count back with the request's transaction."""
    client.post("/signin/phone/", {"phone": PHONE})
    for _ in range(3):
        assert "验证码不对" in client.post("/signin/code/", {"code": "x"}).content.decode()
    assert OneTimeCode.objects.get().tries == 3


def test_a_cadre_is_asked_for_the_second_factor_here_too(client, cadre, sign_in, enrol):
    operations.set_phone(by=None, account_id=cadre, phone=PHONE, now=now())
    sign_in(client)
    enrol(client)
    client.post("/signout/")
    client.post("/signin/phone/", {"phone": PHONE})
    assert client.post("/signin/code/", {"code": code()})["Location"] == "/signin/factor/"
    assert SESSION_KEY not in client.session


def test_a_cadre_without_factor_is_led_to_enrol_here_too(client, cadre):
    operations.set_phone(by=None, account_id=cadre, phone=PHONE, now=now())
    client.post("/signin/phone/", {"phone": PHONE})
    client.post("/signin/code/", {"code": code()})
    assert client.get("/account/")["Location"] == "/signin/enrol/"


def test_the_code_page_needs_a_phone_first(client):
    assert client.get("/signin/code/")["Location"] == "/signin/phone/"


def test_next_stays_here(client, member):
    client.post("/signin/phone/", {"phone": PHONE, "next": "//evil.example/"})
    assert client.post("/signin/code/", {"code": code()})["Location"] == "/"


def test_opening_an_account_by_page(client, django_user_model):
    account = operations.create_account(by=None, username="wang", name="王建国", now=now())
    opening = operations.issue_opening_code(by=None, account_id=account, now=now())
    data = {"username": "wang", "code": opening, "password": "一二 三四 五六 78", "again": "一二 三四 五六 79"}
    assert "两次输入的密码不一样" in client.post("/signin/opening/", data).content.decode()
    data["again"] = data["password"]
    assert client.post("/signin/opening/", data)["Location"] == "/signin/"
    assert client.post("/signin/", {"login": "wang", "password": data["password"]}).status_code == 302
