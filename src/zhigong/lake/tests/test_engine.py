from __future__ import annotations

import pyarrow as pa
import pytest

from zhigong.kernel.errors import Refused
from zhigong.lake.operations import Engine


def test_arrow_in_arrow_out():
    with Engine() as engine:
        engine.register("t", pa.table({"a": [1, 2, 3]}))
        assert engine.fetch_arrow("SELECT sum(a) AS s FROM t WHERE a > ?", [1]).to_pydict() == {"s": [5]}
        engine.register("t", pa.record_batch({"a": [7]}))
        assert engine.fetch_arrow("SELECT a FROM t").to_pydict() == {"a": [7]}
        engine.run("CREATE TABLE kept AS SELECT * FROM t")
        engine.unregister("t")
        assert [batch.num_rows for batch in engine.stream_arrow("FROM kept")] == [1]
        assert engine.stats()["spilled"] == 0


OUTSIDE = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "COPY (SELECT 1) TO 'x.csv'",
    "ATTACH 'x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 4",
    "SET enable_external_access = true",
    "SET temp_directory = 'x'",
    "EXPORT DATABASE 'x'",
    "SELECT * FROM local_of_the_caller",
]


@pytest.mark.parametrize("statement", OUTSIDE)
def test_nothing_outside_is_reachable(statement, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    local_of_the_caller = pa.table({"a": [1]})  # noqa: F841 - what the engine must not see
    with Engine() as engine, pytest.raises(Refused):
        engine.run(statement)
    assert list(tmp_path.iterdir()) == []


def test_too_much_memory_is_refused_not_spilled():
    with Engine(memory_mib=32) as engine, pytest.raises(Refused, match="内存"):
        engine.run("CREATE TABLE t AS SELECT range AS a, hash(range)::VARCHAR AS b FROM range(5000000)")


def test_errors_never_quote_values():
    with Engine() as engine:
        engine.register("t", pa.table({"a": ["110105194912310021"]}))
        for sql in ("SELECT a::INTEGER FROM t", "SELECT strptime(a, '%Y') FROM t", "SELECT error(a) FROM t"):
            with pytest.raises(Refused) as refusal:
                engine.fetch_arrow(sql)
            assert "1101051949" not in str(refusal.value)
