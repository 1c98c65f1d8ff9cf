"""Frames, components and what browsers are told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.http import Http404, HttpResponse, QueryDict
from django.template import engines
from django.test import RequestFactory
from django.urls import include, path

from zhigong.kernel.errors import Conflict, NotAllowed, NotFound
from zhigong.web import components, faults, navigation
from zhigong.web.components import Column

pytestmark = pytest.mark.django_db

WEB = Path(faults.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
COTTON = WEB / "templates" / "cotton"


def broken(_request):
    raise RuntimeError("secret detail 340202199001011234")


urlpatterns = [path("broken/", broken), path("", include("zhigong.web.urls"))]
handler404 = "zhigong.web.faults.not_found"
handler500 = "zhigong.web.faults.server_error"


@pytest.mark.parametrize("address", ["/signin/", "/demo/", "/nowhere/", "/styleguide/", "/signin/phone/"])
def test_every_page_brings_the_policy_and_is_not_kept(client, address):
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.urls(__name__)
def test_a_server_error_tells_nothing_and_still_brings_the_policy(client):
    client.raise_request_exception = False
    answer = client.get("/broken/")
    assert answer.status_code == 500
    assert "340202199001011234" not in answer.content.decode()
    assert "系统出了点问题" in answer.content.decode()
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: str(p.relative_to(WEB / "templates")))
def test_no_template_needs_an_exception_from_the_policy(template):
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"\son[a-z]+\s*=", text), "inline handler"
    assert not re.search(r"hx-on", text), "hx-on evaluates text"
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert "src=" in attributes or 'type="application/json"' in attributes, "inline script"
        assert "src=" not in attributes or not body.strip()
    assert not re.search(r"""(src|href)=["']https?://""", text), "something from elsewhere"


def test_pages_have_words_of_ours_only(client):
    for address in ("/signin/", "/signin/phone/", "/signin/opening/", "/demo/", "/signin/inactive/"):
        page = client.get(address).content.decode()
        assert 'lang="zh-CN"' in page
        visible = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
        assert not re.search(r"\b(Sign In|Password|Username|Menu|Login|Remember)\b", visible)


def test_every_component_has_a_comment_and_a_place_in_the_style_page(client):
    page = (WEB / "templates" / "styleguide" / "page.html").read_text(encoding="utf-8")
    for file in COTTON.rglob("*.html"):
        name = ".".join(file.relative_to(COTTON).with_suffix("").parts).removesuffix(".index")
        assert file.read_text(encoding="utf-8").startswith("{# "), name
        assert f"<c-{name}" in page, f"{name} is not shown"


def test_the_style_page_leaves_no_tag_unrendered(client):
    for frame in ("", "?frame=member"):
        page = client.get(f"/styleguide/{frame}").content.decode()
        assert not re.search(r"<c-|\{[{%#]", page)
        assert "样式一览" in page


def test_what_people_type_is_escaped():
    template = engines["django"].from_string(
        '<c-card :title="name"><c-badge>{{ name }}</c-badge><c-avatar :name="name" /></c-card>'
    )
    page = template.render({"name": "<script>alert(1)</script>"})
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_labels_belong_to_fields_and_errors_stand_beside_them(client):
    page = client.post("/signin/phone/", {"phone": "12"}).content.decode()
    assert '<label for="id_phone">' in page
    assert 'id="id_phone"' in page
    assert 'class="zg-error" role="alert"' in page
    assert 'aria-invalid="true"' in page


def test_entries_without_address_are_left_out_and_the_nearest_is_current():
    entries = (
        navigation.Entry("这里", "signin:security", "x"),
        navigation.Entry("没有", "nowhere:nothing", "x"),
        navigation.Entry("无权", "account_login", "x", right="never.granted"),
    )
    found = navigation.links(entries, actor=None, path="/account/factors/")
    assert [(link.label, link.current) for link in found] == [("这里", False)] or found[0].current
    assert len(found) == 1


def test_sorting_keeps_filters_and_goes_back_to_the_first_page():
    query = QueryDict("name=chen&sort=name&page=7&after=x")
    name, joined = components.heads((Column("姓名", "name"), Column("入会", "joined")), query)
    assert name.direction == "ascending"
    assert QueryDict(name.url[1:]).dict() == {"name": "chen", "sort": "-name"}
    assert QueryDict(joined.url[1:]).dict() == {"name": "chen", "sort": "joined"}


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotAllowed("不行"), 403), (NotFound("没有"), 404), (Conflict("冲突"), 409)],
)
def test_refusals_have_pages(rf: RequestFactory, error, status):
    request = rf.get("/")
    request.user = type("Nobody", (), {"is_authenticated": False})()
    answer = faults.refused(request, error)
    assert answer.status_code == status
    assert error.what in answer.content.decode()
    assert faults.no_scope(request).status_code == 403


def test_large_type_is_kept_in_a_cookie_and_leads_back_here(client):
    answer = client.post("/signin/type/", {"size": "large", "next": "/signin/"})
    assert answer["Location"] == "/signin/"
    assert 'data-type="large"' in client.get("/signin/").content.decode()
    assert client.post("/signin/type/", {"size": "normal", "next": "https://evil.example/"})["Location"] == "/"
    assert "data-type" not in client.get("/signin/").content.decode()


def test_under_tls_cookies_are_bound_to_the_host():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from zhigong.conf import settings as s;"
            "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
            " s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN)",
        ],
        env={**os.environ, "ZHIGONG_TLS": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert told == ["__Host-session", "__Host-csrf", "True", "True", "True", "False"]


def test_cookies_are_out_of_reach_of_script_and_other_sites(client, cadre, sign_in):
    sign_in(client)
    cookie = client.cookies["zhigong_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_form_errors_never_show_a_raw_page(client):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/signin/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert "已经过期" in answer.content.decode()


def test_http404_and_response_types_are_what_handlers_expect(rf):
    request = rf.get("/x/")
    request.user = type("Nobody", (), {"is_authenticated": False})()
    assert isinstance(faults.not_found(request, Http404()), HttpResponse)
