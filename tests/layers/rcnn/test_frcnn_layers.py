"""The Faster R-CNN layers of one fork against loops written from their sources."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import pixel_overlap
from tests.support import make, noise

ANCHORS = [(-8, -16, 24, 32), (-24, -8, 40, 24), (0, 0, 11, 19)]
FIELDS = " ".join(f"anchors: {number}" for anchor in ANCHORS for number in anchor)
HIGH, WIDE = 4, 5
INFO = torch.tensor([[[[62.0]], [[75.0]], [[1.5]]]], dtype=torch.float64)
BOXES = np.array([[3, 5, 40, 37, 2], [30, 8, 61, 30, 1], [33.0, 9, 60, 31, 3]])


def shifted():
    """Row, column, number and corners of each anchor, in the source's order."""
    return [(j, i, k, tuple(number + 16 * (i, j)[index % 2] for index, number in enumerate(anchor)))
            for j in range(HIGH) for i in range(WIDE) for k, anchor in enumerate(ANCHORS)]


def encoded(box, truth):
    (w, h), (tw, th) = ((c[2] - c[0] + 1, c[3] - c[1] + 1) for c in (box, truth))
    return [(truth[0] + tw / 2 - box[0] - w / 2) / w, (truth[1] + th / 2 - box[1] - h / 2) / h,
            math.log(tw / w), math.log(th / h)]


@pytest.mark.parametrize("phase, prefix", [("TRAIN", "rpn_"), ("TEST", "test_rpn_")])
def test_proposals_are_those_of_the_sources_loops(phase, prefix):
    scores = noise(1, 6, HIGH, WIDE, requires_grad=False)
    offsets = noise(1, 12, HIGH, WIDE, seed=2, requires_grad=False) * 0.3
    found = []
    for j, i, k, box in shifted():
        d = offsets[0, 4 * k:4 * k + 4, j, i].numpy()
        w, h = box[2] - box[0] + 1, box[3] - box[1] + 1
        x, y = box[0] + w / 2 + d[0] * w, box[1] + h / 2 + d[1] * h
        w, h = math.exp(d[2]) * w, math.exp(d[3]) * h
        limits = (74, 61, 74, 61)
        moved = [max(0, min(number, limit)) for number, limit in zip(
            (x - w / 2, y - h / 2, x + w / 2, y + h / 2), limits, strict=True)]
        if min(moved[2] - moved[0], moved[3] - moved[1]) + 1 >= 1.5 * 13:
            found.append((float(scores[0, 3 + k, j, i]), moved))
    assert len(found) < len(shifted())
    found = sorted(found, reverse=True)[:20]
    kept = []
    for score, box in found:
        if all(pixel_overlap(box, other) <= 0.5 for _, other in kept):
            kept.append((score, box))
    assert len(kept) > 6
    layer = make("FrcnnProposal", f"frcnn_param {{ {FIELDS} {prefix}min_size: 13 "
                 f"{prefix}nms_thresh: 0.5 {prefix}pre_nms_top_n: 20 {prefix}post_nms_top_n: 6 }}",
                 scores.shape, offsets.shape, INFO.shape, tops=2, phase=phase)
    regions, best = layer(scores, offsets, INFO)
    np.testing.assert_allclose(regions[:, 1:, 0, 0].numpy(), [box for _, box in kept[:6]],
                               rtol=1e-12)
    assert regions.shape == (6, 5, 1, 1)
    assert not regions[:, 0].any()
    np.testing.assert_array_equal(best.flatten().numpy(), [score for score, _ in kept[:6]])


def inside(box, border):
    return min(box[:2]) >= -border and box[2] < 75 + border and box[3] < 62 + border


