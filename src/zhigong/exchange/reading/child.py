"""The parsing process: reads a job from stdin, limits itself, parses, writes frames to stdout, and nothing else.

Imports only the standard library, calamine and our own light modules.  Started by `parent`, never imported by it.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zhigong.exchange.reading import containers, textfiles
from zhigong.exchange.reading.frames import FrameWriter
from zhigong.exchange.reading.sheets import SheetReader, as_message, send_all
from zhigong.exchange.reading.sheetscan import SheetFacts, column_letters
from zhigong.exchange.reading.types import Aside, Column, Limits, Notice, SheetResult
from zhigong.exchange.reading.workbooks import Grid, grids, too_wide
from zhigong.kernel.errors import Refused

SHOWN = 10
OPEN_FILES = 64


def main() -> int:
    """Run one job."""
    job = json.load(sys.stdin)
    out = FrameWriter(sys.stdout.buffer)
    limits = Limits(**job["limits"])
    try:
        kind = _prepare(Path(job["path"]), job["name"], limits)
        reading = Reading(job, kind, limits, out)
        if job.get("dump"):
            reading.copy()
        else:
            reading.run()
    except Refused as refusal:
        out.message(refused=refusal.as_dict())
    except MemoryError:
        gc.collect()
        out.message(memory=True)
    except Exception as error:
        # Anything else is a bug or a hostile file: name the place, never the content.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        out.message(crash=f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}")
    return 0


def _prepare(path: Path, name: str, limits: Limits) -> str:
    """What the file is; and the limits of this process, set before a parser sees a byte."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.workbook_seconds, limits.text_seconds + 5))
    kind = containers.sniff(path, name, limits)
    if kind == "text":
        resource.setrlimit(resource.RLIMIT_CPU, (limits.text_seconds, limits.text_seconds + 5))
        # Rows are short-lived and hold no cycles: the collector would only walk them in vain.
        gc.disable()
    return kind


