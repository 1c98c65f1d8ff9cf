"""A committed small city with its cast, browsers signed in by the demo's door, and jobs run here and now.

Shared by the tests of the faces: each module makes one with `world()` and keeps it for all its tests.
"""

from __future__ import annotations

import importlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests.bed import Bed, Database, as_role
from tests.support.cast import Cast, assemble

_WAITING = "WHERE status = 'todo' AND queue_name = 'exchange'"


@dataclass
class World:
    """One database of its own, and who is in it."""

    database: Database
    cast: Cast

    def browser(self, role: str, *, checks: bool = False) -> Client:
        """A client signed in as one of the demo's roles; checks: with CSRF checks, as in life."""
        client = Client()
        answer = client.post("/demo/", {"role": role})
        assert answer.status_code == 302, answer.content
        client.handler.enforce_csrf_checks = checks
        return client

    def admin(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What the administrator sees, past every policy."""
        with self.database.connect() as admin:
            cursor = admin.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def waiting(self) -> list[tuple[str, dict[str, Any]]]:
        """Jobs asked for and not yet taken."""
        return [
            (name, arguments)
            for name, arguments in self.admin(f"SELECT task_name, args FROM procrastinate_jobs {_WAITING} ORDER BY id")
        ]

    def work(self) -> int:
        """Run what waits in the exchange's queue as the worker's role; how many."""
        jobs = self.waiting()
        self.admin(f"UPDATE procrastinate_jobs SET status = 'succeeded' {_WAITING}")
        with as_role("job"):
            for name, arguments in jobs:
                package, _, function = name.partition(".")
                getattr(importlib.import_module(f"zhigong.{package}.jobs"), function)(**arguments)
        return len(jobs)


@contextmanager
def world(bed: Bed, blocker: Any) -> Iterator[World]:
    """Make it; drop it afterwards."""
    database = bed.clone(f"world_{secrets.token_hex(4)}")
    with blocker.unblock(), database.lent_to_django():
        with as_role("job"):
            cast = assemble()
        yield World(database, cast)
    database.drop()


def text_of(answer: Any) -> str:
    """What people read of a page."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def assert_plain(answer: Any) -> None:
    """No inline style, script or handler: the browser policy would silently drop them."""
    page = answer.content.decode()
    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", page)
    assert not re.search(r"<[^>]+\son[a-z]+=", page)
    assert "<style" not in page
