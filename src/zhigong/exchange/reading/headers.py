"""Finds the header: the row, or two rows, that name most of a source's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhigong.exchange.reading.types import RECEIPT_COLUMN, Column, ColumnMatch
from zhigong.exchange.reading.words import bare_header_key, header_key

HEADER_WITHIN = 30
MIN_MATCHES = 2

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column; 0-based, inclusive."""


@dataclass(frozen=True)
class Header:
    """Where it lies (0-based, first and last row) and what stands in each column."""

    first: int
    last: int
    columns: tuple[ColumnMatch, ...]
    receipt_position: int | None
    matched: int


class HeaderFinder:
    """Knows the names and aliases of one source's columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._required = {column.name for column in columns if column.required}
        self._by_key: dict[str, tuple[int, str]] = {}
        for column in columns:
            for rank, label in enumerate((column.name, *column.aliases)):
                self._by_key.setdefault(header_key(label), (min(rank, 1), column.name))

    def find(self, head: Sequence[Sequence[str]], merges: Sequence[Merge] = ()) -> Header | None:
        """The best header within the first rows; None when no row names a required column and one more.

        Two rows only when together they name more columns than either alone.
        """
        singles = [self._match(head, index, index, merges) for index in range(min(len(head), HEADER_WITHIN))]
        pairs = [self._match(head, index, index + 1, merges) for index in range(len(singles) - 1)]
        fit = [header for header in (*singles, *pairs) if self._counts(header)]
        return max(fit, key=lambda header: (header.matched, header.first - header.last), default=None)

    def nearest(self, head: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
        """For a refusal: the row (0-based) that looks most like a header, and the known columns in it."""
        found = [self._match(head, index, index, ()) for index in range(min(len(head), HEADER_WITHIN))]
        best = max(found, key=lambda header: header.matched, default=None)
        return (best.first, [m.name for m in best.columns if m.name]) if best else (0, [])

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns of which one must be there."""
        return tuple(sorted(self._required))

    def _counts(self, header: Header) -> bool:
        names = {match.name for match in header.columns}
        return header.matched >= MIN_MATCHES and bool(names & self._required or not self._required)

    def _match(self, head: Sequence[Sequence[str]], first: int, last: int, merges: Sequence[Merge]) -> Header:
        labels = _labels(head, first, last, merges)
        chosen = self._choose(labels)
        receipt = next((i for i, forms in enumerate(labels) if RECEIPT_COLUMN in forms), None)
        named: dict[str, int] = {}
        columns = []
        for position, forms in enumerate(labels):
            header = forms[0] if forms else ""
            name = chosen.get(position, "")
            if header and not name:
                named[header] = named.get(header, 0) + 1
                header = header if named[header] == 1 else f"{header}({named[header]})"
            columns.append(ColumnMatch(position=position, header=header, name=name))
        return Header(first, last, tuple(columns), receipt, len(chosen))

    def _choose(self, labels: Sequence[Sequence[str]]) -> Mapping[int, str]:
        """Each source column at most once: official names before aliases, left before right."""
        wishes = []
        for position, forms in enumerate(labels):
            hit = self._lookup(forms)
            if hit:
                wishes.append((hit[0], position, hit[1]))
        chosen: dict[int, str] = {}
        for _, position, name in sorted(wishes):
            if name not in chosen.values():
                chosen[position] = name
        return chosen

    def _lookup(self, forms: Sequence[str]) -> tuple[int, str] | None:
        for form in forms:
            for key in (header_key(form), bare_header_key(form)):
                if key and key in self._by_key:
                    return self._by_key[key]
        return None


def _labels(head: Sequence[Sequence[str]], first: int, last: int, merges: Sequence[Merge]) -> list[list[str]]:
    """Per column the readings of its header: both rows joined, the lower, the upper (only above an empty cell)."""
    upper = _spread(head[first], first, merges)
    if first == last:
        return [[text.strip()] if text.strip() else [] for text in upper]
    lower = [text.strip() for text in head[last]]
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    joined = []
    for above, below in zip(upper, lower, strict=True):
        forms = [above + below, below] if below else [above]
        joined.append([form for form in forms if form])
    return joined


def _spread(row: Sequence[str], index: int, merges: Sequence[Merge]) -> list[str]:
    """A header row with horizontally merged cells filled."""
    cells = [text.strip() for text in row]
    for top, left, bottom, right in merges:
        if top <= index <= bottom and left < right and left < len(cells):
            for position in range(left, min(right + 1, len(cells))):
                cells[position] = cells[left]
    return cells
