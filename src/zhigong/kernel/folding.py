"""One alphabet for code-like text: full-width forms, case and blanks folded the same way in Python and in SQL.

This is NFKC restricted to the characters that stand for one ASCII character in the full-width block, so that both sides
agree by construction. Never for names: NFKC rewrites compatibility ideographs (domain.md §1.4).
"""

from __future__ import annotations

# Blanks and invisible characters people paste or systems leave: control characters (PostgreSQL stores no NUL), NBSP,
# soft hyphen, the blanks of the General Punctuation block with zero-width ones, U+3000, BOM …
BLANKS = "".join(
    map(
        chr,
        [
            *(*range(0x21), *range(0x7F, 0xA1), 0xAD, 0x1680, 0x180E),
            *(*range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x205F, 0x2065), 0x3000, 0xFEFF),
        ],
    )
)
QUOTES = "'`‘’＇´"
DASHES = "‐‑‒–—―−"

_FULL = [chr(0xFF01 + offset) for offset in range(94)]
_HALF = [chr(0x21 + offset) for offset in range(94)]
_LOWER = [chr(code) for code in range(ord("a"), ord("z") + 1)]

CODE_FROM = "".join(_FULL) + "".join(_LOWER) + DASHES
CODE_TO = "".join(_HALF).upper() + "".join(_LOWER).upper() + "-" * len(DASHES)
_CODE = str.maketrans(CODE_FROM, CODE_TO, BLANKS)
_SPACED = str.maketrans(CODE_FROM + BLANKS, CODE_TO + " " * len(BLANKS))

WIDTH_FROM = "".join(_FULL)
WIDTH_TO = "".join(_HALF)
_WIDTH = str.maketrans(WIDTH_FROM, WIDTH_TO)


def fold_code(text: str) -> str:
    """Half-width, upper case, no blanks, no quotes in front: for numbers, codes and labels."""
    folded = text.translate(_CODE)
    return folded.lstrip(QUOTES) if folded[:1] in QUOTES else folded


def fold_spaced(text: str) -> str:
    """As `fold_code`, but blanks stay, as plain spaces, and so do quotes."""
    return text.translate(_SPACED)


def fold_width(text: str) -> str:
    """Full-width forms made half-width; nothing else changes."""
    return text.translate(_WIDTH)


def squeeze(text: str) -> str:
    """Blanks and invisible characters removed; nothing else changes."""
    return text.translate(_SQUEEZE)


_SQUEEZE = str.maketrans("", "", BLANKS)
