"""Depooling against loops over its definition, and its way back and forth with a MAX pooling."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise


@pytest.mark.parametrize("fields, row, column", [
    ("", 1, 2), ("fix: 0", 0, 0), ("fix: 1", 1, 1), ("fix_y: 0 fix_x: 3", 0, 3),
    ("fix_y: -1 fix_x: 1", 1, 1)])
def test_fix_adds_each_value_to_one_cell_of_its_window(fields, row, column):
    window = "pool: FIX kernel_h: 2 kernel_w: 4 stride_h: 1 stride_w: 3 "
    layer = make("Depooling", window + fields, (2, 3, 5, 3), tops=2)
    x = noise(2, 3, 5, 3)
    expected, count = np.zeros((2, 3, 6, 10)), np.zeros((2, 3, 6, 10))
    for n, c, i, j in np.ndindex(2, 3, 5, 3):
        expected[n, c, i + row, 3 * j + column] += x[n, c, i, j].item()
        count[n, c, i + row, 3 * j + column] += 1
    y, weights = layer(x)
    np.testing.assert_array_equal(y.detach(), expected)
    np.testing.assert_array_equal(weights, count)
    assert not weights.requires_grad
    assert torch.autograd.gradcheck(lambda one: layer(one)[0], x)


@pytest.mark.parametrize("method", ["MAX", "SWITCH"])
def test_values_go_to_the_cells_of_the_mask_and_add_up(method):
    window = "kernel_size: 3 stride: 2 pad: 1"
    image = noise(2, 3, 5, 7, requires_grad=False)
    _, mask = make("Pooling", window, (2, 3, 5, 7), tops=2)(image)
    assert mask.shape == (2, 3, 3, 4)
    layer = make("Depooling", f"pool: {method} {window}", (2, 3, 3, 4), (2, 3, 3, 4),
                 tops=2)
    x = noise(2, 3, 3, 4)
    expected, count = np.zeros((2, 3, 35)), np.zeros((2, 3, 35))
    for n, c, i, j in np.ndindex(2, 3, 3, 4):
        expected[n, c, int(mask[n, c, i, j])] += x[n, c, i, j].item()
        count[n, c, int(mask[n, c, i, j])] += 1
    y, weights = layer(x, mask)
    np.testing.assert_allclose(y.detach(), expected.reshape(2, 3, 5, 7), rtol=1e-12)
    np.testing.assert_array_equal(weights, count.reshape(2, 3, 5, 7))
    assert count.max() > 1      # windows share maxima: adding shows
    assert torch.autograd.gradcheck(lambda one: layer(one, mask)[0], x)
    with pytest.raises(DataError, match="35"):
        layer(x, mask + 35)


def test_reciprocal_of_zero_is_zero_with_gradient_zero():
    x = torch.tensor([[0.0, -0.5, 4.0]], dtype=torch.float64, requires_grad=True)
    y = make("SafeInv", "", (1, 3))(x)
    y.sum().backward()
    np.testing.assert_array_equal(y.detach(), [[0, -2, 0.25]])
    np.testing.assert_array_equal(x.grad, [[0, -4, -0.0625]])


@pytest.mark.parametrize("fields, shapes, message", [
    ("pool: AVE kernel_size: 2", [(2, 3, 4, 4)], "is AVE; it must be one of MAX, SWITCH, FIX"),
    ("pool: FIX kernel_size: 3 pad: 1", [(2, 3, 4, 4)], "FIX has no padding"),
    ("pool: FIX kernel_size: 2 fix: 2", [(2, 3, 4, 4)], "fix is 2; it may be at most 1"),
    ("kernel_size: 2 fix: 1", [(2, 3, 4, 4), (2, 3, 4, 4)], "fix asks for what Depooling does not"),
    ("kernel_size: 2", [(2, 3, 4, 4)], "MAX and SWITCH a mask"),
    ("kernel_size: 2", [(2, 3, 4, 4), (2, 3, 4, 5)], "MAX and SWITCH a mask"),
    ("pool: FIX kernel_size: 2", [(2, 3, 4, 4), (2, 3, 4, 4)], "FIX takes one"),
    ("kernel_size: 2 pad: 1", [(2, 3, 1, 4), (2, 3, 1, 4)], "kernel_size is 0; it must be"),
])
def test_refused_at_the_start(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("Depooling", fields, *shapes)


def test_pooling_refuses_a_method_of_depooling():
    with pytest.raises(SpecError, match="pool is FIX; it must be one of MAX, AVE, STOCHASTIC"):
        make("Pooling", "pool: FIX kernel_size: 2", (2, 3, 4, 4))
