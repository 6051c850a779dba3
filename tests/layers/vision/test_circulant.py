"""Circulant and skew-circulant layers against the matrix of their definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, net_from, noise


@pytest.mark.parametrize("kind, sign", [("CirculantProjection", 1),
                                        ("SkewcirculantProjection", -1)])
@pytest.mark.parametrize("shape, axis", [((2, 3, 2), 1), ((3, 2, 7), 2)])
def test_a_circulant_layer_is_the_product_with_its_matrix(kind, sign, shape, axis):
    layer, x = make(kind, f"num_output: 5 axis: {axis}", shape), noise(shape)
    with torch.no_grad():
        layer.flip[1:3] = -1
    weight, bias, flip = (blob.detach().numpy() for blob in layer.blobs)
    size = len(weight)
    matrix = np.empty((5, size))
    for i, j in np.ndindex(5, size):
        matrix[i, j] = weight[(i - j) % size] * (sign if i < j else 1) * (1 if flip[j] > 0.5
                                                                          else -1)
    rows = x.detach().numpy().reshape(*shape[:axis], size)
    expected = (rows[..., None, :] * matrix).sum(-1) + bias
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-9, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_the_signs_of_a_new_net_are_1_and_minus_1_in_even_shares_and_do_not_learn():
    net = net_from('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: '
                   '900 } } } layer { name: "y" type: "CirculantProjection" bottom: "x" top: "y" '
                   "circulant_projection_param { num_output: 5 } }")
    flip = net.layer("y").blobs[2]
    assert set(flip.tolist()) == {1.0, -1.0} and abs(flip.mean()) < 0.15
    assert not flip.requires_grad


@pytest.mark.parametrize("param, message", [
    ("num_output: 7", "num_output is 7; it must be at most the 6 numbers of an item"),
    ("", "num_output is 0; it must be at least 1"),
    ("num_output: 5 bias_term: false", "the original fails without a bias")])
def test_a_circulant_layer_refuses_what_the_original_does(param, message):
    with pytest.raises(SpecError, match=message):
        make("CirculantProjection", param, (2, 3, 2))


def test_a_layer_op_has_shapes_and_no_numbers():
    layer = make("LayerOp", "num_output: 5 axis: 2", (3, 2, 7))
    assert layer.top_shapes((3, 2, 7)) == [(3, 2, 5)]
    assert [tuple(blob.shape) for blob in layer.blobs] == [(7,), (5,)]
    with pytest.raises(SpecError, match="'LayerOp' is known by its shapes only"):
        layer(noise(3, 2, 7))
