"""Capsules by routing and by convolution, against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import layer_text, make, net_from, noise

CAP = "input_capsule_dim: 4 output_capsule_dim: 5 output_capsule_num: 3"
TENSOR = ("capsule_conv_param { input_h: 5 input_w: 7 kh: 2 kw: 3 stride: 2 "
          "input_capsule_num: 3 output_capsule_num: 4 "
          "input_capsule_shape { dim: 2 dim: 3 dim: 4 } "
          "output_capsule_shape { dim: 2 dim: 3 dim: 5 } %s }")
MAPS = (2, 3, 35, 24)


def routed(x, weight):
    """By cap_layer.cu: three rounds from logits of 0; x (I, D), weight (I, D, O * E)."""
    predictions = np.stack([row @ matrix for row, matrix in zip(x, weight, strict=True)])
    predictions = predictions.reshape(len(x), 3, 5)
    logits = np.zeros((len(x), 3))
    for _ in range(3):
        shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        sums = (predictions * shares[..., None]).sum(0)
        squares = (sums ** 2).sum(1, keepdims=True)
        squashed = sums * squares / (1 + squares) / np.sqrt(squares + 1e-7)
        logits = logits + (predictions * squashed).sum(2)
    return sums


@pytest.mark.parametrize("bias", [True, False])
def test_cap_sums_the_predictions_that_agree(bias):
    layer = make("Cap", f"{CAP} bias_term: {str(bias).lower()}", (2, 6, 4))
    x = noise(2, 6, 4)
    added = layer.bias.detach().numpy().reshape(3, 5) if bias else 0
    expected = [routed(item, layer.weight.detach().numpy()) + added
                for item in x.detach().numpy()]
    for _ in range(2):                                      # the second forward begins anew
        top = layer(x)
        np.testing.assert_allclose(top.detach(), expected, rtol=1e-10)
    slopes = noise(2, 3, 5, seed=7, requires_grad=False)
    (top * slopes).sum().backward()
    rows, given = slopes.flatten(1).numpy(), x.detach().numpy()
    np.testing.assert_allclose(x.grad, np.einsum(
        "no,ido->nid", rows, layer.weight.detach().numpy()), rtol=1e-10)
    np.testing.assert_allclose(layer.weight.grad, np.einsum("nid,no->ido", given, rows), rtol=1e-10)


def test_capsules_above_a_length_become_0():
    layer, x = make("CapsuleRelu", "dim: 4 thre: 1.8", (2, 6, 4)), noise(2, 6, 4)
    rows = x.detach().numpy()
    stays = np.sqrt((rows ** 2).sum(2, keepdims=True) + 1e-7) <= 1.8
    assert 0 < stays.sum() < 12
    top = layer(x)
    np.testing.assert_array_equal(top.detach(), np.where(stays, rows, 0))
    top.backward(torch.full_like(top, 3))
    np.testing.assert_array_equal(x.grad, np.broadcast_to(np.where(stays, 3, 0), x.shape))


def test_in_place_the_whole_gradient_passes():
    net = net_from('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 6 '
                   'dim: 4 } } } layer { name: "s" type: "Power" bottom: "x" top: "y" } '
                   'layer { name: "c" type: '
                   '"CapsuleRelu" bottom: "y" top: "y" capsule_relu_param { dim: 4 thre: 1.8 } }')
    x = noise(2, 6, 4, dtype=torch.float32)
    top = net({"x": x})["y"]
    assert (top == 0).any() and (top != 0).any()
    top.backward(torch.full_like(top, 3))
    np.testing.assert_array_equal(x.grad, np.full(x.shape, 3))


def test_an_infinite_capsule_becomes_0_in_place_too():
    text = layer_text("CapsuleRelu", "dim: 4 thre: 3", [(2, 6, 4)]).replace(
        'top: "top0"', 'top: "bottom0"')
    x = torch.zeros(2, 6, 4)
    x[1, 2, 3] = float("inf")
    top, = net_from(text, "TEST")({"bottom0": x}).values()
    assert (top == 0).all()


@pytest.mark.parametrize("kind, fields", [
    ("CapsuleRelu", "dim: 4 thre: 1"), ("Squash", "capsule_dim: 4"),
    ("CapsuleReshape", "capsule_dim: 2"),
    ("Cap", "input_capsule_dim: 4 output_capsule_dim: 5 output_capsule_num: 3"),
    ("CapsuleTransform", "input_capsule_dim: 4 output_capsule_dim: 5 output_capsule_num: 3")])
def test_a_batch_without_items_has_no_capsules(kind, fields):
    layer = make(kind, fields, (2, 6, 4))
    assert layer(torch.zeros(0, 6, 4).double()).shape == (0, *layer(noise(2, 6, 4)).shape[1:])


@pytest.mark.parametrize("bias", [True, False])
def test_tensor_is_a_convolution_of_matrices(bias):
    layer = make("Tensor", TENSOR % f"bias_term: {str(bias).lower()}", MAPS)
    x = noise(MAPS)
    maps = x.detach().numpy().reshape(2, 3, 5, 7, 2, 3, 4)
    weight = layer.weight.detach().numpy().reshape(4, 3, 2, 3, 2, 4, 5)
    expected = np.zeros((2, 4, 2, 3, 2, 3, 5))
    for b, p, i, j, s, m, n, c in np.ndindex(2, 4, 2, 3, 3, 2, 3, 2):
        expected[b, p, i, j, c] += maps[b, s, 2 * i + m, 2 * j + n, c] @ weight[p, s, m, n, c]
    if bias:
        expected += layer.bias.detach().numpy().reshape(4, 2, 3, 2, 3, 5)
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-9, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("kind, fields, shape, message", [
    ("Cap", "output_capsule_dim: 5 output_capsule_num: 3", (2, 6, 4), "input_capsule_dim is 0"),
    ("Cap", "input_capsule_dim: 5 output_capsule_dim: 5 output_capsule_num: 3", (2, 6, 4),
     "it must divide the 24 numbers"),
    ("CapsuleRelu", "dim: 5", (2, 6, 4), "it must divide the 24 numbers"),
    ("Tensor", TENSOR.replace("3 dim: 5", "5") % "", MAPS,
     r"is \[2, 5\]; it must be three sizes"),
    ("Tensor", TENSOR.replace("3 dim: 5", "4 dim: 5") % "", MAPS,
     r"begins with \(2, 4\); it must begin with \(2, 3\)"),
    ("Tensor", TENSOR % "", (2, 3, 35, 23), "by the text an item has 2520 numbers"),
])
def test_sizes_that_do_not_fit_are_named(kind, fields, shape, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, shape)
