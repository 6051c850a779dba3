"""cascade-rcnn's losses of anchors, against their definitions in loops."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, check_layer, make, noise

SHAPE = (4, 3, 2)               # 2 images of 2 anchors, 3 x 2 cells
FIELDS = "field_w: 24 field_w: 12 field_h: 16 field_h: 40 stride: 8"
REG = """bbox_reg_param { bbox_mean: 0.125 bbox_mean: 0 bbox_mean: -0.25 bbox_mean: 0
         bbox_std: 0.5 bbox_std: 0.5 bbox_std: 2 bbox_std: 2 }"""
MEAN, STD = np.array([0.125, 0, -0.25, 0]), np.array([0.5, 0.5, 2, 2])
SIZES = np.array([[24, 16], [12, 40]], float)


def bottoms(classes=3):
    """Scores, offsets and truth: some objects, some background, some too near to count."""
    rng = np.random.default_rng(5)
    n, h, w = SHAPE
    label = rng.integers(-1, classes, (n, 1, h, w)).astype(float)
    centre = rng.uniform(2, 20, (n, 2, h, w))
    size = rng.uniform(1, 40, (n, 2, h, w))
    overlap = np.where(label > 0, 0.9, rng.uniform(0, 0.7, label.shape))
    truth = torch.from_numpy(np.concatenate([label, centre, size, overlap], 1))
    return noise(n, classes, h, w), noise(n, 4, h, w, seed=2), truth


def group_loss(extra, loss_param=""):
    n, h, w = SHAPE
    return make("DetectionGroupLoss", f"detection_group_loss_param {{ cls_num: 3 {FIELDS} {extra} "
                f"}} {loss_param} {REG}", (n, 3, h, w), (n, 4, h, w), (n, 6, h, w))


def by_definition(kept, scores, offsets, truth, cut=None, weights=None):
    """Both losses over the kept anchors, one after another."""
    scores, offsets, truth = array(scores), array(offsets), array(truth)
    classes, boxes, num, num_boxes = 0.0, 0.0, 0, 0
    for i, y, x in zip(*np.nonzero(kept), strict=True):
        label = int(truth[i, 0, y, x])
        exponents = np.exp(scores[i, :, y, x])
        weight = 1 if weights is None else weights[label > 0]
        classes -= weight * math.log(exponents[label] / exponents.sum())
        num += 1
        if not label:
            continue
        size = SIZES[i % 2]
        wanted = np.array([(truth[i, 1, y, x] - (x + 0.5) * 8) / size[0],
                           (truth[i, 2, y, x] - (y + 0.5) * 8) / size[1],
                           math.log(max(truth[i, 3, y, x], 2) / size[0]),
                           math.log(max(truth[i, 4, y, x], 2) / size[1])])
        predicted = offsets[i, :, y, x]
        if cut is not None:
            predicted = np.clip(predicted, cut[0], cut[1])
        for d in predicted - (wanted - MEAN) / STD:
            boxes += 0.5 * d * d if abs(d) < 1 else abs(d) - 0.5
            num_boxes += 1
    return classes / num, boxes / num_boxes


def everything(truth):
    """Objects, and background far enough from them."""
    label, overlap = array(truth)[:, 0], array(truth)[:, 5]
    return (label > 0) | ((label == 0) & (overlap < 0.5))


@pytest.mark.parametrize("cut", [False, True])
def test_the_loss_is_the_mean_over_all_anchors_that_count(cut):
    fields, limits = "lambda: 3 bg_multiple: 100", None
    if cut:
        fields += " field_whr: 2 field_xyr: 4"
        shift, growth = (0.25 - 0.0625) / 0.5, math.log(2)
        limits = (np.array([(-0.25 - 0.0625) / 0.5] * 2 + [(-growth + 0.125) / 2] * 2),
                  np.array([shift] * 2 + [(growth + 0.125) / 2] * 2))
    layer = group_loss(fields)
    inputs = bottoms()
    check_layer(layer, *inputs)
    classes, boxes = by_definition(everything(inputs[2]), *inputs, cut=limits)
    found = array(layer(*inputs)).ravel()
    np.testing.assert_allclose(found, [classes + 3 * boxes, 3 * boxes], rtol=1e-6)
    if not cut:
        assert torch.autograd.gradcheck(lambda *x: layer(*x, inputs[2])[..., 0], inputs[:2])
    else:   # the cut lets gradients through
        layer(*inputs).sum().backward()
        kept = (array(inputs[2])[:, 0] > 0)
        assert (array(inputs[1].grad) != 0).any(1)[kept].all()


@pytest.mark.parametrize("kind, hard_part", [("random", 0), ("bootstrap", 1), ("mixture", 0.5)])
def test_as_many_anchors_are_kept_as_the_batch_says(kind, hard_part):
    layer = group_loss(f'batch_size: 6 bg_multiple: 2 neg_mining_type: "{kind}"')
    scores, offsets, truth = bottoms()
    label = truth[:, 0]
    each = -scores.detach().log_softmax(1)[:, 0]
    kept = layer._keep(label, truth[:, 5], each, scores.softmax(1)[:, 0])
    for image in range(2):
        rows = slice(2 * image, 2 * image + 2)
        objects = array(label[rows] > 0)
        others = array((label[rows] == 0) & (truth[rows, 5] < 0.5))
        num_objects = min(2, objects.sum())
        num_others = min(6 - num_objects, others.sum())
        found = array(kept[rows])
        assert found[objects].sum() == num_objects and found[others].sum() == num_others
        assert found.sum() == num_objects + num_others
        hard = math.floor(num_others * hard_part + 0.5)
        losses = np.sort(array(each[rows])[others])[::-1]
        assert set(losses[:hard]) <= set(array(each[rows])[found & others])


def test_weights_balance_objects_and_background_and_labels_are_ignored():
    layer = group_loss("bg_multiple: 3 min_num_neg: 100 pos_neg_weighted: true")
    inputs = bottoms()
    kept = everything(inputs[2])
    num, objects = kept.sum(), (kept & (array(inputs[2])[:, 0] > 0)).sum()
    weights = {True: 0.25 * num / objects, False: 0.75 * num / (num - objects)}
    classes, boxes = by_definition(kept, *inputs, weights=weights)
    # all background is kept: min_num_neg is above their number
    np.testing.assert_allclose(array(layer(*inputs))[0, 0, 0, 0], classes + boxes, rtol=1e-6)
    ignoring = group_loss("bg_multiple: 100", "loss_param { ignore_label: 2 }")
    classes, boxes = by_definition(kept & (array(inputs[2])[:, 0] != 2), *inputs)
    np.testing.assert_allclose(array(ignoring(*inputs))[0, 0, 0, 0], classes + boxes, rtol=1e-6)


def test_accuracy_counts_labels_and_overlaps():
    n, h, w = SHAPE
    layer = make("DetectionGroupAccuracy", f"detection_group_accuracy_param {{ cls_num: 3 {FIELDS} "
                 f"field_whr: 2 field_xyr: 4 }} {REG}", (n, 3, h, w), (n, 4, h, w), (n, 6, h, w),
                 tops=2)
    scores, offsets, truth = (bottom.detach() for bottom in bottoms())
    truth[:, 0].clamp_(min=0)
    check_layer(layer, scores, offsets, truth)
    right, objects, shares = [], [], []
    for i, y, x in np.ndindex(n, h, w):
        label, cx, cy, gw, gh, near = array(truth)[i, :, y, x]
        hit = float(array(scores)[i, :, y, x].argmax() == label)
        if label or near < 0.5:
            right.append(hit)
        if label:
            objects.append(hit)
            move = array(offsets)[i, :, y, x] * STD + MEAN
            size = SIZES[i % 2] * np.exp(np.clip(move[2:], -math.log(2), math.log(2)))
            centre = np.clip(move[:2], -0.25, 0.25) * SIZES[i % 2] + (np.array([x, y]) + 0.5) * 8
            low = np.maximum(centre - size / 2, [cx - gw / 2, cy - gh / 2])
            high = np.minimum(centre + size / 2, [cx + gw / 2, cy + gh / 2])
            # the last pixel belongs: apart by more than one pixel is apart
            common = np.prod(high - low) if ((high - low) >= 1).all() else 0
            shares.append(common / (size.prod() + gw * gh - common))
    found = [array(top).ravel() for top in layer(scores, offsets, truth)]
    np.testing.assert_allclose(found[0], [np.mean(right), np.mean(objects)], rtol=1e-12)
    np.testing.assert_allclose(found[1], [np.mean(shares)], rtol=1e-9)


def test_wrong_shapes_and_names_are_refused():
    n, h, w = SHAPE
    with pytest.raises(SpecError, match=r"they must be \(N \* 2, C, H, W\) with C = 3, 4 and 6"):
        make("DetectionGroupLoss", f"cls_num: 3 {FIELDS}", (n, 4, h, w), (n, 4, h, w), (n, 6, h, w))
    with pytest.raises(SpecError, match=r"neg_mining_type is 'hard'; it must be random or"):
        group_loss('neg_mining_type: "hard"')
