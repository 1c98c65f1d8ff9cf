"""How batches are told: tones of states, what a job is doing, kinds of rows, the grid of the sheet."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from zhigong.exchange.types import BatchLine, BatchPage, BatchState, Preview, PreviewCell
from zhigong.web.templatetags.wording import span

# Batches of departments end on the exchange board: nothing of them enters the base of members.
WITH_RESULT = ("roster", "unions", "enterprises")
TONES = {
    BatchState.RECEIVED: "info",
    BatchState.CHECKED: "warn",
    BatchState.PUBLISHING: "info",
    BatchState.UNDOING: "info",
    BatchState.PUBLISHED: "good",
    BatchState.FAILED: "bad",
    BatchState.HELD: "warn",
}
SKIPPED = {
    "title": "标题",
    "header": "表头",
    "notes": "填表说明",
    "blank": "空行",
    "total": "合计",
    "signature": "签名",
    "sample": "示例行",
    "unread": "其他工作表里的",
}
VERDICTS = {
    "accepted": ("good", "check-circle-fill", "可导入"),
    "unverified": ("warn", "question-circle-fill", "待核实"),
    "rejected": ("bad", "x-circle-fill", "不能导入"),
}
LEADS = ("姓名", "工会名称", "单位名称")
CELLS = {"reject": "is-bad", "unverify": "is-bad", "warn": "is-warn"}


def crumbs(here: str) -> list[tuple[str, str]]:
    """Where one is: below the list of imports."""
    return [("导入", reverse("workbench:imports")), (here, "")]


WORK = {
    BatchState.RECEIVED: ("正在检查每一行", ("检查",)),
    BatchState.PUBLISHING: ("正在导入", ("导入", "写入")),
    BatchState.UNDOING: ("正在撤销", ()),
}
WAITING = {BatchState.UNDOING: "整批一起撤回，中途断电也不会只撤一半"}


@dataclass(frozen=True, slots=True)
class Line:
    """A batch as pages show it."""

    of: BatchLine
    tone: str
    result: str

    @property
    def can_undo(self) -> bool:
        """Rosters can be taken back; unions and employers carry other rows."""
        return self.of.state is BatchState.PUBLISHED and self.of.source == "roster"

    @property
    def can_publish(self) -> bool:
        """Checked, and something in it is usable."""
        return self.of.state is BatchState.CHECKED and self.of.usable > 0

    @property
    def can_discard(self) -> bool:
        """Not imported yet."""
        return self.of.state in (BatchState.RECEIVED, BatchState.CHECKED, BatchState.FAILED)

    @property
    def has_receipt(self) -> bool:
        """Checked at least once, so there is something to say about its cells."""
        return self.of.state in (
            BatchState.CHECKED,
            BatchState.PUBLISHING,
            BatchState.PUBLISHED,
            BatchState.UNDONE,
        )

    @property
    def thing(self) -> str:
        """What one row stands for: 人, 个工会, 家单位."""
        return {"roster": "人", "unions": "个工会", "enterprises": "家单位"}.get(self.of.source, "行")


def line(of: BatchLine) -> Line:
    """A batch with its tone and its result in words."""
    told = ""
    if of.state is BatchState.PUBLISHED and of.source not in WITH_RESULT:
        told = "已用于数据交换"
    elif of.state is BatchState.PUBLISHED:
        parts = [("新增", of.created), ("更新", of.updated), ("未变", of.unchanged), ("未进库", of.elsewhere)]
        told = "，".join(f"{word} {count:,}" for word, count in parts if count) or "没有变化"
    elif of.state is BatchState.FAILED:
        told = of.error.get("what", "")
    return Line(of, TONES.get(of.state, ""), told)


@dataclass(frozen=True, slots=True)
class Work:
    """A running job: value and most for the bar ("" while unknown), words beside and under it."""

    label: str
    value: int | str
    most: int
    count: str
    detail: str


def work(page: BatchPage) -> Work:
    """How far a job is, in words."""
    label, stages = WORK[page.line.state]
    found = page.progress
    if found is None or found.stage not in stages:
        return Work(label, "", 1, "", WAITING.get(page.line.state, "已排队，马上开始"))
    count = f"{found.done:,} 行" if not found.total else f"{found.done:,} / {found.total:,} 行"
    parts = [f"每秒 {found.rate:,.0f} 行"] if found.rate else []
    parts += [f"还需{span(found.seconds_left)}"] if found.seconds_left else []
    if found.stage == "写入":
        return Work("正在写入，就快好了", "", 1, count, "全部写完才算数，中途断电也不会只进一半")
    return Work(label, found.done if found.total else "", found.total or 1, count, "，".join(parts))


def skipped(counts: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    """Rows that are no data, by what they are."""
    return [(SKIPPED.get(kind, kind), count) for kind, count in counts]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the sheet; mark: its class, empty when fine; lead: it says who or what the row is."""

    column: str
    text: str
    why: str
    mark: str
    lead: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the sheet, led by its number in Excel and what will become of it."""

    sheet: str
    line: int
    tone: str
    icon: str
    verdict: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


def bad_columns(preview: Preview) -> tuple[str, ...]:
    """Columns with something to mend on this page, and those that say who or what a row is."""
    bad = {name for row in preview.rows for name, cell in zip(preview.columns, row.cells, strict=True) if cell.problem}
    return tuple(name for name in preview.columns if name in bad or name in LEADS)


def grid(preview: Preview, columns: tuple[str, ...]) -> list[Row]:
    """The rows of a preview with their marks, in these of its columns."""
    return [
        Row(
            row.sheet,
            row.line,
            *VERDICTS[row.verdict],
            cells=tuple(
                _cell(name, cell) for name, cell in zip(preview.columns, row.cells, strict=True) if name in columns
            ),
            notes=row.notes,
        )
        for row in preview.rows
    ]


def _cell(column: str, cell: PreviewCell) -> Cell:
    return Cell(column, cell.text, cell.problem, CELLS[cell.severity] if cell.problem else "", column in LEADS)
