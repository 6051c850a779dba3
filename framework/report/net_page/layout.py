"""Layered layout: longest-path rows, lanes for long edges, barycentre order, straightened columns.

`layout.js` is the same steps for the page, where folding changes the graph; a test holds that both
give the same positions. All edges of a box share one lane, since they carry its tops.
Source: Sugiyama, Tagawa, Toda 1981; columns by isotonic regression (pool adjacent violators).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 190.0, 44.0     # of a box
COLUMN_GAP, ROW_GAP, LANE_GAP = 26.0, 34.0, 14.0
ORDER_SWEEPS = 6
COLUMN_SWEEPS = 9               # odd: the last one goes down, and so what follows a box is under it


@dataclass
class Layout:
    """x (centre) and y (top) of each item: boxes first, then lanes, each a piece of one row.

    links   from item to item of the next row (the last is None for a lane's piece)
    """

    rows: list[int]
    x: list[float]
    links: list[tuple[int, int]]
    num_boxes: int

    def y(self, item: int) -> float:
        """The upper edge of an item's row."""
        return self.rows[item] * (HEIGHT + ROW_GAP)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of everything."""
        return (max((x + WIDTH / 2 for x in self.x), default=0.0),
                (max(self.rows, default=0) + 1) * (HEIGHT + ROW_GAP) - ROW_GAP)


def lay_out(num_boxes: int, edges: Sequence[tuple[int, int]]) -> Layout:
    """Positions for boxes whose edges go from smaller to larger indices; others are left out."""
    forward = [(maker, reader) for maker, reader in edges if maker < reader]
    rows = _rows(num_boxes, forward)
    links = _links(rows, forward)
    above: list[list[int]] = [[] for _ in rows]
    below: list[list[int]] = [[] for _ in rows]
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    order = _order(rows, above, below)
    return Layout(rows, _columns(order, num_boxes, above, below), links, num_boxes)


def _rows(num_boxes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest path to each box; a box that nothing feeds is right above its first reader."""
    rows = [0] * num_boxes
    fed = [False] * num_boxes
    first = [num_boxes] * num_boxes
    for maker, reader in sorted(edges, key=lambda edge: edge[1]):
        rows[reader] = max(rows[reader], rows[maker] + 1)
        fed[reader] = True
    for maker, reader in edges:
        first[maker] = min(first[maker], rows[reader])
    return [rows[box] if fed[box] or first[box] == num_boxes else first[box] - 1
            for box in range(num_boxes)]


def _links(rows: list[int], edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Edges cut into steps of one row; the pieces of lanes are appended to `rows`."""
    lanes: dict[tuple[int, int], int] = {}
    links: dict[tuple[int, int], None] = {}
    for maker, reader in edges:
        last = maker
        for row in range(rows[maker] + 1, rows[reader]):
            if (maker, row) not in lanes:
                lanes[maker, row] = len(rows)
                rows.append(row)
            links[last, lanes[maker, row]] = None
            last = lanes[maker, row]
        links[last, reader] = None
    return list(links)


def _order(rows: Sequence[int], above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]
           ) -> list[list[int]]:
    """The items of each row from left to right, with few crossings."""
    order: list[list[int]] = [[] for _ in range(max(rows, default=-1) + 1)]
    for item, number in enumerate(rows):
        order[number].append(item)
    position = [0.0] * len(rows)
    for sweep in range(ORDER_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        for row in order if downwards else order[::-1]:
            for index, item in enumerate(row):
                position[item] = float(index)
            row.sort(key=lambda item: _mean(neighbours[item], position, position[item]))
            for index, item in enumerate(row):
                position[item] = float(index)
    return order


def _mean(items: Sequence[int], values: Sequence[float], default: float) -> float:
    if not items:
        return default
    total = 0.0         # not sum(), which rounds otherwise from Python 3.12 on
    for item in items:
        total += values[item]
    return total / len(items)


def _columns(order: Sequence[Sequence[int]], num_boxes: int, above: Sequence[Sequence[int]],
             below: Sequence[Sequence[int]]) -> list[float]:
    """x of each item: near the mean of its neighbours, in its row's order, without overlaps."""
    x = [0.0] * sum(map(len, order))
    for row in order:
        offsets = _offsets(row, num_boxes)
        for item, offset in zip(row, offsets, strict=True):
            x[item] = offset - offsets[-1] / 2
    for sweep in range(COLUMN_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        for row in order if downwards else order[::-1]:
            wanted = [_mean(neighbours[item], x, x[item]) for item in row]
            for item, place in zip(row, _spaced(row, wanted, num_boxes), strict=True):
                x[item] = place
    left = min((x[item] - (WIDTH / 2 if item < num_boxes else 0) for item in range(len(x))),
               default=0.0)
    return [value - left for value in x]


def _offsets(row: Sequence[int], num_boxes: int) -> list[float]:
    """The least x of each item of a row, the first at 0."""
    offsets = [0.0]
    for left, right in zip(row, row[1:], strict=False):
        both = (left < num_boxes) + (right < num_boxes)
        gap = COLUMN_GAP if both else LANE_GAP
        offsets.append(offsets[-1] + both * WIDTH / 2 + gap)
    return offsets


def _spaced(row: Sequence[int], wanted: Sequence[float], num_boxes: int) -> list[float]:
    """The x nearest to those wanted, in the sense of least squares, that keep the offsets."""
    offsets = _offsets(row, num_boxes)
    blocks: list[tuple[float, int]] = []        # mean, number of items
    for offset, place in zip(offsets, wanted, strict=True):
        shift, count = place - offset, 1
        while blocks and blocks[-1][0] > shift:
            mean, others = blocks.pop()
            shift = (mean * others + shift * count) / (others + count)
            count += others
        blocks.append((shift, count))
    shifts = [mean for mean, count in blocks for _ in range(count)]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]
