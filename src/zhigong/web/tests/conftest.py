"""What the tests of the door share: an account with a password, and an authenticator app in the test's hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

PASSWORD = "机床 轴承 冷却液 42"


@dataclass
class App:
    """An authenticator app that holds one secret."""

    secret: str

    def code(self, *, steps: int = 0) -> str:
        """The code of this moment, or of some steps of thirty seconds away (RFC 6238)."""
        if time.time() % 30 > 27:  # a code lives to the end of its half minute and not a second longer
            time.sleep(30 - time.time() % 30)
        counter = struct.pack(">Q", int(time.time() // 30) + steps)
        digest = hmac.digest(base64.b32decode(self.secret), counter, hashlib.sha1)
        place = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


@pytest.fixture
def real(settings) -> None:
    """Not the demo: second factors are asked for."""
    settings.DEMO = False


@pytest.fixture
def cadre(db):
    """A cadre's account with a password and nothing else."""
    return make_cadre()


def make_cadre():
    from zhigong.identity import operations
    from zhigong.kernel.clock import now

    account_id = operations.create_account(by=None, username="chen", name="陈秀兰", now=now())
    operations.set_password(by=None, account_id=account_id, password=PASSWORD, now=now())
    return account_id


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """Type name and password."""

    def by_password(client: Client, *, password: str = PASSWORD, username: str = "chen", **more: str):
        return client.post("/signin/", {"login": username, "password": password, **more})

    return by_password


@pytest.fixture
def enrol() -> Callable[[Client], App]:
    """Add an authenticator app."""

    def add(client: Client) -> App:
        secret = client.get("/account/factors/app/").context["form"].secret
        app = App(secret)
        answer = client.post("/account/factors/app/", {"code": app.code()})
        assert answer.status_code == 302, answer.context["form"].errors
        return app

    return add
