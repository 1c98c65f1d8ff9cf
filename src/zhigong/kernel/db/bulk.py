"""Bulk writing: Arrow tables into temporary tables by COPY, for set-based SQL to work on."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from django.db import connection
from psycopg.pq import ExecStatus

_WRITE = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")


def create_stage(name: str, columns: Mapping[str, str]) -> None:
    """Make an empty temporary table, gone at the end of the transaction. Names and types are our constants."""
    body = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name} CASCADE")  # with the chunk tables that inherit from it
        cursor.execute(f"CREATE TEMP TABLE {name} ({body}) ON COMMIT DROP")


def copy_arrow(name: str, columns: Iterable[str], batches: Iterable[pa.RecordBatch | pa.Table]) -> int:
    """COPY Arrow batches into a table; returns rows. Null stays NULL, '' stays ''; bytes go as '\\x…' text."""
    with connection.cursor() as cursor:
        rows: int = copy_into(cursor, name, columns, batches)
        return rows


def copy_into(
    cursor: Any,  # noqa: ANN401 — Django's cursor or psycopg's own
    name: str,
    columns: Iterable[str],
    batches: Iterable[pa.RecordBatch | pa.Table],
) -> int:
    """As copy_arrow, on a given cursor."""
    wanted = list(columns)
    quoted = ", ".join(f'"{column}"' for column in wanted)
    rows = 0
    with cursor.copy(f"COPY {name} ({quoted}) FROM STDIN (FORMAT csv)") as copy:
        for batch in batches:
            buffer = io.BytesIO()
            pa_csv.write_csv(batch.select(wanted), buffer, _WRITE)
            copy.write(buffer.getbuffer())
            rows += int(batch.num_rows)
    return rows


def analyse(name: str, columns: Iterable[str] = ()) -> None:
    """Let the planner know what was staged; without it joins on a fresh temporary table are guessed.

    columns: those that joins and filters read, of a wide table; default all.
    """
    chosen = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {name} ({chosen})" if chosen else f"ANALYZE {name}")


def execute(statement: str, parameters: Mapping[str, Any] | None = None) -> int:
    """Run one set-based statement; returns the rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or {})
        return max(int(cursor.rowcount), 0)


def fetch(statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run one query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or {})
        return list(cursor.fetchall())


_BLOCK = 4 * 2**20
_PIECE = 256 * 2**10


def copy_out(
    query: str, types: Mapping[str, pa.DataType], parameters: Mapping[str, Any] | Sequence[Any] | None = None
) -> Iterator[pa.RecordBatch]:
    """Stream a query's rows by COPY as Arrow batches of about 4 MB; memory stays flat whatever the size."""
    read = pa_csv.ReadOptions(column_names=list(types))
    convert = pa_csv.ConvertOptions(
        column_types=dict(types), strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""],
        true_values=["t", "true"], false_values=["f", "false"],
    )  # fmt: skip
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    for block in _blocks(query, parameters, _BLOCK):
        yield from pa_csv.read_csv(io.BytesIO(block), read, parse, convert).to_batches()


def copy_lines(query: str, parameters: Mapping[str, Any] | None = None) -> Iterator[bytes]:
    """Stream a query's rows as lines of CSV (UTF-8, no header) in pieces of whole rows."""
    yield from _blocks(query, parameters, _PIECE)


def _blocks(query: str, parameters: Mapping[str, Any] | Sequence[Any] | None, size: int) -> Iterator[bytes]:
    """The lines of a COPY in blocks of at least `size` bytes, the last may be smaller; each ends at the end of a row.

    PostgreSQL sends one message per row; psycopg's own loop waits on the socket for each, which costs more than the
    row. libpq waits only when its buffer is empty.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    statement = psycopg.ClientCursor(raw).mogrify(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters)
    _begin(raw, statement)
    pending, ended = bytearray(), False
    try:
        while True:
            got, row = raw.pgconn.get_copy_data(0)
            if got <= 0:
                ended = True
                break
            pending += row
            if len(pending) >= size:
                yield bytes(pending)
                pending = bytearray()
    finally:
        if not ended:
            raw.cancel_safe()
            while raw.pgconn.get_copy_data(0)[0] > 0:
                pass
        failed = _end(raw)
    if failed is not None:
        with connection.wrap_database_errors:
            raise failed
    if pending:
        yield bytes(pending)


def _begin(raw: psycopg.Connection[Any], statement: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a COPY streams inside a transaction: scope ends with it")
    answer = raw.pgconn.exec_(statement.encode())
    if answer.status != ExecStatus.COPY_OUT:
        with connection.wrap_database_errors:
            raise psycopg.errors.error_from_result(answer, encoding="utf-8")


def _end(raw: psycopg.Connection[Any]) -> Exception | None:
    """Take what follows the last row; the error, if the statement failed on the way."""
    failed = None
    while (answer := raw.pgconn.get_result()) is not None:
        if answer.status == ExecStatus.FATAL_ERROR:
            failed = psycopg.errors.error_from_result(answer, encoding="utf-8")
    return failed


def mark_sql(columns: str) -> str:
    """An aggregate over rows: equal marks, equal rows, whatever their order. columns: in brackets, hashable.

    Two sums of 64 bits, of which no pair of changes cancels out by chance.
    """
    sums = (f"sum(hash_record_extended({columns}, {seed}))::text" for seed in (0, 1))
    return " || ':' || ".join(sums)
