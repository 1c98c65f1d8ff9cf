"""Counting: the marts of the lake, made by the SQL models of the catalogue from facts, cases and money."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from zhigong.casework import queries as casework
from zhigong.exchange import queries as exchange
from zhigong.funds import queries as funds
from zhigong.insight.definitions import KEYS, SNAPSHOT, load_metric, metric_names
from zhigong.insight.types import MartReport, Metric
from zhigong.kernel.actor import ScopeOpener
from zhigong.kernel.errors import Refused
from zhigong.lake import operations as lake
from zhigong.lake import queries as lake_queries
from zhigong.lake.types import BatchRef, Layer

__all__ = ["refresh"]

SORT = [(name, "ascending") for name in KEYS]


def refresh(*, scope: ScopeOpener, at_ms: int) -> MartReport:
    """Count every metric anew from the facts of the last refresh and what PostgreSQL holds now; swap them all at once.

    scope opens the city's transaction; call it outside one. Figures that did not change keep their dataset.
    Raises NotFound before the first refresh of facts, Conflict while another writer has the lake.
    """
    began = time.monotonic()
    metrics = [load_metric(name) for name in metric_names()]
    day, inputs = _inputs(scope)
    root = exchange.lake_root()
    with lake.one_writer(root):
        before = lake_queries.snapshot(root, name=SNAPSHOT)
        old = before.datasets if before else {}
        made = {metric.name: _keep(metric, _count(metric, inputs)) for metric in metrics}
        lake.swap_snapshot(root, SNAPSHOT, made, {"day": day.isoformat(), "made_at_ms": str(at_ms)})
    return MartReport(
        rows=sum(ref.rows for ref in made.values()),
        changed=sum(ref.rows for name, ref in made.items() if name not in old or old[name].version != ref.version),
        seconds=round(time.monotonic() - began, 3),
    )


def _inputs(scope: ScopeOpener) -> tuple[date, dict[str, pa.Table]]:
    facts = exchange.fact_table()
    person = facts.read(["person_id", "l1", "l2", "l3", "l4", "membership_status", "insured_state", "household_size"])
    with scope() as by:
        streams = {
            "entitlements": casework.mart_entitlements(by),
            "cases": casework.mart_cases(by),
            "payments": funds.mart_payments(by),
        }
        return facts.day, {"person": person, **{name: _table(rows) for name, rows in streams.items()}}


def _table(stream: tuple[pa.Schema, Iterable[pa.RecordBatch]]) -> pa.Table:
    schema, batches = stream
    return pa.Table.from_batches(batches, schema=schema)


def _count(metric: Metric, inputs: Mapping[str, pa.Table]) -> pa.Table:
    model = lake_queries.plan(
        {metric.name: metric.sql}, relations={name: rows.column_names for name, rows in inputs.items()}
    )
    with lake.Engine(memory_mib=2048, threads=2) as engine:
        rows = lake.run_models(engine, model, inputs)[metric.name]
    wanted = [*KEYS, *(measure.name for measure in metric.measures)]
    if rows.column_names != wanted:
        raise Refused(
            "指标模型的列不对。",
            where=f"metrics/{metric.name}/model.sql",
            why=f"应为 {'、'.join(wanted)}，这里是 {'、'.join(rows.column_names)}",
        )
    return rows.sort_by(SORT)


def _keep(metric: Metric, rows: pa.Table) -> BatchRef:
    """The dataset of these rows, named by their content: the same figures are the same dataset."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="none")
    version = hashlib.sha256(sink.getvalue()).hexdigest()
    with lake.write_batch(exchange.lake_root(), layer=Layer.MARTS, name=metric.name) as writer:
        writer.write(rows)
        return writer.commit(version=version)
