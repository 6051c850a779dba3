"""Resize a small picture on a large plain ground, without the ground.

An expanded picture is mostly ground, and OpenCV's LANCZOS4 and AREA would go through all of it.
Both are sums of weighted rows and columns, so the picture's part is two products with banded
matrices, and the ground's part is known. The result is OpenCV's to the bit: LANCZOS4 works in whole
numbers, and AREA's sums near the border between two levels are made again in OpenCV's own order.
Source: imgproc/resize.cpp of OpenCV: interpolateLanczos4, computeResizeAreaTab,
ResizeArea_Invoker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.data.geometry import Floats, Rectangle
from framework.data.records import Pixels

_UNIT = 2048               # LANCZOS4's weights are whole numbers of this
_BLOCK = 16                # rows of a banded matrix that are multiplied at once
_DOUBT = 3e-4              # sums of float32 within this of a half are made again
_WORTH_IT = 0.5            # part of the ground that the picture may cover


@dataclass(frozen=True)
class Taps:
    """Which source pixels make each target pixel along one axis.

    indices  (target, taps), cut to the source
    weights  (target, taps) float32; 0 for taps that are not there
    """

    indices: NDArray[np.int64]
    weights: Floats


def can_place(place: Rectangle, width: int, height: int, new_width: int, new_height: int,
              mode: int) -> bool:
    """Is `resize_placed` able and faster than OpenCV on the whole?

    place          of the picture in a view of `width` x `height`
    """
    if place.width * place.height > _WORTH_IT * width * height or not place.width * place.height:
        return False
    if mode == cv2.INTER_LANCZOS4:
        return True
    # OpenCV's other rules: enlarging with AREA is LINEAR, and whole factors are a plain mean.
    is_mean = width % new_width == 0 and height % new_height == 0
    return mode == cv2.INTER_AREA and width > new_width and height > new_height and not is_mean


def resize_placed(picture: Pixels, place: Rectangle, width: int, height: int, new_width: int,
                  new_height: int, mode: int, fill: tuple[float, ...]) -> Pixels:
    """A view of `width` x `height`, `fill` but for `picture` at `place`, resized: uint8.

    fill  whole levels, one a channel
    """
    make = _lanczos_taps if mode == cv2.INTER_LANCZOS4 else _area_taps
    rows, columns = make(height, new_height), make(width, new_width)
    down, first_row = _matrix(rows, place.y, place.height)
    across, first_column = _matrix(columns, place.x, place.width)
    levels = np.array(fill, np.float64)
    result = _ground(rows, columns, levels, mode)
    if down.size and across.size:
        sums = _multiply(down, picture, across, exact=mode == cv2.INTER_LANCZOS4)
        target = np.s_[first_row:first_row + len(down), first_column:first_column + len(across)]
        outside = np.outer(rows.weights.sum(1, dtype=np.float64)[target[0]],
                           columns.weights.sum(1, dtype=np.float64)[target[1]]) \
            - np.outer(down.sum(1, dtype=np.float64), across.sum(1, dtype=np.float64))
        if mode == cv2.INTER_LANCZOS4:
            sums += outside * levels[:, None, None]
            part = np.floor(sums / _UNIT ** 2 + 0.5)
        else:
            sums += (outside * levels[:, None, None]).astype(np.float32)
            part = np.rint(sums)
            _settle(part, sums, picture, place, fill, Taps(rows.indices[target[0]],
                    rows.weights[target[0]]), Taps(columns.indices[target[1]],
                                                   columns.weights[target[1]]))
        result[target] = np.clip(part, 0, 255).transpose(1, 2, 0)
    return result


def _ground(rows: Taps, columns: Taps, levels: NDArray[np.float64], mode: int) -> Pixels:
    """What the plain ground becomes: with rounded weights not always its own level."""
    shape = (len(rows.weights), len(columns.weights), len(levels))
    if mode == cv2.INTER_AREA:
        row = np.tile(levels.astype(np.uint8), shape[1])
        return np.tile(row, (shape[0], 1)).reshape(shape)
    down, which_row = np.unique(rows.weights.sum(1), return_inverse=True)
    across, which_column = np.unique(columns.weights.sum(1), return_inverse=True)
    sums = np.outer(down, across).astype(np.float64)[:, :, None] * levels
    table = np.clip(np.floor(sums / _UNIT ** 2 + 0.5), 0, 255).astype(np.uint8)
    return table[:, which_column].reshape(len(down), -1)[which_row].reshape(shape)


def _multiply(down: Floats, picture: Pixels, across: Floats, exact: bool) -> NDArray[Any]:
    """down @ plane @ across.T of each plane of the picture, (channels, rows, columns).

    exact  float64 where whole numbers would not fit float32
    """
    height, width, channels = picture.shape
    # Products of a third of the columns each are quicker than of all; they are no channels yet.
    lines = picture.astype(np.float32).reshape(height, channels, width).transpose(1, 0, 2)
    halfway = np.empty((len(down), width, channels), np.float32)
    targets = halfway.reshape(len(down), channels, width).transpose(1, 0, 2)
    for start in range(0, len(down), _BLOCK):
        block = down[start:start + _BLOCK]
        low, high = _band(block)
        np.matmul(block[:, low:high], lines[:, low:high], out=targets[:, start:start + _BLOCK])
    flat: NDArray[Any] = np.concatenate(cv2.split(halfway),
                                        dtype=np.float64 if exact else np.float32)
    across = across.astype(flat.dtype)
    result = np.empty((len(flat), len(across)), flat.dtype)
    for start in range(0, len(across), _BLOCK):
        block = across[start:start + _BLOCK]
        low, high = _band(block)
        result[:, start:start + _BLOCK] = flat[:, low:high] @ block[:, low:high].T
    return result.reshape(channels, len(down), len(across))


def _band(block: NDArray[Any]) -> tuple[int, int]:
    """The columns of a block that are not all zero."""
    used = np.flatnonzero(block.any(0))
    return (int(used[0]), int(used[-1]) + 1) if used.size else (0, 0)


def _matrix(taps: Taps, start: int, length: int) -> tuple[Floats, int]:
    """Weights (targets touched, length) of a range of source pixels, and the first target."""
    inside = (taps.indices >= start) & (taps.indices < start + length) & (taps.weights != 0)
    touched = np.flatnonzero(inside.any(1))
    if not touched.size:
        return np.zeros((0, length), np.float32), 0
    chosen = slice(int(touched[0]), int(touched[-1]) + 1)
    matrix = np.zeros((chosen.stop - chosen.start, length), np.float32)
    rows = np.arange(len(matrix))
    indices = np.clip(taps.indices[chosen] - start, 0, length - 1)
    weights = np.where(inside, taps.weights, 0)[chosen]
    for tap in range(indices.shape[1]):          # a source pixel may be several taps at the edge
        matrix[rows, indices[:, tap]] += weights[:, tap]
    return matrix, chosen.start


def _lanczos_taps(source: int, target: int) -> Taps:
    scale = 1 / (target / source)
    at = ((np.arange(target) + 0.5) * scale - 0.5).astype(np.float32)
    base = np.floor(at).astype(np.int64)
    x = at - base.astype(np.float32)
    steps = np.arange(8)
    half = 0.70710678118654752440084436210485
    turns = np.array([(1, 0), (-half, -half), (0, 1), (half, -half), (-1, 0), (half, half),
                      (0, -1), (-half, half)])
    angle = -(x + np.float32(3)).astype(np.float64) * np.pi * 0.25
    distance = (x[:, None] + np.float32(3)) - steps.astype(np.float32)
    y = -distance.astype(np.float64) * np.pi * 0.25
    near = np.abs(distance) < np.float32(1e-6)
    raw = (turns[:, 0] * np.sin(angle)[:, None] + turns[:, 1] * np.cos(angle)[:, None]) \
        / np.where(near, 1, y * y)
    weights = np.where(near, np.float32(1e30), raw.astype(np.float32))
    total = np.add.accumulate(weights, axis=1)[:, -1:]
    weights *= np.float32(1) / total
    indices = np.clip(base[:, None] - 3 + steps, 0, source - 1)
    return Taps(indices, np.rint(weights * np.float32(_UNIT)))


def _area_taps(source: int, target: int) -> Taps:
    scale = 1 / (target / source)
    start = np.arange(target) * scale
    end = start + scale
    cell = np.minimum(scale, source - start)
    last = np.minimum(np.floor(end).astype(np.int64), source - 1)
    first = np.minimum(np.ceil(start).astype(np.int64), last)
    number = np.arange(int(np.ceil(scale)) + 2) - 1
    indices = first[:, None] + number
    before = np.where(first - start > 1e-3, (first - start) / cell, 0)
    behind = np.where(end - last > 1e-3, np.minimum(np.minimum(end - last, 1), cell) / cell, 0)
    weights = np.where((number >= 0) & (indices < last[:, None]), (1 / cell)[:, None], 0)
    weights[:, 0] = before
    weights = np.where(indices == last[:, None], behind[:, None], weights)
    return Taps(np.clip(indices, 0, source - 1), weights.astype(np.float32))


def _settle(part: NDArray[Any], sums: NDArray[Any], picture: Pixels, place: Rectangle,
            fill: tuple[float, ...], rows: Taps, columns: Taps) -> None:
    """Make AREA's doubtful sums again: along each row first, then down, in float32, in order."""
    channel, row, column = np.nonzero(np.abs(sums - np.floor(sums) - 0.5) < _DOUBT)
    if not channel.size:
        return
    y = rows.indices[row][:, :, None] - place.y
    x = columns.indices[column][:, None, :] - place.x
    inside = (y >= 0) & (y < place.height) & (x >= 0) & (x < place.width)
    values = picture[np.clip(y, 0, place.height - 1), np.clip(x, 0, place.width - 1),
                     channel[:, None, None]].astype(np.float32)
    values = np.where(inside, values, np.array(fill, np.float32)[channel][:, None, None])
    across = np.add.accumulate(values * columns.weights[column][:, None, :], axis=2)[:, :, -1]
    down = np.add.accumulate(across * rows.weights[row], axis=1)[:, -1]
    part[channel, row, column] = np.rint(down)
