"""A post is never acted in with a phone code alone, whatever kind of account holds it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from tests.bed import as_role
from tests.support.city import build_city

from zhigong.identity import operations, queries
from zhigong.identity.models import OneTimeCode
from zhigong.kernel.clock import now, today
from zhigong.orgs import operations as orgs
from zhigong.orgs.types import Duty
from zhigong.web.signin import gate

PHONE = "13800000001"

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real")]


@pytest.fixture
def cadre_without_password(committed_db):
    """A chair with a phone and nothing else."""
    with as_role("job"):
        city = build_city(districts=1, streets=1, grassroots=1)
        account = operations.create_account(by=None, username="li", name="李敏", phone=PHONE, now=now())
        with orgs.city_scope(on=today()) as by:
            post = {"union_id": city.unions["d1"], "holder": "李敏", "duty": Duty.CHAIR, "starts_on": date(2020, 1, 1)}
            orgs.appoint(by=by, account_id=account, **post)
    return account


def sign_in_by_phone(client):
    client.post("/signin/phone/", {"phone": PHONE})
    code = re.search(r"\d{6}", queries.texts()[0].text).group()
    return client.post("/signin/code/", {"code": code})


def test_a_phone_alone_leads_to_enrolment(client, cadre_without_password, enrol):
    sign_in_by_phone(client)
    for address in ("/", "/account/", "/workbench/"):
        assert client.get(address)["Location"] == "/signin/enrol/", address
    assert "再加一道锁" in client.get("/signin/enrol/").content.decode()
    enrol(client)
    assert client.get("/account/").status_code == 200
    client.post("/signout/")
    OneTimeCode.objects.update(created_at=now() - timedelta(minutes=2))  # one code a minute
    assert sign_in_by_phone(client)["Location"] == "/signin/factor/"


def test_the_second_look_is_what_holds(client, cadre_without_password, monkeypatch):
    """The mutant: without it the page opens."""
    monkeypatch.setattr(gate.SecondFactorMiddleware, "process_view", lambda *_: None)
    sign_in_by_phone(client)
    assert client.get("/account/").status_code == 200


def test_a_session_the_password_no_longer_covers_acts_for_nobody(
    client, cadre_without_password, settings, django_user_model
):
    settings.DEMO = True
    sign_in_by_phone(client)
    assert client.get("/account/").status_code == 200
    user = django_user_model.objects.get(pk=cadre_without_password)
    user.set_password("changed behind the session's back")
    user.save()
    answer = client.get("/account/")
    assert answer.status_code == 302
    assert answer.wsgi_request.actor is None
