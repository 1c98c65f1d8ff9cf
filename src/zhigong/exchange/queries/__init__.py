"""Reads of the exchange: batches of the scope, previews, what is in force, links, the board of all sources."""

from zhigong.exchange.deriving import fact_table
from zhigong.exchange.queries.batches import (
    batch,
    batch_by_number,
    batch_page,
    batches,
    has_batches,
    held,
    progress,
    sources_for,
)
from zhigong.exchange.queries.board import board, source_page
from zhigong.exchange.queries.knowing import person_links, person_rulings
from zhigong.exchange.queries.previews import preview
from zhigong.exchange.queries.reviewing import doubt, doubts, doubts_waiting, written_number
from zhigong.exchange.queries.rows import iter_live, live_batches, write_links
from zhigong.exchange.store import lake_root

__all__ = [
    "batch",
    "batch_by_number",
    "batch_page",
    "batches",
    "board",
    "doubt",
    "doubts",
    "doubts_waiting",
    "fact_table",
    "has_batches",
    "held",
    "iter_live",
    "lake_root",
    "live_batches",
    "person_links",
    "person_rulings",
    "preview",
    "progress",
    "source_page",
    "sources_for",
    "write_links",
    "written_number",
]
