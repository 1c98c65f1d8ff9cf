"""Turns raw text rows into typed rows with their problems and a verdict, by one SQL model per source.

Owns sources (folders of the catalogue), conform models, duplicates within a file; must not know the base.
"""

from __future__ import annotations

from zhigong.exchange.checking.cells import CellCounter
from zhigong.exchange.checking.checker import Checker
from zhigong.exchange.checking.conforming import conform
from zhigong.exchange.checking.kinds import field_types
from zhigong.exchange.checking.samples import sample_differences
from zhigong.exchange.checking.sources import load_source, source_names
from zhigong.exchange.checking.types import PROBLEM, REPEATS, OwnProblem, Source, Tally, Unique, Verdict

__all__ = [
    "PROBLEM",
    "REPEATS",
    "CellCounter",
    "Checker",
    "OwnProblem",
    "Source",
    "Tally",
    "Unique",
    "Verdict",
    "conform",
    "field_types",
    "load_source",
    "sample_differences",
    "source_names",
]
