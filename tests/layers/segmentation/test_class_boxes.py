"""Crops to boxes, and one class of each image, box by box and pixel by pixel."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

ROWS = torch.tensor([[0, 3, 0, 0.1, 0.15, 0.45, 0.5, 0], [1, 1, 0, 0.3, 0.25, 0.9, 0.6, 0],
                     [0, 2, 1, 0.6, 0.45, 1.2, 0.9, 1], [0, 3, 2, -0.2, 0.6, 0.2, 0.8, 0],
                     [-1, 4, 0, 0, 0, 1, 1, 0]], dtype=torch.float64)
BOXES = ROWS.reshape(1, 1, 5, 8)


def inside(row, height, width):
    """Which cells of a plane are in the box of a row."""
    found = np.zeros((height, width), bool)
    x1, y1, x2, y2 = row[3:7].tolist()
    for i, j in np.ndindex(height, width):
        found[i, j] = (max(0, math.floor(y1 * height)) <= i < min(math.ceil(y2 * height), height)
                       and max(0, math.floor(x1 * width)) <= j < min(math.ceil(x2 * width), width))
    return found


@pytest.mark.parametrize("fields, phase, rows_of", [
    ("", "TRAIN", lambda n: [k for k in range(4) if ROWS[k, 0] == n]),
    ("is_crop_all: true", "TEST", lambda n: [k for k in range(4) if ROWS[k, 0] == n]),
    ("is_crop_cls: true use_difficult_gt: false", "TEST",
     lambda n: [k for k in range(4) if ROWS[k, 0] == n and ROWS[k, 7] == 0]),
    ("is_crop_score_map: true", "TRAIN", lambda n: range(4))])
def test_items_keep_what_is_inside_of_their_boxes(fields, phase, rows_of):
    x = noise(3, 2, 7, 6)
    layer = make("CropBBox", fields and f"crop_bbox_param {{ {fields} }}", (3, 2, 7, 6),
                 (1, 1, 5, 8), phase=phase)
    expected = np.zeros((3, 2, 7, 6))
    for n in range(3):
        kept = np.any([inside(ROWS[k], 7, 6) for k in rows_of(n)] or [np.zeros((7, 6))], 0)
        expected[n] = np.where(kept, x.data[n], 0)
    np.testing.assert_array_equal(layer(x, BOXES).detach(), expected)
    assert torch.autograd.gradcheck(lambda one: layer(one, BOXES), x)


def test_in_test_one_item_is_cropped_to_each_box_by_class():
    x = noise(1, 2, 7, 6)
    layer = make("CropBBox", "", (1, 2, 7, 6), (1, 1, 5, 8), phase="TEST")
    y = layer(x, BOXES).detach().numpy()
    assert y.shape == (5, 2, 7, 6)
    for place, k in enumerate((2, 0, 3)):       # class 2, then both of class 3
        np.testing.assert_array_equal(y[place], np.where(inside(ROWS[k], 7, 6), x.data[0], 0))
    assert not y[3:].any()      # boxes of other items, and of none
    with pytest.raises(SpecError, match="has 2 items; in TEST there must be one"):
        make("CropBBox", "", (2, 2, 7, 6), (1, 1, 5, 8), phase="TEST")


def test_a_class_of_each_image_is_drawn_with_its_boxes_and_mask():
    classes = torch.tensor([[3, 2, 1, 255, 0, 3]] * 3, dtype=torch.float64).reshape(3, 1, 2, 3)
    layer = make("SelectBinary", "random_select: true num_class: 4", (1, 1, 5, 8),
                 (3, 1, 2, 3), tops=3)
    seen = set()
    for _ in range(30):
        rows, mask, vector = layer(BOXES, classes)
        kind = int(vector[0].argmax()) + 1
        seen.add(kind)
        np.testing.assert_array_equal(vector, [np.eye(4)[kind - 1], np.eye(4)[0], np.zeros(4)])
        expected = [ROWS[k].clone() for k in range(4) if ROWS[k, 0] == 0 and ROWS[k, 1] == kind]
        for instance, row in enumerate(expected):
            row[2] = instance
        np.testing.assert_array_equal(rows[0, 0], torch.stack([*expected, ROWS[1]]))
        for n, one in ((0, kind), (1, 1)):
            np.testing.assert_array_equal(mask[n].flatten(), [
                255 if value == 255 else value == one for value in (3, 2, 1, 255, 0, 3)])
        assert (mask[2] == 255).all()
    assert seen == {2, 3}


def test_the_class_of_an_image_is_a_vector():
    layer = make("GenerateClsVector", "num_class: 3 batch_size: 3", (1, 1, 2, 8))
    vector = layer(ROWS[[1, 0]].reshape(1, 1, 2, 8))
    np.testing.assert_array_equal(vector, [[0, 0, 1], [1, 0, 0], [0, 0, 0]])
    with pytest.raises(DataError, match="4"):
        layer(ROWS[[4, 4]].reshape(1, 1, 2, 8).abs())


@pytest.mark.parametrize("kind, fields, shapes, tops, message", [
    ("CropBBox", "", [(2, 3, 4, 4), (1, 1, 2, 7)], 1, r"boxes must be \(1, 1, G, 8\)"),
    ("SelectBinary", "", [(1, 1, 2, 8), (2, 1, 4, 4)], 3, "random_select is false; the original's"),
    ("SelectBinary", "random_select: true", [(1, 1, 2, 8), (2, 1, 4, 4)], 3,
     "num_class is 0; it must be given"),
    ("SelectBinary", "random_select: true num_class: 3", [(1, 1, 2, 8), (2, 2, 4, 4)], 3,
     r"must be \(N, 1, H, W\)"),
    ("SelectBinary", "random_select: true num_class: 3 random_instance: true",
     [(1, 1, 2, 8), (2, 1, 4, 4)], 3, "random_instance is not supported"),
    ("GenerateClsVector", "num_class: 3", [(1, 1, 2, 8)], 1, "batch_size is 0; it must be"),
])
def test_refused_at_the_start(kind, fields, shapes, tops, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes, tops=tops)
