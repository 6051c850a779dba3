"""YoloFaceLoss of the project of faces against a loop over boxes and cells."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import sigmoid
from tests.support import make, noise

HEIGHT, WIDTH, CLASSES, SIDE = 3, 4, 2, 96
ANCHORS = [(20, 30), (40, 30), (60, 50)]
MASK = [2, 0]
PARAM = "".join(f"bias_scale: {side} " for anchor in ANCHORS for side in anchor) + (
    f"bias_num: 3 bias_mask: 2 bias_mask: 0 net_width: {SIDE} net_height: {SIDE} "
    f"num_class: {CLASSES} ignore_thresh: 0.2")
BOXES = [[(1, .05, .10, .60, .70), (2, .10, .15, .65, .60), (1, .70, .10, .95, .40)],
         [(2, .30, .40, .50, .75)], []]


def truth_of(boxes):
    truth = np.full((len(boxes), 1, 3, 8), -1.0)
    for item, rows in enumerate(boxes):
        for index, (label, *corners) in enumerate(rows):
            truth[item, 0, index] = [item, label, 0, *corners, 0]
    return truth


def iou(a, b):
    """Of boxes x, y, w, h."""
    across = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    down = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    if across < 0 or down < 0:
        return 0
    return across * down / (a[2] * a[3] + b[2] * b[3] - across * down)


def by_loops(x, boxes):
    """The differences, in the shape of x, and how many boxes have an anchor here."""
    steps, count = np.zeros_like(x), 0
    step = 5 + CLASSES
    for item, rows in enumerate(boxes):
        truth = [((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1) for _, x1, y1, x2, y2 in rows]
        for place, number in enumerate(MASK):
            for h in range(HEIGHT):
                for w in range(WIDTH):
                    cell = x[item, place * step:(place + 1) * step, h, w]
                    box = ((sigmoid(cell[0]) + w) / WIDTH, (sigmoid(cell[1]) + h) / HEIGHT,
                           math.exp(cell[2]) * ANCHORS[number][0] / SIDE,
                           math.exp(cell[3]) * ANCHORS[number][1] / SIDE)
                    if all(iou(box, other) <= np.float32(0.2) for other in truth):
                        steps[item, place * step + 4, h, w] = sigmoid(cell[4])
        for (label, *_), (cx, cy, bw, bh) in zip(rows, truth, strict=True):
            shapes = [iou((0, 0, bw, bh), (0, 0, aw / SIDE, ah / SIDE)) for aw, ah in ANCHORS]
            number = int(np.argmax(shapes))
            if number not in MASK:
                continue
            count += 1
            first = MASK.index(number) * step
            w, h = int(cx * WIDTH), int(cy * HEIGHT)
            cell = x[item, first:first + step, h, w]
            scale = 2 - bw * bh
            own = steps[item, first:first + step, h, w]     # a view
            own[0] = scale * (sigmoid(cell[0]) - (cx * WIDTH - w))
            own[1] = scale * (sigmoid(cell[1]) - (cy * HEIGHT - h))
            own[2] = scale * (cell[2] - math.log(bw * SIDE / ANCHORS[number][0]))
            own[3] = scale * (cell[3] - math.log(bh * SIDE / ANCHORS[number][1]))
            own[4] = sigmoid(cell[4]) - 1
            if not own[5]:
                own[5:] = sigmoid(cell[5:])
            own[4 + label] = sigmoid(cell[4 + label]) - 1
    return steps, count


@pytest.mark.parametrize("boxes, expected", [(BOXES, 4), ([BOXES[1], [], []], 1), (
    [[(1, .2, .2, .6, .5)], [], []], 0)])
def test_the_loss_is_the_squared_differences_over_the_boxes(boxes, expected):
    x = noise(3, 14, HEIGHT, WIDTH, seed=4)
    steps, count = by_loops(x.detach().numpy(), boxes)
    assert count == expected
    divisor = count or 3
    layer = make("YoloFaceLoss", f"center_object_loss_param {{ {PARAM} }}", tuple(x.shape),
                 (3, 1, 3, 8))
    loss = layer(x, torch.tensor(truth_of(boxes)))
    np.testing.assert_allclose(loss.item(), (steps ** 2).sum() / divisor, rtol=1e-6)
    loss.backward()
    p = sigmoid(x.detach().numpy())
    through = (p * (1 - p)).reshape(3, 2, 7, HEIGHT, WIDTH)
    through[:, :, 2:4] = 1
    np.testing.assert_allclose(x.grad.numpy(), steps * through.reshape(x.shape) / divisor,
                               rtol=1e-6, atol=1e-12)


def test_a_batch_without_boxes_has_no_loss():
    x = noise(3, 14, HEIGHT, WIDTH, seed=4)
    layer = make("YoloFaceLoss", f"center_object_loss_param {{ {PARAM} }}", tuple(x.shape),
                 (3, 1, 3, 8))
    loss = layer(x, torch.tensor(truth_of([[], [], []])))
    loss.backward()
    assert loss.item() == 0 and not x.grad.any()


def test_a_class_beyond_num_class_is_refused():
    layer = make("YoloFaceLoss", f"center_object_loss_param {{ {PARAM} }}", (1, 14, 3, 4),
                 (1, 1, 3, 8))
    with pytest.raises(DataError, match="num_class is too small"):
        layer(noise(1, 14, 3, 4), torch.tensor(truth_of([[(3, .1, .1, .5, .5)]])))


@pytest.mark.parametrize("old, new, words", [
    ("bias_num: 3", "bias_num: 4", "bias_scale has 6 numbers"),
    ("bias_mask: 0", "bias_mask: 3", r"bias_mask is \[2, 3\]; it must be numbers from 0 to 2"),
    ("net_width: 96", "net_width: 64", "net_width is 64, and net_height 96; both must be one"),
    ("num_class: 2", "num_class: 3", "num_class: 3 need 16 channels")])
def test_settings_that_do_not_fit_are_refused(old, new, words):
    with pytest.raises(SpecError, match=words):
        make("YoloFaceLoss", f"center_object_loss_param {{ {PARAM.replace(old, new)} }}",
             (1, 14, 3, 4), (1, 1, 3, 8))
