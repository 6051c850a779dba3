"""Yolov3: the loss and its slopes against loops over cells, anchors and boxes."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.layers.yolo.box_slopes import overlap, slopes
from tests.definitions import overlap as iou
from tests.definitions import sigmoid
from tests.support import make, noise

BIASES = [(10, 14), (23, 27), (37, 58), (81, 82)]
ANCHORS = " ".join(f"biases: {w} biases: {h}" for w, h in BIASES)
BASE = f"num_class: 3 num: 2 mask: 1 mask: 3 anchors_scale: 16 {ANCHORS} coord_scale: 1.5 "
SIZE = (2, 16, 4, 5)
# two boxes in one cell, of two classes; one of the first anchor's shape; a small one in a corner
BOXES = [[(1, .33, .41, .3, .4), (0, .34, .42, .33, .45), (2, .7, .15, .8, .9)],
         [(2, .95, .9, .12, .17), (1, .51, .52, .29, .42)]]


def labels(length=6):
    rows = np.zeros((2, 1, length, 5))
    for item, boxes in enumerate(BOXES):
        rows[item, 0, :len(boxes)] = boxes
    return torch.tensor(rows)


def by_kind(kind, a, b):
    """The overlaps of the papers, but for the power of DIoU's term."""
    low = [min(a[k] - a[k + 2] / 2, b[k] - b[k + 2] / 2) for k in (0, 1)]
    high = [max(a[k] + a[k + 2] / 2, b[k] + b[k + 2] / 2) for k in (0, 1)]
    w, h = high[0] - low[0], high[1] - low[1]
    share = iou(a, b)
    union = (a[2] * a[3] + b[2] * b[3]) / (1 + share)
    far = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / (w * w + h * h)
    if kind == "GIOU":
        return share - (w * h - union) / (w * h)
    if kind == "DIOU":
        return share - far ** 0.6
    if kind == "CIOU":
        shape = 4 / math.pi**2 * (math.atan(b[2] / b[3]) - math.atan(a[2] / a[3])) ** 2
        return share - far - shape * shape / (1 - share + shape + 1e-6)
    return share


def predicted(x, item, anchor, row, column, zoom=1.0):
    w, h = BIASES[(1, 3)[anchor]]
    cell = x[item].reshape(2, 8, 4, 5)[anchor, :, row, column]
    left, top = (zoom * sigmoid(one) - (zoom - 1) / 2 for one in cell[:2])
    return ((column + left) / 5, (row + top) / 4,
            math.exp(cell[2]) * w / 80, math.exp(cell[3]) * h / 64)


def by_loops(x, kind="MSE", thresh=0.2, iou_thresh=0.5, smooth=0.125, coord=1.5, logic=1.0,
             class_scale=1.0, normalizer=0.25, zoom=1.0):
    steps = np.zeros((2, 2, 8, 4, 5))
    far = []
    for item, boxes in enumerate(BOXES):
        raw = x[item].reshape(2, 8, 4, 5)
        for anchor, row, column in np.ndindex(2, 4, 5):
            best = max(by_kind(kind, predicted(x, item, anchor, row, column, zoom), box[1:])
                       for box in boxes)
            if best <= thresh:
                steps[item, anchor, 4, row, column] = sigmoid(raw[anchor, 4, row, column])
        for label, cx, cy, w, h in boxes:
            column, row = int(cx * 5), int(cy * 4)
            shapes = [by_kind(kind, (0, 0, a / 80, b / 64), (0, 0, w, h)) for a, b in BIASES]
            best = int(np.argmax(shapes))
            chosen = [(1, 3).index(best)] if best in (1, 3) else []
            spared = chosen[0] if chosen else best
            chosen += [index for index, n in enumerate((1, 3)) if n != spared
                       and iou_thresh < 1 and shapes[n] > iou_thresh]
            for anchor in chosen:
                at = (item, anchor, slice(None), row, column)
                one = steps[at]
                cell = raw[anchor, :, row, column]
                score = sigmoid(cell)
                if kind == "MSE":
                    a, b = BIASES[(1, 3)[anchor]]
                    scale = coord * (2 - w * h)
                    one[:4] = scale * np.array([
                        zoom * score[0] - (zoom - 1) / 2 - (cx * 5 - column),
                        zoom * score[1] - (zoom - 1) / 2 - (cy * 4 - row),
                        cell[2] - math.log(w * 80 / a), cell[3] - math.log(h * 64 / b)])
                else:
                    own = predicted(x, item, anchor, row, column, zoom)
                    pull = slopes(kind, torch.tensor(own), torch.tensor((cx, cy, w, h))).numpy()
                    pull = pull * normalizer * np.array([1, 1, math.exp(cell[2]),
                                                         math.exp(cell[3])])
                    one[:4] -= pull.clip(-10, 10)
                    far.append(1 - by_kind(kind if kind in ("GIOU", "CIOU") else "DIOU", own,
                                           (cx, cy, w, h)))
                one[4] = (score[4] - 1) * logic
                classes = one[5:]
                target = np.where(np.arange(3) == label, 1 - smooth / 2, smooth / 2)
                new = class_scale * (score[5:] - target)
                classes[:] = np.where(np.arange(3) == label, new, classes) if classes.any() else new
    if kind == "MSE":
        return (steps ** 2).sum() / 2, steps / 2
    return ((steps[:, :, 4:] ** 2).sum() + normalizer * np.mean(far)) / 2, steps / 2


