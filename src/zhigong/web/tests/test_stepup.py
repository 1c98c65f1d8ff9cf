"""Sensitive acts ask for a proof of the last five minutes."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.urls import include, path

from zhigong.identity.policies import RECORDS_KEY
from zhigong.kernel.clock import now
from zhigong.web.stepup import step_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real"), pytest.mark.urls(__name__)]


@step_up
def sensitive(request):
    return HttpResponse("done")


urlpatterns = [path("sensitive/", sensitive), path("", include("zhigong.web.urls"))]


@pytest.fixture
def aged(client, cadre, sign_in, enrol):
    """Signed in with both factors, six minutes ago."""
    sign_in(client)
    app = enrol(client)

    def age(seconds: int) -> None:
        session = client.session
        session[RECORDS_KEY] = [{**record, "at": now().timestamp() - seconds} for record in session[RECORDS_KEY]]
        session.save()

    return client, app, age


def test_right_after_signing_in_nothing_is_asked(aged):
    client, _, _ = aged
    assert client.get("/sensitive/").content == b"done"


def test_later_a_proof_is_asked_and_then_the_act_goes_on(aged):
    client, _, age = aged
    age(301)
    answer = client.get("/sensitive/?id=1", follow=True)
    assert "请确认是您本人" in answer.content.decode()
    assert "/signin/again/" in answer.redirect_chain[-1][0]
    done = client.post("/signin/again/", {"password": "机床 轴承 冷却液 42", "next": "/sensitive/?id=1"})
    assert done["Location"] == "/sensitive/?id=1"
    assert client.get("/sensitive/").content == b"done"


def test_a_wrong_password_proves_nothing(aged):
    client, _, age = aged
    age(301)
    assert "密码不对" in client.post("/signin/again/", {"password": "no", "next": "/sensitive/"}).content.decode()
    assert client.get("/sensitive/").status_code == 302


def test_a_late_post_goes_back_to_its_page_without_its_data(aged):
    client, _, age = aged
    age(301)
    answer = client.post(
        "/sensitive/", {"id_number": "340202199001011234"}, headers={"referer": "http://testserver/account/?tab=1"}
    )
    assert answer.status_code == 302
    assert "next=%2Faccount%2F%3Ftab%3D1" in answer["Location"]
    assert "340202199001011234" not in str(dict(client.session))


def test_a_foreign_referer_is_not_followed(aged):
    client, _, age = aged
    age(301)
    answer = client.post("/sensitive/", headers={"referer": "https://evil.example/x"})
    assert answer["Location"].endswith("next=%2F")


def test_in_the_demo_one_click_confirms(client, db, settings):
    settings.DEMO = True
    from zhigong.identity import operations

    operations.create_account(by=None, username="demo-city", name="林海燕", now=now())
    client.post("/demo/", {"role": "demo-city"})
    session = client.session
    session[RECORDS_KEY] = [{**record, "at": 0} for record in session[RECORDS_KEY]]
    session.save()
    assert client.get("/sensitive/")["Location"].startswith("/signin/confirm/")
    assert client.post("/signin/confirm/", {"next": "/sensitive/"})["Location"] == "/sensitive/"
    assert client.get("/sensitive/").content == b"done"
