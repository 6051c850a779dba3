"""Areas, overlaps and codes of boxes against their definitions."""

import numpy as np
import pytest
import torch

from framework.ops.boxes import area, crosses_border, decode, encode, iou
from tests import slow_boxes
from tests.support import noise

CODES = [slow_boxes.CORNER, slow_boxes.CENTER_SIZE, slow_boxes.CORNER_SIZE]


def some_boxes(*shape, seed=1):
    """Corners around the unit square, with area."""
    values = noise(*shape, 4, seed=seed, requires_grad=False)
    low, size = values[..., :2] * 0.3 + 0.4, values[..., 2:].abs() * 0.3 + 0.05
    return torch.cat([low, low + size], -1)


def test_iou_is_shared_area_over_joint_area():
    first, second = some_boxes(5, seed=2), some_boxes(7, seed=3)

    found = iou(first[:, None], second)

    expected = [[slow_boxes.overlap(a, b) for b in second.tolist()] for a in first.tolist()]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("other, why", [
    ([0.5, 0.0, 0.9, 0.5], "touches"), ([0.6, 0.6, 0.9, 0.9], "is apart"),
    ([0.4, 0.4, 0.1, 0.1], "is inverted"), ([0.2, 0.2, 0.2, 0.4], "has no area"),
    ([float("nan"), 0.1, 0.4, 0.4], "has a NaN")])
def test_iou_is_zero_with_a_box_that(other, why):
    box = torch.tensor([0.0, 0.0, 0.5, 0.5])

    assert iou(box, torch.tensor(other)).item() == 0
    assert iou(torch.tensor(other), box).item() == 0


def test_equal_boxes_without_area_do_not_overlap():
    box = torch.tensor([0.2, 0.3, 0.2, 0.3])

    assert iou(box, box).item() == 0


def test_area_of_an_inverted_box_is_zero():
    corners = torch.tensor([[0.1, 0.2, 0.4, 0.8], [0.4, 0.2, 0.1, 0.8], [0.4, 0.8, 0.1, 0.2]])

    np.testing.assert_allclose(area(corners), [0.18, 0, 0], rtol=1e-6)


@pytest.mark.parametrize("in_target", [False, True])
@pytest.mark.parametrize("code", CODES)
def test_codes_follow_their_definitions(code, in_target):
    boxes, priors = some_boxes(6, seed=4), some_boxes(6, seed=5)
    variances = noise(6, 4, seed=6, requires_grad=False).abs() + 0.1

    offsets = encode(boxes, priors, variances, code, in_target)
    moved = decode(offsets + 0.1, priors, variances, code, in_target)

    rows = list(zip(boxes.tolist(), priors.tolist(), variances.tolist(), strict=True))
    expected = [slow_boxes.encode(b, p, v, code, in_target) for b, p, v in rows]
    np.testing.assert_allclose(offsets, expected, rtol=1e-9, atol=1e-12)
    expected = [slow_boxes.decode(o + 0.1, p, v, code, in_target)
                for o, (_, p, v) in zip(expected, rows, strict=True)]
    np.testing.assert_allclose(moved, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("code", CODES)
def test_decode_undoes_encode_for_a_set_of_priors_of_many_images(code):
    boxes, priors = some_boxes(3, 5, seed=7), some_boxes(5, seed=8)
    variances = torch.tensor([0.1, 0.1, 0.2, 0.3], dtype=torch.float64).expand(5, 4)

    found = decode(encode(boxes, priors, variances, code), priors, variances, code)

    torch.testing.assert_close(found, boxes)


def test_a_box_crosses_the_border_where_any_coordinate_is_outside():
    corners = torch.tensor([[0.0, 0.0, 1.0, 1.0], [-0.01, 0.2, 0.4, 0.5], [0.1, 0.2, 0.3, 1.01]])

    assert crosses_border(corners).tolist() == [False, True, True]
