"""Make the database ready: database, roles, migrations, grants, partitions. Repeatable; quick when all is done.

The administrator makes roles and the database and nothing else; everything in it is made and owned by the owner
role, in a child process (zhigong.conf.migrate), so that no process that serves works with the owner's password.
"""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from zhigong.conf.database import address, admin_parameters, role_parameters, role_password
from zhigong.conf.home import home, key_file
from zhigong.conf.processes import die_with_parent, environment
from zhigong.kernel.crypto import Keyring
from zhigong.kernel.db.roles import ROLES, bootstrap_statements, role_name
from zhigong.kernel.errors import Refused

OLDEST_SERVER = 15
_PACKAGE = Path(__file__).resolve().parents[1]
_FRAMEWORKS = ("django", "django-allauth", "procrastinate")
_LOCK = 0x7A6867  # "zhg": one bootstrap at a time in one database
Tell = Callable[[str], None]


def prepare(*, tell: Tell = lambda _: None) -> bool:
    """Bring the database up to this code; False when it already was. The server must be running."""
    ensure_key()
    mark = fingerprint()
    if _is_marked(mark):
        return False
    with _administrator() as connection:
        _check_server(connection)
        _create_database(connection)
    with psycopg.connect(**admin_parameters(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if _is_marked(mark):  # somebody else did it while we waited
            return False
        tell("正在准备数据库……")
        _create_roles(connection)
        migrate()
        _mark(connection, mark)
    return True


def is_current() -> bool:
    """Whether the database is as this code would make it."""
    return _is_marked(fingerprint())


def ensure_key() -> None:
    """Make the key file on the very first run; refuse when data exist that only a lost key could read."""
    path = key_file()
    if path.exists():
        Keyring.load(path)
        return
    if has_data():
        raise Refused(
            "找不到密钥文件，而数据库里已有数据。",
            where=str(path),
            why="证件号码、手机号等都用这把密钥加密；没有它，谁也读不出这些数据",
            do="请从密钥备份恢复此文件（或用 ZHIGONG_KEY_FILE 指明位置）。确实要从头开始，请先移走整个数据目录。",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    Keyring.create(path)


def has_data() -> bool:
    """Whether a database of ours is there already, embedded or not."""
    try:
        with psycopg.connect(**admin_parameters(), autocommit=True) as connection:
            found = connection.execute("SELECT to_regclass('public.kernel_secret') IS NOT NULL").fetchone()
            return bool(found and found[0])
    except psycopg.OperationalError:
        return False


def fingerprint() -> str:
    """Changes when migrations, grants, frameworks, role names or passwords change."""
    digest = hashlib.sha256()
    files = [*_PACKAGE.glob("*/migrations/*.py"), *_PACKAGE.glob("**/*.sql"), *_PACKAGE.glob("kernel/db/*.py")]
    files += [_PACKAGE / "conf" / name for name in ("bootstrap.py", "migrate.py", "grants.py")]
    for file in sorted(files):
        digest.update(str(file.relative_to(_PACKAGE)).encode() + b"\0" + file.read_bytes() + b"\0")
    for name in _FRAMEWORKS:
        digest.update(f"{name} {version(name)}\0".encode())
    for role in ROLES:
        digest.update(role_name(role).encode())
    key = Keyring.load(key_file()).derive("bootstrap-fingerprint")
    return hmac.digest(key, digest.digest(), hashlib.sha256).hex()


def _is_marked(mark: str) -> bool:
    """Whether this code was here before, and the roles still let us in (another home may share the server)."""
    try:
        with psycopg.connect(**role_parameters("owner")) as connection:
            found = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
            ).fetchone()
            return bool(found) and found is not None and found[0] == f"zhigong {mark}"
    except psycopg.OperationalError:
        return False


def _mark(connection: psycopg.Connection[Any], mark: str) -> None:
    name = sql.Identifier(address()["name"])
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(f"zhigong {mark}")))


def _administrator() -> psycopg.Connection[Any]:
    """A connection to the maintenance database, or to our own where there is no other."""
    where = address()
    problem: Exception | None = None
    for name in ("postgres", where["name"]):
        try:
            return psycopg.connect(**admin_parameters(name=name), autocommit=True)
        except psycopg.OperationalError as error:
            problem = error
    raise Refused(
        "连接不上数据库。",
        where=f"{where['host']}:{where['port']}/{where['name']}",
        why=str(problem).strip().splitlines()[0],
        do="请确认数据库已启动、DATABASE_URL 中的主机、端口、用户和密码正确。",
    ) from problem


def _check_server(connection: psycopg.Connection[Any]) -> None:
    number = connection.info.server_version // 10000
    if number < OLDEST_SERVER:
        raise Refused(
            f"数据库版本太旧：PostgreSQL {number}。",
            why=f"需要 PostgreSQL {OLDEST_SERVER} 或更高版本",
            do="请升级数据库。",
        )


def _create_database(connection: psycopg.Connection[Any]) -> None:
    name = address()["name"]
    found = connection.execute(
        "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = %s", [name]
    ).fetchone()
    if found is None:
        template = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        try:
            connection.execute(sql.SQL(template).format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused(
                f"数据库 {name} 不存在，而且没有权限新建。", do=f"请让管理员执行 CREATE DATABASE {name}。"
            ) from error
    elif found[0] != "UTF8" or found[1] in {"C", "POSIX"}:
        raise Refused(
            f"数据库 {name} 的编码不能处理中文。",
            why=f"编码 {found[0]}，字符分类 {found[1]}；需要 UTF8 和 C.UTF-8（或其他 UTF-8 区域）",
            do="请用 ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' TEMPLATE template0 重建数据库。",
        )


def _create_roles(connection: psycopg.Connection[Any]) -> None:
    database = address()["name"]
    passwords = {role: role_password(role) for role in ROLES}
    try:
        with connection.transaction():
            # Roles belong to the whole server: two databases of it must not change them at the same moment.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            for statement in bootstrap_statements(database=database, passwords=passwords):
                connection.execute(statement)
            for statement in close_the_door(database):
                connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(
            "数据库用户没有建立角色的权限。",
            why=str(error).strip(),
            do="请在 DATABASE_URL 中使用超级用户，或有 CREATEROLE 权限的库属主。",
        ) from error


def close_the_door(database: str) -> list[sql.Composed]:
    """Only our roles connect; only those that load files make temporary tables."""
    name = sql.Identifier(database)
    everyone = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ROLES)
    loaders = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ("owner", "job"))
    return [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, everyone),
        sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(name, loaders),
    ]


def analyse() -> None:
    """Fresh statistics after a large load: without them the first pages have poor plans."""
    with psycopg.connect(**role_parameters("owner"), autocommit=True) as connection:
        connection.execute("ANALYZE")


def migrate() -> None:
    """Run migrations and grants as the owner, in a child process."""
    done = subprocess.run(
        [sys.executable, "-m", "zhigong.conf.migrate"],
        env=environment(ZHIGONG_ROLE="owner", ZHIGONG_HOME=str(home()), ZHIGONG_KEY_FILE=str(key_file())),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=die_with_parent(),  # no other thread runs yet
    )
    if done.returncode:
        raise Refused(
            "数据库结构升级失败。",
            why="\n".join(done.stderr.strip().splitlines()[-12:]),
            do="请保留这段信息并联系维护者。",
        )
