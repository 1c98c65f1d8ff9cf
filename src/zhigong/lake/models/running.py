"""Models run in an engine, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from zhigong.kernel.errors import Refused
from zhigong.lake.engine import Engine
from zhigong.lake.types import Model


def run_models(engine: Engine, models: Iterable[Model], inputs: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The rows of every model, by name, in the order given (see `plan`).  inputs: the relations they start from.

    The engine holds them all until the last is done; afterwards it has none of them.
    """
    made: dict[str, pa.Table] = {}
    registered: list[str] = []
    try:
        for name, rows in inputs.items():
            engine.register(name, rows)
            registered.append(name)
        for model in models:
            made[model.name] = _run(engine, model)
            engine.register(model.name, made[model.name])
            registered.append(model.name)
    finally:
        for name in registered:
            engine.unregister(name)
    return made


def _run(engine: Engine, model: Model) -> pa.Table:
    try:
        return engine.fetch_arrow(model.sql)
    except Refused as refused:
        raise Refused(refused.what, where=f"模型 {model.name}", why=refused.why, do=refused.do) from None
