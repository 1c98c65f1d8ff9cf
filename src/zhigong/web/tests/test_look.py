"""The frames and the door in a real browser: widths, contrast, targets, keys, no script, passkeys."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from zhigong.web.tests.conftest import PASSWORD, make_cadre

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)

pytestmark = [
    pytest.mark.story,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt install chromium fonts-noto-cjk"),
]

PAGES = ("/styleguide/", "/styleguide/?frame=member", "/demo/", "/signin/", "/signin/phone/")
LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


@pytest.fixture
def browser(live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser, live_server):
    """Pages whose browser must not complain: a broken policy shows as an error in its console."""
    complaints: list[str] = []

    def opening(width: int = 1280, **options):
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 800}, locale="zh-CN", **options
        )
        page = context.new_page()
        page.on(
            "console", lambda said: complaints.append(f"{said.text} {said.location}") if said.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opening
    assert complaints == []


@pytest.mark.parametrize(
    ("address", "size"), [*((page, "normal") for page in PAGES), *((p, "large") for p in PAGES[:2])]
)
def test_pages_fit_and_can_be_read(open_page, live_server, address, size):
    page = open_page(1280)
    if size == "large":
        page.context.add_cookies([{"name": "zg_type", "value": "large", "url": live_server.url}])
    page.goto(address)
    for width in (1280, 768, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, (width, size)
        assert page.evaluate(LOOK + "poorContrast()") == [], (width, size)


@pytest.mark.parametrize("address", PAGES)
def test_fingers_find_their_targets(open_page, address):
    page = open_page(360, has_touch=True, is_mobile=True)
    page.goto(address)
    assert page.evaluate(LOOK + "smallTargets(TARGETS)") == []


def test_the_navigation_opens_without_script(open_page):
    page = open_page(360, java_script_enabled=False)
    page.goto("/styleguide/")
    assert not page.locator(".zg-side").is_visible()
    page.click(".zg-burger")
    assert page.locator(".zg-side").is_visible()


def test_confirming_and_leaving_work_without_script(open_page):
    page = open_page(java_script_enabled=False)
    page.goto("/styleguide/")
    page.click("text=撤销导入")
    assert page.locator("text=撤销 986 人").is_visible()


def test_keys(open_page):
    page = open_page()
    page.goto("/styleguide/")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("/")
    if page.locator("#search").count():
        assert page.evaluate("document.activeElement.id") == "search"


def test_a_passkey_is_enrolled_and_opens_the_account_without_password(open_page, settings, django_user_model):
    settings.DEMO = False
    make_cadre()
    page = open_page()
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**kind, "isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/signin/")
    page.fill("#id_login", "chen")
    page.fill("#id_password", PASSWORD)
    page.click("form.zg-form button.btn-primary")
    page.wait_for_url("**/signin/enrol/")
    page.click("text=通行密钥")
    page.fill("#id_name", "办公室电脑")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/account/factors/codes/")
    page.context.clear_cookies()
    page.goto("/signin/?next=/account/")
    page.click("#passkey_login")
    page.wait_for_url(lambda url: urlsplit(url).path == "/account/")
    assert "陈秀兰" in page.content()
