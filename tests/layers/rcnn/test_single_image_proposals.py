"""RPN against loops over its definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import pixel_overlap
from tests.support import make, noise

# of ratios 0.5, 1, 2 and scales 8, 16, 32 on cells of 16: as rpn_layer.cpp lists them for
# comparison, but counted from 0 in place of 1
NINE = [[-84, -40, 99, 55], [-176, -88, 191, 103], [-360, -184, 375, 199],
        [-56, -56, 71, 71], [-120, -120, 135, 135], [-248, -248, 263, 263],
        [-36, -80, 51, 95], [-80, -168, 95, 183], [-168, -344, 183, 359]]
FIELDS = ("feat_stride: 16 basesize: 16 ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 scale: 32 "
          "nms_thresh: {} boxminsize: {} per_nms_topn: {} post_nms_topn: {}")


def proposals(scores, offsets, info, threshold, least, before, after):
    """Rows x1, y1, x2, y2, score."""
    high, wide, scale = info
    found = []
    for y in range(scores.shape[1]):
        for x in range(scores.shape[2]):
            for index, (left, top, right, bottom) in enumerate(NINE):
                dx, dy, dw, dh = offsets[4 * index:4 * index + 4, y, x]
                width, height = right - left + 1, bottom - top + 1
                across = left + 16 * x + width / 2 + dx * width
                down = top + 16 * y + height / 2 + dy * height
                width, height = width * np.exp(dw), height * np.exp(dh)
                if min(width, height) < least * scale:
                    continue
                found.append([*np.clip([across - width / 2, down - height / 2, across + width / 2,
                                        down + height / 2], 0, [wide, high] * 2),
                              scores[9 + index, y, x]])
    found = sorted(found, key=lambda row: -row[4])[:before or None]
    kept = []
    for row in found:
        if all(pixel_overlap(row, other) < threshold for other in kept):
            kept.append(row)
    return np.array(kept[:after or None])


@pytest.mark.parametrize("threshold, least, before, after", [
    (0.3, 16, 0, 0), (0.7, 90, 60, 0), (0.5, 0, 0, 4), (0.9, 16, 100, 30)])
def test_the_best_boxes_that_overlap_less_are_kept(threshold, least, before, after):
    scores, offsets = noise(1, 18, 4, 5), noise(1, 36, 4, 5, seed=2) * 0.4
    info = torch.tensor([[64.5, 200, 1.5]], dtype=torch.float64)
    layer = make("RPN", FIELDS.format(threshold, least, before, after), scores.shape,
                 offsets.shape, (1, 3), tops=2)
    regions, best = layer(scores, offsets, info)
    expected = proposals(scores[0].detach().numpy(), offsets[0].detach().numpy(), (64, 200, 1.5),
                         threshold, least, before, after)
    assert len(expected) > 3
    np.testing.assert_allclose(regions, np.insert(expected[:, :4], 0, 0, 1), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(best, expected[:, 4], rtol=1e-6)


@pytest.mark.parametrize("threshold, number", [(0.5, 1), (0.51, 2), (0, 1)])
def test_an_overlap_of_the_threshold_drops_the_box(threshold, number):
    """By hand: two boxes, the second half a side lower; cut to the image it has half of the
    cells of the first, all in it."""
    scores = torch.tensor([0, 0, 2, 1.0]).reshape(1, 4, 1, 1)
    offsets = torch.zeros(1, 8, 1, 1)
    offsets[0, 5] = 0.5
    layer = make("RPN", f"feat_stride: 16 basesize: 16 ratio: 1 scale: 1 scale: 1 nms_thresh: "
                 f"{threshold}", (1, 4, 1, 1), (1, 8, 1, 1), (1, 3), dtype=torch.float32)
    (regions,) = layer(scores, offsets, torch.tensor([[15.0, 15, 1]]))
    boxes = regions[:, 1:].tolist()
    assert boxes[0] == [0, 0, 15, 15] and len(boxes) == number
    assert number == 1 or boxes[1] == [0, 8, 15, 15]


def test_at_build_there_are_as_many_as_are_wanted_or_one():
    for wanted, rows in ((0, 1), (7, 7)):
        layer = make("RPN", FIELDS.format(0.5, 0, 0, wanted), (1, 18, 4, 5), (1, 36, 4, 5), (1, 3))
        assert layer.top_shapes((1, 18, 4, 5), (1, 36, 4, 5), (1, 3)) == [(rows, 5)]


@pytest.mark.parametrize("fields, shapes, message", [
    ("basesize: 16 scale: 8 ratio: 1", ((1, 2, 4, 5), (1, 4, 4, 5)), "feat_stride is 0"),
    ("basesize: 16 feat_stride: 8 ratio: 1", ((1, 2, 4, 5), (1, 4, 4, 5)), "scale must be given"),
    ("basesize: 16 feat_stride: 8 ratio: 0 scale: 8", ((1, 2, 4, 5), (1, 4, 4, 5)), "above 0"),
    ("basesize: 16 feat_stride: 8 ratio: 1 scale: 8", ((2, 2, 4, 5), (2, 4, 4, 5)), "one image"),
    ("basesize: 16 feat_stride: 8 ratio: 1 scale: 8", ((1, 3, 4, 5), (1, 4, 4, 5)), "1 anchors")])
def test_what_does_not_fit_is_refused(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("RPN", fields, *shapes, (1, 3))
