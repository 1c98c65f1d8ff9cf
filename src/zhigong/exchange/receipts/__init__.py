"""Writes a file back as it came, with a reason beside each bad cell, so that only fixes need to be sent again."""

from __future__ import annotations

from zhigong.exchange.receipts.types import CellProblem, Receipt
from zhigong.exchange.receipts.writing import write_receipt

__all__ = ["CellProblem", "Receipt", "write_receipt"]
