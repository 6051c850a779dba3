"""Segmentation: graph-based segments by plain Python, their boxes and labels by hand."""

import math
from itertools import product

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.layers.base import Shape
from framework.ops.graph_segments import boxes_of, segments
from tests.support import make, noise


def blurred(image, sigma):
    sigma = max(sigma, 0.01)
    mask = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(math.ceil(sigma * 4) + 1)]
    total = 2 * sum(mask[1:]) + mask[0]
    found = np.zeros_like(image)
    width = image.shape[2]
    for c, y, x in np.ndindex(*image.shape):
        for i, weight in enumerate(mask):
            for at in {x - i, x + i}:
                found[c, y, x] += weight / total * image[c, y, min(max(at, 0), width - 1)]
    return found


def parts_of(image, sigma, k, min_size):
    """The pixels of each segment: sets that edges join, lightest first."""
    image = blurred(blurred(image.astype(np.float64), sigma), sigma)
    _, height, width = image.shape
    edges = []
    for y, x in product(range(height), range(width)):
        for dy, dx in ((0, 1), (1, 0), (1, 1), (-1, 1)):
            a, b = (y, x), (y + dy, x + dx)
            if 0 <= b[0] < height and b[1] < width:
                edges.append((math.dist(image[:, y, x], image[:, b[0], b[1]]), a, b))
    edges.sort(key=lambda edge: edge[0])
    parts = {pixel: {pixel} for pixel in product(range(height), range(width))}
    heaviest = dict.fromkeys(parts, 0.0)

    def join(a, b, weight):
        whole = parts[a] | parts[b]
        for pixel in whole:
            parts[pixel] = whole
            heaviest[pixel] = weight

    for weight, a, b in edges:
        if parts[a] is not parts[b] and all(
                weight <= heaviest[end] + k / len(parts[end]) for end in (a, b)):
            join(a, b, weight)
    for weight, a, b in edges:
        if parts[a] is not parts[b] and min(len(parts[a]), len(parts[b])) < min_size:
            join(a, b, weight)
    return parts


@pytest.mark.parametrize("sigma, k, min_size", [(0, 2, 1), (0.5, 6, 1), (0.8, 1, 9), (0, 1e6, 1)])
def test_segments_are_those_of_the_paper(sigma, k, min_size):
    image = noise(3, 9, 13, dtype=torch.float32, requires_grad=False).numpy() * 4
    found = segments(image, sigma, k, min_size)
    parts = parts_of(image, sigma, k, min_size)
    order = list({id(parts[pixel]): None for pixel in product(range(9), range(13))})
    expected = [[order.index(id(parts[y, x])) for x in range(13)] for y in range(9)]
    np.testing.assert_array_equal(found, expected)
    assert (k == 1e6) == (found.max() == 0)


NUMBERS = np.array([[0, 0, 0, 1, 1, 1, 1, 1],
                    [0, 0, 0, 1, 1, 1, 1, 1],
                    [0, 0, 0, 1, 1, 1, 2, 1],
                    [3, 0, 0, 1, 1, 1, 1, 1],
                    [3, 3, 3, 3, 3, 3, 3, 3]])


@pytest.mark.parametrize("margin, expected", [
    (0, [[0, 0, 2, 3], [3, 0, 7, 3], [6, 2, 6, 2], [0, 3, 7, 4]]),
    (2, [[0, 0, 4, 4], [1, 0, 7, 4], [4, 0, 7, 4], [0, 1, 7, 4]]),
])
def test_boxes_hold_their_segment_and_a_margin_as_far_as_the_image_goes(margin, expected):
    np.testing.assert_array_equal(boxes_of(NUMBERS, margin), expected)


def test_a_box_is_not_at_the_very_end_of_the_image():
    """As in the original, which keeps x1 two pixels before the end."""
    numbers = np.zeros((4, 5), int)
    numbers[3, 4] = 1
    np.testing.assert_array_equal(boxes_of(numbers, 0)[1], [3, 2, 4, 3])


