"""SparseHypercolumnExtractor and StripDecimals by their definitions in plain Python."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

TWO_MAPS = """sparse_hypercolumn_extractor_param { scale: 2 scale: 4 offset_height: 0.5
    offset_height: 1.5 offset_width: 1 offset_width: 0 activation_mult: 3 }"""


def sample(x, y, at):
    """The bilinear sample of the maps (C, h, w) at a point, moved inside."""
    y = min(max(y, 0), x.shape[1] - 1.0001)
    at = min(max(at, 0), x.shape[2] - 1.0001)
    row, column = math.floor(y), math.floor(at)
    down, right = y - row, at - column
    return ((1 - down) * ((1 - right) * x[:, row, column] + right * x[:, row, column + 1])
            + down * ((1 - right) * x[:, row + 1, column] + right * x[:, row + 1, column + 1]))


def test_columns_are_bilinear_samples_of_all_maps_at_the_points():
    points = torch.tensor([[[1, 2], [5.5, 9], [-3, 4]], [[40, 50], [2, 7], [8, 3.5]]],
                          dtype=torch.float64)
    first, second = noise(2, 3, 5, 6), noise(2, 2, 3, 4, seed=4)
    layer = make("SparseHypercolumnExtractor", TWO_MAPS, (2, 3, 2), (2, 3, 5, 6), (2, 2, 3, 4))
    top = layer(points, first, second)
    expected = []
    for item, places in enumerate(points.numpy()):
        for y, at in places:
            expected.append(np.concatenate([
                3 * sample(first[item].detach().numpy(), (y - 0.5) / 2, (at - 1) / 2),
                sample(second[item].detach().numpy(), (y - 1.5) / 4, at / 4)]))
    np.testing.assert_allclose(top.detach(), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(lambda *maps: layer(points, *maps), (first, second))


def test_each_map_needs_a_scale():
    with pytest.raises(SpecError, match="scale is given 2 times; there are 1 maps"):
        make("SparseHypercolumnExtractor", TWO_MAPS, (2, 3, 2), (2, 3, 5, 6))


def test_strip_decimals_cuts_towards_zero_and_has_no_gradient():
    x = torch.tensor([1.9, -1.9, 0.3, 200], requires_grad=True)
    top = make("StripDecimals", "", (4,), dtype=torch.float32)(x)
    assert top.tolist() == [1, -1, 0, 200] and not top.requires_grad
