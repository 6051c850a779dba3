"""Poses of people: joints that move with their image, and the maps that a pose net learns.

Source: cpm_data_transformer.cpp of CMU-Perceptual-Computing-Lab/caffe_train (Cao et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.data.records.records import BadRecord
from framework.system.arrays import Array, Floats
from framework.system.rounding import c_rounded

CROPPED, ABSENT = 2, 3      # states of a joint beside 0 hidden and 1 visible
LEAST_EXPONENT = 4.6052     # ln 100: a peak ends where it is below 1 %
CELL = 8                    # pixels of the image in a cell of the limbs' maps, whatever `stride`


@dataclass(frozen=True)
class Skeleton:
    """What a net's joints and limbs are. Numbers of joints count from 0.

    first, second  each joint is the middle of these two of the record's
    right, left    joints that a mirror swaps
    ends           the joints of each limb
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    right: tuple[int, ...]
    left: tuple[int, ...]
    ends: tuple[tuple[int, int], ...]


def _pairs(first: list[int], second: list[int], base: int) -> tuple[tuple[int, int], ...]:
    return tuple((a - base, b - base) for a, b in zip(first, second, strict=True))


_COCO = (0, 5, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
_MPI = (9, 8, 12, 11, 10, 13, 14, 15, 2, 1, 0, 3, 4, 5, 7)
# by num_parts: the channels of limbs and joints
SKELETONS = {
    56: Skeleton(_COCO, (0, 6, *_COCO[2:]), (2, 3, 4, 8, 9, 10, 14, 16),
                 (5, 6, 7, 11, 12, 13, 15, 17), _pairs(
        [2, 9, 10, 2, 12, 13, 2, 3, 4, 3, 2, 6, 7, 6, 2, 1, 1, 15, 16],
        [9, 10, 11, 12, 13, 14, 3, 4, 5, 17, 6, 7, 8, 18, 1, 15, 16, 17, 18], 1)),
    43: Skeleton(_MPI, (*_MPI[:14], 6), (2, 3, 4, 8, 9, 10), (5, 6, 7, 11, 12, 13), _pairs(
        [0, 1, 2, 3, 1, 5, 6, 1, 14, 8, 9, 14, 11, 12],
        [1, 2, 3, 4, 5, 6, 7, 14, 8, 9, 10, 11, 12, 13], 0)),
}


@dataclass
class People:
    """Those of an image, the one that it is centred on first.

    centre  (x, y) of the first, in pixels
    size    of the first, in parts of 368 pixels
    joints  (P, J, 2) x and y in pixels
    state   (P, J): 0 hidden, 1 visible, CROPPED, ABSENT
    """

    centre: Floats
    size: float
    joints: Floats
    state: Array

    def scale(self, factor: float) -> None:
        self.centre = self.centre * np.float32(factor)
        self.joints = self.joints * np.float32(factor)

    def shift(self, offset: Floats) -> None:
        self.centre = self.centre + offset
        self.joints = self.joints + offset

    def turn(self, matrix: Array) -> None:
        """By a matrix (2, 3) of OpenCV's."""
        self.centre = (matrix[:, :2] @ self.centre + matrix[:, 2]).astype(np.float32)
        self.joints = (self.joints @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)

    def mirror(self, width: int, skeleton: Skeleton | None) -> None:
        """`skeleton`: whose right and left joints are swapped; None: no joint's number does."""
        self.centre[0] = width - 1 - self.centre[0]
        self.joints[..., 0] = width - 1 - self.joints[..., 0]
        if skeleton is not None:
            there = [*skeleton.right, *skeleton.left]
            back = [*skeleton.left, *skeleton.right]
            self.joints[:, there] = self.joints[:, back]
            self.state[:, there] = self.state[:, back]

    def as_skeleton(self, skeleton: Skeleton) -> None:
        """From the record's joints to the net's."""
        first, second = list(skeleton.first), list(skeleton.second)
        states = self.state[:, first], self.state[:, second]
        joined = (states[0] > 0) & (states[1] > 0)
        state = joined.astype(np.int64)
        state[(states[0] == ABSENT) | (states[1] == ABSENT)] = ABSENT
        state[(states[0] == CROPPED) | (states[1] == CROPPED)] = CROPPED
        self.joints = (self.joints[:, first] + self.joints[:, second]) * np.float32(0.5)
        self.state = state


def read_people(meta: bytes, width: int, num_joints: int) -> People:
    """The people of a record, from the rows of its fourth channel, `width` bytes each.

    Rows: 0 name, 1 height and width, 2 flags (byte 1: the number of others), 3 centre, 4 size, 5
    to 7 x, y and state of the joints, then those of the others: a row of its centre each, one of
    all sizes, and three of joints each. Numbers are float32; positions count from 1.
    Raises BadRecord if there are too few rows.
    """
    num_others = meta[2 * width + 1] if len(meta) > 2 * width + 1 else 0
    rows_used = 9 + num_others + 3 * num_others if num_others else 8
    if width < 4 * num_joints or len(meta) < rows_used * width:
        raise BadRecord(f"its fourth channel has {len(meta) // max(width, 1)} rows of {width} "
                        f"bytes; {num_others} others and {num_joints} joints need {rows_used} "
                        f"rows of {4 * num_joints}")

    def numbers(row: int, count: int) -> Floats:
        return np.frombuffer(meta, "<f4", count, row * width).astype(np.float32)

    height, own_width = numbers(1, 2)
    starts = [5, *(9 + num_others + 3 * person for person in range(num_others))]
    joints = np.stack([np.stack([numbers(start, num_joints), numbers(start + 1, num_joints)], -1)
                       for start in starts]) - np.float32(1)
    marks = np.stack([numbers(start + 2, num_joints) for start in starts])
    state = (marks != 0).astype(np.int64)
    x, y = joints[..., 0], joints[..., 1]
    state[(x < 0) | (y < 0) | (x >= own_width) | (y >= height)] = CROPPED
    state[0, marks[0] == ABSENT] = ABSENT
    size = float(numbers(4, 1)[0])
    values = (numbers(3, 2), joints, np.float32(size))
    if not all(np.isfinite(value).all() for value in values) or size <= 0:
        raise BadRecord(f"its centre, size ({size:g}) or joints are not usable numbers")
    return People(numbers(3, 2) - np.float32(1), size, joints, state)


def pose_maps(people: People, skeleton: Skeleton, grid: tuple[int, int], stride: int,
              sigma: float) -> Floats:
    """(2 * limbs + joints + 1, rows, columns): directions x and y of each limb, a peak for each
    joint of anybody, and 1 - the highest peak."""
    peaks = _peaks(people, len(skeleton.first), grid, stride, sigma)
    rest = np.maximum(1 - peaks.max(0, keepdims=True), 0)
    return np.concatenate([_limbs(people, skeleton, grid), peaks, rest]).astype(np.float32)


def _peaks(people: People, count: int, grid: tuple[int, int], stride: int, sigma: float) -> Floats:
    """(count, rows, columns): the sum of all people's peaks, at most 1."""
    rows, columns = ((np.arange(size) * stride + stride / 2 - 0.5) for size in grid)
    x = people.joints[:, :count, 0, None, None]
    y = people.joints[:, :count, 1, None, None]
    exponent = ((rows[:, None] - y) ** 2 + (columns - x) ** 2) / 2 / sigma / sigma
    is_there = (people.state[:, :count, None, None] <= 1) & (exponent <= LEAST_EXPONENT)
    peaks: Floats = np.minimum(np.where(is_there, np.exp(-exponent), 0).sum(0), 1)
    return peaks


def _limbs(people: People, skeleton: Skeleton, grid: tuple[int, int]) -> Floats:
    """(2 * limbs, rows, columns): the unit vector from end to end within a cell of each limb; of
    several people's the last one's, as in the original, which never counts them."""
    ends = np.array(skeleton.ends)
    first, second = (people.joints[:, ends[:, side]] / np.float32(CELL) for side in (0, 1))
    is_there = (people.state[:, ends] <= 1).all(-1)                          # (P, L)
    low = np.maximum(c_rounded(np.minimum(first, second) - 1), 0)
    high = c_rounded(np.maximum(first, second) + 1)
    way = second - first
    length = np.hypot(way[..., 0], way[..., 1])
    is_there &= length > 0
    way = way / np.where(length > 0, length, 1)[..., None]
    rows, columns = np.arange(grid[0])[:, None], np.arange(grid[1])
    spread = [part[..., None, None] for part in (*np.moveaxis(first, -1, 0),
                                                 *np.moveaxis(way, -1, 0))]
    start_x, start_y, way_x, way_y = spread
    distance = np.abs((columns - start_x) * way_y - (rows - start_y) * way_x)
    inside = is_there[..., None, None] & (distance <= 1)
    for axis, cells in ((0, columns), (1, rows)):
        inside &= (cells >= low[..., axis, None, None]) & (cells < high[..., axis, None, None])
    # people after the first win: the others in their order, the first one before them
    number = np.arange(1, len(inside) + 1)[:, None, None, None]
    last = np.where(inside, number, 0).max(0) - 1                            # (L, rows, columns)
    limb = np.arange(len(ends))[:, None, None]
    directions = np.where(last[None] >= 0, np.moveaxis(way, -1, 0)[:, last, limb], 0)
    maps: Floats = directions.swapaxes(0, 1).reshape(-1, *grid)
    return maps
