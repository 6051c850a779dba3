"""Noise and RandomNoise: the distribution of what they add."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

MANY = (200, 500)


def added(kind, param, x, phase="TRAIN"):
    torch.manual_seed(4)
    y = make(kind, param, tuple(x.shape), phase=phase)(x)
    y.backward(torch.full_like(y, 2.0))
    np.testing.assert_array_equal(x.grad, 2.0)
    return (y - x).detach().numpy()


def test_noise_is_a_part_of_the_root_mean_square():
    x = (3 * noise(MANY)).detach().requires_grad_()
    n = added("Noise", "gaussian_std: 0.1 bias: 0.25", x)
    size = np.sqrt((x.detach().numpy()**2).mean())
    assert n.mean() == pytest.approx(0.25, abs=0.005)
    assert n.std() == pytest.approx(0.1 * size, rel=0.01)
    assert (np.abs(n - 0.25) < 0.1 * size).mean() == pytest.approx(0.683, abs=0.01)  # normal


def test_uniform_noise_is_around_the_bias():
    n = added("Noise", "uniform_range: 0.5 bias: 2", noise(MANY))
    assert 1.5 <= n.min() < 1.501 and 2.499 < n.max() <= 2.5
    assert n.std() == pytest.approx(1 / np.sqrt(12), rel=0.01)


@pytest.mark.parametrize("param, phase", [("gaussian_std: 0.1 bias: 1", "TEST"),
                                          ("bias: 1", "TRAIN")])
def test_nothing_is_added_in_test_or_without_a_size(param, phase):
    assert not added("Noise", param, noise(3, 4), phase).any()


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_random_noise_has_its_mean_and_deviation_in_both_phases(phase):
    n = added("RandomNoise", "mu: 0.5 sigma: 0.2", noise(MANY), phase)
    assert n.mean() == pytest.approx(0.5, abs=0.005)
    assert n.std() == pytest.approx(0.2, rel=0.01)


def test_adaptive_noise_goes_with_the_size_of_each_value():
    x = torch.tensor([-4.0, 0.0, 1.0], dtype=torch.float64).repeat(40000, 1).requires_grad_()
    n = added("RandomNoise", "mu: 9 sigma: 9 adaptive_sigma: true adaptive_factor: 0.5", x)
    np.testing.assert_allclose(n.std(0), [2, 0.5 * 5 / 3, 0.5], rtol=0.02)
    np.testing.assert_allclose(n.mean(0), 0, atol=0.05)


@pytest.mark.parametrize("kind, param, message", [
    ("Noise", "gaussian_std: -1", "gaussian_std is -1; it must not be negative"),
    ("RandomNoise", "sigma: 0", "sigma is 0; it must be above 0"),
    ("RandomNoise", "adaptive_sigma: true adaptive_factor: -1", "adaptive_factor is -1")])
def test_sizes_that_are_none_are_errors(kind, param, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, (2, 3))
