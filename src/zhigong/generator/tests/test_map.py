"""The fictional divisions and their polygons: committed files are the script's, districts are made of their streets."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from zhigong.generator import divisions, mapping
from zhigong.generator.geometry import area_of, outline

FOLDER = Path(__file__).parents[4] / "catalogue" / "cities" / "yunze"


@pytest.fixture(scope="module")
def features() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "map/divisions.geojson").read_text(encoding="utf-8"))["features"]
    return found


def ring(feature: dict[str, Any]) -> list[tuple[float, float]]:
    return [tuple(point) for point in feature["geometry"]["coordinates"][0][:-1]]


def test_committed_files_are_those_of_the_script(tmp_path: Path) -> None:
    mapping.write(tmp_path)
    for part in ("codes/divisions.csv", "map/divisions.geojson"):
        assert (tmp_path / part).read_bytes() == (FOLDER / part).read_bytes()


def test_divisions_are_unassigned_and_nested() -> None:
    rows = list(csv.DictReader((FOLDER / "codes/divisions.csv").read_text(encoding="utf-8").splitlines()))
    codes = {row["code"] for row in rows}
    assert len(codes) == len(rows)
    assert all(code.startswith("99") for code in codes)
    assert all(not row["parent"] or row["parent"] in codes for row in rows)
    assert {len(row["code"]) for row in rows if row["level"] == "street"} == {9}
    assert Counter(row["level"] for row in rows)["street"] == len(divisions.streets()) == 88
    assert any(row["valid_to"] for row in rows)


def test_small_cities_use_streets_of_every_district() -> None:
    for unions, wanted in ((71, 8), (500, 31), (1500, 88), (200_000, 88)):
        used = divisions.streets_in_use(unions)
        assert len(used) == wanted
        assert {row.parent for row in used} == {row.code for row in divisions.districts()}


def test_polygons_are_simple_rings_and_streets_fill_districts(features: list[dict[str, Any]]) -> None:
    assert all(len(one["geometry"]["coordinates"]) == 1 for one in features)
    areas = {one["properties"]["code"]: area_of(ring(one)) for one in features}
    assert all(area > 0 for area in areas.values())
    for one in features:
        if one["properties"]["level"] == "district":
            code = one["properties"]["code"]
            inside = sum(areas[f["properties"]["code"]] for f in features if f["properties"]["parent"] == code)
            assert inside == pytest.approx(areas[code], rel=1e-6)


def test_no_two_streets_overlap(features: list[dict[str, Any]]) -> None:
    """Shared borders are shared point by point, so the outline of all streets encloses exactly their areas."""
    streets = [ring(one) for one in features if one["properties"]["level"] == "street"]
    whole = outline(streets)
    assert sum(area_of(one) for one in whole) == pytest.approx(sum(area_of(one) for one in streets), rel=1e-6)
    assert len(whole) == 2  # the city and its lake
    edges = [(a, b) for one in streets for a, b in zip(one, [*one[1:], one[0]], strict=True)]
    assert len(set(edges)) == len(edges)
    for place, one in enumerate(streets):
        own, box = set(one), bounds(one)
        for other in streets[:place] + streets[place + 1 :]:
            near = [point for point in other if box[0] < point[0] < box[1] and box[2] < point[1] < box[3]]
            assert not any(inside(point, one) for point in near if point not in own)


def bounds(polygon: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return min(xs), max(xs), min(ys), max(ys)


def inside(point: tuple[float, float], polygon: list[tuple[float, float]]) -> bool:
    x, y = point
    found = False
    for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            found = not found
    return found
