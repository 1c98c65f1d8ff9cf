"""Our side of the parsing process: starts it, watches it, turns its frames into Arrow."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from zhigong.exchange.reading import frames
from zhigong.exchange.reading.arrows import ChunkBuilder
from zhigong.exchange.reading.types import Aside, Column, Limits, Notice, ReadResult, SheetResult
from zhigong.kernel.errors import Refused

SMALLER = "请拆成几个较小的文件，或另存为 CSV 后上传"


def read(
    path: Path, *, columns: Sequence[Column], on_chunk: Callable[[pa.RecordBatch], None], limits: Limits, name: str
) -> ReadResult:
    """See `zhigong.exchange.reading.read_file`."""
    builder = ChunkBuilder(columns, limits.chunk_rows, on_chunk)
    done: dict[str, Any] = {}
    for kind, payload in _frames(path, name, limits, columns=[asdict(column) for column in columns]):
        if kind == frames.ROWS:
            builder.add(*frames.split_rows(payload))
        else:
            done = json.loads(payload)["done"]
    builder.flush()
    return _result(done)


def dump(path: Path, *, limits: Limits, name: str) -> Iterator[tuple[str, bool, list[list[str]]]]:
    """Every row of every sheet as text, without looking for a layout: sheet, whether it is shown, rows in order."""
    for kind, payload in _frames(path, name, limits, dump=True):
        if kind == frames.ROWS:
            meta, body = frames.split_rows(payload)
            lines = bytes(body).decode().split("\n") if meta["rows"] else []
            yield (
                meta["sheet"],
                meta["visible"],
                [[text.replace(frames.BREAK, "\n") for text in line.split(frames.UNIT)] for line in lines],
            )


def _frames(path: Path, name: str, limits: Limits, **job: Any) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401
    """Frames of one job up to its closing message; Refused when the child refuses, dies or is too slow."""
    whole = {"path": str(path.resolve(strict=True)), "name": name, "limits": asdict(limits), **job}
    with _child(whole) as pipe:
        for kind, payload in pipe.frames(limits):
            if kind == frames.JSON:
                message = json.loads(payload)
                if "done" not in message:
                    raise _refusal(message, name)
                yield kind, payload
                return
            yield kind, payload
        raise _died(pipe.exit_code(), name)


class _Pipe:
    """A child's output with a bound on how long we wait for it (our own work between frames doesn't count)."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[bytes], name: str) -> None:
        self._process, self._output, self._name = process, output, name

    def frames(self, limits: Limits) -> Iterator[tuple[bytes, bytes]]:
        """Frames until the child closes its end."""
        left = float(limits.text_seconds + limits.workbook_seconds)
        while True:
            head, left = self._exactly(frames.HEADER.size, left)
            if len(head) < frames.HEADER.size:
                return
            kind, length = frames.HEADER.unpack(head)
            if length > frames.MAX_FRAME:
                return
            payload, left = self._exactly(length, left)
            if len(payload) < length:
                return
            yield kind, payload

    def exit_code(self) -> int:
        """How the child ended; 0 or more when it left by itself."""
        return self._process.wait(10)

    def _exactly(self, length: int, left: float) -> tuple[bytes, float]:
        found = bytearray()
        while len(found) < length:
            started = time.monotonic()
            ready, _, _ = select.select([self._output], [], [], max(0.0, left))
            left -= time.monotonic() - started
            if not ready:
                raise _too_slow(self._name)
            data = self._output.read1(length - len(found))  # type: ignore[attr-defined]
            if not data:
                break
            found += data
        return bytes(found), left


@contextmanager
def _child(job: dict[str, Any]) -> Iterator[_Pipe]:
    """The parsing process; dead when the block is left, however that happens."""
    command = [sys.executable, "-I", "-m", "zhigong.exchange.reading.child"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"},
        cwd="/",
    ) as process:  # fmt: skip
        try:
            if process.stdin is None or process.stdout is None:
                raise Refused("无法启动文件解析进程")
            with process.stdin as stdin:
                stdin.write(json.dumps(job).encode())
            yield _Pipe(process, process.stdout, job["name"])
        finally:
            process.kill()
            process.wait()


def _refusal(message: dict[str, Any], name: str) -> Refused:
    if "refused" in message:
        return Refused(**{part: str(message["refused"].get(part, "")) for part in ("what", "where", "why", "do")})
    return _too_much_memory(name) if "memory" in message else _broken(name, str(message.get("crash", "")))


def _died(code: int, name: str) -> Refused:
    """What a child that ended without a word ended of."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _too_slow(name)
    if code in (-signal.SIGABRT, -signal.SIGSEGV):
        return _too_much_memory(name)
    return _broken(name, "")


def _broken(name: str, place: str) -> Refused:
    why = f"内容不完整或不是标准格式（{place}）" if place else "内容不完整或不是标准格式"
    return Refused("文件损坏，读不下去", where=name, why=why, do="请用 Excel 或 WPS 打开后另存为 .xlsx 再上传")


def _too_slow(name: str) -> Refused:
    return Refused("文件读得太久，已停止", where=name, why="内容过大或结构异常", do=SMALLER)


def _too_much_memory(name: str) -> Refused:
    return Refused("文件太大，解析所需内存超过上限", where=name, why="内容过多或结构异常", do=SMALLER)


def _result(done: dict[str, Any]) -> ReadResult:
    sheets = tuple(SheetResult.from_dict(sheet) for sheet in done["sheets"])
    counts: dict[str, int] = {}
    for sheet in sheets:
        for kind, count in sheet.counts.items():
            counts[kind] = counts.get(kind, 0) + count
    return ReadResult(
        format=done["format"],
        encoding=done["encoding"],
        delimiter=done["delimiter"],
        rows=sum(sheet.rows for sheet in sheets),
        physical_rows=sum(sheet.physical_rows for sheet in sheets),
        counts=counts,
        sheets=sheets,
        asides=tuple(Aside(**aside) for aside in done["asides"]),
        notices=tuple(Notice(**notice) for notice in done["notices"]),
    )
