"""Mobile numbers that look right and ring nowhere: segments that no operator has been given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zhigong.generator.draw import Column

SEGMENTS = (154, 160, 161, 163, 164, 168, 169, 179, 194)
"""A demo that could ring a stranger would be worse than one whose numbers look a little odd."""
_EACH = 100_000_000
_STEP = 387_420_497  # shares no factor with _ROOM, so that distinct serials give distinct numbers
_ROOM = len(SEGMENTS) * _EACH - 1


def mobile_numbers(serial: Column, start: int) -> Column:
    """Distinct eleven-digit numbers for distinct serials."""
    spot = (np.asarray(serial, dtype=np.int64) * _STEP + start) % _ROOM
    segment, rest = np.divmod(spot, _EACH)
    return np.array(SEGMENTS, dtype=np.int64)[segment] * _EACH + rest
