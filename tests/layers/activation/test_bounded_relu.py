"""BoundedReLU and products with maps of one channel, which are ReLU and Eltwise in the text."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.support import make, noise


def test_bounded_relu_is_cut_above_with_slope_zero():
    x = torch.tensor([-2.0, -0.5, 0.25, 1.5, 3.0], dtype=torch.float64, requires_grad=True)
    y = make("BoundedReLU", "upper_bound: 1.5 negative_slope: 0.25", (5,))(x)
    y.sum().backward()
    np.testing.assert_array_equal(y.detach(), [-0.5, -0.125, 0.25, 1.5, 1.5])
    np.testing.assert_array_equal(x.grad, [0.25, 0.25, 1, 0, 0])
    with pytest.raises(SpecError, match="upper_bound is 0; it must be above 0"):
        make("BoundedReLU", "upper_bound: 0", (5,))


def test_maps_of_one_channel_multiply_every_channel():
    x, first, second = noise(2, 3, 5, 4), noise(2, 1, 5, 4, seed=2), noise(2, 1, 5, 4, seed=3)
    fields = "eltwise_param { operation: PROD cross_channel: true }"
    layer = make("CrossChannelEltwise", fields, (2, 3, 5, 4), (2, 1, 5, 4), (2, 1, 5, 4))
    expected = np.empty((2, 3, 5, 4))
    for n, c, i, j in np.ndindex(2, 3, 5, 4):
        expected[n, c, i, j] = x.data[n, c, i, j] * first.data[n, 0, i, j] \
            * second.data[n, 0, i, j]
    np.testing.assert_allclose(layer(x, first, second).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, first, second))
    with pytest.raises(SpecError, match=r"must have \(2, 1, 5, 4\)"):
        make("CrossChannelEltwise", fields, (2, 3, 5, 4), (2, 3, 5, 4))
    with pytest.raises(SpecError, match="operation is SUM; it must be one of PROD"):
        make("CrossChannelEltwise", "eltwise_param { cross_channel: true }", (2, 3), (2, 1))


@pytest.mark.parametrize("text, kind", [
    ('type: "ReLU" bottom: "x" top: "y" relu_param { upper_bound: 15 }', "BoundedReLU"),
    ('type: "ReLU" bottom: "x" top: "y"', "ReLU"),
    ('type: "Eltwise" bottom: "x" bottom: "m" top: "y" '
     'eltwise_param { operation: PROD cross_channel: true }', "CrossChannelEltwise"),
    ('type: "Data" top: "y" data_param { multi_label: true label_size: 12 }', "ListedClassesData"),
])
def test_the_field_says_which_layer_it_is(text, kind):
    net = parse_net('input: "x" input_shape { dim: 2 dim: 3 } '
                    'input: "m" input_shape { dim: 2 dim: 1 } layer { name: "y" ' + text + " }")
    assert net.message.layer[-1].type == kind