@pytest.mark.parametrize("clobbers", [False, True])
def test_anchor_targets_are_those_of_the_sources_loops(clobbers):
    layer = make("FrcnnAnchorTarget", f"frcnn_param {{ {FIELDS} rpn_batchsize: 1000 "
                 "rpn_allowed_border: 9 rpn_positive_overlap: 0.5 rpn_negative_overlap: 0.375 "
                 f"rpn_clobber_positives: {str(clobbers).lower()} rpn_bbox_inside_weights: 1 "
                 "rpn_bbox_inside_weights: 2 rpn_bbox_inside_weights: 3 "
                 "rpn_bbox_inside_weights: 4 }", (1, 6, HIGH, WIDE), (3, 5, 1, 1), (1, 3, 1, 1),
                 tops=4)
    labels = np.full((3, HIGH, WIDE), -1.0)
    targets, weights = np.zeros((2, 3, 4, HIGH, WIDE))
    rows = [row for row in shifted() if inside(row[3], 9)]
    assert 0 < len(rows) < len(shifted())
    shares = np.array([[pixel_overlap(box, truth) for truth in BOXES] for *_, box in rows])
    for row, (j, i, k, box) in enumerate(rows):
        low = shares[row].max() < 0.375
        label = 0 if low else -1
        if (shares[row] == shares.max(0)).any() or shares[row].max() >= 0.5:
            label = 1
        if clobbers and low:
            label = 0
        labels[k, j, i] = label
        targets[k, :, j, i] = encoded(box, BOXES[shares[row].argmax()])
        if label == 1:
            weights[k, :, j, i] = 1, 2, 3, 4
    outside = np.where(labels >= 0, 1 / (labels >= 0).sum(), 0)
    tops = layer(torch.zeros(1, 6, HIGH, WIDE, dtype=torch.float64),
                 torch.from_numpy(BOXES)[..., None, None], INFO)
    assert (labels == 1).any() and (labels == 0).any()
    np.testing.assert_array_equal(tops[0].numpy(), labels.reshape(1, 1, -1, WIDE))
    for top, wanted in zip(tops[1:], (targets, weights, np.repeat(outside[:, None], 4, 1)),
                           strict=True):
        np.testing.assert_allclose(top.numpy(), wanted.reshape(1, 12, HIGH, WIDE), rtol=1e-12,
                                   atol=1e-12)


def test_anchors_are_drawn_up_to_the_batch_and_its_part_of_objects():
    layer = make("FrcnnAnchorTarget", f"frcnn_param {{ {FIELDS} rpn_batchsize: 8 "
                 "rpn_fg_fraction: 0.25 rpn_positive_overlap: 0.2 rpn_negative_overlap: 0.1 "
                 "rpn_positive_weight: 0.75 rpn_allowed_border: 30 }", (1, 6, HIGH, WIDE),
                 (3, 5, 1, 1), (1, 3), tops=4)
    torch.manual_seed(1)
    labels, _, _, outside = layer(torch.zeros(1, 6, HIGH, WIDE), torch.from_numpy(BOXES).float(),
                                  INFO.flatten(1).float())
    assert (labels == 1).sum() == 2 and (labels == 0).sum() == 6
    weights = outside.reshape(3, 4, HIGH, WIDE)[:, 2].flatten()
    kinds = labels.reshape(-1)
    torch.testing.assert_close(weights[kinds == 1], torch.full((2,), 0.75 / 2))
    torch.testing.assert_close(weights[kinds == 0], torch.full((6,), 0.25 / 6))
    assert not weights[kinds == -1].any()


