"""A department file in memory: columns of text, whom each row is about, its dirt, the verdict it deserves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zhigong.generator.arrow import pa, pc
from zhigong.generator.draw import Column
from zhigong.generator.texts import Text, take

ACCEPTED, UNVERIFIED, REJECTED = 0, 1, 2
VERDICTS = ("accepted", "unverified", "rejected")


@dataclass
class Stained:
    """One kind of dirt on one column: rows from 0, and what they would say clean."""

    column: str
    kind: str
    rows: Column
    clean: Text


@dataclass
class Sheet:
    """Columns in the order of the contract. person, employer, union: truth rows, -1 for none."""

    source: str
    columns: dict[str, Text]
    person: Column
    employer: Column
    union: Column
    verdict: Column = field(init=False)
    stains: list[Stained] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.verdict = np.zeros(len(self.person), dtype=np.int8)

    @property
    def rows(self) -> int:
        """How many data rows."""
        return len(self.person)

    def stain(self, column: str, kind: str, rows: Column, values: Text, verdict: int = ACCEPTED) -> None:
        """Replace the given rows (ascending) of a column and keep what stood there as the clean value."""
        if not len(rows):
            return
        before = self.columns[column]
        mask = np.zeros(self.rows, dtype=bool)
        mask[rows] = True
        self.stains.append(Stained(column, kind, rows, take(before, rows)))
        values = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
        self.columns[column] = pc.replace_with_mask(before, pa.array(mask), values)
        self.verdict[rows] = np.maximum(self.verdict[rows], verdict)

    def note(self, column: str, kind: str, rows: Column, clean: Text) -> None:
        """Record dirt that was written while the column was made."""
        if len(rows):
            self.stains.append(Stained(column, kind, rows, clean))

    def dirty_rows(self, column: str) -> Column:
        """A mask of the rows of a column that carry dirt."""
        mask = np.zeros(self.rows, dtype=bool)
        for one in self.stains:
            if one.column == column:
                mask[one.rows] = True
        return mask

    def counts(self) -> dict[str, int]:
        """Rows and verdicts of a perfect checker."""
        found = np.bincount(self.verdict, minlength=3)
        return {"rows": self.rows, **{name: int(found[place]) for place, name in enumerate(VERDICTS)}}
