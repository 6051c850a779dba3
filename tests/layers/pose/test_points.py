"""SubRegion and Hotspot against loops over their definitions."""

import math

import numpy as np
import pytest
import torch

from tests.support import array, make, noise

SIZE = (2, 3, 5, 4)


@pytest.mark.parametrize("as_dim", [0, 1])
def test_sub_region_cuts_a_region_around_each_point(as_dim):
    layer = make("SubRegion", "region_height: 3 region_width: 2 data_height: 21 data_width: 16 "
                 f"as_dim: {as_dim}", SIZE, (2, 6), (2, 6), tops=3)
    x, points, truth = noise(SIZE), noise(2, 6, seed=6).detach() * 5, noise(2, 6, seed=7).detach()
    regions, near, middles = map(array, layer(x, points, truth))
    expected = np.zeros((2, 3, 3, 3, 2))        # n, point, channel, row, column
    for n, point in np.ndindex(2, 3):
        px, py = array(points)[n, 2 * point:2 * point + 2]
        left = math.floor((px / 16 + 0.5) * 4 - 1)
        top = math.floor((py / 21 + 0.5) * 5 - 1)
        for row, column in np.ndindex(3, 2):
            if 0 <= top + row < 5 and 0 <= left + column < 4:
                expected[n, point, :, row, column] = array(x)[n, :, top + row, left + column]
        middle = ((left + 1.5) / 4 * 16, (top + 2) / 5 * 21)
        np.testing.assert_allclose(middles[n, 2 * point:2 * point + 2], middle)
        real = array(truth)[n, 2 * point:2 * point + 2]
        np.testing.assert_allclose(near[n, 2 * point:2 * point + 2],
                                   real + (8, 10) - np.array(middle), atol=1e-12)
    assert (expected == 0).any() and (expected != 0).any()
    wanted = expected.reshape(2, 9, 3, 2) if as_dim else \
        expected.transpose(1, 0, 2, 3, 4).reshape(6, 3, 3, 2)
    np.testing.assert_array_equal(regions, wanted)


def test_hotspot_draws_a_gaussian_around_each_point():
    layer = make("Hotspot", "gaussian_std: 1.25 data_height: 20 data_width: 16", (2, 6),
                 (1, 1, 5, 4))
    points = noise(2, 6, seed=6).detach() * 5
    found = array(layer(points, noise(1, 1, 5, 4)))
    for n, point, row, column in np.ndindex(2, 3, 5, 4):
        x, y = array(points)[n, 2 * point:2 * point + 2]
        square = ((x / 16 + .5) * 4 - column) ** 2 + ((y / 20 + .5) * 5 - row) ** 2
        heat = math.exp(-square / 2 / 1.25**2) / (2 * math.pi * 1.25**2)
        wanted = heat if heat > 1e-4 else 0
        assert found[n, point, row, column] == pytest.approx(wanted, rel=1e-9)
    assert (found == 0).any()
    corner = make("Hotspot", "data_height: 20 data_width: 16 output_height: 5 output_width: 4 "
                  "mean_removed: false", (1, 2))
    heat = array(corner(torch.tensor([[8.0, 12.0]], dtype=torch.float64)))[0, 0]
    assert np.unravel_index(heat.argmax(), heat.shape) == (3, 2)