class Reading:
    """One file: its sheets one after the other, notices, and the closing message."""

    def __init__(self, job: dict[str, Any], kind: str, limits: Limits, out: FrameWriter) -> None:
        self._path, self._name, self._kind = Path(job["path"]), job["name"], kind
        self._columns = [Column(**{**c, "aliases": tuple(c["aliases"])}) for c in job.get("columns", ())]
        self._limits, self._out = limits, out
        self._notices: list[Notice] = []
        self._asides: list[Aside] = []
        self._dialect: textfiles.Dialect | None = None

    def run(self) -> None:
        """Read everything, then tell how it was understood."""
        results, nearest = [], []
        odd = textfiles.Oddities()
        for grid in self._grids(odd):
            reader = SheetReader(grid, self._columns, self._limits, self._out)
            result = reader.read()
            results.append(result)
            self._asides += reader.asides[: self._limits.asides - len(self._asides)]
            nearest.append((result, reader))
            self._notice_sheet(grid, result, reader)
            reader.head = reader.head[:31]
        if not any(result.role == "data" for result in results):
            raise self._headless(nearest)
        if odd.stray_quotes:
            self._notice("stray_quote", "双引号不成对，已按行拆开读取，请核对这些行：" + _listed(odd.stray_quotes))
        self._out.message(done=self._summary(results))

    def copy(self) -> None:
        """Send every row as it is."""
        for grid in self._grids(textfiles.Oddities()):
            send_all(grid, self._out)
        self._out.message(done={})

    def _summary(self, results: Sequence[SheetResult]) -> dict[str, Any]:
        dialect = self._dialect
        return {
            "format": "csv" if self._kind == "text" else self._kind,
            "encoding": dialect.encoding if dialect else "",
            "delimiter": dialect.delimiter if dialect else "",
            "sheets": [as_message(result) for result in results],
            "asides": [asdict(aside) for aside in self._asides],
            "notices": [asdict(notice) for notice in self._notices],
        }

    def _grids(self, odd: textfiles.Oddities) -> Iterator[Grid]:
        if self._kind != "text":
            yield from grids(self._path, self._name, self._kind, self._limits)
            return
        self._dialect = textfiles.detect(self._path, self._name)
        yield Grid("", visible=True, blocks=self._text_blocks(self._dialect, odd))

    def _text_blocks(self, dialect: textfiles.Dialect, odd: textfiles.Oddities) -> Iterator[list[list[str]]]:
        for block in textfiles.blocks(self._path, dialect, self._name, self._limits, odd):
            widest = max(map(len, block))
            if widest > self._limits.columns:
                raise too_wide("", widest, self._limits)
            yield block

    def _notice(self, code: str, text: str, sheet: str = "", row: int = 0) -> None:
        self._notices.append(Notice(code=code, text=text, sheet=sheet, row=row))

    def _notice_sheet(self, grid: Grid, result: SheetResult, reader: SheetReader) -> None:
        if result.role == "other":
            row, names = reader.nearest()
            unread = result.counts.get("unread", 0)
            seen = f"最像表头的第 {row} 行只认出：{'、'.join(names)}" if names else "没有认出任何列名"
            self._notice("no_header", f"这个工作表没有读入（{unread} 行有内容）：{seen}", grid.name, row)
        if result.role == "data" and not result.visible:
            self._notice("hidden_sheet", "这是隐藏的工作表，已照常读入", grid.name)
        if reader.ragged:
            text = "单元格比表头多，可能多了分隔符，请核对这些行：" + _listed(reader.ragged)
            self._notice("ragged", text, grid.name, reader.ragged[0])
        if grid.facts and result.role == "data":
            self._notice_facts(grid.facts, grid.name)

    def _notice_facts(self, facts: SheetFacts, sheet: str) -> None:
        if facts.hidden_row_count:
            rows = _listed(facts.hidden_rows, facts.hidden_row_count)
            self._notice("hidden_rows", f"有隐藏的行，已照常读入：{rows}", sheet, facts.hidden_rows[0] if rows else 0)
        if facts.hidden_columns:
            letters = "、".join(column_letters(number) for number in facts.hidden_columns[:SHOWN])
            self._notice("hidden_columns", f"有隐藏的列，已照常读入：{letters}", sheet)
        if facts.formulas:
            text = f"有 {facts.formulas} 个公式，按保存时的结果读入"
            if facts.uncomputed:
                text += f"；其中 {facts.uncomputed} 个没有保存结果，读作空白，请用 Excel 打开并保存一次再上传"
            self._notice("formulas_without_value" if facts.uncomputed else "formulas", text, sheet)
        if facts.errors:
            self._notice("error_values", f"有 {facts.errors} 个单元格是错误值（如 #N/A），读作空白", sheet)

    def _headless(self, tried: Sequence[tuple[SheetResult, SheetReader]]) -> Refused:
        """The refusal when no sheet has a header: what was looked for, what was found."""
        filled = [(result, reader) for result, reader in tried if result.role != "empty"]
        if not filled:
            return Refused("文件里没有内容", where=self._name, why="所有工作表都是空的", do="请检查是否选错了文件")
        best = max(filled, key=lambda pair: len(pair[1].nearest()[1]))
        row, names = best[1].nearest()
        sheet = f" 工作表「{best[0].name}」" if best[0].name else ""
        seen = f"第 {row} 行只认出：{'、'.join(names)}；" if names else ""
        needed = "、".join(best[1].required)
        hint = "；如果文字显示为乱码，请另存为“CSV UTF-8”" if self._kind == "text" else ""
        return Refused(
            "没有找到表头",
            where=f"{self._name}{sheet}",
            why=f"前 30 行里没有一行写着{needed}和其他列名；{seen}".rstrip("；"),
            do=f"请保留模板的表头行，不要改列名{hint}",
        )


def _listed(numbers: Sequence[int], total: int = 0) -> str:
    more = "等" if max(total, len(numbers)) > SHOWN else ""
    return f"第 {'、'.join(map(str, numbers[:SHOWN]))} 行{more}"


if __name__ == "__main__":
    sys.exit(main())