def test_regions_are_labelled_as_in_the_sources_loops():
    rois = np.array([[0, 5, 4, 38, 40], [0, 28, 9, 63, 33.0], [0, 0, 50, 12, 60],
                     [0, 10, 20, 45, 52], [0, 31.5, 8.5, 60.5, 30.5]])
    # a box that the last region overlaps just as much as the second: the later one counts
    boxes = np.concatenate([BOXES, BOXES[1:2] * [1, 1, 1, 1, 2]])
    layer = make("FrcnnProposalTarget", "frcnn_param { n_classes: 5 batch_size: 50 "
                 "bg_thresh_lo: 0.125 bbox_inside_weights: 1 bbox_inside_weights: 2 "
                 "bbox_inside_weights: 0 bbox_inside_weights: 4 fg_fraction: 0.5 "
                 "bbox_normalize_means: 0.5 bbox_normalize_means: 0.25 bbox_normalize_means: 0 "
                 "bbox_normalize_means: 0.125 bbox_normalize_stds: 0.5 bbox_normalize_stds: 0.25 "
                 "bbox_normalize_stds: 2 bbox_normalize_stds: 1 }", rois.shape, boxes.shape,
                 tops=5)
    tops = layer(torch.from_numpy(rois), torch.from_numpy(boxes)[..., None, None])
    rows, labels, targets, inner, outer = (top[..., 0, 0].numpy() for top in tops)
    every = np.concatenate([rois[:, 1:], boxes[:, :4]])
    expected = {}
    for box in every:
        shares = [pixel_overlap(box, truth) for truth in boxes]
        best = max(range(4), key=lambda n: (shares[n], n))
        if shares[best] >= 0.5:
            expected[tuple(box)] = (boxes[best, 4], encoded(box, boxes[best]))
        elif shares[best] >= 0.125:
            expected[tuple(box)] = (0, None)
    assert {label for label, _ in expected.values()} == {0, 2, 3}
    assert len(rows) == sum(tuple(box) in expected for box in every) < len(every)
    for row, label, target, inside_weight, outside_weight in zip(
            rows, labels[:, 0], targets, inner, outer, strict=True):
        wanted, code = expected[tuple(row[1:])]
        assert label == wanted
        full, weight = np.zeros((2, 5, 4))
        if label:
            full[int(label)] = (np.array(code) - [0.5, 0.25, 0, 0.125]) / [0.5, 0.25, 2, 1]
            weight[int(label)] = 1, 2, 0, 4
        np.testing.assert_allclose(target, full.ravel(), rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(inside_weight, weight.ravel())
        np.testing.assert_array_equal(outside_weight, weight.ravel() > 0)
    assert (labels[:, 0] > 0).tolist() == sorted(labels[:, 0] > 0, reverse=True)


def test_regions_are_drawn_up_to_the_batch_and_its_part_of_foreground():
    rois = torch.tensor([[0, 3.0, 5, 40, 37]] * 20 + [[0, 3, 5, 60, 60]] * 20)
    layer = make("FrcnnProposalTarget", "frcnn_param { batch_size: 12 }", rois.shape, (1, 5),
                 tops=5)
    rows, labels, *_ = layer(rois, torch.tensor([[3.0, 5, 40, 37, 20]]))
    assert rows.shape == (12, 5, 1, 1)
    assert labels.flatten().tolist() == [20] * 3 + [0] * 9
    assert [top.shape[1] for top in layer(rois, torch.zeros(0, 5))[2:]] == [84] * 3
    with pytest.raises(DataError, match="n_classes is too small"):
        layer(rois, torch.tensor([[3.0, 5, 40, 37, 21]]))


def test_the_usual_settings_are_those_of_the_file_that_the_nets_name():
    layer = make("FrcnnProposal", "", (1, 18, 3, 4), (1, 36, 3, 4), (1, 3), phase="TEST")
    assert (layer.most, layer.most_before, layer.min_size) == (300, 6000, 16)
    assert layer.levels[0].stride == 16
    assert layer.levels[0].anchors[2] == [-360, -184, 375, 100]
    layer = make("FrcnnProposal", "", (1, 18, 3, 4), (1, 36, 3, 4), (1, 3))
    assert (layer.most, layer.most_before) == (2000, 12000)


@pytest.mark.parametrize("kind, param, shapes, tops, message", [
    ("FrcnnProposal", "", ((1, 12, 3, 4), (1, 24, 3, 4), (1, 3)), 1, "9 anchors need"),
    ("FrcnnProposal", "", ((2, 18, 3, 4), (2, 36, 3, 4), (1, 3)), 1, "has 2 images"),
    ("FrcnnProposal", "frcnn_param { anchors: 1 }", ((1, 2, 3, 4), (1, 4, 3, 4), (1, 3)), 1,
     "has 1 numbers"),
    ("FrcnnAnchorTarget", "", ((1, 18, 3, 4), (2, 4), (1, 3)), 4, "x1, y1, x2, y2 and label"),
    ("FrcnnAnchorTarget", "frcnn_param { rpn_positive_weight: 1 }", ((1, 18, 3, 4), (2, 5), (1, 3)),
     4, "rpn_positive_weight is 1"),
    ("FrcnnProposalTarget", "", ((7, 4), (2, 5)), 5, r"must be \(R, 5, 1, 1\)"),
    ("FrcnnProposalTarget", "frcnn_param { bbox_inside_weights: 1 }", ((7, 5), (2, 5)), 5,
     "bbox_inside_weights has 1 numbers"),
])
def test_settings_that_do_not_fit_are_named(kind, param, shapes, tops, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes, tops=tops)
