"""InnerProduct, Embed, Scale and Bias against their definitions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import check_layer, make, noise

SIZE = (2, 3, 5, 7)


@pytest.mark.parametrize("axis, transpose", [(1, False), (2, True), (-1, False), (0, True)])
def test_inner_product_is_the_sum_in_its_definition(axis, transpose):
    layer = make("InnerProduct", f"num_output: 4 axis: {axis} transpose: {transpose}".lower(), SIZE)
    x = noise(SIZE)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    rows = x.detach().numpy().reshape(*SIZE[:axis], -1)
    matrix = weight if transpose else weight.T
    expected = (rows[..., :, None] * matrix).sum(-2) + bias

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-9)
    check_layer(layer, x)
    assert torch.autograd.gradcheck(layer, x)


def test_inner_product_takes_weight_and_bias_from_bottoms():
    sizes = (2, 3, 5), (4, 15), (4,)
    x, weight, bias = (noise(size, seed=seed) for seed, size in enumerate(sizes))
    expected = x.flatten(1) @ weight.T + bias

    layer = make("InnerProduct", "", *sizes)
    torch.testing.assert_close(layer(x, weight, bias), expected)
    assert layer.blobs == []
    check_layer(layer, x, weight, bias)

    two = make("InnerProduct", "", *sizes[:2])
    torch.testing.assert_close(two(x, weight), expected - bias + two.bias)


@pytest.mark.parametrize("transpose, axis", [("false", 1), ("true", 0)])
def test_inner_product_brings_its_rows_to_length_1(transpose, axis):
    layer = make("InnerProduct", f"num_output: 4 normalize: true transpose: {transpose}", (2, 5))
    before = layer.weight.detach().clone()

    layer(noise(2, 5)).sum().backward()

    length = torch.linalg.vector_norm(before, dim=axis, keepdim=True)
    torch.testing.assert_close(layer.weight.detach(), before / length, rtol=1e-5, atol=0)
    assert layer.weight.grad is not None


def test_inner_product_of_intel_ends_with_a_relu():
    y = make("InnerProduct", "num_output: 4", SIZE)(noise(SIZE))
    layer = make("InnerProduct", "num_output: 4 relu: true", SIZE)
    torch.testing.assert_close(layer(noise(SIZE)), y.clamp(min=0))


def test_embed_looks_rows_up():
    layer = make("Embed", "num_output: 4 input_dim: 6", (2, 3))
    x = torch.tensor([[0.0, 5, 2], [1, 1, 3]])

    y = layer(x)
    y.sum().backward()

    expected = layer.weight.detach().numpy()[x.long().numpy()] + layer.bias.detach().numpy()
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    np.testing.assert_array_equal(layer.weight.grad[:, 0], [1, 2, 1, 1, 0, 1])
    check_layer(layer, x)


@pytest.mark.parametrize("param, shape, spread", [
    ("axis: 1", (3,), (3, 1, 1)), ("axis: 2 num_axes: 2", (5, 7), (5, 7)), ("axis: -1", (7,), (7,)),
    ("axis: 0 num_axes: -1", SIZE, SIZE), ("num_axes: 0", (), ()), ("axis: 0", (2,), (2, 1, 1, 1)),
])
def test_scale_and_bias_broadcast_from_their_axis(param, shape, spread):
    x = noise(SIZE)
    layer = make("Scale", param + " bias_term: true", SIZE)
    bias = make("Bias", param, SIZE)

    assert tuple(layer.scale.shape) == tuple(layer.bias.shape) == tuple(bias.bias.shape) == shape
    torch.testing.assert_close(layer(x), x * layer.scale.reshape(spread)
                               + layer.bias.reshape(spread))
    torch.testing.assert_close(bias(x), x + bias.bias.reshape(spread))
    check_layer(layer, x)
    check_layer(bias, x)


@pytest.mark.parametrize("param, shape, spread", [
    ("axis: 0", (2, 3), (2, 3, 1, 1)), ("axis: 2", (5,), (5, 1)), ("axis: -2", (5, 7), (5, 7)),
    ("axis: 1", (), ()),
])
def test_scale_and_bias_take_the_second_bottom(param, shape, spread):
    x, other = noise(SIZE), noise(shape, seed=2)
    scale, bias = (make(kind, param, SIZE, shape) for kind in ("Scale", "Bias"))

    torch.testing.assert_close(scale(x, other), x * other.reshape(spread))
    torch.testing.assert_close(bias(x, other), x + other.reshape(spread))
    assert scale.blobs == bias.blobs == []
    assert torch.autograd.gradcheck(scale, (x, other))


def test_scale_of_two_bottoms_may_have_a_learned_bias():
    layer = make("Scale", "axis: 0 bias_term: true", SIZE, (2, 3))
    x, other = noise(SIZE), noise(2, 3, seed=2)
    expected = x * other[:, :, None, None] + layer.bias[:, :, None, None]
    torch.testing.assert_close(layer(x, other), expected)


@pytest.mark.parametrize("kind, param, sizes, message", [
    ("InnerProduct", "", [(2, 3)], "num_output is 0; it must be at least 1"),
    ("InnerProduct", "num_output: 4 axis: 2", [(2, 3)], "axis is 2; the bottom has the shape"),
    ("InnerProduct", "", [(2, 3), (4, 5)], r"bottom\[1\] has the shape \(4, 5\); it must hold 12"),
    ("Embed", "num_output: 4", [(2,)], "input_dim is 0; it must be at least 1"),
    ("Scale", "axis: 3 num_axes: 2", [SIZE], "num_axes is 2; from axis 3 on the bottom has only 1"),
    ("Scale", "num_axes: -2", [SIZE], "num_axes is -2; it must be at least -1"),
    ("Scale", "axis: 1", [SIZE, (5,)], r"bottom\[1\] has the shape \(5,\); from axis 1 on"),
    ("Scale", "min_value: 1", [SIZE], "min_value asks for what Scale does not do"),
    ("Bias", "axis: 4", [SIZE], "axis is 4; the bottom has the shape"),
])
def test_wrong_parameters_are_named(kind, param, sizes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *sizes)


@pytest.mark.parametrize("rows", [6, 3])        # more and fewer equations than unknowns
def test_least_squares_keep_the_solution_of_the_batch(rows):
    layer = make("LS", "", (rows, 4), (rows, 2), tops=0)
    x, target = noise(rows, 4), noise(rows, 2, seed=2)
    assert layer(x, target) == ()
    expected = np.linalg.lstsq(x.detach().numpy(), target.detach().numpy(), rcond=None)[0]
    np.testing.assert_allclose(layer.blobs[0].numpy(), expected, rtol=1e-8, atol=1e-10)
    with pytest.raises(SpecError, match=r"they must be \(N, K\) and \(N, M\)"):
        make("LS", "", (rows, 4), (rows + 1, 2), tops=0)
    with pytest.raises(DataError, match=r"\(LS\): blob 'bottom0' has values that are not finite"):
        layer(torch.full((rows, 4), torch.nan, dtype=torch.float64), target)


def test_act_init_pulls_the_rows_of_the_weight_to_length_one():
    x = noise(2, 5)
    layer = make("InnerProduct", "num_output: 3 act_init: true lamda: 0.75", (2, 5))
    weight = layer.weight.detach().numpy()
    top = layer(x)
    np.testing.assert_allclose(top.detach(), x.detach().numpy() @ weight.T
                               + layer.bias.detach().numpy(), rtol=1e-12)
    (5 * top.sum()).backward()
    rows = (weight**2).sum(1, keepdims=True)
    expected = 5 * x.detach().numpy().sum(0) + 4 * 0.75 / 3 * (rows - 1) * weight
    np.testing.assert_allclose(layer.weight.grad, expected, rtol=1e-10)
    with pytest.raises(SpecError, match="act_init does not go with transpose"):
        make("InnerProduct", "num_output: 3 act_init: true transpose: true", (2, 5))