def two_images():
    """The left half of the first is dark and the right bright; the second is of one colour."""
    images = torch.zeros(2, 3, 6, 8)
    images[0, :, :, 4:] = 100
    labels = torch.zeros(2, 1, 6, 8)
    labels[0, 0, :, :4], labels[0, 0, :, 4:] = 7, 3
    labels[0, 0, 0, :3] = 9
    labels[1, 0, :2], labels[1, 0, 2:4], labels[1, 0, 4:] = 5, 2, 200
    return images, labels


SEGMENT = "seg_param { bbox_extension: 0 smoothing: 0 k: 5 min_size: 1 }"
PAIR: tuple[Shape, Shape] = ((2, 3, 6, 8), (2, 1, 6, 8))


def test_rows_are_boxes_of_all_images_and_labels_what_they_have_most_often():
    layer = make("Segmentation", SEGMENT, *PAIR, tops=3, dtype=torch.float32)
    boxes, labels, numbers = layer(*two_images())
    assert boxes.shape == (3, 5, 1, 1) and labels.shape == (3, 1, 1, 1)
    assert boxes.flatten(1).tolist() == [[0, 0, 0, 3, 5], [0, 4, 0, 7, 5], [1, 0, 0, 7, 5]]
    # the last two rows and columns do not count: of 7 and 9 four rows and two columns are seen; of
    # 5, 2 and 200 two rows, two rows and none, and 2 is the least
    assert labels.flatten().tolist() == [7, 3, 2]
    expected = np.zeros(PAIR[1])
    expected[0, ..., 4:], expected[1] = 1, 2
    np.testing.assert_array_equal(numbers, expected)


def test_without_labels_the_second_top_is_the_number_of_each_pixels_segment():
    layer = make("Segmentation", SEGMENT, PAIR[0], tops=2, dtype=torch.float32)
    boxes, numbers = layer(two_images()[0])
    assert boxes.shape == (3, 5, 1, 1) and numbers.shape == PAIR[1] and numbers.max() == 2


def test_k_is_drawn_between_its_bounds():
    layer = make("Segmentation", "seg_param { min_k: 3 max_k: 6 }", PAIR[0])
    assert {layer._k() for _ in range(100)} == {3, 4, 5}


@pytest.mark.parametrize("param, shapes, tops, message", [
    ("method: 1", PAIR, 2, "seg_param.method asks for what Segmentation does not do here"),
    ("", [(2, 1, 6, 8)], 1, r"it must be images \(N, 3, H, W\)"),
    ("", [PAIR[0], (2, 1, 6, 7)], 1, r"it must hold a label for each pixel of \(2, 3, 6, 8\)"),
    ("", PAIR[:1], 3, "top is given 3 times; without labels there are boxes and numbers"),
    ("k: -1", PAIR, 2, "seg_param.k is -1; it must be from 0 to 16777216"),
    ("k: nan", PAIR, 2, "seg_param.k is nan; it must be from 0 to 16777216"),
    ("smoothing: 9", PAIR, 2, "seg_param.smoothing is 9; it must be from 0 to 8"),
    ("min_k: 5 max_k: 5.5", PAIR, 2, "max_k is 5.5; it must be 1 to 16777216 above min_k, 5"),
    ("max_k: inf", PAIR, 2, "max_k is inf; it must be 1 to 16777216 above min_k, 0"),
])
def test_what_cannot_be_segmented_is_refused(param, shapes, tops, message):
    with pytest.raises(SpecError, match=message):
        make("Segmentation", f"seg_param {{ {param} }}", *shapes, tops=tops)


def test_labels_of_255_and_more_are_no_labels():
    images, labels = two_images()
    labels[1, 0, 2, 3] = 255
    with pytest.raises(DataError, match="255"):
        make("Segmentation", SEGMENT, *PAIR, tops=2, dtype=torch.float32)(images, labels)
