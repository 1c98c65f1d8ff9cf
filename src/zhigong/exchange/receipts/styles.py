"""Adds our fills to a workbook's styles.xml: every cell format gets a twin that differs by its background only.

A twin is found again in later receipts of the same workbook (its fill is ours), so styles don't grow from round to
round, and a cell that has been mended gets its old format back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FILLS = {"bad": "FFFFCDD2", "odd": "FFFFF3C4"}
"""Light red for what must be mended, light yellow for what should be looked at."""

KIND_OF = {"reject": "bad", "unverify": "bad", "warn": "odd"}

_FILLS = re.compile(rb"(<(?:\w+:)?fills\b[^>]*>)(.*?)(</(?:\w+:)?fills>)", re.DOTALL)
_FILL = re.compile(rb"<((?:\w+:)?)fill\b[^>]*?(?:/>|>.*?</(?:\w+:)?fill>)", re.DOTALL)
_FORMATS = re.compile(rb"(<(?:\w+:)?cellXfs\b[^>]*>)(.*?)(</(?:\w+:)?cellXfs>)", re.DOTALL)
_FORMAT = re.compile(rb"<((?:\w+:)?)xf\b([^>]*?)(/>|>.*?</(?:\w+:)?xf>)", re.DOTALL)
_COUNT = re.compile(rb'\scount="\d+"')
_FILL_ID = re.compile(rb'\sfillId="(\d+)"')
_APPLY_FILL = re.compile(rb'\sapplyFill="\w+"')
MOST_FORMATS = 20_000


@dataclass
class Palette:
    """Format numbers after patching: `twins[kind][s]` is format s on our background; `plain` undoes a twin."""

    twins: dict[str, list[int]] = field(default_factory=dict)
    plain: dict[int, int] = field(default_factory=dict)
    text: int = 0

    def marked(self, style: int, severity: str) -> int:
        """The format of a bad cell that had format `style`."""
        twins = self.twins.get(KIND_OF.get(severity, "odd"), [])
        style = self.plain.get(style, style)
        return twins[style] if style < len(twins) else style

    def unmarked(self, style: int) -> int:
        """The format a cell had before an earlier receipt marked it."""
        return self.plain.get(style, style)


def patch_styles(xml: bytes) -> tuple[bytes, Palette]:
    """styles.xml with our fills and formats; a file without the usual parts comes back unchanged, without colours."""
    fills, formats = _FILLS.search(xml), _FORMATS.search(xml)
    if not fills or not formats:
        return xml, Palette()
    xml, numbers = _with_fills(xml, fills)
    formats = _FORMATS.search(xml)
    if formats is None:
        return xml, Palette()
    return _with_formats(xml, formats, numbers)


def _with_fills(xml: bytes, found: re.Match[bytes]) -> tuple[bytes, dict[str, int]]:
    kept = [fill.group(0) for fill in _FILL.finditer(found.group(2))]
    prefix = next((fill.group(1) for fill in _FILL.finditer(found.group(2))), b"").decode()
    numbers: dict[str, int] = {}
    for kind, colour in FILLS.items():
        p = prefix
        made = (
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{colour}"/><{p}bgColor indexed="64"/>'
            f"</{p}patternFill></{p}fill>"
        ).encode()
        known = next((i for i, fill in enumerate(kept) if colour.encode() in fill), None)
        if known is None:
            kept.append(made)
        numbers[kind] = len(kept) - 1 if known is None else known
    return _replaced(xml, found, kept), numbers


def _with_formats(xml: bytes, found: re.Match[bytes], fills: dict[str, int]) -> tuple[bytes, Palette]:
    kept = [one.group(0) for one in _FORMAT.finditer(found.group(2))]
    parsed = [_FORMAT.fullmatch(one) for one in kept]
    ours = {number: kind for kind, number in fills.items()}
    text = _text_format(parsed[0])
    looks = [(_look(one), ours.get(_fill_of(one))) for one in parsed if one]
    palette = Palette()
    first = {look: i for i, (look, kind) in reversed(list(enumerate(looks))) if kind is None}
    palette.plain = {i: first.get(look, 0) for i, (look, kind) in enumerate(looks) if kind is not None}
    originals = len(kept) if len(kept) <= MOST_FORMATS else 0
    for kind, number in fills.items():
        known = {look: i for i, (look, own) in enumerate(looks) if own == kind}
        palette.twins[kind] = []
        for one, (look, own) in zip(parsed[:originals], looks[:originals], strict=True):
            twin = known.get(look)
            ours_already = one is None or own is not None or one.group(0) == text
            if twin is None and one is not None and not ours_already:
                kept.append(_recoloured(one, number))
                twin = known[look] = len(kept) - 1
            palette.twins[kind].append(0 if twin is None else twin)
    if text not in kept:
        kept.append(text)
    palette.text = kept.index(text)
    return _replaced(xml, found, kept), palette


def _look(one: re.Match[bytes]) -> bytes:
    """A format apart from its fill."""
    attributes = _APPLY_FILL.sub(b"", _FILL_ID.sub(b"", one.group(2)))
    return b" ".join(sorted(attributes.split())) + one.group(3)


def _fill_of(one: re.Match[bytes]) -> int:
    number = _FILL_ID.search(one.group(2))
    return int(number.group(1)) if number else 0


def _recoloured(one: re.Match[bytes], fill: int) -> bytes:
    attributes = _APPLY_FILL.sub(b"", _FILL_ID.sub(b"", one.group(2))).rstrip()
    return b'<%sxf%s fillId="%d" applyFill="1"%s' % (one.group(1), attributes, fill, one.group(3))


def _text_format(model: re.Match[bytes] | None) -> bytes:
    """The format of our own column: text, wrapped, at the top."""
    p = model.group(1) if model else b""
    return (
        b'<%sxf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
        b'<%salignment vertical="top" wrapText="1"/></%sxf>' % (p, p, p)
    )


def _replaced(xml: bytes, found: re.Match[bytes], items: list[bytes]) -> bytes:
    head = _COUNT.sub(b"", found.group(1))
    head = head[:-1] + b' count="%d">' % len(items)
    return xml[: found.start()] + head + b"".join(items) + found.group(3) + xml[found.end() :]
