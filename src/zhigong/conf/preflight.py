"""What is checked before anything starts, so that a start fails with a reason and not half-way."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from zhigong.kernel.errors import Refused

WARN_FREE = 1 << 30
REFUSE_FREE = 200 << 20


def check_home(directory: Path) -> None:
    """The home can be made and written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            "数据目录建不起来。", where=str(directory), why=error.strerror or "", do="请用 ZHIGONG_HOME 换一个目录。"
        ) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise Refused(
            "数据目录不可写。",
            where=str(directory),
            why="没有写权限",
            do="请修改目录权限，或用 ZHIGONG_HOME 换一个目录。",
        )


def check_disk(directory: Path, *, tell: Callable[[str], None], free: Callable[[Path], int] | None = None) -> None:
    """Warn below 1 GiB, refuse below 200 MiB: a full disk stops the database in the middle of its work."""
    left = (free or free_bytes)(directory)
    if left < REFUSE_FREE:
        raise Refused(
            f"磁盘只剩 {left >> 20} MiB，不能启动。",
            where=str(directory),
            why=f"低于 {REFUSE_FREE >> 20} MiB 时数据库随时会停",
            do="请清理磁盘，或用 ZHIGONG_HOME 换到另一块磁盘。",
        )
    if left < WARN_FREE:
        tell(f"注意：磁盘只剩 {left >> 20} MiB（{directory}），请尽快清理。")


def free_bytes(directory: Path) -> int:
    """Free space where the directory lies."""
    return shutil.disk_usage(directory).free


def check_port(host: str, port: int) -> None:
    """The port can be opened; otherwise say who has it."""
    try:
        with socket.create_server((host, port), family=_family(host), reuse_port=False):
            return
    except PermissionError as error:
        raise Refused(
            f"没有权限使用端口 {port}。", why="1024 以下的端口需要特权", do="请换一个端口：--port 8000"
        ) from error
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise Refused(
                f"端口 {port} 已被占用。",
                where=f"{host}:{port}",
                why=_holder(port),
                do=f"请换一个端口：--port {_free_port(host, port)}",
            ) from error
        raise Refused(f"不能在 {host}:{port} 上提供服务。", why=str(error), do="请检查 --host 和 --port。") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _holder(port: int) -> str:
    import psutil

    try:
        for connection in psutil.net_connections(kind="tcp"):
            here = connection.laddr[1] if connection.laddr else None
            if connection.status == psutil.CONN_LISTEN and here == port and connection.pid:
                process = psutil.Process(connection.pid)
                return f"进程 {process.name()}（进程号 {process.pid}）正在使用：{' '.join(process.cmdline())[:120]}"
    except psutil.Error:
        pass
    return "另一个程序正在使用"


def _free_port(host: str, busy: int) -> int:
    for port in range(busy + 1, min(busy + 50, 65535)):
        try:
            with socket.create_server((host, port), family=_family(host)):
                return port
        except OSError:
            continue
    return 8000
