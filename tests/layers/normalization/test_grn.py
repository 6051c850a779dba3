"""GRN and ScaleFilter of a toolbox for training detectors."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (6, 5)])
def test_each_position_is_divided_by_the_norm_of_its_channels(shape):
    x = noise(shape)
    values = x.detach().numpy()
    expected = np.empty(shape)
    for index in np.ndindex(shape):
        channels = values[(index[0], slice(None), *index[2:])]
        expected[index] = values[index] / np.sqrt(sum(channels**2) + 0.5)
    layer = make("GRN", "bias: 0.5", shape)
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_a_dummy_backward_hands_the_gradient_on():
    x = noise(2, 3, 5, 4)
    plain = make("GRN", "", (2, 3, 5, 4))
    layer = make("GRN", "dummy_backward: true", (2, 3, 5, 4))
    weights = noise(2, 3, 5, 4, seed=7, requires_grad=False)
    top = layer(x)
    np.testing.assert_allclose(top.detach(), plain(x).detach(), rtol=1e-12)
    (top * weights).sum().backward()
    np.testing.assert_array_equal(x.grad, weights)
    with pytest.raises(SpecError, match="bias is -1; it must be at least 0"):
        make("GRN", "bias: -1", (2, 3))


def test_channels_get_factors_of_their_own_in_train():
    x = noise(40, 50, 2, 3)
    torch.manual_seed(3)
    y = make("ScaleFilter", "min_scale: 0.5 max_scale: 2.5", tuple(x.shape))(x)
    factor = (y / x).detach().numpy()
    np.testing.assert_allclose(factor, np.broadcast_to(factor[:, :, :1, :1], factor.shape))
    assert 0.5 <= factor.min() < 0.51 and 2.49 < factor.max() <= 2.5
    assert factor.mean() == pytest.approx(1.5, abs=0.04)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, factor)
    same = make("ScaleFilter", "min_scale: 0.5 max_scale: 2.5", tuple(x.shape), phase="TEST")(x)
    assert torch.equal(same, x)
    with pytest.raises(SpecError, match="it must be 0 < min_scale < max_scale"):
        make("ScaleFilter", "min_scale: 2 max_scale: 1", tuple(x.shape))
