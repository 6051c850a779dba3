"""RoI pooling of scaled regions against a loop over bins."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

ROIS = [[1, 3.5, 2, 20, 30], [0, 10, 12, 40, 24], [1, 12, 12, 30, 14], [0, 60, 40, 5, 63]]
FIELDS = "pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 roi_scale: 1.75"


def c_round(value):
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def by_loop(x, rois, half):
    """The regions of the kernel in roi_mask_pooling_layer.cu, and ROIPooling's bins of them."""
    y = np.zeros((len(rois), x.shape[1], 2, 3))
    for n, (item, x1, y1, x2, y2) in enumerate(rois):
        across, down = (x1 + x2) / 2, (y1 + y2) / 2
        sides = [across - (x2 - x1) * 1.75 / 2, down - (y2 - y1) * 1.75 / 2,
                 across + (x2 - x1) * 1.75 / 2, down + (y2 - y1) * 1.75 / 2]
        if half:
            sides[{1: 2, 2: 0, 3: 3, 4: 1}[half]] = across if half < 3 else down
        left, top, right, below = (c_round(side * 0.125) for side in sides)
        wide, high = max(right - left + 1, 1), max(below - top + 1, 1)
        for i, j in np.ndindex(2, 3):
            rows, columns = ([at for at in range(math.floor(index * size / count) + start,
                                                 math.ceil((index + 1) * size / count) + start)
                              if 0 <= at < limit]
                             for index, size, count, start, limit in
                             ((i, high, 2, top, x.shape[2]), (j, wide, 3, left, x.shape[3])))
            if rows and columns:
                y[n, :, i, j] = x[item][:, rows][:, :, columns].max((1, 2))
    return y


@pytest.mark.parametrize("half", [0, 1, 2, 3, 4])
def test_regions_grow_around_their_middle_and_may_be_halved(half):
    x = noise(2, 3, 8, 9)
    layer = make("ROIMaskPooling", f"{FIELDS} half_part: {half}", (2, 3, 8, 9), (4, 5))
    found = layer(x, torch.tensor(ROIS, dtype=torch.float64))
    np.testing.assert_allclose(found.detach(), by_loop(x.detach().numpy(), ROIS, half))


@pytest.mark.parametrize("param, message", [
    ("mask_scale: 0.5", "mask_scale is 0.5; only 0, no mask, is supported"),
    ("half_part: 5", "half_part is 5; it may be at most 4"),
])
def test_other_halves_and_masks_are_errors(param, message):
    with pytest.raises(SpecError, match=message):
        make("ROIMaskPooling", f"{FIELDS} {param}", (2, 3, 8, 9), (4, 5))


def test_a_region_pooled_by_its_means_has_the_bins_of_the_maximum():
    """The expected value is a loop over the cells of each bin."""
    x = noise(2, 3, 8, 9)
    layer = make("ROIPooling", "pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 pool: AVE",
                 (2, 3, 8, 9), (4, 5))
    expected = np.zeros((4, 3, 2, 3))
    for n, (item, *corners) in enumerate(ROIS):
        left, top, right, below = (c_round(side * 0.125) for side in corners)
        wide, high = max(right - left + 1, 1), max(below - top + 1, 1)
        for i, j in np.ndindex(2, 3):
            rows, columns = (slice(min(max(math.floor(index * size / count) + start, 0), limit),
                                   min(math.ceil((index + 1) * size / count) + start, limit))
                             for index, size, count, start, limit in
                             ((i, high, 2, top, 8), (j, wide, 3, left, 9)))
            cut = x.detach().numpy()[item][:, rows, columns]
            expected[n, :, i, j] = cut.mean((1, 2)) if cut.size else 0
    rois = torch.tensor(ROIS, dtype=torch.float64)
    np.testing.assert_allclose(layer(x, rois).detach(), expected, atol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, rois), x, fast_mode=True)
