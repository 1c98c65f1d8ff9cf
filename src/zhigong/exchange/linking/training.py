"""Estimating the weights of the link model anew with Splink, from one batch and the base.

Nothing here runs in a refresh: what comes out is data for `linkage/persons.yaml`, read and kept by a person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from zhigong.exchange.linking.linker import Base, compared_sides
from zhigong.exchange.linking.model import Comparison, Level, LinkModel
from zhigong.exchange.linking.preparing import ONE_OFF

LEAST_SEEN = 1e-6
TIMES_CHANCE = 10
SAMPLE_PAIRS = 2_000_000.0
BLOCKS = ("l.token = r.token", "l.name_key = r.name_key AND l.employer_key = r.employer_key")
"""Sound numbers teach how names and employers are written; name and employer teach what becomes of numbers. Names alone
would teach what namesakes look like."""


def train(incoming: pa.Table, base: Base, *, model: LinkModel, on: dt.date, seed: int = 1) -> LinkModel:
    """The model with m and u as these rows show them; levels that no pair reached keep theirs.

    u comes from random pairs, m from expectation maximisation within two blockings. Opens every number of the base, in
    memory: run it where that is allowed, on a batch of some size.
    """
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    rows, persons = compared_sides(incoming, base, on=on)
    with duckdb.connect(":memory:") as connection:
        connection.execute(ONE_OFF)
        backend: Any = DuckDBAPI(connection)
        sides = [backend.register(one, dataset_display_name=name) for one, name in ((rows, "l"), (persons, "r"))]
        linker = Linker(sides, settings(model), log_level="ERROR")
        linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLE_PAIRS, seed=seed)
        for block in BLOCKS:
            linker.training.estimate_parameters_using_expectation_maximisation(block)
        trained = linker.misc.save_model_to_json()
    return _with_weights(model, trained, measurable=TIMES_CHANCE / max(persons.num_rows, 1))


def settings(model: LinkModel) -> dict[str, Any]:
    """The model in Splink's words."""
    return {
        "link_type": "link_only",
        "unique_id_column_name": "unique_id",
        "blocking_rules_to_generate_predictions": [when for _, when in model.blocking],
        "comparisons": [_comparison(one) for one in model.comparisons],
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    unknown = {"sql_condition": one.unknown, "label_for_charts": "unknown", "is_null_level": True}
    *first, last = one.levels
    others = [_level(level) for level in first] + [{"sql_condition": "ELSE", "label_for_charts": last.name}]
    return {"output_column_name": one.name, "comparison_levels": [unknown, *others]}


def _level(level: Level) -> dict[str, Any]:
    return {"sql_condition": level.when, "label_for_charts": level.name}


def _with_weights(model: LinkModel, trained: dict[str, Any], *, measurable: float) -> LinkModel:
    """Random pairs hold true ones, one in as many as there are persons: a u near that is not to be seen, and stays."""
    found = {
        (one["output_column_name"], level["label_for_charts"]): level
        for one in trained["comparisons"]
        for level in one["comparison_levels"]
    }

    def weighed(comparison: str, level: Level) -> Level:
        own = found.get((comparison, level.name), {})
        m, u = (float(own.get(key) or 0) for key in ("m_probability", "u_probability"))
        return replace(
            level,
            m=min(m, 1 - LEAST_SEEN) if m > LEAST_SEEN else level.m,
            u=min(u, 1 - LEAST_SEEN) if u > measurable else level.u,
        )

    comparisons = tuple(
        replace(one, levels=tuple(weighed(one.name, level) for level in one.levels)) for one in model.comparisons
    )
    return replace(model, comparisons=comparisons)


def weights(model: LinkModel) -> list[str]:
    """One line per level, to copy into the file."""
    return [
        f"{one.name}.{level.name}: m {level.m:.9f} u {level.u:.9f}" for one in model.comparisons for level in one.levels
    ]
