"""Tells data rows from everything else people put on a sheet, and says for each other row why it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zhigong.exchange.reading import words
from zhigong.exchange.reading.headers import Header
from zhigong.exchange.reading.types import Column

DATA, BLANK, HEADER, TITLE, NOTES = "data", "blank", "header", "title", "notes"
TOTAL, SIGNATURE, SAMPLE, UNREAD = "total", "signature", "sample", "unread"

REASONS = {
    BLANK: "空行",
    HEADER: "表头",
    TITLE: "表头上方的标题或说明",
    NOTES: "填表说明或备注",
    TOTAL: "合计行",
    SIGNATURE: "签字、制表、审核行",
    SAMPLE: "示例行",
    UNREAD: "没有表头的工作表",
}

SERIAL_HEADERS = frozenset({"序号", "编号", "no", "行号", "顺序号"})
_BLANK = re.compile(r"^\s+$|[：:]", re.MULTILINE)
NAME_CHARS = 40
STRONG_CHARS = 6


class Classifier:
    """Judges the rows below one header."""

    def __init__(self, header: Header, columns: Sequence[Column]) -> None:
        spec = {column.name: column for column in columns}
        self._labels = {m.position: words.header_key(m.header) for m in header.columns if m.header}
        known = [m for m in header.columns if m.name]
        self._required = [m.position for m in known if spec[m.name].required]
        self._lead = self._required[0] if self._required else known[0].position
        self._keys = [m.position for m in known if spec[m.name].key and m.position != self._lead]
        self._receipt = header.receipt_position
        self._serial = {m.position for m in header.columns if words.header_key(m.header) in SERIAL_HEADERS}
        self._numeric = {m.position for m in known if spec[m.name].kind in ("integer", "money")}
        self._proof = self._keys[0] if self._keys else self._lead
        self._lead_label = self._labels[self._lead]
        self._lead_text = next(m.header for m in known if m.position == self._lead)

    def suspects(self, block: Sequence[Sequence[str]]) -> list[int]:
        """Indexes of the rows that need a closer look; the others are plainly data.  Fast: it sees every row."""
        try:
            leads = [row[self._lead] for row in block]
            proofs = [row[self._proof] for row in block]
            firsts = [row[0] for row in block]
        except IndexError:
            return list(range(len(block)))
        label = self._lead_text
        found = [i for i, (a, b) in enumerate(zip(leads, proofs, strict=True)) if not a or not b or a == label]
        for texts, pattern in ((leads, words.ODD_NAME), (proofs, _BLANK), (firsts, words.ODD)):
            found += _lines_matching(texts, pattern)
        return sorted(set(found))

    def kind(self, row: Sequence[str]) -> str:
        """The class of one row."""
        filled = {i: words.squeeze(text) for i, text in enumerate(row) if text and i != self._receipt}
        filled = {i: text for i, text in filled.items() if text}
        if all(i in self._serial and text.isdigit() for i, text in filled.items()):
            return BLANK
        if self._is_header(filled):
            return HEADER
        texts = list(filled.values())
        if words.SAMPLE.search(texts[0]) or words.SAMPLE.search(filled.get(self._lead, "")):
            return SAMPLE
        if any(_is_strong(filled.get(i, "")) for i in self._keys):
            return DATA
        return self._by_words(filled, texts) or self._by_shape(filled)

    def _is_header(self, filled: dict[int, str]) -> bool:
        same = sum(1 for i, text in filled.items() if self._labels.get(i) == words.header_key(text))
        return same >= max(1, len(filled) // 2) and words.header_key(filled.get(self._lead, "")) in (
            "",
            self._lead_label,
        )

    def _by_words(self, filled: dict[int, str], texts: Sequence[str]) -> str:
        lead = filled.get(self._lead, "")
        if any(words.TOTAL.search(text) for text in (*texts[:2], lead)):
            return TOTAL
        if words.NOTE.search(texts[0]):
            return NOTES
        if any(words.SIGNATURE.search(text) for text in texts[:2]):
            return SIGNATURE
        return ""

    def _by_shape(self, filled: dict[int, str]) -> str:
        if len(filled) > 1:
            return DATA
        ((position, text),) = filled.items()
        if position in self._numeric and words.NUMBER.fullmatch(text):
            return DATA  # who is meant is missing, yet the row says something: its sender must hear of it
        sentence = len(text) > NAME_CHARS or any(mark in text for mark in "。；;：:")
        return NOTES if sentence or position not in (*self._required, *self._keys) else DATA


def unit_name(titles: Sequence[Sequence[str]]) -> str:
    """The unit a sheet speaks for, from the rows above its header: beside 填表单位, or a union named in a title."""
    for row in titles:
        cells = [text.strip() for text in row if text.strip()]
        for index, text in enumerate(cells):
            label = words.UNIT_LABEL.match(text)
            if label:
                value = label.group(1) or (cells[index + 1] if index + 1 < len(cells) else "")
                if value and not words.SIGNATURE.search(words.squeeze(value)):
                    return value.strip(" _＿　")
    for row in titles:
        for text in row:
            named = words.UNION_NAME.search(words.squeeze(text))
            if named:
                return named.group(0)
    return ""


def _is_strong(text: str) -> bool:
    """A code long enough to make its row data, whatever words stand beside it."""
    return len(text) >= STRONG_CHARS and sum(character.isdigit() for character in text) * 2 >= len(text)


def _lines_matching(texts: Sequence[str], pattern: re.Pattern[str]) -> list[int]:
    """Indexes of the texts that match: one search over all of them says that none does, nearly always."""
    if not pattern.search("\n".join(texts)):
        return []
    return [index for index, text in enumerate(texts) if pattern.search(text)]
