"""BoxGroupOutput, DecodeBBox, ScaleRoute: the layers a cascade-rcnn detector runs with."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import pixel_overlap
from tests.support import array, check_layer, make, noise

REGRESSION = ("bbox_reg_param { bbox_mean: 0 bbox_mean: 0.125 bbox_mean: 0 bbox_mean: 0 "
              "bbox_std: 0.5 bbox_std: 0.5 bbox_std: 0.25 bbox_std: 1 }")
MEAN, DEVIATION = np.array([0, 0.125, 0, 0]), np.array([0.5, 0.5, 0.25, 1])
GROUPS = ("box_group_output_param { fg_thr: 0.375 iou_thr: 0.5 field_whr: 2 field_xyr: 4 "
          "max_nms_num: 60 max_post_nms_num: 15 min_size: 12 "
          "box_group_param { field_h: 16 field_w: 24 field_h: 32 field_w: 16 stride: 8 } "
          "box_group_param { field_h: 48 field_w: 48 stride: 16 } }")
SHAPES = [(4, 3, 5, 6), (4, 4, 5, 6), (2, 3, 3, 2), (2, 4, 3, 2)]
FIELDS = [([(24, 16), (16, 32)], 8), ([(48, 48)], 16)]


def regions(bottoms, image):
    """The definition, box by box: (score, x1, y1, x2, y2), the best first."""
    boxes = []
    for (fields, stride), prob, offsets in zip(FIELDS, bottoms[::2], bottoms[1::2], strict=True):
        for k, (wide, high) in enumerate(fields):
            row = image * len(fields) + k
            for h, w in np.ndindex(*prob.shape[2:]):
                x, y, dw, dh = offsets[row, :, h, w] * DEVIATION + MEAN
                x = np.clip(x, -1 / 4, 1 / 4) * wide + (w + 0.5) * stride
                y = np.clip(y, -1 / 4, 1 / 4) * high + (h + 0.5) * stride
                bw = wide * math.exp(np.clip(dw, -math.log(2), math.log(2)))
                bh = high * math.exp(np.clip(dh, -math.log(2), math.log(2)))
                box = (max(x - bw / 2, 0), max(y - bh / 2, 0),
                       min(x + bw / 2 - 1, prob.shape[3] * stride),
                       min(y + bh / 2 - 1, prob.shape[2] * stride))
                score = 1 - prob[row, 0, h, w]
                if score >= 0.375 and min(box[2] - box[0], box[3] - box[1]) + 1 >= 12:
                    boxes.append((score, *box))
    kept = []
    for box in sorted(boxes, reverse=True)[:60]:
        if all(pixel_overlap(box[1:], other[1:]) <= 0.5 for other in kept):
            kept.append(box)
    return kept[:15]


def test_box_group_output_is_its_definition():
    layer = make("BoxGroupOutput", GROUPS + REGRESSION, *SHAPES, tops=2)
    bottoms = [noise(shape, seed=seed, requires_grad=False) for seed, shape in enumerate(SHAPES)]
    bottoms[::2] = [bottom.softmax(1) for bottom in bottoms[::2]]
    assert layer.top_shapes(*SHAPES) == [(1, 5, 1, 1), (1, 6, 1, 1)]
    rois, scored = layer(*bottoms)
    expected = [(image, *box, score) for image in range(2)
                for score, *box in regions([array(bottom) for bottom in bottoms], image)]
    assert len(expected) > 20
    np.testing.assert_allclose(array(scored)[:, :, 0, 0], expected)
    np.testing.assert_array_equal(array(rois), array(scored)[:, :5])


def test_box_group_output_gives_one_small_region_where_there_is_none():
    layer = make("BoxGroupOutput", GROUPS, *SHAPES, tops=2)
    bottoms = [noise(shape, requires_grad=False) for shape in SHAPES]
    bottoms[::2] = [torch.ones_like(bottom) for bottom in bottoms[::2]]
    rois, scored = layer(*bottoms)
    assert rois.flatten().tolist() == [0, 1, 1, 10, 10] and scored.shape == (1, 6, 1, 1)
    assert not scored.any()


ROIS = torch.tensor([[0, 10, 20, 49, 79], [0, 5, 5, 8, 30], [1, 0, 0, 99, 49]],
                    dtype=torch.float64)


def decoded(offsets):
    """By hand: the centre moves by parts of the sides, the sides grow by a factor."""
    rows = []
    for (image, x1, y1, x2, y2), row in zip(array(ROIS), offsets, strict=True):
        dx, dy, dw, dh = row[4:] * DEVIATION + MEAN
        wide, high = x2 - x1 + 1, y2 - y1 + 1
        x, y = dx * wide + (x1 + x2) / 2, dy * high + (y1 + y2) / 2
        new_wide, new_high = wide * math.exp(dw), high * math.exp(dh)
        rows.append([image, x - (new_wide - 1) / 2, y - (new_high - 1) / 2,
                     x + (new_wide - 1) / 2, y + (new_high - 1) / 2])
    return np.array(rows)


def test_decode_bbox_moves_regions():
    layer = make("DecodeBBox", REGRESSION, (3, 8), (3, 5, 1, 1), phase="TEST")
    offsets, rois = noise(3, 8, requires_grad=False), ROIS[:, :, None, None]
    check_layer(layer, offsets, rois)
    np.testing.assert_allclose(array(layer(offsets, rois))[:, :, 0, 0], decoded(array(offsets)))


def test_decode_bbox_leaves_out_matched_and_inverted_boxes_in_training():
    layer = make("DecodeBBox", REGRESSION, (3, 8), (3, 5), (3, 6))
    offsets, matched = noise(3, 8, requires_grad=False), torch.zeros(3, 6, dtype=torch.float64)
    matched[0, 5] = 0.96
    offsets[1, 6] = -20.0       # less than a pixel wide
    np.testing.assert_allclose(array(layer(offsets, ROIS, matched)), decoded(array(offsets))[2:])


@pytest.mark.parametrize("param, expected", [
    ("low_scale: 48.5 high_scale: 100", [0, 2]), ("high_scale: 20", [1]), ("low_scale: 400", [2]),
    ("", [0, 1, 2])])
def test_scale_route_lets_sizes_of_its_range_go_on(param, expected):
    layer = make("ScaleRoute", f"scale_route_param {{ {param} }}", (3, 5), (3, 4, 2), tops=2)
    blob = noise(3, 4, 2)
    # the roots of the areas are 48.99, 10.2 and 70.7
    rois, rows = layer(ROIS, blob)
    np.testing.assert_array_equal(array(rois), array(ROIS)[expected])
    np.testing.assert_array_equal(array(rows), array(blob)[expected])
    assert layer.top_shapes((3, 5), (3, 4, 2)) == [(1, 5), (1, 4, 2)]


def test_regions_that_are_not_numbers_belong_to_no_range_of_sizes():
    nan, inf = float("nan"), float("inf")
    rois = torch.tensor([[0, nan, 1, 3, 4], [0, 5, 6, 60, 70], [0, 9, 9, 5, 20],
                         [0, 0, 0, inf, inf]])
    # scale_route_layer.cpp: below FLT_MAX, comparisons with NaN are false, an inverted one has 0
    for param, expected in (("", [1, 2]), ("low_scale: 20", [1]), ("low_scale: 900", [1])):
        layer = make("ScaleRoute", f"scale_route_param {{ {param} }}", (4, 5))
        found, = layer(rois)
        assert found.equal(rois[expected])


@pytest.mark.parametrize("kind, param, shapes, tops, message", [
    ("BoxGroupOutput", GROUPS.replace("max_nms_num", "nms_type: 'IOFU' max_nms_num"), SHAPES, 1,
     "nms_type is 'IOFU'; only IOU"),
    ("BoxGroupOutput", GROUPS, SHAPES[:2], 1, "bottom is given 2 times; 2 box_group_param need 4"),
    ("BoxGroupOutput", GROUPS, [(3, 3, 5, 6), (3, 4, 5, 6), *SHAPES[2:]], 1,
     r"they must be \(N . A, C, H, W\)"),
    ("BoxGroupOutput", GROUPS + "bbox_reg_param { bbox_mean: 0 bbox_std: 1 }", SHAPES, 1,
     "there must be four of each"),
    ("DecodeBBox", "", [(3, 4), (3, 5)], 1, r"they must be \(R, 8\) and \(R, 5\)"),
    ("ScaleRoute", "low_scale: 9 high_scale: 4", [(3, 5)], 1, "low_scale is 9.0; it must be"),
    ("ScaleRoute", "", [(3, 5), (2, 4)], 2, "the others have as many rows"),
])
def test_cascade_layers_refuse(kind, param, shapes, tops, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes, tops=tops)


def test_matched_boxes_belong_to_training():
    with pytest.raises(SpecError, match="matched boxes belong to TRAIN only"):
        make("DecodeBBox", "", (3, 8), (3, 5), (3, 6), phase="TEST")
