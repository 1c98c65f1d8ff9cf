"""How each process reaches the database: one role per kind of process, passwords derived from the key file."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from zhigong.conf.home import home, key_file
from zhigong.kernel.crypto import Keyring
from zhigong.kernel.db.roles import role_name
from zhigong.kernel.errors import Refused

ADDRESS_FILE = "run/postgres.json"


def address() -> dict[str, Any]:
    """Host, port, name (and user, password of an administrator when DATABASE_URL is set).

    Without DATABASE_URL the address is what the embedded server wrote when it started; before that, its socket directory.
    """
    url = os.environ.get("DATABASE_URL")
    if url:
        return _from_url(url)
    file = home() / ADDRESS_FILE
    if file.exists():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    return {"host": str(home() / "run"), "port": "5432", "name": "zhigong", "user": "postgres", "password": "", "options": {}}


def _from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise Refused(
            "DATABASE_URL 写法不对。",
            where="环境变量 DATABASE_URL",
            do="写成 postgresql://管理员:密码@主机:端口/数据库名",
        )
    options = dict(parse_qsl(parts.query))
    return {
        "host": unquote(parts.hostname or options.pop("host", "")),
        "port": str(parts.port or 5432),
        "name": parts.path.strip("/"),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "options": options,
    }


def role_password(role: str) -> str:
    """The password of a role; empty before the first start made a key, when nobody can connect anyway."""
    path = key_file()
    return Keyring.load(path).derive(f"database-role:{role}").hex() if path.exists() else ""


def django_database(role: str) -> dict[str, Any]:
    """Django's DATABASES entry for a process of this role (owner, web, job, export, auditor)."""
    where = address()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": where["host"],
        "PORT": where["port"],
        "NAME": where["name"],
        "USER": role_name(role),
        "PASSWORD": role_password(role),
        "CONN_MAX_AGE": 600 if role == "web" else 0,
        "CONN_HEALTH_CHECKS": role == "web",
        "OPTIONS": {**where["options"], "application_name": f"zhigong-{role}"},
    }
