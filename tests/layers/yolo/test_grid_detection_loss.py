"""GridDetectionLoss against loops over the cells, written from its source."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import overlap
from tests.support import array, make, noise

SIDE, CLASSES, BOXES = 3, 4, 2
CELLS = SIDE * SIDE
SIZES = f"side: {SIDE} num_class: {CLASSES} num_object: {BOXES}"
SCALES = {"object_scale": 1.5, "noobject_scale": 0.25, "class_scale": 0.75, "coord_scale": 3}


def labels():
    """Boxes in cells 1, 4 and 8 of the first image and 0 of the second."""
    found = np.zeros((2, 7 * CELLS))
    for item, cell, kind, box in ((0, 1, 2, (0.4, 0.1, 0.5, 0.3)), (0, 4, 0, (0.5, 0.6, 0.2, 0.9)),
                                  (0, 8, 3, (0.9, 0.8, 0.04, 0.09)), (1, 0, 1, (0.1, 0.2, 1, 1))):
        found[item, CELLS + cell], found[item, 2 * CELLS + cell] = 1, kind
        found[item, 3 * CELLS + 4 * cell:3 * CELLS + 4 * cell + 4] = box
    return found


def by_loops(x, truth, inner, roots):
    parts, slopes = dict.fromkeys(("class", "object", "box", "empty"), 0), np.zeros_like(x)
    count = 0
    for item in range(len(x)):
        row, slope, label = x[item], slopes[item], truth[item]
        for cell in range(CELLS):
            score = [CLASSES * CELLS + k * CELLS + cell for k in range(BOXES)]
            empty = set(range(BOXES))
            if label[CELLS + cell]:
                count += 1
                for kind in range(CLASSES):
                    at = kind * CELLS + cell
                    wrong = row[at] - (kind == label[2 * CELLS + cell])
                    parts["class"] += SCALES["class_scale"] * wrong**2
                    slope[at] = SCALES["class_scale"] * wrong
                box = label[3 * CELLS + 4 * cell:][:4]
                places = [[(CLASSES + BOXES + 4 * k + n) * CELLS + cell for n in range(4)]
                          for k in range(BOXES)]
                shares, far = [], []
                for place in places:
                    own = list(row[place])
                    if inner:
                        own[:2] = [(cell % SIDE + own[0]) / SIDE, (cell // SIDE + own[1]) / SIDE]
                    if roots:
                        own[2:] = [own[2]**2, own[3]**2]
                    shares.append(overlap(own, box))
                    far.append(math.dist(own, box))
                best = int(np.argmax(shares)) if max(shares) > 0 else int(np.argmin(far))
                wanted = list(box)
                if inner:
                    wanted[:2] = [box[0] * SIDE - cell % SIDE, box[1] * SIDE - cell // SIDE]
                if roots:
                    wanted[2:] = [math.sqrt(box[2]), math.sqrt(box[3])]
                change = row[places[best]] - wanted
                parts["box"] += SCALES["coord_scale"] * (change**2).sum()
                slope[places[best]] = SCALES["coord_scale"] * change
                parts["object"] += SCALES["object_scale"] * (row[score[best]] - 1)**2
                slope[score[best]] = SCALES["object_scale"] * (row[score[best]] - shares[best])
                empty.remove(best)
            for k in empty:
                parts["empty"] += SCALES["noobject_scale"] * row[score[k]]**2
                slope[score[k]] = SCALES["noobject_scale"] * row[score[k]]
    rest = len(x) * CELLS * BOXES - count
    loss = (parts["class"] + parts["object"] + parts["box"]) / max(count, 1) + parts["empty"] / rest
    return loss, slopes / len(x)


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("roots", [False, True])
def test_loss_and_slopes_are_those_of_the_loops(inner, roots):
    fields = " ".join((SIZES, *(f"{name}: {value}" for name, value in SCALES.items()),
                       f"constriant: {inner} sqrt: {roots}".lower()))
    shape = (2, CELLS * (CLASSES + 5 * BOXES))
    layer = make("GridDetectionLoss", f"detection_loss_param {{ {fields} }}", shape,
                 (2, 7 * CELLS))
    x, truth = noise(shape, seed=3), labels()
    loss = layer(x, torch.from_numpy(truth))
    (loss * 2).backward()
    expected, slopes = by_loops(array(x), truth, inner, roots)
    np.testing.assert_allclose(array(loss), expected, rtol=1e-9)
    np.testing.assert_allclose(x.grad.numpy(), 2 * slopes, rtol=1e-9, atol=1e-12)


def test_without_a_box_the_loss_is_that_of_objectness():
    shape = (2, CELLS * (CLASSES + 5 * BOXES))
    layer = make("GridDetectionLoss", f"detection_loss_param {{ {SIZES} }}", shape, (2, 7 * CELLS))
    x = noise(shape)
    scores = array(x)[:, CLASSES * CELLS:(CLASSES + BOXES) * CELLS]
    found = layer(x, torch.zeros(2, 7 * CELLS))
    np.testing.assert_allclose(array(found), 0.5 * (scores**2).mean(), rtol=1e-9)


def test_sizes_that_do_not_fit_and_a_class_that_is_too_large_are_errors():
    shape = (2, CELLS * (CLASSES + 5 * BOXES))
    text = f"detection_loss_param {{ {SIZES} }}"
    for x, truth in (((2, 125), (2, 63)), (shape, (2, 62)), (shape, (1, 63))):
        with pytest.raises(SpecError, match="side: 3, num_class: 4 and num_object: 2 need"):
            make("GridDetectionLoss", text, x, truth)
    truth = labels()
    truth[0, 2 * CELLS + 1] = CLASSES
    with pytest.raises(DataError, match="num_class is too small"):
        make("GridDetectionLoss", text, shape, (2, 63))(noise(shape), torch.from_numpy(truth))
