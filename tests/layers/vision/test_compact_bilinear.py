"""CompactBilinear against sums over pairs of channels, in numpy."""

import itertools

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.ops.c_random import glibc_rand
from tests.support import make, noise


def by_loops(x, y, num):
    """Each pair of channels adds its product, times both signs, to the sum of both places."""
    draws = glibc_rand(1)
    tables = []
    for channels in (x.shape[1], y.shape[1]):
        places = [number % num for number in itertools.islice(draws, channels)]
        tables.append((places, [number % 2 * 2 - 1 for number in
                                itertools.islice(draws, channels)]))
    (place_x, sign_x), (place_y, sign_y) = tables
    top = np.zeros((x.shape[0], num, *x.shape[2:]))
    for i, j in np.ndindex(x.shape[1], y.shape[1]):
        top[:, (place_x[i] + place_y[j]) % num] += num * sign_x[i] * sign_y[j] * x[:, i] * y[:, j]
    return top


@pytest.mark.parametrize("num", [8, 7])
def test_the_top_is_the_outer_product_put_in_its_places(num):
    x, y = noise(2, 3, 5, 4), noise(2, 6, 5, 4, seed=2)
    expected = by_loops(x.detach().numpy(), y.detach().numpy(), num)
    apart = make("CompactBilinear", f"num_output: {num} sum_pool: false", x.shape, y.shape)
    np.testing.assert_allclose(apart(x, y).detach(), expected, atol=1e-10)
    pooled = make("CompactBilinear", f"num_output: {num}", x.shape, y.shape)
    np.testing.assert_allclose(pooled(x, y).detach(), expected.sum((2, 3), keepdims=True),
                               atol=1e-10)
    assert torch.autograd.gradcheck(pooled, (x, y))


def test_maps_of_other_sizes_are_refused():
    with pytest.raises(SpecError, match=r"\(2, 3, 5, 4\) and \(2, 6, 4, 5\)"):
        make("CompactBilinear", "num_output: 8", (2, 3, 5, 4), (2, 6, 4, 5))
    with pytest.raises(SpecError, match="num_output is 0"):
        make("CompactBilinear", "", (2, 3, 5, 4), (2, 6, 5, 4))
