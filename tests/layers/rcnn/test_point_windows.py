"""MultiROIPooling against slices in numpy."""

from __future__ import annotations

import math

import numpy as np
import torch

from tests.support import make, noise


def test_patches_are_windows_around_points_and_zero_outside_the_map():
    layer = make("MultiROIPooling", "pooled_h: 3 pooled_w: 4 spatial_scale: 0.125 top_num: 2",
                 (2, 3, 8, 9), (2, 3, 2), tops=2)
    x = noise(2, 3, 8, 9)
    points = torch.tensor([[[20.0, 30], [70, 60], [0, 0]], [[3, 1], [-40, 20], [0, 0]]])
    for index, top in enumerate(layer(x, points)):
        expected = np.zeros((2, 3, 3, 4))
        for item in range(2):
            at_x, at_y = (value.item() * 0.125 for value in points[item, index])
            left = int(math.copysign(math.floor(abs(at_x - 2) + 0.5), at_x - 2))
            upper = int(math.copysign(math.floor(abs(at_y - 1) + 0.5), at_y - 1))
            for i, j in np.ndindex(3, 4):
                if 0 <= upper + i < 8 and 0 <= left + j < 9:
                    expected[item, :, i, j] = x[item, :, upper + i, left + j].detach().numpy()
        np.testing.assert_array_equal(top.detach().numpy(), expected)
    assert torch.autograd.gradcheck(lambda one: layer(one, points), x)
