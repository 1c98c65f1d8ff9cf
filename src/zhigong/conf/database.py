"""How each process reaches the database: one role per kind of process, passwords derived from the key file."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from zhigong.conf.cluster import ADMINISTRATOR, DATABASE, PORT, Cluster
from zhigong.conf.home import home, key_file
from zhigong.kernel.crypto import Keyring
from zhigong.kernel.db.roles import role_name
from zhigong.kernel.errors import Refused


def address() -> dict[str, Any]:
    """Host, port, name (and user, password of an administrator when DATABASE_URL is set).

    Without DATABASE_URL the address is what the embedded server wrote when it started; before that, its socket.
    ZHIGONG_DATABASE names another database of the same server (tests).
    """
    url = os.environ.get("DATABASE_URL")
    where = _from_url(url) if url else _embedded()
    return {**where, "name": os.environ.get("ZHIGONG_DATABASE") or where["name"]}


def _embedded() -> dict[str, Any]:
    cluster = Cluster(home())
    try:
        return dict(json.loads(cluster.address_file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        where = {"host": str(cluster.socket_directory), "port": PORT, "name": DATABASE}
        return {**where, "user": ADMINISTRATOR, "password": "", "options": {}}


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


def admin_parameters(*, name: str | None = None) -> dict[str, Any]:
    """psycopg.connect arguments of the administrator, who makes roles and databases and nothing else."""
    where = address()
    parameters = {"host": where["host"], "port": where["port"], "user": where["user"], "password": where["password"]}
    chosen = {**where["options"], **parameters, "dbname": name or where["name"], "connect_timeout": "5"}
    return {key: value for key, value in chosen.items() if value not in ("", None)}


def role_parameters(role: str, *, name: str | None = None) -> dict[str, Any]:
    """psycopg.connect arguments of one of our roles."""
    return {**admin_parameters(name=name), "user": role_name(role), "password": role_password(role)}
