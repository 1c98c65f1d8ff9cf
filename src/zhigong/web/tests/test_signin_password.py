"""Cadres: password, then a second factor, always; locks; fixation; fresh proofs."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.db import connection

from zhigong.identity import operations
from zhigong.identity.models import Session
from zhigong.kernel.clock import now
from zhigong.web.signin import gate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real")]


def is_in(client) -> bool:
    return SESSION_KEY in client.session


def test_a_first_sign_in_leads_to_enrolment_from_every_page(client, cadre, sign_in):
    assert sign_in(client).status_code == 302
    for address in (
        "/",
        "/account/",
        "/account/factors/",
        "/account/password/",
        "/account/factors/codes/",
        "/nowhere/",
    ):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, "/signin/enrol/"), address
    assert "再加一道锁" in client.get("/signin/enrol/").content.decode()
    assert not Session.objects.get(account_id=cadre).strong


def test_the_gate_is_what_holds(client, cadre, sign_in, monkeypatch):
    """The mutant: without the gate the same pages open, so the test above does test it."""
    monkeypatch.setattr(gate, "needs_second_factor", lambda _request: False)
    sign_in(client)
    assert client.get("/account/").status_code == 200


def test_enrolling_makes_the_session_strong_and_shows_recovery_codes(client, cadre, sign_in, enrol):
    sign_in(client)
    enrol(client)
    assert Session.objects.get(account_id=cadre).strong
    page = client.get("/account/factors/codes/").content.decode()
    assert "请保存好备用码" in page
    assert page.count("<li>") == 10
    assert client.get("/account/").status_code == 200


def test_the_next_sign_in_asks_for_the_code_and_takes_it_once(client, cadre, sign_in, enrol):
    sign_in(client)
    app = enrol(client)
    client.post("/signout/")
    cache.clear()  # the code used to enrol counts as used
    sign_in(client)
    assert not is_in(client)
    assert "第二步验证" in client.get("/signin/factor/").content.decode()
    code = app.code()
    assert client.post("/signin/factor/", {"code": code}).status_code == 302
    assert is_in(client)
    client.post("/signout/")
    sign_in(client)
    assert "验证码不对" in client.post("/signin/factor/", {"code": code}).content.decode()
    assert not is_in(client)


@pytest.mark.parametrize("steps", [-2, -1, 1])
def test_a_code_of_another_half_minute_is_refused(client, cadre, sign_in, enrol, steps):
    sign_in(client)
    app = enrol(client)
    client.post("/signout/")
    sign_in(client)
    client.post("/signin/factor/", {"code": app.code(steps=steps)})
    assert not is_in(client)


def test_a_recovery_code_works_once(client, cadre, sign_in, enrol):
    sign_in(client)
    enrol(client)
    code = client.get("/account/factors/codes/").context["unused_codes"][0]
    for works in (True, False):
        client.post("/signout/")
        sign_in(client)
        client.post("/signin/factor/", {"code": code})
        assert is_in(client) is works


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one(client, cadre, sign_in):
    for _ in range(5):
        assert "用户名或密码不对" in sign_in(client, password="wrong").content.decode()
    assert "暂时锁定" in sign_in(client).content.decode()
    assert not is_in(client)


def test_four_wrong_passwords_do_not_lock(client, cadre, sign_in):
    for _ in range(4):
        sign_in(client, password="wrong")
    assert sign_in(client).status_code == 302
    assert is_in(client)


def test_wrong_second_codes_lock_too(client, cadre, sign_in, enrol):
    sign_in(client)
    app = enrol(client)
    client.post("/signout/")
    cache.clear()
    sign_in(client)
    wrong = f"{(int(app.code()) + 1) % 10**6:06d}"
    for _ in range(5):
        client.post("/signin/factor/", {"code": wrong})
    client.post("/signin/factor/", {"code": app.code()})
    assert not is_in(client)


def test_an_unknown_name_reads_like_a_wrong_password(client, cadre, sign_in):
    pages = [
        sign_in(client, username=name, password="wrong").context["form"].non_field_errors()
        for name in ("chen", "nobody")
    ]
    assert pages[0] == pages[1]


def test_signing_in_changes_the_session_key(client, cadre, sign_in):
    client.get("/signin/")
    client.session.save()
    before = client.session.session_key
    client.cookies["zhigong_session"] = before
    sign_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_closed_account_is_out_at_the_next_click(client, cadre, sign_in, enrol):
    sign_in(client)
    enrol(client)
    with connection.cursor() as cursor:  # the test's transaction still bears the scope of the last request
        cursor.execute("SELECT set_config('zhigong.scope', '', true)")
    operations.disable_account(by=None, account_id=cadre, now=now())
    assert client.get("/account/").status_code == 302
    sign_in(client)
    assert not is_in(client)


def test_a_session_left_alone_ends(client, cadre, sign_in, enrol):
    sign_in(client)
    enrol(client)
    session = client.session
    session[gate.SEEN_KEY] = int(now().timestamp()) - 3601
    session.save()
    assert client.get("/account/")["Location"] == "/signin/?idle=1"
    assert not is_in(client)


def test_a_fragment_asked_for_too_late_takes_the_whole_page_to_the_door(client):
    answer = client.get("/account/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/signin/?next=")


def test_secrets_of_factors_are_sealed(client, cadre, sign_in, enrol):
    sign_in(client)
    app = enrol(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        stored = cursor.fetchone()[0]
    assert app.secret not in stored
    assert Authenticator.objects.filter(user_id=cadre).count() == 2


def test_the_last_factor_cannot_be_removed(client, cadre, sign_in, enrol):
    sign_in(client)
    enrol(client)
    answer = client.post("/account/factors/app/remove/")
    assert "最后一种" in answer.content.decode()
    assert Authenticator.objects.filter(user_id=cadre, type="totp").exists()


def test_changing_the_password_ends_the_other_sessions(client, cadre, sign_in, enrol, django_user_model):
    sign_in(client)
    enrol(client)
    Session.objects.create(session_key="elsewhere", session_data="", expire_date=now(), account_id=cadre)
    data = {"oldpassword": "机床 轴承 冷却液 42", "password1": "新的 长 密码 2026", "password2": "新的 长 密码 2026"}
    assert client.post("/account/password/", data).status_code == 302
    assert list(Session.objects.filter(account_id=cadre).values_list("session_key", flat=True)) == [
        client.session.session_key
    ]
    assert client.get("/account/").status_code == 200


def test_next_leads_nowhere_else(client, cadre, sign_in):
    assert sign_in(client, next="https://evil.example/").headers["Location"] == "/"


def test_signing_out_is_a_post(client, cadre, sign_in, enrol):
    sign_in(client)
    enrol(client)
    assert "退出登录？" in client.get("/signout/").content.decode()
    assert is_in(client)
    client.post("/signout/")
    assert not is_in(client)


def test_unused_routes_do_not_exist(client):
    for address in ("/signup/", "/accounts/signup/", "/password/reset/", "/email/", "/accounts/login/"):
        assert client.get(address).status_code == 404
