"""The WSGI application that granian serves, with an answer to "are you well?" in front of Django."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

from zhigong.conf.processes import die_with_parent

os.environ["DJANGO_SETTINGS_MODULE"] = "zhigong.conf.settings"
if os.environ.get("ZHIGONG_SUPERVISED") == "1" and multiprocessing.parent_process() is not None:
    # A spawned worker process of granian: see zhigong.conf.webserver for the forked ones.
    die_with_parent(signal.SIGKILL, parent=os.getppid())()

from django.core.wsgi import get_wsgi_application  # settings first

HEALTH = "/healthz"
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, except for the health check, which asks the database and nobody else."""
    if environ.get("PATH_INFO") != HEALTH:
        return _django(environ, start_response)
    from django.db import DatabaseError, connection

    status = "200 OK"
    try:
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        status = "503 Service Unavailable"
    start_response(status, [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
    return [status[:3].encode()]
