"""How the child speaks to its parent: length-prefixed frames, JSON or canonical text rows.  Nothing executable.

A rows frame is a JSON meta line and the rows themselves, cells joined by UNIT, rows by newline; breaks inside cells
travel as BREAK.  The parent can parse that at full speed without ever meeting quotes or dialects.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

JSON, ROWS = b"J", b"R"
UNIT, BREAK, WIDE = "\x1f", "\x1e", "\x1d"
"""Between cells; a line break inside a cell; the mark of a number too long for Excel (child only)."""

HEADER = struct.Struct(">cI")
META = struct.Struct(">I")
MAX_FRAME = 256 * 2**20


class FrameWriter:
    """Writes frames to a pipe."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink

    def message(self, **content: Any) -> None:  # noqa: ANN401 - JSON
        """One JSON object."""
        self._write(JSON, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))

    def rows(self, meta: dict[str, Any], body: bytes) -> None:
        """Rows with what is to be known about them."""
        head = json.dumps(meta, ensure_ascii=False).encode("utf-8", "replace")
        self._write(ROWS, META.pack(len(head)) + head + body)

    def _write(self, kind: bytes, payload: bytes) -> None:
        self._sink.write(HEADER.pack(kind, len(payload)))
        self._sink.write(payload)
        self._sink.flush()


def split_rows(payload: bytes) -> tuple[dict[str, Any], memoryview]:
    """Meta and body of a rows frame."""
    (length,) = META.unpack_from(payload)
    meta: dict[str, Any] = json.loads(payload[META.size : META.size + length])
    return meta, memoryview(payload)[META.size + length :]
