"""Superpixels and their distances from cells, against loops over the original's definition."""

import cv2
import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make

SIDE, CELL, LEAST, WEIGHT = 24, 7, 40, 0.2
MEAN = np.array([104, 117, 123])


def photo(seed=0):
    """Fields of colour with noise, the mean taken off: (1, 3, 24, 24)."""
    rng = np.random.default_rng(seed)
    colours = np.kron(rng.integers(80, 130, (3, 6, 6)), np.ones((1, 4, 4)))
    image = (colours + rng.normal(0, 9, colours.shape)).clip(0, 255)
    return torch.tensor(image - MEAN[:, None, None], dtype=torch.float32)[None]


def cielab(image):
    b, g, r = (image + MEAN[:, None, None]) * 0.0039216
    xyz = [0.412453 * r + 0.357580 * g + 0.180423 * b, 0.212671 * r + 0.715160 * g + 0.072169 * b,
           0.019334 * r + 0.119193 * g + 0.950227 * b]
    x, y, z = (np.where(v / w > 0.008856, np.cbrt(v / w), (903.3 * v / w + 16) / 116)
               for v, w in zip(xyz, (0.950456, 1, 1.088754), strict=True))
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def by_loops(image, size=SIDE // CELL):
    colours = cielab(image)
    centres = {row * size + column: (row * CELL + CELL // 2, column * CELL + CELL // 2)
               for row in range(size) for column in range(size)}
    means = {i: colours[at] for i, at in centres.items()}
    in_image, in_colours = WEIGHT / (1.4242 * CELL) ** 2, (15 / (1.7321 * 128)) ** 2
    for turn in range(4):
        index = np.zeros((SIDE, SIDE), int)
        for y, x in np.ndindex(SIDE, SIDE):
            near = [(((colours[y, x] - means[i]) ** 2).sum() * in_colours
                     + in_image * ((y - centres[i][0]) ** 2 + (x - centres[i][1]) ** 2), i)
                    for i in centres
                    if abs(i // size - y // CELL) < 2 and abs(i % size - x // CELL) < 2]
            index[y, x] = min(near)[1]
        if turn == 3:
            break
        for i in centres:
            # of 3 x 3 cells, 21 x 21 pixels, one block of 16 stands in each of two rows
            top, left = (i // size - 1) * CELL, (i % size - 1) * CELL
            own = [(y, x) for y, x in np.ndindex(SIDE, SIDE)
                   if index[y, x] == i and x - left < 16 and y - top < 21]
            centres[i] = tuple(np.mean(own, 0)) if own else (0, 0)
            means[i] = np.mean([colours[at] for at in own], 0) if own else np.zeros(3)
    dead = np.zeros((size, size))
    for row, column in np.ndindex(size, size):
        own = index == row * size + column
        if own.sum() < LEAST:
            dead[row, column] = 1
            index[own] += 1 if column < size - 1 else size if row < size - 1 else -1
    return index, dead


@pytest.mark.parametrize("seed", range(4))
def test_superpixels_are_those_of_the_loops(seed):
    layer = make("GenSlicinfo", f"image_size: {SIDE} slic_size: {CELL} min_pixel_num: {LEAST} "
                 f"coh_weight: {WEIGHT}", (1, 3, SIDE, SIDE), tops=2)
    image = photo(seed)
    index, dead = layer(image)
    expected, expected_dead = by_loops(image[0].numpy().astype(float))
    np.testing.assert_array_equal(index[0, 0], expected)
    assert 0 < dead.sum() < 9
    np.testing.assert_array_equal(dead[0, 0], expected_dead)


def test_xyz_and_the_weight_of_the_distance_count():
    fields = f"image_size: {SIDE} slic_size: {CELL} min_pixel_num: 0"
    image = photo()
    tops = [make("GenSlicinfo", f"{fields} {more}", (1, 3, SIDE, SIDE), tops=2)(image)[0]
            for more in ("", "cielab: false", "coh_weight: 1000")]
    cells = np.minimum(np.arange(SIDE) // CELL, 2)
    far = (tops[2][0, 0].numpy() != cells[:, None] * 3 + cells).mean()
    assert far < 0.2 and (tops[0] != tops[1]).any() and (tops[0] != tops[2]).any()


GRID, REGIONS = 4, 9


def compared(image, index, option, label=None):
    """All 9 superpixels of 8 x 8 pixels of an image, by loops."""
    bgr = (image.transpose(1, 2, 0) + MEAN).astype(np.uint8)
    nine = np.concatenate([bgr, cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV),
                           cv2.cvtColor(bgr, cv2.COLOR_BGR2Lab)], -1).astype(float)
    top = np.zeros((REGIONS, {0: 164, 1: 2, 2: 20, 3: 29}[option], GRID, GRID))
    labels = np.zeros(REGIONS)
    step = SIDE // GRID
    for region, gy, gx in np.ndindex(REGIONS, GRID, GRID):
        own = [(y, x) for y, x in np.ndindex(SIDE, SIDE) if index[y, x] == region
               and -2 <= y // 8 - region // 3 < 2 and -2 <= x // 8 - region % 3 < 2]
        cell = [(y, x) for y in range(gy * step, gy * step + step - 1)
                for x in range(gx * step, gx * step + step - 1)]
        for c in range(9):
            values = [[nine[at][c] for at in one] for one in (own, cell)]
            number = (max(len(own), 1), step * step)
            means = [sum(one) / n for one, n in zip(values, number, strict=True)]
            histograms = [np.histogram(one, 8, (0, 256))[0] / n
                          for one, n in zip(values, number, strict=True)]
            first = c * ((top.shape[1] - 2) // 9)
            if option != 1:
                top[region, first:first + 2, gy, gx] = [mean / 256 - 0.5 for mean in means]
            if option == 0:
                top[region, first + 2:first + 18:2, gy, gx] = histograms[1]
                top[region, first + 3:first + 18:2, gy, gx] = histograms[0]
            if option == 3:
                apart, both = histograms[0] - histograms[1], histograms[0] + histograms[1]
                top[region, first + 2, gy, gx] = (2 * apart ** 2 / (both + 1e-8)).sum() / 4
        middle = np.mean(own, 0) if own else np.zeros(2)
        top[region, -2:, gy, gx] = (np.array([gy, gx]) * step + (step - 1) / 2 - middle) / 12
        if label is not None:
            labels[region] = np.mean([label[at] for at in own]) if own else 255
    return top, labels


def superpixels_with_an_empty_one(seed=3):
    cells = np.kron(np.arange(9).reshape(3, 3), np.ones((8, 8), int))
    moved = np.random.default_rng(seed).random(cells.shape) < 0.2
    index = np.where(moved, np.roll(cells, 3, 1), cells)
    return np.where(index == 4, 5, index)


@pytest.mark.parametrize("option", [0, 1, 2, 3])
def test_distances_are_those_of_the_loops(option):
    images = torch.cat([photo(1), photo(2)])
    index = superpixels_with_an_empty_one()
    label = np.random.default_rng(5).integers(0, 2, (SIDE, SIDE))
    bottoms = [torch.tensor(np.stack([one, one])[:, None], dtype=torch.float32)
               for one in (index, np.zeros((3, 3)), label)]
    layer = make("LowlevelDistance", f"feature_option: {option} grid_size: {GRID} spixel_size: 8 "
                 "train_region_per_image: 0", *(tuple(one.shape) for one in (images, *bottoms)),
                 tops=2)
    top, labels = layer(images, *bottoms)
    for item in range(2):
        expected, mean = compared(images[item].numpy().astype(float), index, option, label)
        part = slice(item * REGIONS, (item + 1) * REGIONS)
        np.testing.assert_allclose(top[part], expected, atol=1e-5)
        np.testing.assert_allclose(labels[part], mean, atol=1e-6)


def test_regions_are_drawn_of_the_living():
    index = torch.tensor(superpixels_with_an_empty_one(), dtype=torch.float32)[None, None]
    dead = torch.ones(1, 1, 3, 3)
    dead[0, 0, 1, 0] = dead[0, 0, 2, 2] = 0
    shapes = (1, 3, SIDE, SIDE), (1, 1, SIDE, SIDE), (1, 1, 3, 3)
    fields = f"feature_option: 2 grid_size: {GRID} spixel_size: 8 train_region_per_image:"
    everything, _ = make("LowlevelDistance", f"{fields} 0", *shapes, tops=2)(photo(), index, dead)
    drawn, labels = make("LowlevelDistance", f"{fields} 5", *shapes, tops=2)(photo(), index, dead)
    which = [int((everything == one).flatten(1).all(1).nonzero()[0, 0]) for one in drawn]
    assert sorted(which[:2]) == [3, 8] and which[:2] == which[2:4] and which[4] == which[0]
    assert labels.tolist() == [0] * 5


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("GenSlicinfo", "image_size: 30", ((1, 3, 24, 24),), r"it must be \(N, 3, 30, 30\)"),
    ("GenSlicinfo", "image_size: 24 slic_size: 5", ((1, 3, 24, 24),), "must be at least 6"),
    ("LowlevelDistance", "feature_option: 4", ((1, 3, 24, 24), (1, 1, 24, 24), (1, 1, 3, 3)),
     "must be 0, 1, 2 or 3"),
    ("LowlevelDistance", "grid_size: 25", ((1, 3, 24, 24), (1, 1, 24, 24), (1, 1, 3, 3)),
     "may be at most 24"),
    ("LowlevelDistance", "", ((1, 3, 24, 24), (1, 1, 24, 20), (1, 1, 3, 3)),
     r"bottom\[1\]: has the shape|it must be \(1, 1, 24, 24\)"),
])
def test_refused_at_the_start(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes, tops=2)
