"""Boxes of faces from maps of centres, against loops over cells and boxes."""

import math

import numpy as np
import pytest

from framework.errors import SpecError
from tests.definitions import sigmoid, softmax
from tests.support import make, noise

GRID = ("detection_output_param {{ num_classes: {classes} keep_top_k: 4 confidence_threshold: 0.4 "
        "bias_scale: 8 bias_scale: 16 bias_scale: 20 nms_thresh: 0.3 class_type: {kind} "
        "has_lm: {points} net_height: 64 net_width: 48 }}")


def suppressed(boxes, most):
    """Boxes (score, x1, y1, x2, y2, area, ...) of an image, best first."""
    kept = []
    for box in sorted(boxes, key=lambda one: -one[0]):
        for other in kept:
            width = max(0, min(box[3], other[3]) - max(box[1], other[1]) + 1)
            height = max(0, min(box[4], other[4]) - max(box[2], other[2]) + 1)
            inner = width * height
            if inner / (box[5] + other[5] - inner) > 0.3:
                break
        else:
            kept.append(box)
    return kept[:most]


def cut(value, most):
    return min(max(value, 0), most)


def of_grid(maps, kind, points):
    """The rows of CenterGridOutput, by the definition."""
    rows = []
    for image in range(len(maps[0])):
        boxes = []
        for x, anchor in zip(maps, (8, 16, 20), strict=True):
            _, _, height, width = x.shape
            step = 48 / width
            reach = anchor / 2 if kind == "SIGMOID" else anchor
            for h, w in np.ndindex(height, width):
                cell = x[image, :, h, w]
                last = cell[14:] if points else cell[4:]
                score = sigmoid(last[0]) if kind == "SIGMOID" else softmax(last, 0)[1]
                sides = [cut(((w, h)[index % 2] + 0.5) * step - cell[index] * reach,
                             (width, height)[index % 2] * step) for index in range(4)]
                marks = [cut((w + 0.5) * step - cell[4 + index] * reach,
                             (width, height)[index % 2] * step) for index in range(10 * points)]
                area = (sides[2] - sides[0]) * (sides[3] - sides[1])
                if score >= 0.4 and sides[2] > sides[0] and sides[3] > sides[1]:
                    boxes.append([score, *sides, area, *marks])
        for score, *sides, _, in_row in [(*box[:6], box[6:]) for box in suppressed(boxes, 4)]:
            places = np.array([*sides, *in_row]) / np.resize([48, 64], 4 + len(in_row))
            rows.append([image, 1, score, *places])
    return np.array(rows)


@pytest.mark.parametrize("kind, points", [("SIGMOID", False), ("SOFTMAX", False),
                                          ("SOFTMAX", True)])
def test_boxes_of_a_grid_are_distances_from_cells(kind, points):
    classes = 1 if kind == "SIGMOID" else 2
    channels = 4 + 10 * points + classes
    sizes = (8, 6), (4, 3), (2, 2)
    maps = [noise(2, channels, *size, seed=seed, requires_grad=False)
            for seed, size in enumerate(sizes)]
    for x in maps:
        x[:, 2:4] -= 1.5
    text = GRID.format(classes=classes, kind=kind, points=str(points).lower())
    layer = make("CenterGridOutput", text, *[tuple(x.shape) for x in maps])
    expected = of_grid([x.numpy() for x in maps], kind, points)
    assert (expected[:, 0] == 0).sum() == (expected[:, 0] == 1).sum() == 4
    np.testing.assert_allclose(layer(*maps)[0, 0], expected, rtol=1e-6, atol=1e-9)
    for x in maps:
        x[:, 2:4] += 100
    assert layer(*maps)[0, 0].tolist() == [[image, *[-1] * (6 + 10 * points)] for image in (0, 1)]


def test_the_anchors_are_as_many_as_the_maps():
    text = GRID.format(classes=1, kind="SIGMOID", points="false")
    with pytest.raises(SpecError, match="bias_scale is given 3 times; there are 4 maps"):
        make("CenterGridOutput", text, *[(2, 5, 3, 4)] * 4)
    with pytest.raises(SpecError, match=r"it must be \(2, 5, H, W\)"):
        make("CenterGridOutput", text, *[(2, 6, 3, 4)] * 3)


def of_centres(places, conf, points):
    rows = []
    _, classes, height, width = conf.shape
    limits = (4 * width, 4 * height)
    for image in range(len(conf)):
        boxes = []
        for c, h, w in np.ndindex(classes, height, width):
            score, own = conf[image, c, h, w], places[image, :, h, w]
            if not 0.35 < score < 1:
                continue
            centre = [(w + own[0]) * 4, (h + own[1]) * 4]
            size = [math.exp(own[2]) * 4, math.exp(own[3]) * 4]
            sides = [cut(centre[index % 2] + (-1, -1, 1, 1)[index] * size[index % 2] / 2,
                         limits[index % 2]) for index in range(4)]
            spans = sides[2] - sides[0], sides[3] - sides[1]
            marks = [cut((centre[index % 2] + own[4 + index] * spans[index % 2]) * 4,
                         limits[index % 2]) for index in range(10 * points)]
            boxes.append([score, *sides, size[0] * size[1], c + 1, *marks])
        for score, x1, y1, x2, y2, _, kind, *marks in suppressed(boxes, 3):
            rows.append([image, kind, score, x1 / limits[0], y1 / limits[1], x2 / limits[0],
                         y2 / limits[1], *marks])
    return np.array(rows)


@pytest.mark.parametrize("points", [False, True])
def test_boxes_of_centres_are_of_all_classes(points):
    places = noise(2, 4 + 10 * points, 5, 6, seed=4, requires_grad=False)
    conf = noise(2, 2, 5, 6, seed=5, requires_grad=False).sigmoid()
    conf[0, 0, 2, 2] = 1
    text = ("detection_output_param { num_classes: 3 keep_top_k: 3 confidence_threshold: 0.35 "
            f"nms_thresh: 0.3 has_lm: {str(points).lower()} }}")
    layer = make("CenternetDetectionOutput", text, tuple(places.shape), tuple(conf.shape))
    expected = of_centres(places.numpy(), conf.numpy(), points)
    assert len(expected) == 6 and len(set(expected[:, 1])) == 2
    np.testing.assert_allclose(layer(places, conf)[0, 0], expected, rtol=1e-6)
    assert layer(places, conf * 0)[0, 0, :, :2].tolist() == [[0, -1], [1, -1]]
    with pytest.raises(SpecError, match="num_classes - 1 scores"):
        make("CenternetDetectionOutput", text, tuple(places.shape), (2, 3, 5, 6))
