"""The demo city of a home: generated once, loaded once, served with one-click sign-in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg

from zhigong.conf import bootstrap
from zhigong.conf.database import role_parameters
from zhigong.conf.home import home, key_file
from zhigong.conf.locks import FileLock
from zhigong.conf.postgres import embedded
from zhigong.conf.processes import die_with_parent, environment, write_atomically
from zhigong.kernel.clock import today
from zhigong.kernel.errors import Conflict, Refused

SEED = 1
_OURS = (
    "cache", "demo", "demo.json", "inbox", "key.json", "lake", "log", "outbox", "postgres", "run", "static", "witness"
)  # fmt: skip
Tell = Callable[[str], None]


def marker() -> Path:
    """Says that this home holds a demo city, and which."""
    return home() / "demo.json"


def claim(profile: str) -> None:
    """Make this home the demo's; refuse a home with real data, or with another city."""
    if marker().exists():
        told = json.loads(marker().read_text(encoding="utf-8"))
        if told.get("profile") != profile:
            raise Conflict(
                f"这个数据目录里已有演示城市“{told.get('profile')}”。",
                where=str(home()),
                do=f"加上 --reset 重新生成“{profile}”，或用 ZHIGONG_HOME 换一个目录。",
            )
        return
    if (home() / "postgres").exists() or key_file().exists():
        raise Conflict(
            "这个数据目录里有不是演示用的数据，演示不会碰它。", where=str(home()), do="请用 ZHIGONG_HOME 换一个目录。"
        )
    home().mkdir(parents=True, exist_ok=True)
    write_atomically(marker(), json.dumps({"profile": profile, "seed": SEED}))


def reset() -> None:
    """Empty a demo home: what we made, nothing else. A home with real data is refused."""
    if not home().exists() or not any(home().iterdir()):
        return
    if not embedded():
        raise Refused("--reset 不会清空 DATABASE_URL 指向的数据库。", do="请自行删除该数据库，或换一个数据库名。")
    if FileLock.is_held(home() / "run" / "supervisor.lock"):
        raise Conflict("这个数据目录正在运行，不能清空。", where=str(home()), do="请先执行 zhigong down。")
    if not marker().exists():
        raise Conflict("这里不是演示用的数据目录，不会清空。", where=str(home()), do="请用 ZHIGONG_HOME 换一个目录。")
    for name in _OURS:
        path = home() / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def city_folder(profile: str) -> Path:
    """Where the generated files lie."""
    return home() / "demo" / f"{profile}-{SEED}"


def is_loaded() -> bool:
    """Whether the accounts of the demo are all there: the last one is made when everything else is."""
    from zhigong.identity.types import DEMO_ACCOUNTS

    with psycopg.connect(**role_parameters("owner")) as connection:
        found = connection.execute(
            "SELECT count(*) FROM identity_account WHERE username = ANY(%s)", [list(DEMO_ACCOUNTS)]
        ).fetchone()
    return found is not None and found[0] == len(DEMO_ACCOUNTS)


class Generating:
    """The generator in a child process, beside the start of the database."""

    def __init__(self, profile: str) -> None:
        self.folder = city_folder(profile)
        self._profile = profile
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start unless the files are there whole."""
        if (self.folder / "city.json").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "zhigong.conf.demo_city.generating"]
        self._child = subprocess.Popen(
            [*command, self._profile, str(SEED), today().isoformat(), str(self.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
            preexec_fn=die_with_parent(),  # started from the only thread
        )

    def finish(self) -> None:
        """Wait; raises the generator's own refusal."""
        if self._child is None:
            return
        output, _ = self._child.communicate()
        if self._child.returncode:
            told = json.loads(output) if output.startswith("{") else {"what": "演示城市没有生成成功。"}
            raise Refused(**told)


def load(folder: Path, *, tell: Tell) -> None:
    """Bring files, facts, cases and accounts in, in a child process of the job role."""
    if is_loaded():
        return
    tell("正在导入演示城市……")
    child = subprocess.run(
        [sys.executable, "-m", "zhigong.conf.demo_city", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=environment(
            ZHIGONG_HOME=str(home()), ZHIGONG_KEY_FILE=str(key_file()), ZHIGONG_ROLE="job", ZHIGONG_DEMO="1"
        ),
        preexec_fn=die_with_parent(),  # started from the only thread
    )
    if child.returncode:
        told = child.stdout.strip().splitlines()[-1:] or ["{}"]
        raise Refused(**json.loads(told[0])) if told[0].startswith('{"what"') else Refused("演示城市没有导入成功。")
    bootstrap.analyse()
