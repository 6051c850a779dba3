"""Layers with binary and ternary weights against the levels of their papers, in numpy."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework.errors import SpecError
from tests.support import make, noise


def binary(rows):
    return np.where(rows >= 0, 1, -1) * np.abs(rows).mean(1, keepdims=True)


def ternary(rows):
    distance = 0.7 * np.abs(rows - rows.mean()).mean()
    levels = np.zeros_like(rows)
    for row, values in zip(levels, rows, strict=True):
        kept = np.abs(values) > distance
        row[kept] = np.sign(values[kept]) * np.abs(values[kept]).mean()
    return levels


LEVELS = [("Binary", binary), ("Ternary", ternary)]


@pytest.mark.parametrize("name, levels", LEVELS)
def test_a_convolution_uses_the_levels_of_its_weights_and_trains_the_weights(name, levels):
    x = noise(2, 3, 6, 5)
    layer = make(f"{name}Convolution", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 }",
                 (2, 3, 6, 5))
    rows = torch.from_numpy(levels(layer.weight.detach().numpy().reshape(4, 27)))
    weight = rows.reshape(4, 3, 3, 3).requires_grad_()
    expected = F.conv2d(x, weight, layer.bias, padding=1)
    np.testing.assert_allclose(layer(x).detach(), expected.detach(), rtol=1e-12)
    layer(x).square().sum().backward()
    gradient = torch.autograd.grad(expected.square().sum(), weight)[0]
    np.testing.assert_allclose(layer.weight.grad, gradient, rtol=1e-10)


@pytest.mark.parametrize("name, levels", LEVELS)
def test_a_fully_connected_layer_uses_the_levels_of_its_rows(name, levels):
    x = noise(2, 3, 5)
    layer = make(f"{name}InnerProduct", "inner_product_param { num_output: 4 }", (2, 3, 5))
    rows = levels(layer.weight.detach().numpy())
    expected = x.detach().numpy().reshape(2, 15) @ rows.T + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12)


def test_a_part_of_the_filters_stays_exact_by_their_errors():
    layer = make("BinaryConvolution", "convolution_param { num_output: 5 kernel_size: 3 sq: true "
                 "ratio: 50 bias_term: false }", (2, 3, 6, 5))
    exact = layer.weight.detach().numpy().reshape(5, 27)
    exact[2] = np.abs(exact[2]).mean()      # no error: never drawn
    levels = binary(exact)
    torch.manual_seed(3)
    drawn = np.zeros(5)
    for _ in range(200):
        rows = layer.quantize(layer.weight).detach().numpy().reshape(5, 27)
        is_exact = (rows == exact).all(1)
        np.testing.assert_allclose(rows[~is_exact], levels[~is_exact])
        drawn += is_exact
        is_exact[2] = False
        assert is_exact.sum() == 2          # int(0.5 * 5)
    assert drawn[2] == 200                  # equal either way
    assert min(drawn[[0, 1, 3, 4]]) > 50


def test_a_ratio_beyond_100_is_refused():
    with pytest.raises(SpecError, match=r"ratio is 120; it must be from 0 to 100"):
        make("TernaryConvolution", "convolution_param { num_output: 5 kernel_size: 3 ratio: 120 }",
             (2, 3, 6, 5))
