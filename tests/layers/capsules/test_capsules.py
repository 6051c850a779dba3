"""Layers of capsule networks against loops over the definition."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise


def slopes(layer, x, *others):
    top = layer(x, *others)
    change = noise(tuple(top.shape), seed=5, requires_grad=False) if top.dim() else top * 0 + 1
    return array(torch.autograd.grad((top * change).sum(), x)[0]), array(change)


def test_squash_keeps_the_direction_and_has_the_originals_gradient():
    layer = make("Squash", "capsule_dim: 4", (2, 3, 8))
    x = noise(2, 3, 8)
    found, change = slopes(layer, x)
    values = array(x).reshape(12, 4)
    expected, wanted = np.empty((12, 4)), np.empty((12, 4))
    for index, capsule in enumerate(values):
        r = math.sqrt((capsule ** 2).sum() + 2e-7)
        expected[index] = capsule * (1 - math.exp(-r)) / r
        for k, number in enumerate(capsule):
            wanted[index, k] = (1 - math.exp(-r)) / r + number ** 2 * (
                math.exp(-r) / r ** 2 - 1 / r ** 3 + math.exp(-r) / r ** 3)
    np.testing.assert_allclose(array(layer(x)).reshape(12, 4), expected, rtol=1e-9)
    np.testing.assert_allclose(found.reshape(12, 4), wanted * change.reshape(12, 4), rtol=1e-8)


def test_maps_become_capsules_group_by_group():
    layer = make("CapsuleReshape", "capsule_dim: 3", (2, 6, 4, 5))
    x = noise(2, 6, 4, 5)
    expected = np.empty((2, 40, 3))
    for n, g, h, w, d in np.ndindex(2, 2, 4, 5, 3):
        expected[n, g * 20 + h * 5 + w, d] = array(x)[n, 3 * g + d, h, w]
    np.testing.assert_array_equal(array(layer(x)), expected)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("bias", [True, False])
def test_each_capsule_has_a_matrix_of_its_own(bias):
    layer = make("CapsuleTransform", "input_capsule_dim: 4 output_capsule_dim: 5 "
                 f"output_capsule_num: 2 bias_term: {str(bias).lower()}", (2, 6, 2))
    x = noise(2, 6, 2)
    capsules, weight = array(x).reshape(2, 3, 4), array(layer.weight)
    assert weight.shape == (3, 4, 10)
    expected = np.zeros((2, 3, 10))
    for n, i, d, o in np.ndindex(2, 3, 4, 10):
        expected[n, i, o] += capsules[n, i, d] * weight[i, d, o]
    if bias:
        expected += array(layer.bias).reshape(3, 10)
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x)


def test_routing_is_a_weighted_sum_of_predictions():
    layer = make("CapsuleRouting", "input_capsule_num: 3 output_capsule_dim: 5 "
                 "output_capsule_num: 2", (4, 3, 10))
    x = noise(4, 3, 10)
    expected = np.zeros((4, 2, 5))
    for n, o, d, i in np.ndindex(4, 2, 5, 3):
        expected[n, o, d] += array(x)[n, i, o * 5 + d] * array(layer.weight)[o, i]
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x)


def test_a_mask_keeps_the_last_capsule_even_if_another_is_longer():
    layer = make("CapsuleMask", "class_num: 3", (2, 3, 4))
    x = noise(2, 3, 4)
    with torch.no_grad():
        x[:, 0] *= 10
    expected = array(x).copy()
    expected[:, :2] = 0
    np.testing.assert_array_equal(array(layer(x)), expected)
    assert torch.autograd.gradcheck(layer, x)


def test_lengths_are_roots_of_squares():
    x = noise(2, 3, 4, requires_grad=False)
    expected = np.sqrt((x.numpy() ** 2).sum(2) + 1e-7)
    layer = make("CapsuleLen", "num_class: 3", (2, 3, 4))
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-12)


def test_margin_loss_and_its_gradient_are_those_of_the_loops():
    layer = make("MarginLoss", "margin_param { num_class: 3 m_upper_bound: 1.5 m_lower_bound: 0.75 "
                 "lambda: 0.25 }", (4, 6, 1), (4, 1))
    x, labels = noise(4, 6, 1), torch.tensor([2, 0, 1, 1], dtype=torch.float64)
    found, _ = slopes(layer, x, labels)
    loss, wanted = 0.0, np.zeros((4, 3, 2))
    for n, k in np.ndindex(4, 3):
        capsule = array(x).reshape(4, 3, 2)[n, k]
        length = math.sqrt((capsule ** 2).sum() + 1e-7)
        if labels[n] == k:
            loss += max(0, 1.5 - length) ** 2
            wanted[n, k] = -2 * max(0, 1.5 - length) / length * capsule
        else:
            loss += 0.25 * max(0, length - 0.75) ** 2
            wanted[n, k] = 0.25 * 2 * max(0, length - 0.75) / length * capsule
    assert float(layer(x, labels).detach()) == pytest.approx(loss / 4, rel=1e-10)
    np.testing.assert_allclose(found.reshape(4, 3, 2), wanted, rtol=1e-9, atol=1e-12)
    assert (wanted == 0).any()


WINDOW = ("input_h: 5 input_w: 6 kh: 2 kw: 3 stride: 2 input_capsule_num: 2 output_capsule_num: 3 "
          "output_capsule_shape { dim: 4 dim: 5 } ")


@pytest.mark.parametrize("bias", [True, False])
def test_windows_of_capsules_are_multiplied_by_the_weights_of_their_cells(bias):
    layer = make("CapsuleConvTransform", f"capsule_conv_transform_param {{ {WINDOW} bias_term: "
                 f"{str(bias).lower()} input_capsule_shape {{ dim: 4 dim: 2 }} }}", (3, 60, 8))
    x = noise(3, 60, 8)
    assert tuple(layer.weight.shape) == (36, 2, 5)
    capsules = array(x).reshape(3, 2, 5, 6, 4, 2)
    weight = array(layer.weight).reshape(2, 2, 3, 2, 15)        # map, row, column, D1, E1 * outputs
    expected = np.empty((3, 4, 12, 60))
    for n, i, j, s, m, k in np.ndindex(3, 2, 2, 2, 2, 3):
        product = capsules[n, s, 2 * i + m, 2 * j + k] @ weight[s, m, k]
        expected[n, 2 * i + j, s * 6 + m * 3 + k] = product.ravel()
    if bias:
        expected += array(layer.bias).reshape(4, 12, 60)
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)


def test_of_a_larger_bottom_the_first_numbers_of_the_batch_are_read():
    text = f"capsule_conv_transform_param {{ {WINDOW} input_capsule_shape {{ dim: 4 dim: 2 }} }}"
    layer = make("CapsuleConvTransform", text, (3, 5, 7, 14))
    whole = make("CapsuleConvTransform", text, (3, 60, 8))
    whole.load_state_dict(layer.state_dict())
    x = noise(3, 5, 7, 14)
    first = x.detach().flatten()[:3 * 480].reshape(3, 60, 8)
    np.testing.assert_array_equal(array(layer(x)), array(whole(first)))
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)


def test_routing_of_windows_reads_its_bottom_in_its_own_order():
    layer = make("CapsuleConvRouting", f"capsule_conv_routing_param {{ {WINDOW} }}", (3, 4, 12, 60))
    x = noise(3, 4, 12, 60)
    assert tuple(layer.weight.shape) == (12, 12)
    flat, expected = array(x).reshape(3, -1), np.zeros((3, 12, 20))
    for n, p, c, d in np.ndindex(3, 12, 12, 20):
        expected[n, p, d] += flat[n, (p * 12 + c) * 20 + d] * array(layer.weight)[p, c]
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)


SHAPE = "input_capsule_shape { dim: 4 dim: 2 }"


@pytest.mark.parametrize("kind, param, size, match", [
    ("Squash", "capsule_dim: 5", (2, 3, 4), "capsule_dim is 5; it must divide the 12 numbers"),
    ("Squash", "", (2, 3), "capsule_dim is 0; it must be at least 1"),
    ("CapsuleReshape", "capsule_dim: 4", (2, 6, 4), "it must divide the 6 channels"),
    ("CapsuleMask", "class_num: 5", (2, 3, 4), "class_num is 5; it must divide"),
    ("CapsuleLen", "num_class: 5", (2, 3, 4), "num_class is 5; it must divide"),
    ("CapsuleTransform", "input_capsule_dim: 4 output_capsule_num: 2", (2, 8),
     "output_capsule_dim is 0"),
    ("CapsuleRouting", "input_capsule_num: 3 output_capsule_dim: 5 output_capsule_num: 2",
     (2, 4, 10), "with it an item of 'bottom0' must have 30 numbers, and has 40"),
    ("CapsuleConvTransform", WINDOW + SHAPE, (2, 59, 8), "an item has 480 numbers"),
    ("CapsuleConvTransform", WINDOW + SHAPE.replace("dim: 4", "dim: 3"), (2, 60, 6),
     "begins with 4; it must begin with 3"),
    ("CapsuleConvTransform", WINDOW + "input_capsule_shape { dim: 4 }", (2, 60, 8),
     r"dim is \[4\]; it must be two sizes above 0"),
    ("CapsuleConvTransform", WINDOW.replace("kw: 3", "kw: 7") + SHAPE, (2, 60, 8),
     "kw is 7; the maps have 6 there"),
    ("CapsuleConvRouting", WINDOW, (2, 4, 12, 59), "an item has 2880 numbers"),
])
def test_sizes_that_do_not_fit_are_refused(kind, param, size, match):
    if "Conv" in kind:
        field = "routing" if "Routing" in kind else "transform"
        param = f"capsule_conv_{field}_param {{ {param} }}"
    with pytest.raises(SpecError, match=match):
        make(kind, param, size)