def run(param, x=None):
    layer = make("Yolov3", BASE + param, SIZE, (2, 1, 6, 5))
    x = noise(SIZE) if x is None else x
    loss = layer(x, labels())
    (3 * loss).backward()
    return x.detach().numpy(), loss.item(), x.grad.numpy() / 3


@pytest.mark.parametrize("param, options", [
    ("label_smooth_eps: 0.125", {}),
    ("label_smooth_eps: 0.125 scale_x_y: 1.25", {"zoom": 1.25}),
    ("label_smooth_eps: 0.125 scale_x_y: 2 iou_loss: GIOU", {"zoom": 2, "kind": "GIOU"}),
    ("label_smooth_eps: 0", {"smooth": 0}),
    ("label_smooth_eps: 0.125 iou_thresh: 1", {"iou_thresh": 1}),
    ("label_smooth_eps: 0.125 thresh: 0.5 class_scale: 2 iou_thresh: 0.25",
     {"thresh": .5, "class_scale": 2, "iou_thresh": .25}),
    ("label_smooth_eps: 0.125 iou_loss: GIOU", {"kind": "GIOU"}),
    ("label_smooth_eps: 0.125 iou_loss: DIOU iou_thresh: 0.25", {"kind": "DIOU",
                                                                "iou_thresh": .25}),
    ("label_smooth_eps: 0.125 iou_loss: CIOU iou_normalizer: 0.5", {"kind": "CIOU",
                                                                   "normalizer": .5}),
    ("label_smooth_eps: 0.125 iou_loss: IOU", {"kind": "IOU"})])
def test_yolov3_is_the_loop_over_predictions_and_boxes(param, options):
    x, loss, gradient = run(param)
    expected, steps = by_loops(x, **options)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, steps.reshape(SIZE), rtol=1e-5, atol=1e-9)


def test_yolov3_multiplies_by_the_slope_of_the_sigmoid_if_asked():
    x, loss, gradient = run("label_smooth_eps: 0.125 use_logic_gradient: true object_scale: 3")
    expected, steps = by_loops(x, logic=3)
    through = sigmoid(x.reshape(2, 2, 8, 4, 5))
    through = through * (1 - through)
    through[:, :, 2:4] = 1
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, (steps * through).reshape(SIZE), rtol=1e-5, atol=1e-9)


def test_yolov3_weighs_classes_by_their_focus_if_asked():
    x, _, gradient = run("label_smooth_eps: 0 use_focal_loss: true iou_thresh: 1")
    found = gradient.reshape(2, 2, 8, 4, 5)[1, 0, 5:, 2, 2] * 2
    score = sigmoid(x[1].reshape(2, 8, 4, 5)[0, 5:, 2, 2])
    own = score[1]
    weight = -0.5 * (1 - own) * (2 * own * math.log(own) + own - 1)
    np.testing.assert_allclose(found, (score - [0, 1, 0]) * weight, rtol=1e-6)


@pytest.mark.parametrize("kind", ["IOU", "GIOU", "DIOU", "CIOU"])
def test_overlaps_are_those_of_the_papers(kind):
    boxes = noise(40, 4).detach().abs() * 0.5 + 0.1
    found = overlap(kind, boxes[:20], boxes[20:]).numpy()
    expected = [by_kind(kind, a, b) for a, b in zip(boxes[:20].numpy(), boxes[20:].numpy(),
                                                    strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("kind", ["IOU", "GIOU"])
def test_slopes_are_derivatives_and_twice_as_large_for_sizes(kind):
    first = noise(30, 4, seed=2).detach().abs() * 0.2 + 0.3
    second = noise(30, 4, seed=3).detach().abs() * 0.2 + 0.35
    meets = overlap("IOU", first, second) > 0
    moving = first.clone().requires_grad_()
    overlap(kind, moving, second).sum().backward()
    expected = moving.grad * torch.tensor([1, 1, 2, 2])
    found = slopes(kind, first, second)
    assert meets.sum() > 15
    torch.testing.assert_close(found[meets], expected[meets])


@pytest.mark.parametrize("param, match", [
    ("num: 3", r"num: 3 and num_class: 20 need 75 channels"),
    (f"num_class: 3 num: 2 {ANCHORS}", r"mask is \[\]; it must be 2 numbers from 0 to 3"),
    (f"num_class: 3 num: 2 mask: 1 mask: 4 {ANCHORS}", r"mask is \[1, 4\]; it must be 2 numbers"),
    ("num_class: 3 num: 2 mask: 0 mask: 1 biases: 3", "biases has 1 numbers; it must have a width"),
])
def test_yolov3_refuses_anchors_that_do_not_fit(param, match):
    with pytest.raises(SpecError, match=match):
        make("Yolov3", param, SIZE, (2, 1, 6, 5))


def test_yolov3_names_labels_of_another_layout():
    with pytest.raises(SpecError, match="it must hold 5 numbers for each box.*yolo_data_type: 1"):
        make("Yolov3", BASE, SIZE, (1, 1, 6, 8))


def test_yolov3_names_a_class_beyond_num_class():
    layer = make("Yolov3", BASE, SIZE, (2, 1, 6, 5))
    wrong = labels()
    wrong[1, 0, 1, 0] = 3
    with pytest.raises(DataError, match="has the value 3 at item 1, position 1.*num_class is too"):
        layer(noise(SIZE), wrong)


def test_a_stretch_does_not_go_with_the_slope_of_the_sigmoid():
    with pytest.raises(SpecError, match="scale_x_y is 1.25; with use_logic_gradient it must be 1"):
        make("Yolov3", BASE + "use_logic_gradient: true scale_x_y: 1.25", SIZE, (2, 1, 6, 5))
