"""Tiled inference: detect in overlapping parts of a large image, and merge their boxes.

Source: the procedure of Akyon et al., Slicing Aided Hyper Inference, 2022 (SAHI).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from framework.errors import DataError
from framework.evaluation.detection import Detection
from framework.inference.results import Results
from framework.ops.nms import greedy

MOST_A_SIDE = 32
COVERED = 0.7
"""Part of a box that is cut by the border of its tile, within a larger box of another tile, from
which on it is a piece of the same object."""
CHUNK = 1024                    # boxes that are compared with all others at once
Window = tuple[int, int, int, int]
Detect = Callable[[Sequence[NDArray[Any]]], list[Results]]      # Any: what an image holds


@dataclass(frozen=True)
class Tiles:
    """How an image is cut.

    number   tiles in a row and in a column; 0: by `size`
    size     (width, height) of a tile in pixels
    overlap  of neighbours, in parts of a tile, at least
    """

    number: int = 0
    size: tuple[int, int] = (0, 0)
    overlap: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < 1:
            raise DataError(f"tiles cannot overlap by {self.overlap:g} of their size; it must be "
                            "from 0 to below 1")

    def windows(self, width: int, height: int) -> list[Window]:
        """x1 y1 x2 y2 of the tiles of an image of that size, in whole pixels."""
        columns = self._starts(width, self.size[0])
        rows = self._starts(height, self.size[1])
        return [(x, y, x + x_size, y + y_size) for y, y_size in rows for x, x_size in columns]

    def _starts(self, whole: int, size: int) -> list[tuple[int, int]]:
        """Starts and sizes of tiles along one side, evenly spread."""
        number = self.number
        if number:
            size = math.ceil(whole / (number - (number - 1) * self.overlap))
        size = min(size, whole)
        if not number:
            step = max(1, math.floor(size * (1 - self.overlap)))
            number = 1 + math.ceil((whole - size) / step)
        starts = np.linspace(0, whole - size, number).round().astype(int)
        return [(start, size) for start in dict.fromkeys(starts.tolist())]


def parse(text: str, overlap: float) -> Tiles:
    """`3`: 3 x 3 tiles. `640x480`: tiles of that width and height. ValueError for other text."""
    parts = text.lower().split("x")
    if not all(part.isascii() and part.isdecimal() and int(part) for part in parts) \
            or len(parts) > 2:
        raise ValueError(f"'{text}' must be a number of tiles in a row and a column, or "
                         "WIDTHxHEIGHT, 640x640 say")
    if len(parts) == 2:
        return Tiles(0, (int(parts[0]), int(parts[1])), overlap)
    if int(text) > MOST_A_SIDE:
        raise ValueError(f"'{text}' means {text} x {text} tiles, and {MOST_A_SIDE} are the most; "
                         f"tiles of {text} pixels are {text}x{text}")
    return Tiles(int(text), overlap=overlap)


def detect_in_tiles(
    detect: Detect, image: NDArray[Any], tiles: Tiles, nms_threshold: float, batch: int
) -> Results:
    """The boxes of an image found in its tiles, and in the whole for objects larger than a tile.

    detect         images to Results, with the threshold of the scores
    nms_threshold  IoU above which the worse of two boxes of one class goes
    batch          tiles that are computed together
    Where one tile covers the image, it is what `detect` finds in it.
    """
    height, width = image.shape[:2]
    windows = tiles.windows(width, height)
    if len(windows) == 1:
        return detect([image])[0]
    windows.append((0, 0, width, height))
    found: list[Results] = []
    for start in range(0, len(windows), batch):
        parts = [image[y1:y2, x1:x2] for x1, y1, x2, y2 in windows[start:start + batch]]
        found += detect(parts)
    origins = np.array(windows, np.float64)[:, [0, 1, 0, 1]]
    tile = np.repeat(np.arange(len(found)), [len(one) for one in found])
    corners = np.concatenate([one.boxes for one in found]).astype(np.float64) + origins[tile]
    labels = np.concatenate([one.labels for one in found])
    scores = np.concatenate([one.scores for one in found])
    order = np.argsort(-scores, kind="stable")
    corners, labels, scores, tile = corners[order], labels[order], scores[order], tile[order]
    kept = ~are_pieces(corners, labels, tile, np.array(windows, np.float64))
    corners, labels, scores = corners[kept], labels[kept], scores[kept]
    kept = greedy(torch.from_numpy(corners)[None], torch.ones(1, len(corners), dtype=torch.bool),
                  nms_threshold, group=torch.from_numpy(labels)[None])[0].numpy()
    rows = zip(labels[kept].tolist(), scores[kept].tolist(), corners[kept].tolist(), strict=True)
    return Results([Detection(label, score, (x1, y1, x2, y2))
                    for label, score, (x1, y1, x2, y2) in rows], image, found[0].names)


def are_pieces(
    corners: NDArray[np.float64], labels: NDArray[np.int64], tile: NDArray[np.int64],
    windows: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether boxes (K, 4) are cut by their tile's border, and in a larger one of another tile.

    The last window is the whole image, whose border cuts nothing that a tile could have whole.
    IoU does not tell pieces: half a box has an IoU of a half at most with the whole one.
    """
    whole, own = windows[-1], windows[tile]
    is_at_border = np.abs(corners - own) < 1
    is_cut = (is_at_border & (own != whole)).any(1)
    areas = (corners[:, 2:] - corners[:, :2]).prod(1)
    pieces = np.zeros(len(corners), bool)
    chosen = np.flatnonzero(is_cut & (areas > 0))
    for start in range(0, len(chosen), CHUNK):
        part = chosen[start:start + CHUNK]
        low = np.maximum(corners[part, None, :2], corners[:, :2])
        high = np.minimum(corners[part, None, 2:], corners[:, 2:])
        shared = (high - low).clip(0).prod(-1)
        may_cover = (labels[part, None] == labels) & (tile[part, None] != tile) \
            & (areas > areas[part, None])
        pieces[part] = (may_cover & (shared >= COVERED * areas[part, None])).any(1)
    return pieces
