"""The real stack for stories: its own database, granian, a worker, and Debian's Chromium driven by playwright."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bed import Bed, Database, as_role

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.stories.living import Living
    from tests.support.cast import Cast

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
PATIENCE_MS = 90_000
REFUSED_FORM = "status of 422"
"""The browser's complaint of a form that came back with what is wrong: an answer like others."""


@dataclass
class Stack:
    """Where the product runs, on which database, with whom in it."""

    address: str
    database: Database
    cast: Cast


@dataclass
class LivingStack:
    """The product over a copy of the living city."""

    address: str
    city: Living


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_well(address: str, web: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and web.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the web process did not come up")


@pytest.fixture(scope="module")
def stack(bed: Bed, django_db_blocker: object) -> Iterator[Stack]:
    """Web and worker of their own over a committed database with the small city's cast; skipped where no browser is."""
    from tests.support.cast import assemble

    if not CHROMIUM:
        pytest.skip("no Chromium here: apt install chromium fonts-noto-cjk")
    database = bed.clone(f"s_{secrets.token_hex(4)}")
    with django_db_blocker.unblock(), database.lent_to_django(), as_role("job"):  # type: ignore[attr-defined]
        cast = assemble()
    with _serving(database) as address:
        yield Stack(address, database, cast)
    database.drop()


@pytest.fixture(scope="module")
def living(bed: Bed, django_db_blocker: object) -> Iterator[LivingStack]:
    """As `stack`, over a copy of the living city. A story's module lets it stand in for `stack`."""
    from tests.stories.living import living as copy

    if not CHROMIUM:
        pytest.skip("no Chromium here: apt install chromium fonts-noto-cjk")
    with copy(bed, django_db_blocker) as city, _serving(city.database) as address:
        yield LivingStack(address, city)


@contextmanager
def _serving(database: Database) -> Iterator[str]:
    """Web and worker on a database; their address."""
    from zhigong.conf.locks import FileLock
    from zhigong.conf.processes import die_with_parent
    from zhigong.conf.static import Collecting

    with FileLock(Path(os.environ["ZHIGONG_HOME"]) / "static.lock"):  # workers of one session share the folder
        collecting = Collecting()
        collecting.start()
        collecting.finish()
    port = _free_port()
    settings = {"ZHIGONG_WEB_WORKERS": "1", "ZHIGONG_LOG_LEVEL": "WARNING"}
    commands = (("web", "webserver", "127.0.0.1", str(port)), ("job", "worker"))
    children = [
        subprocess.Popen(
            [sys.executable, "-m", f"zhigong.conf.{module}", *arguments],
            env=database.environment(ZHIGONG_ROLE=role, **settings),
            cwd=os.sep,
            preexec_fn=die_with_parent(),
        )
        for role, module, *arguments in commands
    ]
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_well(address, children[0])
        yield address
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(timeout=30)


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Iterator[Browser]:
    """Chromium. Started after the stack: while playwright's loop runs, Django's connection may not be used here."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A page at 1280 px; anything the browser complains about fails the story."""
    yield from _page(browser, stack, width=1280, height=900)


@pytest.fixture
def phone(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A page at 360 px with touch."""
    yield from _page(browser, stack, width=360, height=740, touch=True)


def _page(browser: Browser, stack: Stack, *, width: int, height: int, touch: bool = False) -> Iterator[Page]:
    context = browser.new_context(
        base_url=stack.address,
        viewport={"width": width, "height": height},
        has_touch=touch,
        locale="zh-CN",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [one for one in complaints if REFUSED_FORM not in one] == []


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Where a story keeps what it downloaded."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder
