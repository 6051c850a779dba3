"""RegionLoss against its two originals' loops."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import overlap, sigmoid
from tests.support import check_layer, make, noise

NUM, CLASSES, SIDE = 3, 4, 5
BIASES = [(0.75, 0.5), (1.5, 2.25), (3.0, 1.25)]
PARAM = (f"num: {NUM} num_class: {CLASSES} side: {SIDE} thresh: 0.375 coord_scale: 3 "
         "noobject_scale: 0.25 object_scale: 5 class_scale: 2 "
         + " ".join(f"biases: {w} biases: {h}" for w, h in BIASES))
# image, class from 0, centre, size; the last two are at one place
BOXES = [(0, 2, 0.31, 0.55, 0.3, 0.35), (0, 0, 0.9, 0.1, 0.1, 0.15), (1, 3, 0.5, 0.52, 0.6, 0.3),
         (1, 1, 0.47, 0.58, 0.62, 0.28)]


def slopes_by_definition(x, intel, rescore):
    x = x.reshape(2, NUM, 5 + CLASSES, SIDE, SIDE)
    out = np.zeros_like(x)

    def box_at(b, n, j, i):
        part = x[b, n, :, j, i]
        return ((i + sigmoid(part[0])) / SIDE, (j + sigmoid(part[1])) / SIDE,
                math.exp(part[2]) * BIASES[n][0] / SIDE, math.exp(part[3]) * BIASES[n][1] / SIDE)

    for b, n, j, i in np.ndindex(2, NUM, SIDE, SIDE):
        p = sigmoid(x[b, n, 4, j, i])
        best = max(overlap(box_at(b, n, j, i), box[2:]) for box in BOXES if box[0] == b)
        out[b, n, 4, j, i] = 0 if best > 0.375 else 0.25 * p * p * (1 - p)
    for b, label, cx, cy, w, h in BOXES:
        i, j = int(cx * SIDE), int(cy * SIDE)
        n = max(range(NUM), key=lambda n: overlap((0, 0, BIASES[n][0] / SIDE, BIASES[n][1] / SIDE),
                                                (0, 0, w, h)))
        part = x[b, n, :, j, i]
        target = (cx * SIDE - i, cy * SIDE - j, math.log(w * SIDE / BIASES[n][0]),
                  math.log(h * SIDE / BIASES[n][1]))
        scale = 3 if intel or rescore else 3 * (2 - w * h)
        for k in range(4):
            p = sigmoid(part[k]) if k < 2 else part[k]
            change = np.clip(p - target[k], -1, 1) if intel else p - target[k]
            out[b, n, k, j, i] = scale * change * (p * (1 - p) if k < 2 else 1)
        p = sigmoid(part[4])
        push = -2 * (1 - p) ** 3 if intel else \
            p - (overlap(box_at(b, n, j, i), (cx, cy, w, h)) if rescore else 1)
        out[b, n, 4, j, i] = 5 * push * p * (1 - p)
        e = np.exp(part[5:])
        out[b, n, 5:, j, i] = 2 * (e / e.sum() - (np.arange(CLASSES) == label))
    return out.reshape(2, -1, SIDE, SIDE)


def labels_of(intel):
    if intel:
        rows = [[b, label + 1, 0, cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, 0]
                for b, label, cx, cy, w, h in BOXES]
        return torch.tensor([[-1.0] * 8, *rows], dtype=torch.float64)[None, None]
    table = np.zeros((2, 6, 5))
    for b in range(2):
        for t, box in enumerate([box for box in BOXES if box[0] == b]):
            table[b, t] = box[1:]
    table[0, 4] = (1, 0.2, 0.2, 0.5, 0.5)       # behind the end: no box
    return torch.from_numpy(table.reshape(2, 30))


@pytest.mark.parametrize("intel, rescore", [(False, 1), (False, 0), (True, 1)])
def test_value_and_gradient_are_those_of_the_originals(intel, rescore):
    shape, labels = (2, NUM * (5 + CLASSES), SIDE, SIDE), labels_of(intel)
    layer = make("RegionLoss", f"{PARAM} rescore: {rescore}", shape, tuple(labels.shape))
    x = noise(shape)
    check_layer(layer, x, labels, compile=False, export=False)
    slopes = slopes_by_definition(x.detach().numpy(), intel, rescore)
    loss = layer(x, labels)
    np.testing.assert_allclose(loss.item(), (slopes ** 2).sum() / (1 if intel else 2), rtol=1e-9)
    (3 * loss).backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * slopes / 2, rtol=1e-9, atol=1e-12)


def test_images_without_boxes_only_learn_that_there_is_nothing():
    shape = (2, NUM * (5 + CLASSES), SIDE, SIDE)
    layer = make("RegionLoss", PARAM, shape, (2, 30))
    x = noise(shape)
    layer(x, torch.zeros(2, 30, dtype=torch.float64)).backward()
    grad = x.grad.unflatten(1, (NUM, -1))
    assert (grad[:, :, 4] > 0).all() and (grad[:, :, :4] == 0).all() and (grad[:, :, 5:] == 0).all()


@pytest.mark.parametrize("param, shapes, message", [
    (PARAM, [(2, 26, 5, 5), (2, 30)], r"must be \(N, 27, S, S\)"),
    (PARAM, [(2, 27, 5, 5), (2, 31)], r"must be \(N, T \* 5\) or"),
    ("num: 2 num_class: 4 biases: 1", [(2, 18, 5, 5), (2, 30)], "biases is given 1 times"),
    (PARAM + " class_map: 'm.txt'", [(2, 27, 5, 5), (2, 30)], "class_map is not supported")])
def test_wrong_settings_are_refused(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("RegionLoss", param, *shapes)
