"""Draws the fictional city: polygons of districts and streets. `python -m zhigong.generator.mapping DIR` writes them.

The city lies in the open Pacific around 31° N 150° E, where there is no land: no real place can be mistaken for it.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from zhigong.generator import divisions
from zhigong.generator.draw import stream
from zhigong.generator.geometry import Point, Ring, area_of, cells, centre, outline, rounded, winding

LONGITUDE, LATITUDE = 150.0, 31.0
_DEGREES_PER_UNIT = 0.16
_SHAPE_SEED = 11
_BEND = 0.13
_SEATS: dict[int, tuple[float, float, float]] = {
    990_102: (-0.30, 0.25, 0.42),
    990_103: (0.62, 0.10, 0.50),
    990_104: (0.00, -0.85, 0.62),
    990_107: (-1.55, 0.45, 0.85),
    990_108: (1.70, -0.75, 0.85),
    990_121: (-0.40, 1.92, 0.92),
    990_123: (1.45, 1.40, 1.00),
    990_124: (-1.45, -1.35, 1.00),
}
"""Where each district lies and how far it reaches, in units of about 15 km."""
_LAKE: Point = (0.20, -0.30)


def _seats() -> list[Point]:
    """One point per street, denser in town; then the lake; then a ring of points outside that bounds the city."""
    rng = stream(_SHAPE_SEED, "map")
    points: list[Point] = []
    for district in divisions.districts():
        x, y, reach = _SEATS[district.code]
        count = sum(street.parent == district.code for street in divisions.streets())
        for place in range(count):
            radius = reach * math.sqrt((place + 0.5) / count)
            angle = place * 2.399963 + district.code % 7  # the golden angle spreads them evenly
            wobble = rng.normal(0, reach * 0.06, 2)
            points.append((x + radius * math.cos(angle) + wobble[0], y + radius * math.sin(angle) + wobble[1]))
    return points


def _frame(points: list[Point]) -> list[Point]:
    """Points of the countryside outside: a grid cell is outside when no street lies within reach."""
    out = []
    for i in range(-12, 13):
        for j in range(-12, 13):
            at = (i * 0.37 + (j % 2) * 0.18, j * 0.32)
            if min(math.dist(at, point) for point in points) > 0.52:
                out.append(at)
    return out


def _relaxed() -> list[Ring]:
    """Street cells after two rounds of Lloyd's smoothing."""
    points = _seats()
    count = len(points)
    frame = [_LAKE, *_frame([*points, _LAKE])]
    for _ in range(2):
        rings = cells([*points, *frame], 6.0)
        points = [centre(ring) for ring in rings[:count]]
    return [rounded(ring) for ring in cells([*points, *frame], 6.0)[:count]]


def _placed(ring: Ring) -> list[list[float]]:
    stretch = 1 / math.cos(math.radians(LATITUDE))
    out = [
        [round(LONGITUDE + x * _DEGREES_PER_UNIT * stretch, 6), round(LATITUDE + y * _DEGREES_PER_UNIT, 6)]
        for x, y in ring
    ]
    return [*out, out[0]]


def _feature(row: divisions.Division, rings: list[Ring]) -> dict[str, Any]:
    x, y = centre(max(rings, key=area_of))
    return {
        "type": "Feature",
        "properties": {
            "code": str(row.code),
            "name": row.name,
            "parent": str(row.parent),
            "level": row.level,
            "centre": _placed([(x, y)])[0],
        },
        "geometry": {"type": "Polygon", "coordinates": [_placed(winding(ring, _BEND)) for ring in rings]},
    }


def features() -> dict[str, Any]:
    """The GeoJSON collection: districts first, then streets; no two of one level overlap."""
    streets = divisions.streets()
    rings = _relaxed()
    out = []
    for district in divisions.districts():
        own = [ring for street, ring in zip(streets, rings, strict=True) if street.parent == district.code]
        out.append(_feature(district, outline(own)))
    out += [_feature(street, [ring]) for street, ring in zip(streets, rings, strict=True)]
    return {"type": "FeatureCollection", "name": "云泽市（虚构）", "features": out}


def as_geojson() -> str:
    """The committed divisions.geojson, one feature a line."""
    collection = features()
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in collection.pop("features"))
    head = json.dumps(collection, ensure_ascii=False)[:-1]
    return f'{head}, "features": [\n{lines}\n]}}\n'


def write(folder: Path) -> None:
    """Write codes/divisions.csv and map/divisions.geojson below a city's catalogue folder."""
    for part, text in (("codes/divisions.csv", divisions.as_csv()), ("map/divisions.geojson", as_geojson())):
        path = folder / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
