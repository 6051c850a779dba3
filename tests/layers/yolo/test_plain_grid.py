"""The YOLO v2 loss of caffe-yolo-9000, with biaes, against a loop written from its source."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import overlap as share
from tests.layers.yolo.test_anchor_squares import (
    CELLS,
    CLASSES,
    SIDE,
    best_shape,
    boxes_of_grid,
    grid_labels,
)
from tests.support import make, noise

ANCHORS = [(0.15625, 0.09375), (0.3125, 0.4375), (0.625, 0.25)]     # exact in float32
BIAES = " ".join(f"biaes: {w} biaes: {h}" for w, h in ANCHORS)


def by_loops(x, labels, early, rescore):
    x = x.detach().numpy().reshape(2, 3, 5 + CLASSES, SIDE, SIDE)
    out = np.zeros_like(x)

    def box_at(b, n, j, i):
        part = x[b, n, :, j, i]
        return ((i + part[0]) / SIDE, (j + part[1]) / SIDE,
                math.exp(part[2]) * ANCHORS[n][0], math.exp(part[3]) * ANCHORS[n][1])

    def teach(b, n, j, i, box, scale):
        found = box_at(b, n, j, i)
        for k in range(4):
            out[b, n, k, j, i] = scale * (found[k] - box[k]) * (1 if k < 2 else found[k])
        return share(found, box)

    nothing = objects = classes = overlaps = count = recall = 0
    for b, n, j, i in np.ndindex(2, 3, SIDE, SIDE):
        p = x[b, n, 4, j, i]
        nothing += abs(p)
        best = max(share(box_at(b, n, j, i), box) for _, box in boxes_of_grid(labels, b))
        out[b, n, 4, j, i] = 0 if best > 0.375 else 0.25 * p
        if early:
            teach(b, n, j, i, ((i + 0.5) / SIDE, (j + 0.5) / SIDE, *ANCHORS[n]), 0.01)
    for b in range(2):
        for label, box in boxes_of_grid(labels, b):
            i, j = int(box[0] * SIDE), int(box[1] * SIDE)
            n = best_shape(ANCHORS, *box[2:])
            overlap = teach(b, n, j, i, box, 3 * (2 - box[0] * box[1]))
            p = x[b, n, 4, j, i]
            out[b, n, 4, j, i] = 5 * (p - (overlap if rescore else 1))
            wrong = x[b, n, 5:, j, i] - (np.arange(CLASSES) == label)
            out[b, n, 5:, j, i] = 2 * wrong
            classes += 2 * abs(wrong[label])
            objects += p
            overlaps += overlap
            recall += overlap > 0.5
            count += 1
    rest = 2 * CELLS * 3 - count
    return out, (nothing / rest * 0.25 + (1 - objects / count) * 5 + classes / count
                 + 1 - overlaps / count + 1 - recall / count)


@pytest.mark.parametrize("rescore", [True, False])
@pytest.mark.parametrize("is_flat", [True, False])
def test_the_map_counts_as_it_is_and_anchors_are_fractions(rescore, is_flat):
    shape = (2, 3 * (5 + CLASSES), SIDE, SIDE)
    labels = grid_labels()
    bottom = (2, math.prod(shape[1:])) if is_flat else shape
    layer = make("YoloV2Loss", f"num_object: 3 num_classes: {CLASSES} side: {SIDE} thresh: 0.375 "
                 f"box_scale: 3 noobject_scale: 0.25 object_scale: 5 class_scale: 2 {BIAES} "
                 f"rescore: {str(rescore).lower()}", bottom, labels.shape)
    for early in (True, False):
        x = (noise(shape).detach() * 0.7).reshape(bottom).requires_grad_()
        slopes, value = by_loops(x, labels, early, rescore)
        loss = layer(x, torch.from_numpy(labels))
        np.testing.assert_allclose(loss.item(), value, rtol=1e-12)
        (3 * loss).backward()
        np.testing.assert_allclose(x.grad.numpy(), slopes.reshape(bottom) * 3 / 2, rtol=1e-9,
                                   atol=1e-12)
        layer.seen.fill_(12800)


def test_without_a_box_the_loss_is_that_of_objectness_and_finite():
    shape = (2, 3 * (5 + CLASSES), SIDE, SIDE)
    x = noise(shape)
    layer = make("YoloV2Loss", f"num_object: 3 num_classes: {CLASSES} noobject_scale: 1 {BIAES}",
                 shape, (2, 7 * CELLS))
    loss = layer(x, torch.zeros(2, 7 * CELLS, dtype=torch.float64))
    scores = x.detach().reshape(2, 3, 5 + CLASSES, -1)[:, :, 4]
    assert loss.item() == pytest.approx(float(scores.abs().mean()), rel=1e-12)


@pytest.mark.parametrize("param, bottom, words", [
    ("biaes: 1", (2, 675), "biaes is given 1 times"),
    (f"side: 6 {BIAES}", (2, 675), "side is 6; the map 'bottom0' has 5 x 5 cells"),
    (BIAES, (2, 674), "need"),
])
def test_shapes_and_anchors_that_do_not_fit_are_named(param, bottom, words):
    with pytest.raises(SpecError, match=words):
        make("YoloV2Loss", f"num_object: 3 num_classes: {CLASSES} {param}", bottom, (2, 7 * CELLS))
