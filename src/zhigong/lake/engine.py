"""The SQL engine of the lake: DuckDB in memory, shut in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from zhigong.kernel.errors import Refused

ENGINE_VERSION = duckdb.__version__
"""What hashes and results may depend on."""

LOCKDOWN = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    # Rows hold identities: nothing may spill to disk in the clear.
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class Engine:
    """One DuckDB connection that sees only what is registered: no files, no network, no settings to change.

    memory_mib bounds its buffers; beyond that a statement is refused.  Not shared between threads.
    Every failure is raised as Refused; its text names the statement's error, never a row's values.
    """

    def __init__(self, *, memory_mib: int = 512, threads: int = 1) -> None:
        self._connection = duckdb.connect(
            ":memory:", config={"memory_limit": f"{int(memory_mib)}MiB", "threads": int(threads)}
        )
        for statement in LOCKDOWN:
            self._connection.execute(statement)

    def register(self, name: str, rows: pa.Table | pa.RecordBatch | pa.RecordBatchReader) -> None:
        """Make Arrow rows visible as a view, without copying; the same name again replaces it."""
        table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Forget a registered view, releasing its rows."""
        self._connection.unregister(name)

    def run(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Statements without a result."""
        try:
            self._connection.execute(sql, list(params) or None)
        except duckdb.Error as error:
            raise _refusal(error) from None

    def fetch_arrow(self, sql: str, params: Sequence[Any] = ()) -> pa.Table:
        """One query's whole result."""
        try:
            found: pa.Table = self._connection.sql(sql, params=list(params) or None).to_arrow_table()
        except duckdb.Error as error:
            raise _refusal(error) from None
        return found

    def stream_arrow(self, sql: str, params: Sequence[Any] = (), *, at_most: int = 50_000) -> Iterator[pa.RecordBatch]:
        """One query's result in record batches; finish it before the next statement."""
        try:
            yield from self._connection.sql(sql, params=list(params) or None).to_arrow_reader(at_most)
        except duckdb.Error as error:
            raise _refusal(error) from None

    def stats(self) -> dict[str, int]:
        """Bytes in use: `memory` and `spilled` (always 0)."""
        used = self.fetch_arrow(
            "SELECT coalesce(sum(memory_usage_bytes), 0)::BIGINT AS memory,"
            " coalesce(sum(temporary_storage_bytes), 0)::BIGINT AS spilled FROM duckdb_memory()"
        )
        return dict(used.to_pylist()[0])

    def close(self) -> None:
        """Release everything."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refusal(error: duckdb.Error) -> Refused:
    if isinstance(error, duckdb.OutOfMemoryException):
        return Refused("这一步需要的内存超过上限", why="数据量大于引擎的内存限制", do="减小每批行数，或调大引擎内存")
    if isinstance(error, (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)):
        return Refused("SQL 语句不能执行", why=str(error).splitlines()[0][:300], do="检查该来源的 SQL 模型")
    if isinstance(error, duckdb.PermissionException):
        return Refused("SQL 语句越出了引擎的边界", why="不允许访问文件、网络或改变设置", do="检查该来源的 SQL 模型")
    # Other messages may quote the offending value.
    return Refused("SQL 语句执行失败", why=type(error).__name__, do="检查该来源的 SQL 模型")
