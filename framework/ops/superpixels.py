"""Superpixels from a grid (SLIC as gSLICr computes it), and how they differ from a grid's cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

MEAN = np.array([104, 117, 123], np.float32)        # of blue, green, red
NUM_ROUNDS = 3
BLOCK = 16              # side of the original's blocks of threads
REACH = 4               # how many cells around its own a superpixel is counted in, and merged
NUM_BINS = 8
TO_XYZ = np.array([[0.180423, 0.357580, 0.412453], [0.072169, 0.715160, 0.212671],
                   [0.950227, 0.119193, 0.019334]], np.float32)
WHITE = np.array([0.950456, 1, 1.088754], np.float32)
FARTHEST = {True: 15 / (1.7321 * 128), False: 5 / 1.7321}      # colours in CIELAB, in XYZ


@dataclass(frozen=True)
class Grid:
    """The cells from which superpixels begin.

    cell     their side
    weight   that of the distance in the image beside that of the colours
    cielab   colours in CIELAB, else in XYZ
    least    how many pixels a superpixel keeps
    """

    cell: int
    weight: float
    cielab: bool
    least: int

    def superpixels(self, image: Floats) -> tuple[Ints, NDArray[np.bool_]]:
        """The superpixel of each pixel (H, W) of an image (3, H, W), its mean taken off; the dead.

        Superpixel i begins in the middle of cell i; a pixel may belong to those of the 3 x 3 cells
        around it. One with fewer than `least` pixels is dead: they go to the next one in its row,
        or from the end of the row to the one below. A pixel that is not finite is nearest to none.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            return self._found(self._colours(image), image.shape[1:])

    def _found(self, colours: Floats, size: tuple[int, ...]) -> tuple[Ints, NDArray[np.bool_]]:
        height, width = size
        shape = (height // self.cell, width // self.cell)
        rows, columns = (np.arange(n) * self.cell + self.cell // 2 for n in shape)
        centres = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).astype(np.float32)
        means = colours[rows[:, None], columns]
        index = self._nearest(colours, centres, means, np.zeros((height, width), np.int64))
        for _ in range(NUM_ROUNDS):
            centres, means = self._moved(colours, index, shape)
            index = self._nearest(colours, centres, means, index)
        return self._merged(index, shape)

    def _colours(self, image: Floats) -> Floats:
        """XYZ, or CIELAB, of each pixel (H, W, 3)."""
        bgr = (image.transpose(1, 2, 0) + MEAN) * np.float32(0.0039216)
        xyz: Floats = (bgr @ TO_XYZ.T).astype(np.float32)
        if not self.cielab:
            return xyz
        ratio = xyz / WHITE
        x, y, z = np.moveaxis(np.where(ratio > np.float32(0.008856), np.cbrt(ratio),
                                       (np.float32(903.3) * ratio + 16) / 116), -1, 0)
        return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)

    def _nearest(self, colours: Floats, centres: Floats, means: Floats, index: Ints) -> Ints:
        """The nearest superpixel of each pixel, the first of several; `index` where there is none.
        """
        height, width = index.shape
        rows, columns = np.ogrid[:height, :width]
        least = np.full(index.shape, np.inf, np.float32)
        index = index.copy()
        in_image = np.float32(self.weight * (1 / (1.4242 * self.cell)) ** 2)
        in_colours = np.float32(FARTHEST[self.cielab] ** 2)
        for down in (-1, 0, 1):
            for along in (-1, 0, 1):
                row, column = rows // self.cell + down, columns // self.cell + along
                inside = ((row >= 0) & (row < len(centres))
                          & (column >= 0) & (column < centres.shape[1]))
                at = row.clip(0, len(centres) - 1), column.clip(0, centres.shape[1] - 1)
                centre = centres[at]
                apart = (rows - centre[..., 0]) ** 2 + (columns - centre[..., 1]) ** 2
                differ = ((colours - means[at]) ** 2).sum(-1)
                distance = np.sqrt(differ * in_colours + in_image * apart)
                nearer = inside & (distance < least)
                least[nearer] = distance[nearer]
                index[nearer] = (row * centres.shape[1] + column)[nearer]
        return index

    def _moved(self, colours: Floats, index: Ints, shape: tuple[int, int]
               ) -> tuple[Floats, Floats]:
        """The mean position and colour of each superpixel; 0 of an empty one.

        Pixels count that the original's blocks of 16 x 16 threads reach: of the 3 x 3 cells
        around a superpixel's own not always the last columns.
        """
        rows, columns = np.indices(index.shape)
        across = 3 * self.cell // BLOCK
        number = -(-9 * self.cell * self.cell // (BLOCK * BLOCK))
        down = (rows - (index // shape[1] - 1) * self.cell) // BLOCK
        along = (columns - (index % shape[1] - 1) * self.cell) // BLOCK
        counts = (along < across) & (down * across + along < number)
        belongs = index[counts]
        size = shape[0] * shape[1]
        values = np.dstack([rows, columns, colours])[counts].astype(np.float64)
        sums = np.stack([np.bincount(belongs, value, size) for value in values.T], -1)
        means = sums / np.maximum(np.bincount(belongs, minlength=size), 1)[:, None]
        found = means.astype(np.float32).reshape(*shape, 5)
        return found[..., :2], found[..., 2:]

    def _merged(self, index: Ints, shape: tuple[int, int]) -> tuple[Ints, NDArray[np.bool_]]:
        dead = np.zeros(shape, bool)
        for row, column in np.ndindex(shape):
            number = row * shape[1] + column
            around = index[window(row, self.cell, REACH), window(column, self.cell, REACH)]
            own = around == number
            if own.sum() >= self.least:
                continue
            dead[row, column] = True
            if column < shape[1] - 1:
                around[own] = number + 1
            else:
                around[own] = number + shape[1] if row < shape[0] - 1 else number - 1
        return index, dead


def window(cell: int, side: int, reach: int) -> slice:
    """The pixels from `reach` cells before a cell to `reach` from its start on."""
    return slice(max((cell - reach) * side, 0), (cell + reach) * side)


def nine_colours(image: Floats) -> Bytes:
    """Bytes (H, W, 9) of an image (3, H, W), its mean taken off: BGR, HSV and Lab as OpenCV's."""
    bgr = np.nan_to_num((image.transpose(1, 2, 0) + MEAN).clip(0, 255)).astype(np.uint8)
    spaces: list[Any] = [cv2.cvtColor(bgr, code) for code in (cv2.COLOR_BGR2HSV, cv2.COLOR_BGR2Lab)]
    return np.concatenate([bgr, *spaces], -1)


@dataclass(frozen=True)
class Described:
    """What is known of some pixels: means (9,), histograms (9, 8), and their middle, row first."""

    means: Doubles
    histograms: Doubles
    middle: tuple[float, float]


def described(pixels: Bytes, number: int, middle: tuple[float, float]) -> Described:
    """Of pixels (n, 9), divided by `number`."""
    bins = pixels // (256 // NUM_BINS) + NUM_BINS * np.arange(9)
    histograms = np.bincount(bins.ravel(), minlength=9 * NUM_BINS).reshape(9, NUM_BINS)
    return Described(pixels.sum(0, dtype=np.float64) / number, histograms / number, middle)


def cells_of(pixels: Bytes, size: int) -> list[Described]:
    """The cells of a grid of `size` x `size`, row by row, each without its last row and column."""
    height, width = pixels.shape[0] // size, pixels.shape[1] // size
    found = []
    for row, column in np.ndindex(size, size):
        top, left = row * height, column * width
        bottom, right = top + height - 1, left + width - 1
        inside = pixels[top:bottom, left:right].reshape(-1, 9)
        found.append(described(inside, height * width, ((top + bottom) / 2, (left + right) / 2)))
    return found


def distances(region: Described, cell: Described, option: int) -> Doubles:
    """The channels in which a region and a cell are compared, but for their positions.

    option   0: means and histograms, 2: means, 3: means and the distance of the histograms
    """
    means = np.stack([region.means, cell.means], -1) / 256 - 0.5
    if option == 0:
        both = np.stack([cell.histograms, region.histograms], -1)
        return np.concatenate([means, both.reshape(9, -1)], -1).ravel()
    if option == 2:
        return means.ravel()
    apart = (cell.histograms - region.histograms) ** 2
    apart = (2 * apart / (cell.histograms + region.histograms + 1e-8)).sum(-1) / 4
    return np.concatenate([means, apart[:, None]], -1).ravel()
