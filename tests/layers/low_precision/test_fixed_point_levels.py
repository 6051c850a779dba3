"""Weights and activations on levels, against the definition in numpy."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework.net.net import Net
from framework.report.layer_samples import sample_document
from tests.support import make, noise


def on_levels(x, number):
    """By hand: the step, and x on it."""
    if x.min() > -np.finfo(np.float32).eps:
        low, high = 0, number - 1
        reach = x.max() / high
    else:
        low, high = -int(number / 2), int((number - 1) / 2)
        reach = max(x.min() / low, x.max() / high)
    step = 2.0 ** math.ceil(math.log2(reach))
    rounded = np.sign(x) * np.floor(np.abs(x / step) + 0.5)
    return np.clip(rounded, low, high) * step, [step, low, high]


def levelled(kind, fields, shape, phase="TRAIN", number=256):
    layer = make(kind, fields, shape, phase=phase).double()
    layer.levels.copy_(torch.tensor([number, 0, 0, 0]))
    return layer


@pytest.mark.parametrize("number", [8, 7, 256])
@pytest.mark.parametrize("signed", [True, False])
def test_training_finds_the_step_and_keeps_it(number, signed):
    x = noise(3, 4, 5)
    x = (x if signed else x.abs()).detach().requires_grad_()
    layer = levelled("FQActive", "", (3, 4, 5), number=number)
    y = layer(x)
    expected, kept = on_levels(x.detach().numpy(), number)
    np.testing.assert_array_equal(y.detach(), expected)
    np.testing.assert_array_equal(layer.levels, [number, *kept])
    y.backward(torch.full_like(y, 3))
    np.testing.assert_array_equal(x.grad, np.full(x.shape, 3))
    smaller, after = on_levels(x.detach().numpy() / 8, number)
    np.testing.assert_array_equal(layer(x / 8).detach(), smaller)
    np.testing.assert_array_equal(layer.levels, [number, kept[0], *after[1:]])   # largest step


def test_a_power_of_two_needs_no_larger_step_and_zeros_stay():
    layer = levelled("FQActive", "", (4,), number=5)
    x = torch.tensor([0, 0.5, 1, 0.125], dtype=torch.float64)
    assert layer(x).tolist() == [0, 0.5, 1, 0.25]           # 1 / 4 is the step; halves go outward
    assert layer(torch.zeros(4, dtype=torch.float64)).tolist() == [0, 0, 0, 0]


def test_testing_takes_the_kept_step_and_changes_nothing():
    layer = levelled("FQActive", "", (4,), "TEST")
    x = torch.tensor([-9, -0.6, 0.3, 9], dtype=torch.float64)
    found, _ = on_levels(x.numpy(), 256)
    np.testing.assert_array_equal(layer(x), found)
    assert layer.levels.tolist() == [256, 0, 0, 0]
    layer.levels.copy_(torch.tensor([8, 0.5, -4, 3]))
    assert layer(x).tolist() == [-2, -0.5, 0.5, 1.5]


@pytest.mark.parametrize("kind, fields, shape", [
    ("FQConvolution", "num_output: 4 kernel_size: 3 group: 2 pad: 1", (2, 6, 5, 4)),
    ("FQInnerProduct", "num_output: 4", (2, 6, 5, 4)),
    ("FQInnerProduct", "num_output: 4 transpose: true", (2, 6, 5, 4)),
])
def test_layers_multiply_by_the_weight_on_its_levels(kind, fields, shape):
    layer = levelled(kind, fields, shape, number=8)
    with torch.no_grad():
        layer.weight.copy_(noise(*layer.weight.shape, seed=4))
        layer.bias.copy_(noise(4, seed=5))
    x = noise(*shape)
    y = layer(x)
    levels, kept = on_levels(layer.weight.detach().numpy(), 8)
    weight, bias = torch.tensor(levels, requires_grad=True), layer.bias.detach()
    rows = weight.t() if "transpose" in fields else weight
    plain = F.conv2d(x, weight, bias, padding=1, groups=2) if kind == "FQConvolution" else \
        F.linear(x.flatten(1), rows, bias)
    np.testing.assert_allclose(y.detach(), plain.detach(), rtol=1e-12)
    np.testing.assert_array_equal(layer.levels[1:], kept)
    plain.square().sum().backward()
    y.square().sum().backward()
    np.testing.assert_allclose(layer.weight.grad, weight.grad, rtol=1e-12)   # straight through
    assert [blob.requires_grad for blob in layer.blobs] == [True, True, False]


def test_a_new_net_has_256_levels_and_no_step():
    net = Net(sample_document("FQInnerProduct"), "TRAIN")
    assert net.params["y"][2].tolist() == [256, 0, 0, 0]
    assert net.params["y"][0].abs().max() > 0
