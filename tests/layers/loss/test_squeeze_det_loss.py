"""SqueezeDetLoss anchor by anchor, as squeezedet_loss_layer.cpp has it."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

N, H, W, A, C = 2, 3, 4, 2, 3
SHAPES = ((64, 118), (172, 126))
FIELDS = ("squeezedet_param { classes: 3 anchors_per_grid: 2 anchor_shapes: 64 anchor_shapes: 118 "
          "anchor_shapes: 172 anchor_shapes: 126 pos_conf: 75 neg_conf: 100 lambda_bbox: 5 "
          "lambda_conf: 2 }")
BOTTOMS = ((N, H * W * A, C), (N, H, W, A), (N, H, W, 4 * A), (N, 15, 1, 1))
TRUTH = torch.tensor([[20, 30, 120, 190, 2, 200, 100, 380, 300, 0, 90, 210, 170, 330, 1],
                      [150, 40, 330, 180, 1, *[-1] * 10]], dtype=torch.float64)
EPSILON = 1e-7


def anchor_of(index):
    """Centre, height and width: cells are counted down the columns."""
    cell, kind = divmod(index, A)
    column, row = divmod(cell, H)
    return (416 * (column + 1) / (W + 1), 416 * (row + 1) / (H + 1), SHAPES[kind][1],
            SHAPES[kind][0])


def overlap(delta, index, row):
    x, y, height, width = anchor_of(index)
    x, y = x + width * delta[0], y + height * delta[1]
    height, width = height * np.exp(delta[2]), width * np.exp(delta[3])
    box = np.clip([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 0, 415)
    sides = [max(min(box[2 + i], row[2 + i]) - max(box[i], row[i]), 0) for i in (0, 1)]
    common = sides[0] * sides[1]
    areas = [(one[2] - one[0]) * (one[3] - one[1]) for one in (box, row)]
    return common / (sum(areas) - common + EPSILON)


def by_loops(classes, scores, boxes):
    """The loss and the slopes of the three bottoms."""
    scores, boxes = scores.reshape(N, -1), boxes.reshape(N, -1, 4)
    grads = [np.zeros_like(one) for one in (classes, scores, boxes)]
    total = 0.0
    for n in range(N):
        rows = [row for row in TRUTH[n].reshape(-1, 5).numpy() if row[0] != -1]
        number, count = len(rows), H * W * A
        for row in rows:
            overlaps = [overlap(boxes[n, i], i, row) for i in range(count)]
            best, kind = int(np.argmax(overlaps)), int(row[4])
            total -= 2 * np.log(classes[n, best, kind] + EPSILON) / number
            grads[0][n, best, kind] -= 1 / classes[n, best, kind]
            for i in range(count):
                factor = 75 / number if i == best else 100 / (count - number)
                apart = scores[n, i] - (overlaps[i] if i == best else 0)
                total += factor * apart ** 2
                grads[1][n, i] += 2 * factor * apart
            x, y, height, width = anchor_of(best)
            wide, high = row[2] - row[0] + 1, row[3] - row[1] + 1
            wanted = np.array([(row[0] + wide / 2 - x) / width, (row[1] + high / 2 - y) / height,
                               np.log(high / height + EPSILON), np.log(wide / width + EPSILON)])
            total += 5 / number * ((boxes[n, best] - wanted) ** 2).sum()
            grads[2][n, best] += 10 / number * (boxes[n, best] - wanted)
    return total / N, [grad / N for grad in grads]


def test_the_loss_and_its_gradients_are_those_of_the_loops():
    layer = make("SqueezeDetLoss", FIELDS, *BOTTOMS)
    classes = noise(BOTTOMS[0]).detach().softmax(2).requires_grad_()
    scores = noise(BOTTOMS[1], seed=2).detach().sigmoid().requires_grad_()
    boxes = (noise(BOTTOMS[2], seed=3).detach() / 4).requires_grad_()
    loss = layer(classes, scores, boxes, TRUTH.reshape(BOTTOMS[3]))
    loss.backward()
    value, grads = by_loops(*(one.detach().numpy() for one in (classes, scores, boxes)))
    # the anchors are in float32
    np.testing.assert_allclose(loss.item(), value, rtol=1e-6)
    for one, grad in zip((classes, scores, boxes), grads, strict=True):
        np.testing.assert_allclose(one.grad.reshape(grad.shape), grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("index, shape, message", [
    (0, (N, 23, C), r"'bottom0' has the shape \(2, 23, 3\); beside 'bottom1' it must be"),
    (1, (N, H, W, 3), r"it must be \(N, H, W, 2\)"),
    (3, (N, 14, 1, 1), "rows of five numbers")])
def test_bottoms_that_do_not_fit_are_refused(index, shape, message):
    shapes = [*BOTTOMS]
    shapes[index] = shape
    with pytest.raises(SpecError, match=message):
        make("SqueezeDetLoss", FIELDS, *shapes)
