"""Metrics of the catalogue: `metrics/<name>/metric.yaml` beside `model.sql`, strictly read."""

from __future__ import annotations

from typing import Any

from zhigong.insight.types import Measure, Metric
from zhigong.kernel import resources, yaml
from zhigong.kernel.errors import NotFound, Refused

FOLDER = "metrics"
SNAPSHOT = "marts"
KEYS = ("l1", "l2", "l3", "l4", "service_id")
_HEAD = {"title", "note", "measures"}
_MEASURE = {"label", "unit", "note", "of"}


def metric_names() -> tuple[str, ...]:
    """Every metric the catalogue offers, sorted."""
    return tuple(sorted(path.split("/")[1] for path in resources.all_under(FOLDER) if path.endswith("/metric.yaml")))


def load_metric(name: str) -> Metric:
    """One metric; raises NotFound, and Refused with the file for anything unknown, missing or of the wrong type."""
    try:
        path = resources.find(f"{FOLDER}/{name}/metric.yaml")
        sql = resources.find(f"{FOLDER}/{name}/model.sql").read_text(encoding="utf-8")
    except NotFound as missing:
        raise NotFound(
            "没有这个指标，或它缺少一个文件。", where=missing.where, do="指标目录里要有 metric.yaml 和 model.sql"
        ) from None
    head = _texts(yaml.load(path), _HEAD, str(path))
    measures = head["measures"]
    if not isinstance(measures, dict) or not measures:
        raise Refused("指标没有度量。", where=str(path), do="measures 下至少写一个。")
    made = tuple(_measure(key, value, str(path)) for key, value in measures.items())
    unknown = {one.of for one in made if one.of} - {one.name for one in made}
    if unknown:
        raise Refused("度量引用了没有的度量。", where=str(path), why="、".join(sorted(unknown)))
    return Metric(name=name, title=str(head["title"]), note=str(head.get("note", "")), measures=made, sql=sql)


def _measure(name: str, raw: Any, where: str) -> Measure:  # noqa: ANN401 — straight from YAML
    given = _texts(raw, _MEASURE, f"{where} measures.{name}")
    return Measure(
        name=name,
        label=str(given["label"]),
        unit=str(given["unit"]),
        note=str(given.get("note", "")),
        of=str(given.get("of", "")),
    )


def _texts(raw: Any, known: set[str], where: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(raw, dict):
        raise Refused("指标定义有误。", where=where, why="应为键值对")
    wrong = sorted(set(raw) - known)
    if wrong:
        raise Refused("指标定义有误。", where=where, why=f"不认识的键：{'、'.join(wrong)}")
    missing = sorted(known - {"note", "of"} - set(raw))
    if missing:
        raise Refused("指标定义有误。", where=where, why=f"缺少：{'、'.join(missing)}")
    return raw
