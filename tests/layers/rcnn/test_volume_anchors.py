"""AnchorTarget3D, anchor by anchor as anchor_target_layer.cpp."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.community_examples.rcnn import EXTENT, SCANS
from tests.support import make, noise

MAPS = (2, 4, 4, 3, 5)
SIZES = "anchor_size { width: 12 width: 20 height: 14 length: 10 length: 18 } "
FIELDS = SIZES + "feat_stride_xy: 8 feat_stride_z: 6 rpn_positive_overlap: 0.3 " \
    "rpn_negative_overlap: 0.15 "
NORMAL = "bbox_normalize: true " + "bbox_normalize_mean: 0.25 " * 6 + "bbox_normalize_std: 0.5 " * 6


def all_anchors():
    found = []
    for z, y, x in np.ndindex(4, 3, 5):
        for length in (10, 18):
            for width in (12, 20):
                half, at = np.array([width, 14, length]) / 2, np.array([x * 8, y * 8, z * 6])
                found.append([*(at - half), *(at + half - 1)])
    return np.array(found)


def overlap(box, anchor):
    shared = np.minimum(box[3:6], anchor[3:]) - np.maximum(box[:3], anchor[:3]) + 1
    if min(shared) <= 0:
        return 0.0
    volumes = [np.prod(one[3:6] - one[:3] + 1) for one in (box, anchor)]
    return np.prod(shared) / (sum(volumes) - np.prod(shared))


def labels_of(anchors, boxes, clobber, high=0.3):
    """Labels and the best box of anchors that are all within the volume."""
    if not len(boxes):
        return np.zeros(len(anchors)), None
    table = np.array([[overlap(box, anchor) for anchor in anchors] for box in boxes])
    most, best = table.max(0), table.argmax(0)
    labels = np.full(len(anchors), -1.0)
    if not clobber:
        labels[most < 0.15] = 0
    picked = set()
    for number, box in enumerate(boxes):
        at, value = 0, table[number, 0]
        for j in range(1, len(anchors)):
            if table[number, j] > value and j not in picked:
                at, value = j, table[number, j]
        picked.add(at)
        labels[at] = box[6]
    for j in range(len(anchors)):
        if most[j] > high:
            labels[j] = boxes[best[j]][6]
    if clobber:
        labels[most < 0.15] = 0
    return labels, best


def targets_of(anchor, box):
    size, wanted = anchor[3:] - anchor[:3] + 1, box[3:6] - box[:3] + 1
    return [*((box[:3] + wanted / 2 - anchor[:3] - size / 2) / size), *np.log(wanted / size)]


@pytest.mark.parametrize("clobber", [False, True])
@pytest.mark.parametrize("classes", [False, True])
def test_labels_and_targets_are_those_of_the_original(clobber, classes):
    layer = make("AnchorTarget3D", f"anchor_target_param {{ {FIELDS} {NORMAL} "
                 f"rpn_clobber_positives: {str(clobber).lower()} "
                 f"use_multi_classification: {str(classes).lower()} }}", MAPS, (2, 3, 8), (2, 19),
                 tops=4)
    tops = [top.numpy() for top in layer(noise(MAPS, requires_grad=False), SCANS, EXTENT)]
    anchors = all_anchors()
    inside = np.flatnonzero((anchors[:, :3] >= 0).all(1) & (anchors[:, 3:] < [40, 24, 24]).all(1))
    assert 20 < len(inside) < 200
    for n in range(2):
        boxes = SCANS[n].numpy()[SCANS[n, :, 7] > 0].copy()
        if not classes:
            boxes[:, 6] = 1
        labels, best = labels_of(anchors[inside], boxes, clobber)
        expected = [np.full(240, -1.0), *np.zeros((3, 240, 6))]
        for at, label, box in zip(inside, labels, best, strict=True):
            expected[0][at] = label
            if label > 0:
                expected[1][at] = (np.array(targets_of(anchors[at], boxes[box])) - 0.25) / 0.5
                expected[2][at] = 1
                expected[3][at] = 1 / (labels > 0).sum()
            elif label == 0:
                expected[3][at] = 1 / (labels == 0).sum()
        assert (labels > 0).any() and (labels == 0).any()
        # (L, H, W, A, k) to (A, k, L, H, W)
        np.testing.assert_array_equal(
            tops[0][n], expected[0].reshape(4, 3, 5, 4).transpose(3, 0, 1, 2).reshape(1, 16, 3, 5))
        for found, wanted in zip(tops[1:], expected[1:], strict=True):
            np.testing.assert_allclose(found[n], wanted.reshape(4, 3, 5, 4, 6).transpose(
                3, 4, 0, 1, 2).reshape(24, 4, 3, 5), rtol=1e-9, atol=1e-12)


def test_boxes_alike_take_an_anchor_each():
    fields = FIELDS.replace("rpn_positive_overlap: 0.3", "rpn_positive_overlap: 0.99")
    layer = make("AnchorTarget3D", f"anchor_target_param {{ {fields} "
                 "use_multi_classification: true }", MAPS, (2, 3, 8), (2, 19), tops=4)
    alike = SCANS.clone()
    alike[0, :, :6] = alike[0, 1, :6].clone()
    labels = layer(noise(MAPS, requires_grad=False), alike, EXTENT)[0][0].numpy()
    anchors = all_anchors()
    inside = np.flatnonzero((anchors[:, :3] >= 0).all(1) & (anchors[:, 3:] < [40, 24, 24]).all(1))
    expected = np.full(240, -1.0)
    expected[inside] = labels_of(anchors[inside], alike[0].numpy(), False, 0.99)[0]
    assert sorted(expected[expected > 0]) == [1, 2, 3]
    np.testing.assert_array_equal(
        labels, expected.reshape(4, 3, 5, 4).transpose(3, 0, 1, 2).reshape(1, 16, 3, 5))


def test_without_a_box_all_anchors_within_are_background():
    layer = make("AnchorTarget3D", f"anchor_target_param {{ {FIELDS} }}", MAPS, (2, 3, 8), (2, 19),
                 tops=4)
    hidden = SCANS.clone()
    hidden[:, :, 7] = 0
    labels, targets, inside, _ = layer(noise(MAPS, requires_grad=False), hidden, EXTENT)
    assert set(labels.unique().tolist()) == {-1, 0}
    assert not targets.any() and not inside.any()


@pytest.mark.parametrize("fields, boxes, message", [
    (FIELDS.replace("feat_stride_z: 6", ""), (2, 3, 8), "feat_stride_z is 0; it must be at least"),
    (FIELDS + "bbox_normalize: true", (2, 3, 8), "needs six bbox_normalize_mean"),
    (FIELDS, (2, 3, 7), r"\(N, G, 8\)"),
    (FIELDS.replace("height: 14", ""), (2, 3, 8), "must have a width, a height and a length"),
])
def test_what_does_not_fit_is_named(fields, boxes, message):
    with pytest.raises(SpecError, match=message):
        make("AnchorTarget3D", f"anchor_target_param {{ {fields} }}", MAPS, boxes, (2, 19), tops=4)
