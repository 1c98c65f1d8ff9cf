"""What a verb needs before it may use the domain: a database, its tables, Django as the right role."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zhigong.conf import preflight
from zhigong.conf.home import home, key_file


def choose_role(role: str) -> None:
    """Settle which database role this process is, before Django reads its settings."""
    if sys.dont_write_bytecode:
        sys.dont_write_bytecode, sys.pycache_prefix = (
            False,
            os.environ.get("PYTHONPYCACHEPREFIX") or str(home() / "cache"),
        )
    os.environ["ZHIGONG_HOME"] = str(home())
    os.environ["ZHIGONG_KEY_FILE"] = str(key_file())
    os.environ["ZHIGONG_ROLE"] = role
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhigong.conf.settings"


@contextmanager
def domain(*, role: str, tell: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Inside, the domain's operations and queries work: the database runs, is up to date, and Django is set up."""
    from zhigong.conf import bootstrap
    from zhigong.conf.postgres import running

    preflight.check_home(home())
    preflight.check_disk(home(), tell=tell)
    choose_role(role)
    with running(tell=tell):
        bootstrap.prepare(tell=tell)
        import django

        django.setup()
        from django.db import connection

        try:
            yield
        finally:
            connection.close()
