"""How the board is told: freshness, the funnel as a strip, tones of batches."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from zhigong.exchange.types import BatchLine, BatchState, Funnel, SourceState

TONES = {
    BatchState.RECEIVED: "info",
    BatchState.CHECKED: "warn",
    BatchState.PUBLISHING: "info",
    BatchState.UNDOING: "info",
    BatchState.PUBLISHED: "good",
    BatchState.FAILED: "bad",
    BatchState.HELD: "warn",
}
FINDINGS = {
    "missing-column": "缺列",
    "unknown-column": "多列",
    "retyped-column": "内容变样",
    "emptied-column": "整列变空",
    "fewer-rows": "行数少了",
    "older": "日期更早",
    "contradiction": "前后矛盾",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One step of a funnel: rows, and its share of all rows in words; None before it is known."""

    label: str
    rows: int | None
    share: str
    note: str


@dataclass(frozen=True, slots=True)
class SourceCard:
    """A source on the board."""

    of: SourceState
    tone: str
    fresh: str
    arrives: str
    funnel: tuple[Piece, ...]
    last_tone: str


def pieces(found: Funnel | None) -> tuple[Piece, ...]:
    """A funnel as the five steps of the strip."""
    if found is None:
        return ()
    parts: tuple[tuple[str, int | None, str], ...] = (
        ("数据行", found.rows, "文件里的"),
        ("可用", found.readable, "认得出是谁"),
        ("关联", found.linked, "是会员或已登记单位"),
        ("新的", found.new, "不在会员库里"),
        ("存疑", found.doubtful, "等人判断"),
    )
    if not any((found.linked, found.new, found.doubtful)) and found.linked is not None:
        parts = parts[:2]  # the register of unions or employers itself: its rows are not linked to anybody
    return tuple(Piece(label, rows, _share(rows, found.rows), note) for label, rows, note in parts)


def _share(rows: int | None, whole: int) -> str:
    if rows is None or not whole:
        return ""
    percent = 100 * rows / whole
    return "不足 1%" if 0 < percent < 1 else "近 100%" if 99.5 <= percent < 100 else f"{percent:.0f}%"


def card(of: SourceState) -> SourceCard:
    """A source with its freshness in words."""
    return SourceCard(
        of=of,
        tone="warn" if of.held else "bad" if of.stale else "good",
        fresh=_fresh(of),
        arrives="每次追加" if of.delta else "每次全量",
        funnel=pieces(of.funnel),
        last_tone=TONES.get(of.last.state, "") if of.last else "",
    )


def _fresh(of: SourceState) -> str:
    if of.days is None:
        return "还没有数据"
    age = "今天的数据" if not of.days else f"{of.days:,} 天前的数据"
    return f"{age}，超过 {of.limit} 天的期限" if of.stale else age


def findings(line: BatchLine) -> list[tuple[str, str]]:
    """Reasons to hold a batch, each with a short name."""
    return [(FINDINGS.get(one.code, one.code), one.text) for one in line.findings]


def crumbs(title: str, source: tuple[str, str] | None = None) -> list[tuple[str, str]]:
    """Below the board; source: its name and title."""
    above = [("数据交换", reverse("workbench:exchange"))]
    if source:
        above.append((source[1], reverse("workbench:exchange-source", args=[source[0]])))
    return [*above, (title, "")]
