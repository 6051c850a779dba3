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


@pytest.mark.parametrize("kind, divisor", [("bernoulli", 6), ("gaussian", 6 * 0.5 * 3),
                                           ("uniform", 6 * 2 * 4 / 3)])
def test_random_features_are_products_of_projections(kind, divisor):
    layer = make("RandomMaclaurin", f"random_maclaurin_param {{ num_output: 6 std1: 0.5 std2: 3 "
                 f"b1: 2 b2: 4 distribution_type: '{kind}' }}", (3, 4, 2), (3, 5), phase="TEST")
    x, y = noise(3, 4, 2), noise(3, 5, seed=2)
    first, second = (blob.numpy() for blob in layer.blobs)
    top = layer(x, y)
    left = (x.detach().numpy().reshape(3, 8, 1) * first).sum(1)
    right = (y.detach().numpy()[:, :, None] * second).sum(1)
    np.testing.assert_allclose(top.detach().numpy(), left * right / divisor, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(x, one), y)
    top.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize("kind, low, high", [("bernoulli", 0, 1), ("uniform", -0.5, 2),
                                             ("gaussian", -40, 40)])
def test_random_features_are_drawn_anew_after_an_epoch(kind, low, high):
    text = (f"random_maclaurin_param {{ num_output: 60 epoch_size: 1 std1: 7 a1: -0.5 b1: 2 "
            f"distribution_type: '{kind}' }}")
    layer = make("RandomMaclaurin", text, (3, 40), (3, 5))
    x, y = noise(3, 40), noise(3, 5, seed=2)
    given = layer.first.clone()
    torch.manual_seed(3)
    layer(x, y)
    layer(x, y)
    assert (layer.first == given).all()
    layer(x, y)
    values = layer.first
    assert not (values == given).all() and low <= values.min() and values.max() <= high
    mean, deviation = {"bernoulli": (0.5, 0.5), "uniform": (0.75, 2.5 / 12 ** 0.5),
                       "gaussian": (0, 7)}[kind]
    assert abs(values.mean() - mean) < 0.06 * deviation
    assert abs(values.std() / deviation - 1) < 0.05
    if kind == "bernoulli":
        assert set(values.flatten().tolist()) == {0, 1}


@pytest.mark.parametrize("param, words", [
    ("distribution_type: 'cauchy'", "is 'cauchy'; it must be one of bernoulli, gaussian, uniform"),
    ("distribution_type: 'uniform' b1: -1", "gives the divisor -0.333333 times num_output"),
    ("num_output: 0", "num_output is 0")])
def test_random_features_refuse_what_gives_none(param, words):
    with pytest.raises(SpecError, match=words):
        make("RandomMaclaurin", f"random_maclaurin_param {{ {param} }}", (3, 4), (3, 5))
