"""What linking answers: one line per data row of a batch, and how many rows came out how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class LinkOutcome(StrEnum):
    """What became of a row. `new`: about somebody not in the base; `none`: nothing says about whom."""

    LINKED = "linked"
    DOUBTFUL = "doubtful"
    NEW = "new"
    NONE = "none"


class Method(StrEnum):
    """What a link or a doubt rests on."""

    EXACT = "id"
    NEAR_NAME = "id-near-name"
    MODEL = "model"
    OTHER_NAME = "id-other-name"
    RIVAL = "rival-row"


LINKS = pa.schema(
    [
        ("row", pa.int64()),  # data row of the batch, the first is 1
        ("subject_id", pa.string()),  # person_id when linked, else a pseudonym of the sound number, else null
        ("person_id", pa.string()),  # only when linked
        ("method", pa.string()),  # Method; null when neither linked nor doubtful
        ("score", pa.float64()),  # probability that the pair is one person, 1.0 for exact
        ("outcome", pa.string()),  # LinkOutcome
        ("candidate_id", pa.string()),  # the person a doubtful row may be about
        ("reason", pa.string()),  # what agreed, as codes: name:same id:cut employer:same
        ("employer_key", pa.string()),  # employer's id when in the base, else a pseudonym of the sound code, else null
        ("employer_method", pa.string()),  # code, name, alias; null without a key
        ("head_subject_id", pa.string()),  # as subject_id, for the household head's number, where the source has it
        ("guardian_subject_id", pa.string()),  # likewise for the guardian's number
    ]
)
"""Columns of the datasets `links-<source>` (entity layer); version = <batch id hex>-<state of the base>."""


EVIDENCE = pa.schema(
    [
        ("row", pa.int64()),
        ("name_key", pa.string()),  # name as compared
        ("damage", pa.string()),  # what is wrong with the number: sound, other, cut, display, damaged, none
        ("digits", pa.string()),  # what is left of the number; all of it when it is sound
        ("own", pa.string()),  # pseudonym of the row's own sound number, null when a person of the base has it
    ]
)
"""What links of several sources are compared by; sealed datasets `evidence-<source>`, versions as of the links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCounts:
    """One batch linked. rows = linked + doubtful + new + none; changed: rows whose line differs from before.

    version names the dataset; reused: nothing had to be done, the dataset was there.
    """

    rows: int
    linked: int
    doubtful: int
    new: int
    none: int
    changed: int
    version: str
    reused: bool = False
