"""The demo's front door: one click per role, and only in the demo."""

from __future__ import annotations

import importlib

import pytest
from django.contrib.auth import SESSION_KEY
from django.urls import NoReverseMatch, clear_url_caches, reverse

from zhigong.identity import operations
from zhigong.identity.models import Session
from zhigong.identity.types import DEMO_ACCOUNTS
from zhigong.kernel.clock import now
from zhigong.web import urls as web_urls
from zhigong.web.signin import roles
from zhigong.web.signin import urls as signin_urls

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return operations.create_account(by=None, username="demo-city", name="林海燕", now=now())


@pytest.fixture
def without_demo(settings):
    """The addresses as an installation that is no demo has them."""

    def reload() -> None:
        importlib.reload(signin_urls)
        importlib.reload(web_urls)
        importlib.reload(importlib.import_module("zhigong.conf.urls"))
        clear_url_caches()

    settings.DEMO = False
    reload()
    yield
    settings.DEMO = True
    reload()


def test_the_cards_are_the_accounts_others_make():
    assert set(DEMO_ACCOUNTS) == roles.USERNAMES


def test_absent_accounts_are_shown_as_not_there(client, city):
    page = client.get("/demo/").content.decode()
    assert page.count('class="zg-role"') == len(DEMO_ACCOUNTS)
    assert page.count(" disabled>") == len(DEMO_ACCOUNTS) - 1
    assert "林海燕" in page


def test_one_click_signs_in_and_may_act(client, city):
    assert client.get("/")["Location"] == "/demo/"
    assert client.post("/demo/", {"role": "demo-city"}).status_code == 302
    assert client.session[SESSION_KEY] == str(city)
    assert Session.objects.get(account_id=city).strong


def test_another_click_changes_the_role_and_the_session(client, city):
    other = operations.create_account(by=None, username="demo-member", name="陈秀兰", now=now())
    client.post("/demo/", {"role": "demo-city"})
    before = client.session.session_key
    client.post("/demo/", {"role": "demo-member"})
    assert client.session[SESSION_KEY] == str(other)
    assert client.session.session_key != before
    assert not Session.objects.filter(account_id=city).exists()


def test_other_accounts_have_no_card(client, cadre):
    assert client.post("/demo/", {"role": "chen"}).status_code == 404
    assert SESSION_KEY not in client.session


def test_a_click_is_a_post_with_a_token(city):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/demo/", {"role": "demo-city"}).status_code == 403


def test_outside_the_demo_the_addresses_do_not_exist(client, city, without_demo):
    for name in ("signin:demo", "signin:outbox", "styleguide"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for address in ("/demo/", "/demo/outbox/", "/styleguide/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"role": "demo-city"}).status_code == 404
    assert client.get("/")["Location"] == "/signin/"


def test_even_a_leftover_address_refuses(client, city, settings):
    """The second lock: should the addresses be there by mistake, the views refuse."""
    settings.DEMO = False
    for address in ("/demo/", "/demo/outbox/", "/styleguide/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"role": "demo-city"}).status_code == 404


def test_texts_are_shown_in_the_demo(client):
    operations.create_account(by=None, username="m1", name="陈秀兰", phone="13800000001", now=now())
    client.post("/signin/phone/", {"phone": "13800000001"})
    assert "您的验证码是" in client.get("/demo/outbox/").content.decode()
