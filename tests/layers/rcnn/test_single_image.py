"""SimplerNMS and FasterRcnnDetectionOutput against loops over their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def overlap(a, b, end):
    """Intersection over union of boxes, whose pixels count as cells where `end` is 1."""
    wide = min(a[2], b[2]) - max(a[0], b[0]) + end
    high = min(a[3], b[3]) - max(a[1], b[1]) + end
    common = max(wide, 0) * max(high, 0)
    return common / (sum((box[2] - box[0] + end) * (box[3] - box[1] + end) for box in (a, b))
                     - common)


def suppressed(ranked, threshold, end, most=None):
    """The boxes of (score, box) that overlap no better one."""
    kept = []
    for score, box in ranked:
        if len(kept) != most and all(overlap(box, other, end) <= threshold for _, other in kept):
            kept.append((score, box))
    return kept


def decoded(box, move, width, height):
    """Corners cut to the image; a box of which both ends are pixels."""
    w, h = box[2] - box[0] + 1, box[3] - box[1] + 1
    cx, cy = box[0] + w / 2 + move[0] * w, box[1] + h / 2 + move[1] * h
    half = math.exp(move[2]) * w / 2, math.exp(move[3]) * h / 2
    return [min(max(side, 0), most - 1) for side, most in zip(
        (cx - half[0], cy - half[1], cx + half[0], cy + half[1]), (width, height) * 2,
        strict=True)]


def test_simpler_nms_is_its_definition():
    layer = make("SimplerNMS", "simpler_nms_param { scale: 1 scale: 2.5 min_bbox_size: 9 "
                 "iou_threshold: 0.4 pre_nms_topn: 40 post_nms_topn: 12 }",
                 (1, 12, 4, 5), (1, 24, 4, 5), (1, 3))
    scores = noise(1, 12, 4, 5, requires_grad=False).round(decimals=1)      # with ties
    offsets = noise(1, 24, 4, 5, seed=2, requires_grad=False) * 0.3
    info = torch.tensor([[59.7, 77.2, 1.9]], dtype=torch.float64)           # 59, 77, 1 count
    assert layer.top_shapes((1, 12, 4, 5), (1, 24, 4, 5), (1, 3)) == [(12, 5)]
    anchors = [(side * scale, other * scale) for side, other in ((23, 12), (16, 16), (11, 22))
               for scale in (1, 2.5)]       # 16 * 16 by ratio, rounded before the scale
    found = []
    for y in range(4):
        for x in range(5):
            for a, (w, h) in enumerate(anchors):
                anchor = [16 * x + 7.5 - (w - 1) / 2, 16 * y + 7.5 - (h - 1) / 2,
                          16 * x + 7.5 + (w - 1) / 2, 16 * y + 7.5 + (h - 1) / 2]
                box = decoded(anchor, offsets[0, 4 * a:4 * a + 4, y, x].tolist(), 77, 59)
                if min(box[2] - box[0], box[3] - box[1]) + 1 >= 9:
                    found.append((scores[0, 6 + a, y, x].item(), box))
    found.reverse()         # of equal scores, the later first
    ranked = sorted(found, key=lambda row: -row[0])[:40]
    expected = suppressed([row for row in ranked if row[0] > 0], 0.4, 1, 12)
    assert len(expected) > 3 and len({score for score, _ in ranked}) < len(ranked)
    np.testing.assert_allclose(layer(scores, offsets, info).numpy(),
                               [[0, *box] for _, box in expected])
    assert layer(-scores.abs(), offsets, info).shape == (0, 5)


@pytest.mark.parametrize("background", [0, 2])
def test_detections_are_decoded_cut_and_suppressed_by_class(background):
    name = "faster_rcnn_detection_output_param"
    layer = make("FasterRcnnDetectionOutput", f"{name} {{ num_classes: 3 background_label_id: "
                 f"{background} confidence_threshold: 0.25 nms_param {{ nms_threshold: 0.4 }} }}",
                 (12, 12), (12, 3), (12, 5), (1, 3))
    offsets = noise(12, 12, requires_grad=False) * 0.2
    scores = noise(12, 3, seed=3, requires_grad=False).softmax(1)
    corner = noise(12, 2, seed=4, requires_grad=False).abs() * 12
    rois = torch.cat([torch.zeros(12, 1), corner, corner + 25], 1).double()
    info = torch.tensor([[48., 44, 1.6]], dtype=torch.float64)
    rows = []
    for label in {0, 1, 2} - {background}:
        found = [(scores[r, label].item(), decoded(
            rois[r, 1:].tolist(), offsets[r, 4 * label:4 * label + 4].tolist(), 44, 48))
            for r in range(12)]
        ranked = sorted((row for row in found if row[0] > 0.25), key=lambda row: -row[0])
        rows += [[0, label, score, *np.array(box) / 1.6]
                 for score, box in suppressed(ranked, 0.4, 0)]
    top = layer(offsets, scores, rois, info)
    assert top.shape == (1, 1, len(rows), 7) and len({row[1] for row in rows}) == 2
    np.testing.assert_allclose(top[0, 0].numpy(), rows)
    info[0, 2] = 0          # counts as 1
    np.testing.assert_allclose(layer(offsets, scores, rois, info)[0, 0, :, 3:].numpy(),
                               np.array(rows)[:, 3:] * 1.6)
    none = layer(offsets, scores * 0.1, rois, info)
    assert none.tolist() == [[[[0, -1, -1, -1, -1, -1, -1]]]]


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("SimplerNMS", "scale: 1 feat_stride: 8", [(1, 6, 3, 4), (1, 12, 3, 4), (1, 3)],
     "feat_stride is 8; it must be 16"),
    ("SimplerNMS", "", [(1, 6, 3, 4), (1, 12, 3, 4), (1, 3)], "scale is not given"),
    ("SimplerNMS", "scale: 1", [(2, 6, 3, 4), (2, 12, 3, 4), (2, 3)], "takes one image"),
    ("SimplerNMS", "scale: 1", [(1, 8, 3, 4), (1, 12, 3, 4), (1, 3)], "3 anchors need"),
    ("FasterRcnnDetectionOutput", "", [(4, 8), (4, 2), (4, 5), (1, 3)], "num_classes is not"),
    ("FasterRcnnDetectionOutput", "num_classes: 3", [(4, 8), (4, 2), (4, 5), (1, 3)],
     r"they must be \(R, 12\), \(R, 3\), \(R, 5\) and \(1, 3\)")])
def test_settings_and_shapes_that_do_not_fit_are_errors(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)
