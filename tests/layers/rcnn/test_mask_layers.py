"""Layers of multi-task network cascades against loops over their definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def bilinear(plane, y, x):
    """The value at a point in cells; 0 more than half a cell outside."""
    height, width = plane.shape
    if not (-0.5 <= y <= height - 0.5 and -0.5 <= x <= width - 0.5):
        return 0.0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, along = y - top, x - left
    return ((plane[top, left] * (1 - along) + plane[top, right] * along) * (1 - down)
            + (plane[bottom, left] * (1 - along) + plane[bottom, right] * along) * down)


def test_roi_warping_samples_at_equal_steps_from_the_rounded_start():
    x = noise(2, 3, 6, 5)
    regions = torch.tensor([[1, 1.2, 0.8, 9.1, 11.3], [0, 0, 0, 5, 4], [1, 6.2, 2.9, 4.4, 8],
                            [0, -4, 3, 12, 14]], dtype=torch.float64)
    layer = make("ROIWarping", "pooled_h: 3 pooled_w: 2 spatial_scale: 0.5", (2, 3, 6, 5), (4, 5))
    expected = np.empty((4, 3, 3, 2))
    for index, (item, *corners) in enumerate(regions.tolist()):
        x1, y1, x2, y2 = (np.floor(abs(c) / 2 + 0.5) * np.sign(c) for c in corners)
        for c, p, q in np.ndindex(3, 3, 2):
            expected[index, c, p, q] = bilinear(
                x.detach().numpy()[int(item), c], y1 + p * max(y2 - y1, 0) / 3,
                x1 + q * max(x2 - x1, 0) / 2)
    np.testing.assert_allclose(layer(x, regions).detach().numpy(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, regions), x)


def test_the_corners_of_warped_regions_get_the_slope_of_the_sampled_points():
    """On a plane of slope 1 along x the sum over a row is 2 starts and half of the width."""
    plane = torch.arange(9, dtype=torch.float64).repeat(7, 1)[None, None]
    regions = torch.tensor([[0, 2.0, 4.0, 10.0, 12.0]], dtype=torch.float64, requires_grad=True)
    layer = make("ROIWarping", "pooled_h: 1 pooled_w: 4 spatial_scale: 0.5", (1, 1, 7, 9), (1, 5))
    top = layer(plane, regions)
    np.testing.assert_allclose(top.detach().ravel(), [1, 2, 3, 4])
    top.sum().backward()
    # d sum / d x1 = 0.5 * sum of (1 - q / 4), d sum / d x2 = 0.5 * sum of q / 4
    np.testing.assert_allclose(regions.grad, [[0, 1.25, 0, 0.75, 0]])


def test_mask_pooling_multiplies_and_mask_resize_samples_from_the_first_cell():
    x, mask = noise(2, 3, 5, 4), noise(2, 1, 5, 4, seed=2)
    layer = make("MaskPooling", "", (2, 3, 5, 4), (2, 1, 5, 4))
    np.testing.assert_allclose(layer(x, mask).detach(), x.detach() * mask.detach())
    assert torch.autograd.gradcheck(layer, (x, mask))
    for height, width in ((4, 5), (7, 3), (12, 1)):
        layer = make("MaskResize", f"output_height: {height} output_width: {width}", (2, 3, 5, 4))
        expected = np.empty((2, 3, height, width))
        for n, c, i, j in np.ndindex(expected.shape):
            expected[n, c, i, j] = bilinear(x.detach().numpy()[n, c],
                                            min(i * 5 / height, 4), min(j * 4 / width, 3))
        np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)
        assert torch.autograd.gradcheck(layer, x)


def test_factors_of_a_mask_resize_come_before_its_sizes():
    """BestSonny/SSTD: 0.7 of 10 is 7 in float32, and below 7 in float64."""
    x = noise(2, 3, 10, 9)
    sizes = "output_height: 4 output_width: 5"
    top = make("MaskResize", f"{sizes} factor_height: 0.7", tuple(x.shape))(x)
    expected = make("MaskResize", "output_height: 7 output_width: 5", tuple(x.shape))(x)
    torch.testing.assert_close(top, expected)
    top = make("MaskResize", f"{sizes} factor_height: 0.5 factor_width: 0.25", tuple(x.shape))(x)
    assert top.shape == (2, 3, 5, 2)


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("ROIWarping", "pooled_h: 2", ((1, 2, 3, 4), (5, 5)), r"pooled_w is 0; it must be at least 1"),
    ("ROIWarping", "pooled_h: 2 pooled_w: 2", ((1, 2, 3, 4), (5, 4)), r"must be .* \(R, 5\)"),
    ("MaskPooling", "", ((2, 3, 5, 4), (2, 3, 5, 4)), r"must be .* \(N, 1, H, W\)"),
    ("MaskResize", "output_width: 3", ((1, 2, 3, 4),), "output_height is 0"),
    ("MaskResize", "output_width: 3 output_height: 3 factor_width: inf", ((1, 2, 3, 4),),
     "factor_width is inf; it must be below 65536"),
    ("MaskResize", "output_width: 3 output_height: 3 factor_height: nan", ((1, 2, 3, 4),),
     "factor_height is nan"),
    ("MaskResize", "output_width: 3 output_height: 3 factor_height: 0.2", ((1, 2, 3, 4),),
     r"factor_height and factor_width leave 0 x 3 of the bottom"),
])
def test_what_does_not_fit_is_an_error(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)
