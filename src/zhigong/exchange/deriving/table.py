"""The wide table of facts, for screening and statistics."""

from __future__ import annotations

from datetime import date

from zhigong.exchange.deriving.types import FactTable
from zhigong.exchange.store import lake_root
from zhigong.kernel.errors import NotFound
from zhigong.lake import queries as lake
from zhigong.lake.types import Snapshot

SNAPSHOT = "facts"
PERSON, NEWS = "person", "person-news"


def fact_table() -> FactTable:
    """The facts of everybody as of the last refresh; raises NotFound before the first one."""
    found = lake.snapshot(lake_root(), name=SNAPSHOT)
    if found is None or PERSON not in found.datasets:
        raise NotFound("还没有算过事实。", why="导入部门文件之后还没有刷新过", do="请先运行 zhigong refresh")
    return facts_in(found)


def facts_in(found: Snapshot) -> FactTable:
    """The wide table that a snapshot holds."""
    ref, news = found.datasets[PERSON], found.datasets.get(NEWS)
    version = ref.version if news is None else f"{ref.version}+{news.version}"
    return FactTable(version=version, day=date.fromisoformat(found.notes["day"]), rows=ref.rows, ref=ref, news=news)
