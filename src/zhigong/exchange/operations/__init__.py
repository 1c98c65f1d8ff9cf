"""Writes of the exchange: receive, check, publish, undo. One path for every source and every way in."""

from zhigong.exchange.operations.asking import ask_check, ask_publish, ask_undo, open_preview, upload
from zhigong.exchange.operations.checks import check
from zhigong.exchange.operations.departments import accept_held
from zhigong.exchange.operations.intake import discard, receive, rename_union
from zhigong.exchange.operations.looking import open_doubt, view_doubt
from zhigong.exchange.operations.publishing import publish, request_publish
from zhigong.exchange.operations.receipts import write_batch_receipt
from zhigong.exchange.operations.refreshing import refresh
from zhigong.exchange.operations.ruling import rule_link, withdraw_ruling
from zhigong.exchange.operations.running import ingest, ingest_files
from zhigong.exchange.operations.sweeping import sweep
from zhigong.exchange.operations.undoing import keep_published, undo

__all__ = [
    "accept_held",
    "ask_check",
    "ask_publish",
    "ask_undo",
    "check",
    "discard",
    "ingest",
    "ingest_files",
    "keep_published",
    "open_doubt",
    "open_preview",
    "publish",
    "receive",
    "refresh",
    "rename_union",
    "request_publish",
    "rule_link",
    "sweep",
    "undo",
    "upload",
    "view_doubt",
    "withdraw_ruling",
    "write_batch_receipt",
]
