"""MS-CNN's layers of anchor maps, against their definitions in loops."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import array, check_layer, make, noise

SHAPE = (3, 5, 2)               # images, rows and columns
FIELDS = "cls_num: 4 field_w: 24 field_h: 16 downsample_rate: 8"
REG = """bbox_reg_param { bbox_mean: 0.125 bbox_mean: 0 bbox_mean: -0.25 bbox_mean: 0
         bbox_std: 0.5 bbox_std: 0.5 bbox_std: 2 bbox_std: 2 }"""
MEAN, STD = np.array([0.125, 0, -0.25, 0]), np.array([0.5, 0.5, 2, 2])
SIZE = np.array([24.0, 16.0])


def bottoms(classes=4, seed=5):
    """Scores with offsets, and truth: some objects, some background, some too near to count."""
    rng = np.random.default_rng(seed)
    n, h, w = SHAPE
    label = rng.integers(0, classes, (n, 1, h, w)).astype(float)
    label[rng.random(label.shape) < 0.4] = 0
    centre = rng.uniform(2, 30, (n, 2, h, w))
    size = rng.uniform(1, 40, (n, 2, h, w))
    overlap = np.where(label > 0, rng.uniform(0.5, 1, label.shape),
                       rng.uniform(0, 0.7, label.shape))
    return noise(n, classes + 4, h, w), torch.from_numpy(np.concatenate(
        [label, centre, size, overlap], 1))


def loss_layer(extra="", loss_param=""):
    n, h, w = SHAPE
    return make("DetectionLoss", f"detection_loss_param {{ {FIELDS} {extra} }} {loss_param} {REG}",
                (n, 8, h, w), (n, 6, h, w))


def limits(field_xyr=2, field_whr=2):
    growth = math.log(field_whr)
    low = [(-1 / field_xyr - 0.0625) / 0.5] * 2 + [(-growth + 0.125) / 2] * 2
    high = [(1 / field_xyr - 0.0625) / 0.5] * 2 + [(growth + 0.125) / 2] * 2
    return np.array(low), np.array(high)


def by_definition(x, truth, drawn, weights=None, smooth=True, ignored=None):
    """Both losses over all objects and the background cells `drawn`."""
    x, truth = array(x), array(truth)
    low, high = limits()
    classes, boxes, num, num_boxes = 0.0, 0.0, 0, 0
    for i, y, column in np.ndindex(SHAPE):
        label = int(truth[i, 0, y, column])
        if (not label and not drawn[i, y, column]) or label == ignored:
            continue
        exponents = np.exp(x[i, :4, y, column])
        weight = 1 if weights is None else weights[i, y, column]
        classes -= weight * math.log(exponents[label] / exponents.sum())
        num += 1
        if not label:
            continue
        cx, cy, gw, gh = truth[i, 1:5, y, column]
        wanted = np.array([(cx - (column + 0.5) * 8) / 24, (cy - (y + 0.5) * 8) / 16,
                           math.log(max(gw, 2) / 24), math.log(max(gh, 2) / 16)])
        for d in np.clip(x[i, 4:, y, column], low, high) - (wanted - MEAN) / STD:
            boxes += 0.5 * d * d if abs(d) < 1 or not smooth else abs(d) - 0.5
            num_boxes += 1
    return classes / num, boxes / num_boxes


def far(truth):
    return (array(truth)[:, 0] == 0) & (array(truth)[:, 5] < 0.5)


@pytest.mark.parametrize("smooth", [True, False])
def test_the_loss_is_the_mean_over_objects_and_background_that_count(smooth):
    layer = loss_layer(f'sample_mode: "all" lambda: 3 bb_smooth: {str(smooth).lower()}')
    x, truth = bottoms()
    check_layer(layer, x, truth)
    classes, boxes = by_definition(x, truth, far(truth), smooth=smooth)
    np.testing.assert_allclose(array(layer(x, truth)).ravel(), [classes + 3 * boxes, 3 * boxes],
                               rtol=1e-6)


def test_the_gradient_is_that_of_the_first_number_and_passes_the_cut():
    layer = loss_layer('sample_mode: "all" field_xyr: 0.01 field_whr: 1000000')
    x, truth = bottoms()
    assert torch.autograd.gradcheck(lambda x: layer(x, truth)[..., 0], (x,))
    loss_layer('sample_mode: "all" field_xyr: 1000')(x, truth).sum().backward()
    objects = array(truth)[:, 0] > 0
    assert (array(x.grad)[:, 4:] != 0).all(1)[objects].all()
    assert (array(x.grad)[:, 4:] == 0).all(1)[~objects].all()


def test_ignored_labels_count_in_no_loss():
    x, truth = bottoms()
    layer = loss_layer('sample_mode: "all"', "loss_param { ignore_label: 2 }")
    classes, boxes = by_definition(x, truth, far(truth), ignored=2)
    np.testing.assert_allclose(array(layer(x, truth)).ravel(), [classes + boxes, boxes], rtol=1e-6)


@pytest.mark.parametrize("mode, part", [("bootstrap", 1), ("mixture", 0.5)])
def test_bootstrap_takes_the_background_of_highest_score_for_each_class(mode, part):
    x, truth = bottoms()
    expected = np.zeros(SHAPE, bool)
    for i in range(SHAPE[0]):
        candidates = list(zip(*far(truth)[i].nonzero(), strict=True))
        for k in range(1, 4):
            num = max(4, int((array(truth)[i, 0] == k).sum() * 2 * part))
            best = sorted(candidates, key=lambda at, i=i, k=k: -array(x)[i, k, at[0], at[1]])[:num]
            for at in best:
                expected[i][at] = True
    layer = loss_layer(f'sample_mode: "{mode}" bg_multiple: 2')
    found = array(layer._background(truth[:, 0], truth[:, 5], x.detach()[:, :4]))
    assert (found >= expected).all() and (found <= far(truth)).all()
    if mode == "bootstrap":
        assert (found == expected).all()


def test_random_background_is_hit_as_often_as_draws_with_replacement_hit_it():
    n, h, w = 2, 10, 12
    truth = torch.zeros(n, 6, h, w, dtype=torch.float64)
    truth[0, 0, :3, :4] = 1             # 12 objects: 36 draws from 120 cells; none: 3 * 4 draws
    layer = make("DetectionLoss", f'detection_loss_param {{ {FIELDS} bg_multiple: 3 }}',
                 (n, 8, h, w), (n, 6, h, w))
    torch.manual_seed(3)
    share = np.zeros(n)
    for _ in range(200):
        found = array(layer._background(truth[:, 0], truth[:, 5], torch.zeros(n, 4, h, w)))
        assert not found[0, :3, :4].any()
        share += found.reshape(n, -1).sum(1) / [108, 120]
    np.testing.assert_allclose(share / 200, [1 - (119 / 120) ** 36, 1 - (119 / 120) ** 12],
                               atol=0.01)


@pytest.mark.parametrize("by_overlap", [False, True])
def test_objects_and_background_are_weighed_against_each_other(by_overlap):
    x, truth = bottoms()
    layer = loss_layer('sample_mode: "all" bg_multiple: 3 pos_neg_weighted: true '
                       f'iou_weighted: {str(by_overlap).lower()}')
    objects, drawn = array(truth)[:, 0] != 0, far(truth)
    each = np.where(objects & by_overlap, array(truth)[:, 5], 1)
    total = objects.sum() + drawn.sum()
    weights = each * np.where(objects, 0.25 * total / each[objects].sum(),
                              0.75 * total / drawn.sum())
    classes, boxes = by_definition(x, truth, drawn, weights)
    np.testing.assert_allclose(array(layer(x, truth))[0, 0, 0, 0], classes + boxes, rtol=1e-6)


def test_all_background_without_objects_is_weighed_alike():
    x, truth = bottoms()
    truth[:, 0] = 0
    layer = loss_layer('sample_mode: "all" pos_neg_weighted: true')
    drawn = far(truth)
    log = array(x[:, :4].log_softmax(1)[:, 0])
    np.testing.assert_allclose(array(layer(x, truth)).ravel(), [-log[drawn].mean(), 0], rtol=1e-6)


@pytest.mark.parametrize("top_k", [1, 2])
def test_accuracy_counts_labels_and_overlaps(top_k):
    n, h, w = SHAPE
    layer = make("DetectionAccuracy", f"detection_accuracy_param {{ {FIELDS} top_k: {top_k} "
                 f"field_xyr: 4 }} {REG}", (n, 8, h, w), (n, 6, h, w), tops=2)
    x, truth = (bottom.detach() for bottom in bottoms())
    check_layer(layer, x, truth)
    right, objects, shares = [], [], []
    for i, y, column in np.ndindex(SHAPE):
        label, cx, cy, gw, gh, near = array(truth)[i, :, y, column]
        hit = float(label in np.argsort(array(x)[i, :4, y, column])[-top_k:])
        if label or near < 0.5:
            right.append(hit)
        if label:
            objects.append(hit)
            move = array(x)[i, 4:, y, column] * STD + MEAN
            size = SIZE * np.exp(np.clip(move[2:], -math.log(2), math.log(2)))
            centre = np.clip(move[:2], -0.25, 0.25) * SIZE + (np.array([column, y]) + 0.5) * 8
            low = np.maximum(centre - size / 2, [cx - gw / 2, cy - gh / 2])
            high = np.minimum(centre + size / 2, [cx + gw / 2, cy + gh / 2])
            common = np.prod(np.maximum(high - low, 0))
            shares.append(common / (size.prod() + gw * gh - common))
    found = [array(top).ravel() for top in layer(x, truth)]
    np.testing.assert_allclose(found[0], [np.mean(right), np.mean(objects)], rtol=1e-12)
    np.testing.assert_allclose(found[1], [np.mean(shares)], rtol=1e-9)


def test_a_label_that_is_not_a_number_is_never_right():
    n, h, w = SHAPE
    layer = make("DetectionAccuracy", f"detection_accuracy_param {{ {FIELDS} top_k: 1 }}",
                 (n, 8, h, w), (n, 6, h, w))
    x, truth = (bottom.detach() for bottom in bottoms())
    truth[0, 0, 0, 0] = torch.nan
    [found] = layer(x, truth)
    assert np.isfinite(array(found)).all()


def test_wrong_labels_fields_and_shapes_are_refused():
    n, h, w = SHAPE
    with pytest.raises(SpecError, match=r"they must be \(N, 8, H, W\) and \(N, 6, H, W\)"):
        make("DetectionLoss", f"detection_loss_param {{ {FIELDS} }}", (n, 7, h, w), (n, 6, h, w))
    with pytest.raises(SpecError, match=r"lacks field_w, field_h or downsample_rate"):
        make("DetectionAccuracy", "detection_accuracy_param { cls_num: 4 }", (n, 8, h, w),
             (n, 6, h, w))
    with pytest.raises(SpecError, match=r"cls_num is 4; it must be 2 with objectness"):
        loss_layer("objectness: true")
    x, truth = bottoms()
    truth[1, 0, 2, 1] = 4
    with pytest.raises(DataError, match="detection_loss_param.cls_num is too small"):
        loss_layer()(x, truth)


def overlap(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    common = np.prod(np.maximum(high - low, 0))
    return common / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common)


MAPS = [(2, 7, 4, 5), (2, 7, 2, 3)]
MAP_FIELDS = ("field_w: 24 field_w: 48 field_h: 20 field_h: 40 "
              "downsample_rate: 8 downsample_rate: 16")


@pytest.mark.parametrize("extra, most_before, most", [("", 999, 999), ("max_nms_num: 9", 9, 999),
                                                      ("max_post_nms_num: 2", 999, 2)])
def test_proposals_are_ranked_and_suppressed_over_all_maps(extra, most_before, most):
    layer = make("BoxOutput", f"box_output_param {{ fg_thr: -1 iou_thr: 0.3 {MAP_FIELDS} {extra} }}"
                 f" {REG}", *MAPS, tops=2)
    inputs = [noise(*shape, seed=3 + index) for index, shape in enumerate(MAPS)]
    rows = []
    for image in range(2):
        found = []
        for x, side, stride in zip(map(array, inputs), ([24, 20], [48, 40]), (8, 16), strict=True):
            limit = np.array(x.shape[:1:-1]) * stride
            for y, column in np.ndindex(x.shape[2:]):
                scores, move = np.split(x[image, :, y, column], [3])
                move = move * STD + MEAN
                size = side * np.exp(np.clip(move[2:], -math.log(2), math.log(2)))
                cell = (np.array([column, y]) + 0.5) * stride
                centre = np.clip(move[:2], -0.5, 0.5) * side + cell
                first = np.maximum(centre - size / 2, 0)
                size = np.minimum(size, limit - first)
                if scores[1:].max() - scores[0] >= -1 and (size >= 15).all():
                    found.append([image, *first, *(first + size), scores[1:].max() - scores[0]])
        kept = []
        for row in sorted(map(np.array, found), key=lambda row: -row[5])[:most_before]:
            if all(overlap(row[1:5], other[1:5]) <= np.float32(0.3) for other in kept):
                kept.append(row)
        rows += kept[:most]
    regions, scored = map(array, layer(*inputs))
    assert len(rows) > 4 or most == 2
    np.testing.assert_allclose(scored[:, :, 0, 0], rows, rtol=1e-9)
    np.testing.assert_array_equal(regions, scored[:, :5])


def test_without_a_proposal_there_is_one_small_region():
    layer = make("BoxOutput", f"box_output_param {{ fg_thr: 99 {MAP_FIELDS} }}", *MAPS, tops=2)
    regions, scored = map(array, layer(*(noise(*shape) for shape in MAPS)))
    assert regions.ravel().tolist() == [0, 1, 1, 10, 10] and not scored.any()


def test_maps_and_fields_of_another_number_are_refused():
    with pytest.raises(SpecError, match="has 1, 1, 1 values of field_w, field_h and"):
        make("BoxOutput", "field_w: 24 field_h: 20 downsample_rate: 8", *MAPS)
    with pytest.raises(SpecError, match="nms_type is 'IOMU'; only IOU is supported"):
        make("BoxOutput", f"nms_type: 'IOMU' {MAP_FIELDS}", *MAPS)
