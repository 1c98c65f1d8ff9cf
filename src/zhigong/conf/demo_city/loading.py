"""The stages of loading, in order. Each may be interrupted: done again, it finishes and repeats nothing.

The account of the courier comes last; whoever finds it knows that everything before it is there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from zhigong.casework import operations as casework
from zhigong.casework import queries as cases
from zhigong.conf.demo_city import cast, files
from zhigong.conf.demo_city.playing import Play
from zhigong.conf.demo_city.roster import read_roster
from zhigong.conf.demo_city.stories import FIRST_DAY, HARDSHIP, MEDICAL, STORIES
from zhigong.exchange import operations as exchange
from zhigong.identity import operations as identity
from zhigong.identity import queries as accounts
from zhigong.insight import operations as insight
from zhigong.kernel.clock import now
from zhigong.kernel.workdays import work_calendar
from zhigong.orgs import operations as orgs


def load(folder: Path) -> None:
    """Bring the city of a folder in. Its day is the one it was generated for, also when loading goes on a day later."""
    day = date.fromisoformat(json.loads((folder / "city.json").read_text(encoding="utf-8"))["as_of"])
    scope = partial(orgs.city_scope, on=day)
    for source in files.SOURCES:
        files.ingest(source, files.of_city(folder, source), day=day, tell=say)
    with timed("关联、推算、发布"):
        report = exchange.refresh(scope=scope, at_ms=_now_ms(), tell=_silent)
    say("    " + "，".join(f"{name} {stage['seconds']:.1f}" for name, stage in report.items()))
    screen(day)
    with timed("演示账号和岗位"), scope() as by:
        roster = read_roster(by)
        people = cast.engage(by, roster, stories=STORIES, since=_start(day))
    with timed("办件和资金（最近五周）"):
        Play(folder=folder, day=day, people=people, roster=roster).run()
    with timed("冲正到达后再次刷新，汇总指标"):
        insight.refresh_all(scope=scope, at_ms=_now_ms(), tell=_silent)
    compare(folder, day)
    with scope() as by:
        if not accounts.accounts_by_username([cast.COURIER]):
            identity.create_account(by=by, username=cast.COURIER, name="郑小伟", now=now())


def screen(day: date) -> None:
    """The first screening, as of the first day of the story: offers and awards have been there since then."""
    scope = partial(orgs.city_scope, on=_start(day))
    for service in (HARDSHIP, MEDICAL):
        with timed(f"筛查 {service}"):
            counts = casework.screen_service(scope=scope, service_id=service, at_ms=_now_ms())
        news = f"新找到 {counts.offered} 人，免申即享 {counts.granted} 笔"
        say(f"    符合 {counts.true} 人，待定 {counts.unknown} 人；{news}")


def compare(folder: Path, day: date) -> None:
    """Say how well the hardship archive was found, against the truth the generator wrote."""
    with orgs.city_scope(on=day) as by:
        found = cases.compare(by, HARDSHIP, truth=folder)
    say(
        f"  困难职工筛查与真值比较：真值 {found.truth} 人，筛出 {found.found} 人，"
        f"召回率 {found.recall:.3f}，精确率 {found.precision:.3f}"
    )


def say(text: str) -> None:
    """Progress for the terminal the demo was started from."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say what was done and how long it took."""
    begun = time.monotonic()
    yield
    say(f"  {what}（{time.monotonic() - begun:.1f} 秒）")


def _start(day: date) -> date:
    return work_calendar().add_workdays(day, FIRST_DAY, allow_estimate=True)


def _now_ms() -> int:
    return int(now().timestamp() * 1000)


def _silent(_text: str) -> None:
    """The stages of a refresh are told by their times."""
