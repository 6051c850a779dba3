"""PSROIAlign against loops in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.layers.rcnn.test_roi_align import bilinear
from tests.support import make, noise


def position_sensitive(x, rois, outputs, size, scale, samples):
    found = np.zeros((len(rois), outputs, size, size))
    high, wide = x.shape[2:]
    for index, (item, x1, y1, x2, y2) in enumerate(rois):
        bin_h = max((y2 + 1) * scale - y1 * scale, 0.1) / size
        bin_w = max((x2 + 1) * scale - x1 * scale, 0.1) / size
        for d, i, j in np.ndindex(outputs, size, size):
            low_y, end_y = (np.clip(y1 * scale + (i + k) * bin_h, 0, high - 1) for k in (0, 1))
            low_x, end_x = (np.clip(x1 * scale + (j + k) * bin_w, 0, wide - 1) for k in (0, 1))
            plane = x[int(item), (d * size + i) * size + j]
            for a, b in np.ndindex(samples, samples):
                at_y = low_y + (a + 1) * bin_h / (samples + 1)
                at_x = low_x + (b + 1) * bin_w / (samples + 1)
                if at_y < end_y and at_x < end_x:
                    found[index, d, i, j] += bilinear(plane, at_y, at_x) / samples ** 2
    return found


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_psroi_align_averages_samples_of_each_bins_own_channel(samples):
    rois = np.array([[0, 3, 5, 40, 31], [1, -20, -9, 30, 90], [1, 60, 50, 90, 80],
                     [0, 9, 9, 9, 9.0]])
    layer = make("PSROIAlign", f"spatial_scale: 0.125 output_dim: 3 group_size: 2 sample_num: "
                 f"{samples}", (2, 12, 8, 9), (4, 5))
    x = noise(2, 12, 8, 9)
    regions = torch.tensor(rois)
    expected = position_sensitive(x.detach().numpy(), rois, 3, 2, 0.125, samples)
    np.testing.assert_allclose(layer(x, regions).detach().numpy(), expected, rtol=1e-9, atol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(one, regions), x)


def test_psroi_align_refuses_another_number_of_channels():
    with pytest.raises(SpecError, match=r"has 11 channels; output_dim \* group_size\^2 is 12"):
        make("PSROIAlign", "output_dim: 3 group_size: 2", (2, 11, 8, 9), (4, 5))


def test_psroi_align_refuses_more_samples_than_any_memory_holds():
    with pytest.raises(SpecError, match="sample_num is 100000; it must be at most 128"):
        make("PSROIAlign", "output_dim: 3 group_size: 2 sample_num: 100000", (2, 12, 8, 9), (4, 5))
