"""CenterObjectLoss against a loop over boxes and cells."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import sigmoid
from tests.support import make, noise

HEIGHT, WIDTH, CLASSES = 9, 11, 2
BOXES = [(0, 1, .05, .10, .60, .95), (0, 1, .30, .25, .80, .70), (1, 2, .00, .50, .45, .99),
         (1, 1, .5, .5, .52, .53), (2, 2, .1, .2, .9, .8)]


def faces(points):
    truth = np.full((1, 1, len(BOXES) + 1, 19 if points else 8), -1.0)
    rows = noise(len(BOXES), 10, seed=8, requires_grad=False).sigmoid().numpy()
    for index, (item, label, *box) in enumerate(BOXES):
        truth[0, 0, index, :8] = [item, label, 0, *box, 0]
        if points:
            truth[0, 0, index, 8:] = [index != 1, *rows[index]]
    return truth


def error(x, kind):
    if kind == "L2":
        return 0.5 * x * x
    return 0.5 * x * x if abs(x) < 1 else abs(x) - 0.5


def radius(height, width):
    """The largest whole r with which CornerNet's boxes overlap by 0.7; its quadratic's roots."""
    b = height + width
    first = (b + math.sqrt(b * b - 4 * width * height * 0.3 / 1.7)) / 2
    second = (2 * b + math.sqrt(4 * b * b - 16 * 0.3 * width * height)) / 2
    third = (-1.4 * b + math.sqrt(1.96 * b * b + 11.2 * 0.3 * width * height)) / 2
    return max(0, int(min(first, second, third)))


def by_loops(offsets, scores, truth, kind, points):
    heat = np.zeros(scores.shape)
    boxes, marks, sure, known = 0.0, 0.0, 0, 0
    for row in truth[0, 0]:
        if row[0] == -1:
            continue
        known += 1
        item, label = int(row[0]), int(row[1]) - 1
        x1, y1, x2, y2 = row[3:7] * [WIDTH, HEIGHT, WIDTH, HEIGHT]
        cx, cy = int((x1 + x2) / 2), int((y1 + y2) / 2)
        width, height = x2 - x1, y2 - y1
        has_points = points and row[8] > 0 and (row[9:] > 0).all()
        sure += bool(has_points)
        if width * height <= 4:
            continue
        found = offsets[item, :, cy, cx]
        boxes += error(found[0] - ((x1 + x2) / 2 - cx), kind)
        boxes += error(found[1] - ((y1 + y2) / 2 - cy), kind)
        boxes += 0.1 * error(found[2] - math.log(width), kind)
        boxes += 0.1 * error(found[3] - math.log(height), kind)
        if has_points:
            for number in range(5):
                x, y = row[9 + 2 * number] * WIDTH, row[10 + 2 * number] * HEIGHT
                marks += error(found[4 + 2 * number] - (x - cx) / width, "SMOOTH_L1")
                marks += error(found[5 + 2 * number] - (y - cy) / height, "SMOOTH_L1")
        reach = radius(height, width)
        for h in range(max(0, cy - reach), min(HEIGHT, cy + reach + 1)):
            for w in range(max(0, cx - reach), min(WIDTH, cx + reach + 1)):
                away = (h - cy) ** 2 + (w - cx) ** 2
                value = math.exp(-away / (2 * ((2 * reach + 1) / 6) ** 2))
                heat[item, label, h, w] = max(heat[item, label, h, w], value)
    p = sigmoid(scores)
    focal = np.where(heat == 1, -(1 - p) ** 2 * np.log(p),
                     -p ** 2 * (1 - heat) ** 4 * np.log(1 - p)).sum()
    return focal + boxes, 0.1 * marks, known, sure


@pytest.mark.parametrize("mode", ["VALID", "BATCH_SIZE", "NONE"])
@pytest.mark.parametrize("kind, points", [("SMOOTH_L1", True), ("L2", False)])
def test_the_loss_is_the_sum_over_boxes_and_cells(kind, points, mode):
    offsets = noise(3, 14 if points else 4, HEIGHT, WIDTH, seed=2)
    scores = noise(3, CLASSES, HEIGHT, WIDTH, seed=3)
    truth = faces(points)
    text = (f"center_object_loss_param {{ num_class: {CLASSES} has_lm: {str(points).lower()} "
            f"loc_loss_type: {kind} }} loss_param {{ normalization: {mode} }}")
    layer = make("CenterObjectLoss", text, tuple(offsets.shape), tuple(scores.shape), truth.shape)
    rest, marks, known, sure = by_loops(offsets.detach().numpy(), scores.detach().numpy(), truth,
                                        kind, points)
    assert known == 5 and sure == (4 if points else 0)
    divisors = {"VALID": (known, sure or 3), "BATCH_SIZE": (3, 3), "NONE": (1, 1)}[mode]
    given = torch.tensor(truth)
    np.testing.assert_allclose(layer(offsets, scores, given).item(),
                               rest / divisors[0] + marks / divisors[1], rtol=1e-10)
    assert torch.autograd.gradcheck(lambda *maps: layer(*maps, given), (offsets, scores),
                                    fast_mode=True)


def test_a_batch_without_boxes_has_no_loss():
    layer = make("CenterObjectLoss", "center_object_loss_param { num_class: 1 }", (2, 4, 3, 5),
                 (2, 1, 3, 5), (1, 1, 1, 8))
    offsets, scores = noise(2, 4, 3, 5), noise(2, 1, 3, 5)
    loss = layer(offsets, scores, torch.full((1, 1, 1, 8), -1.0, dtype=torch.float64))
    loss.backward()
    assert loss.item() == 0 and not offsets.grad.any() and not scores.grad.any()


@pytest.mark.parametrize("column, value, words", [(1, 3, "2"), (0, 2, "2")])
def test_a_class_or_an_item_that_is_not_there_is_refused(column, value, words):
    layer = make("CenterObjectLoss", "center_object_loss_param { num_class: 2 }", (2, 4, 3, 5),
                 (2, 2, 3, 5), (1, 1, 1, 8))
    truth = torch.tensor([0, 1, 0, .1, .1, .9, .9, 0], dtype=torch.float64).reshape(1, 1, 1, 8)
    truth[..., column] = value
    with pytest.raises(DataError, match=words):
        layer(noise(2, 4, 3, 5), noise(2, 2, 3, 5), truth)


@pytest.mark.parametrize("param, words", [
    ("share_location: false", "share_location is false; it must be true"),
    ("loc_weight: 2", "loc_weight is 2; it must be 1"),
    ("has_lm: true", r"has the shape \(2, 4, 3, 5\); it must be \(2, 14, 3, 5\)"),
    ("num_class: 3", r"has the shape \(2, 1, 3, 5\); it must be \(2, 3, 3, 5\)")])
def test_settings_that_do_not_fit_are_refused(param, words):
    with pytest.raises(SpecError, match=words):
        make("CenterObjectLoss", f"center_object_loss_param {{ {param} }}", (2, 4, 3, 5),
             (2, 1, 3, 5), (1, 1, 1, 8))
