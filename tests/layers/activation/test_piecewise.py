"""RReLU, APL, GELU, SiLU and Softplus against their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise


def test_rrelu_divides_by_a_number_between_its_bounds():
    layer = make("RReLU", "lb: 10 ub: 30", (50, 40))
    x = noise(50, 40)
    negative = array(x) < 0
    divisor = array(x)[negative] / array(layer(x))[negative]
    assert divisor.min() >= 10 and divisor.max() <= 30
    assert abs(divisor.mean() - 20) < 1 and divisor.std() > 4
    np.testing.assert_array_equal(array(layer(x))[~negative], array(x)[~negative])


def test_rrelu_divides_by_the_mean_of_its_bounds_in_test():
    layer = make("RReLU", "negative_slope_lower: 2 negative_slope_upper: 6", (3, 5), phase="TEST")
    x = array(noise(3, 5))
    np.testing.assert_allclose(array(layer(torch.tensor(x))), np.where(x > 0, x, x / 4))


@pytest.mark.parametrize("low, high", [(0, 3), (5, 3), (-2, -1)])
def test_rrelu_refuses_bounds_that_are_turned_or_not_positive(low, high):
    with pytest.raises(SpecError, match=rf"rrelu_param has the bounds {low} and {high}; the low"):
        make("RReLU", f"lb: {low} ub: {high}", (2, 3))


def test_apl_sums_hinges_of_its_own_for_each_value():
    layer = make("APL", "sums: 3", (2, 5, 4))
    x = noise(2, 5, 4)
    slopes, offsets = (array(blob).ravel() for blob in layer.blobs)
    expected = np.empty((2, 20))
    for item, row in enumerate(array(x).reshape(2, 20)):
        for k, value in enumerate(row):
            hinges = [slopes[3 * k + s] * max(offsets[3 * k + s] - value, 0) for s in range(3)]
            expected[item, k] = max(value, 0) + sum(hinges)
    np.testing.assert_allclose(array(layer(x)).reshape(2, 20), expected, rtol=1e-12)


def test_apl_starts_from_small_slopes_and_spread_offsets():
    spec_layer = make("APL", "sums: 5", (1, 4000))
    spec_layer = type(spec_layer)(spec_layer.spec, (1, 4000))
    spec_layer.materialise(torch.Generator().manual_seed(0))
    slopes, offsets = (array(blob) for blob in spec_layer.blobs)
    assert abs(slopes).max() <= 0.1 and slopes.std() > 0.05
    assert abs(offsets.std() - 0.5) < 0.02


def test_apl_refuses_a_unit_without_hinges():
    with pytest.raises(SpecError, match="apl_param.sums is 0; it must be at least 1"):
        make("APL", "sums: 0", (2, 3))


def test_gelu_is_x_times_the_normal_distribution_function():
    x = np.linspace(-4, 4, 33)
    exact = [value * 0.5 * math.erfc(-value / math.sqrt(2)) for value in x]
    np.testing.assert_allclose(array(make("GELU", "", (33,))(torch.tensor(x))), exact, rtol=1e-12,
                               atol=1e-15)
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    found = make("GELU", "approximate: TANH", (33,))(torch.tensor(x))
    np.testing.assert_allclose(array(found), x / 2 * (1 + np.tanh(inner)), rtol=1e-12, atol=1e-15)


def test_silu_and_softplus_are_their_formulas_far_out_too():
    x = np.array([-800., -30, -2, 0, 1.5, 30, 800])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(array(make("SiLU", "", (7,))(torch.tensor(x))),
                                   x / (1 + np.exp(-x)), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(array(make("Softplus", "", (7,))(torch.tensor(x))),
                               np.logaddexp(0, x), rtol=1e-12, atol=1e-300)


def test_symrelu_puts_the_parts_above_and_below_0_in_channels_of_their_own():
    x = noise(2, 3, 4)
    expected = np.concatenate([np.maximum(array(x), 0), np.minimum(array(x), 0)], 1)
    np.testing.assert_array_equal(array(make("SymReLU", "", (2, 3, 4))(x)), expected)
    with pytest.raises(SpecError, match="SymReLU takes 2 axes or more"):
        make("SymReLU", "", (3,))


def test_recu_is_the_arc_of_a_circle_between_two_lines():
    alpha, beta, end = 0.9, 0.25, 3.0
    layer = make("ReCU", f"alpha: {alpha} beta: {beta} s: {end} negative_slope: 0.1", (601,))
    x = torch.linspace(-3, 6, 601).double().requires_grad_()
    y = layer(x)
    y.sum().backward()
    found, slope, at = array(y), x.grad.numpy(), array(x)
    left, right = at < 0, at > end
    np.testing.assert_allclose(found[left], 0.1 * at[left], rtol=1e-6)
    np.testing.assert_allclose(slope[right], beta, rtol=1e-6)
    np.testing.assert_allclose(slope[at == 0], 0.1, rtol=1e-6)
    # on a circle: the normals of all points of the arc meet in its centre, as far from each
    arc = (at > 0) & (at <= end)
    bend = np.sqrt(1 + slope[arc] ** 2)
    sines = slope[arc] / bend
    radius = (at[arc][-1] - at[arc][5]) / (sines[5] - sines[-1])
    np.testing.assert_allclose(at[arc] + radius * sines, at[arc][5] + radius * sines[5], rtol=1e-6)
    np.testing.assert_allclose(slope[arc][[0, -1]], [alpha, beta], rtol=1e-2)
    assert abs(found[arc][-1] - found[right][0]) < 0.01 and abs(found[arc][0]) < 0.02


@pytest.mark.parametrize("fields, words", [
    ("beta: -1", "alpha is 1; it must be above the size of beta, -1"), ("s: 0", "s is 0; it must")])
def test_recu_refuses_numbers_without_a_circle(fields, words):
    with pytest.raises(SpecError, match=words):
        make("ReCU", fields, (2, 3))
