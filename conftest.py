"""The test bed: a PostgreSQL of its own, one database per worker cloned from a template, Django as the web role.

Nothing here touches var/: a session has its own ZHIGONG_HOME below the system's temporary directory. The server
starts when the first test asks for a database and stops when the last worker is gone. With DATABASE_URL the same
happens on that server, in databases and roles with names of their own, dropped at the end. TESTING.md says how to
use the fixtures.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.bed import Bed, Database

_OWN_HOME = "ZHIGONG_TEST_SESSION"


def pytest_configure(config: pytest.Config) -> None:
    """Choose the home before anything reads the settings; workers inherit it from the controller."""
    config.addinivalue_line("markers", "database_role(name): Django connects as this role instead of web")
    config.addinivalue_line("markers", "xdist_group(name): run in one worker (also without xdist)")
    if os.environ.get(_OWN_HOME) is None:
        _new_session()
    from django.conf import settings

    _ = settings.DATABASES


def _new_session() -> None:
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        raise pytest.UsageError(
            "unset DJANGO_SETTINGS_MODULE: the test bed must choose its home before the settings are read"
        )
    home = Path(tempfile.mkdtemp(prefix="zhigong-test-"))
    mark = secrets.token_hex(4)
    os.environ |= {
        _OWN_HOME: mark,
        "ZHIGONG_HOME": str(home),
        "ZHIGONG_KEY_FILE": str(home / "key.json"),
        "ZHIGONG_ROLE": "web",
        "ZHIGONG_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "zhigong.conf.settings",
        "TZ": "UTC",  # not ours on purpose: code that forgets Asia/Shanghai is found out
    }
    if os.environ.get("DATABASE_URL"):
        os.environ["ZHIGONG_ROLE_PREFIX"] = f"zhigong_test_{mark}"
        os.environ["ZHIGONG_DATABASE"] = f"zhigong_test_{mark}"
    from zhigong.kernel.crypto import Keyring

    Keyring.create(home / "key.json")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups first: they are the long ones, and at the end one worker would run them while the others stand idle."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller removes what the session left."""
    if hasattr(config, "workerinput") or _OWN_HOME not in os.environ:
        return
    from tests.bed import end_session

    with suppress(OSError):
        end_session()
    shutil.rmtree(os.environ["ZHIGONG_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def bed() -> Iterator[Bed]:
    """The server and the migrated template, made by whichever worker comes first."""
    from tests.bed import Bed

    made = Bed()
    try:
        made.open()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def django_db_setup(bed: Bed, worker_id: str) -> Iterator[None]:
    """pytest-django's hook: this worker's database, cloned from the template."""
    from tests.bed import undo_by_cloning

    database = bed.clone(f"w_{worker_id}")
    database.serve_django()
    with undo_by_cloning(database):
        yield
    database.drop()


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """gw0, gw1 … under xdist; main without."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Honour @pytest.mark.database_role("job") before any fixture opens a connection."""
    marker = item.get_closest_marker("database_role")
    if marker is None:
        return (yield)
    from tests.bed import as_role

    with as_role(marker.args[0]):
        return (yield)


@pytest.fixture
def owner_cursor(django_db_setup: None, bed: Bed, worker_id: str) -> Iterator[object]:
    """A cursor of the administrator on this worker's database: sees every committed row, past all policies."""
    database = bed.database(f"w_{worker_id}")
    with database.connect() as connection, connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def committed_db(bed: Bed, django_db_blocker: object) -> Iterator[Database]:
    """A fresh database of the test's own, where rows are committed: for several connections, processes, kills.

    Django's connection leads there too. `database.environment()` gives the variables for child processes,
    `database.connect("job")` a psycopg connection of a role, `database.connect()` one of the administrator.
    """
    database = bed.clone(f"c_{secrets.token_hex(4)}")
    with django_db_blocker.unblock(), database.lent_to_django():  # type: ignore[attr-defined]
        yield database
    database.drop()
