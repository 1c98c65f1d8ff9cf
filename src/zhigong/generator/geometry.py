"""Plane geometry for the map: Voronoi cells by clipping, natural borders by midpoint displacement, rings from edges."""

from __future__ import annotations

from zlib import crc32

Point = tuple[float, float]
Ring = list[Point]
_GRID = 6


def cells(points: list[Point], box: float) -> list[Ring]:
    """The Voronoi cell of each point inside a square of half-width `box` around the origin, counter-clockwise."""
    return [_cell(place, points, box) for place in range(len(points))]


def _cell(own: int, points: list[Point], box: float) -> Ring:
    ring = [(-box, -box), (box, -box), (box, box), (-box, box)]
    x, y = points[own]
    others = sorted((p for i, p in enumerate(points) if i != own), key=lambda p: (p[0] - x) ** 2 + (p[1] - y) ** 2)
    for other in others:
        reach = max((a - x) ** 2 + (b - y) ** 2 for a, b in ring)
        if (other[0] - x) ** 2 + (other[1] - y) ** 2 > 4 * reach:
            break  # the rest are too far to cut anything off
        ring = _clip(ring, (x, y), other)
    return ring


def _clip(ring: Ring, own: Point, other: Point) -> Ring:
    """The part of a convex ring that is nearer to `own` than to `other`."""
    nx, ny = other[0] - own[0], other[1] - own[1]
    limit = (other[0] ** 2 + other[1] ** 2 - own[0] ** 2 - own[1] ** 2) / 2
    side = [nx * x + ny * y - limit for x, y in ring]
    out: Ring = []
    for i, point in enumerate(ring):
        j = (i + 1) % len(ring)
        if side[i] <= 0:
            out.append(point)
        if (side[i] < 0 < side[j]) or (side[j] < 0 < side[i]):
            share = side[i] / (side[i] - side[j])
            after = ring[j]
            out.append((point[0] + share * (after[0] - point[0]), point[1] + share * (after[1] - point[1])))
    return out


def centre(ring: Ring) -> Point:
    """Centroid of a ring."""
    area = x = y = 0.0
    for (x0, y0), (x1, y1) in _sides(ring):
        cross = x0 * y1 - x1 * y0
        area, x, y = area + cross, x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return x / (3 * area), y / (3 * area)


def area_of(ring: Ring) -> float:
    """Signed area; positive when counter-clockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _sides(ring)) / 2


def _sides(ring: Ring) -> list[tuple[Point, Point]]:
    return list(zip(ring, [*ring[1:], ring[0]], strict=True))


def rounded(ring: Ring) -> Ring:
    """Corners on a fine grid, so that neighbours share them exactly; corners closer than the grid merge."""
    out: Ring = []
    for x, y in ring:
        corner = (round(x, _GRID) + 0.0, round(y, _GRID) + 0.0)
        if not out or out[-1] != corner:
            out.append(corner)
    return out[:-1] if len(out) > 1 and out[0] == out[-1] else out


def edges_of(ring: Ring) -> list[tuple[Point, Point]]:
    """Directed edges of a ring."""
    return _sides(ring)


def outline(rings: list[Ring]) -> list[Ring]:
    """The border of a union of rings that share whole edges: outer rings first, then holes, by falling area."""
    edges = [edge for ring in rings for edge in _sides(ring)]
    every = set(edges)
    after = {a: b for a, b in edges if (b, a) not in every}
    found: list[Ring] = []
    while after:
        start, at = after.popitem()
        ring = [start]
        while at != start:
            ring.append(at)
            at = after.pop(at)
        found.append(ring)
    return sorted(found, key=lambda ring: (-area_of(ring), ring))


def winding(ring: Ring, bend: float, depth: int = 4) -> Ring:
    """The ring with each edge bent like a river; an edge bends alike from both sides."""
    out: Ring = []
    for a, b in _sides(ring):
        line = _bent(a, b, bend, depth) if a < b else _bent(b, a, bend, depth)[::-1]
        out += line[:-1]
    return out


def _bent(a: Point, b: Point, bend: float, depth: int) -> Ring:
    if depth == 0:
        return [a, b]
    noise = crc32(f"{a[0]:.6f},{a[1]:.6f},{b[0]:.6f},{b[1]:.6f}".encode()) / 2**31 - 1
    dx, dy = b[0] - a[0], b[1] - a[1]
    middle = (
        round((a[0] + b[0]) / 2 - dy * bend * noise, _GRID),
        round((a[1] + b[1]) / 2 + dx * bend * noise, _GRID),
    )
    return _bent(a, middle, bend, depth - 1) + _bent(middle, b, bend, depth - 1)[1:]
