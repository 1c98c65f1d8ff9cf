"""How many cells of each column have something in them, and how many of those can't be read: to be compared later."""

from __future__ import annotations

import pyarrow as pa

from zhigong.exchange.checking.ordinary import pc
from zhigong.exchange.checking.types import Source


class CellCounter:
    """Counts filled and unreadable cells by column while a file is checked."""

    def __init__(self, source: Source) -> None:
        self._columns = [(column.name, column.field) for column in source.columns]
        self._counts = {name: [0, 0] for name, _ in self._columns}

    def add(self, raw: pa.RecordBatch, typed: pa.Table) -> None:
        """One chunk as it came and after its model."""
        for name, own in self._columns:
            texts = raw[name]
            if texts.null_count == len(texts):
                continue
            filled = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(texts), ""), fill_value=False)
            unread = pc.and_(filled, pc.is_null(typed[own].combine_chunks()))
            count = self._counts[name]
            count[0] += pc.sum(filled).as_py() or 0
            count[1] += pc.sum(unread).as_py() or 0

    def as_dict(self) -> dict[str, list[int]]:
        """For keeping: [filled, unreadable] by header."""
        return dict(self._counts)
