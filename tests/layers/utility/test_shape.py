"""Permute, Flatten, Reshape, Tile, Crop, Filter, BatchReindex, Parameter, Reduction, ArgMax."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, check_layer, make, noise

X = (2, 3, 5, 4)


@pytest.mark.parametrize("kind, param, expected", [
    ("Permute", "order: 0 order: 2", lambda x: x.transpose(0, 2, 1, 3)),
    ("Flatten", "axis: -3 end_axis: -2", lambda x: x.reshape(len(x), -1, x.shape[3])),
    ("Flatten", "", lambda x: x.reshape(len(x), -1)),
    ("Reshape", "shape { dim: 0 dim: -1 dim: 1 dim: 2 }", lambda x: x.reshape(len(x), -1, 1, 2)),
    ("Reshape", "axis: 1 num_axes: 1 shape { dim: 3 dim: 1 }", lambda x: x[:, :, None]),
    ("Tile", "axis: -1 tiles: 3", lambda x: np.concatenate([x] * 3, 3)),
])
def test_copying_layers_stand_the_common_check_and_take_any_batch(kind, param, expected):
    inside = f"reshape_param {{ {param} }}" if kind == "Reshape" else param
    layer = make(kind, inside, X)
    check_layer(layer, noise(X))
    for size in (X, (7, 3, 6, 8)):
        x = noise(size)
        np.testing.assert_array_equal(array(layer(x)), expected(array(x)))
    assert torch.autograd.gradcheck(layer, noise(2, 3, 2, 4))


def test_a_pixel_shuffle_moves_channels_into_cells_and_its_inverse_back():
    fine = noise(2, 3, 4, 6)
    coarse = np.empty((2, 12, 2, 3))
    for channel, row, column in np.ndindex(3, 2, 2):
        coarse[:, channel * 4 + row * 2 + column] = array(fine)[:, channel, row::2, column::2]
    layer = make("Reshape", "reshape_param { pixelshuffler: -2 }", (2, 3, 4, 6))
    check_layer(layer, fine)
    np.testing.assert_array_equal(array(layer(fine)), coarse)
    back = make("Reshape", "reshape_param { pixelshuffler: 2 }", coarse.shape)
    x = torch.from_numpy(coarse).requires_grad_()
    check_layer(back, x)
    np.testing.assert_array_equal(array(back(x)), array(fine))


@pytest.mark.parametrize("kind, param, message", [
    ("Permute", "order: 4", r"permute_param.order is \[4\]; .* each must be from 0 to 3"),
    ("Permute", "order: 1 order: 1", r"order is \[1, 1\]; no axis may be named twice"),
    ("Flatten", "axis: 3 end_axis: 1", "end_axis is 1, which comes before the axis 3"),
    ("Flatten", "axis: 5", "flatten_param.axis is 5"),
    ("Reshape", "reshape_param { shape { dim: -1 dim: -1 } }", "only one may be -1"),
    ("Reshape", "reshape_param { shape { dim: 0 dim: 0 dim: 0 dim: 0 dim: 0 } }",
     "has dim 0 at index 4; .* has no axis 4 to copy"),
    ("Reshape", "reshape_param { shape { dim: 7 dim: -1 } }",
     r"dims \[7, -1\], which do not hold the 120 values"),
    ("Reshape", "reshape_param { axis: -6 shape { dim: 1 } }", "axis is -6; .* from -5 to 4"),
    ("Reshape", "reshape_param { axis: 3 num_axes: 2 shape { dim: 1 } }",
     "num_axes is 2; from axis 3 on there are 1"),
    ("Reshape", "reshape_param { pixelshuffler: 2 }", "pixelshuffler is 2; its square must divide"),
    ("Reshape", "reshape_param { pixelshuffler: -2 }", "pixelshuffler is -2; .* height and width"),
    ("Reshape", "reshape_param { pixelshuffler: 0 }", "pixelshuffler is 0; its square must"),
    ("Tile", "axis: 1", "tile_param.tiles is 0; it must be at least 1"),
    ("Reduction", "axis: 4", "reduction_param.axis is 4"),
    ("ArgMax", "top_k: 61", "top_k is 61; it must be from 1 to the number of values, 60"),
    ("ArgMax", "axis: 1 top_k: 0", "top_k is 0; it must be from 1 to the number of values, 3"),
])
def test_layers_of_one_bottom_refuse(kind, param, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, X)


def test_crop_cuts_each_axis_at_its_offset():
    like = (2, 9, 3, 2)
    layer = make("Crop", "axis: 2 offset: 1 offset: 2", X, like)
    x, reference = noise(X), noise(like, requires_grad=False)
    check_layer(layer, x, reference)
    np.testing.assert_array_equal(array(layer(x, reference)), array(x)[:, :, 1:4, 2:4])
    assert torch.autograd.gradcheck(layer, (x, reference))
    smaller = noise(2, 1, 1, 1, requires_grad=False)
    np.testing.assert_array_equal(array(layer(x, smaller)), array(x)[:, :, 1:2, 2:3])


@pytest.mark.parametrize("param, like, message", [
    ("offset: 1 offset: 2 offset: 0", (1, 1, 2, 2), "offset is given 3 times; .* 2 axes from 2"),
    ("offset: 3", (1, 1, 2, 2), "offset is 3 on axis 3; a crop of 2 from there goes "
     "beyond the bottom's 4"),
    ("", (1, 2, 2), "they must have as many axes"),
])
def test_crop_refuses(param, like, message):
    with pytest.raises(SpecError, match=message):
        make("Crop", param, X, like)


def test_filter_keeps_the_chosen_items_or_none():
    layer = make("Filter", "", (4, 3), (4, 2, 2), (4, 1), tops=2)
    x, y = noise(4, 3), noise(4, 2, 2, seed=2)
    for selector in ([0., 1, 0, -2], [0., 0, 0, 0]):
        chosen = np.flatnonzero(selector)
        tops = layer(x, y, torch.tensor(selector, dtype=torch.float64).reshape(4, 1))
        np.testing.assert_array_equal(array(tops[0]), array(x)[chosen])
        np.testing.assert_array_equal(array(tops[1]), array(y)[chosen])
    check_layer(layer, x, y, torch.ones(4, 1, dtype=torch.float64), compile=False)


def test_filter_refuses():
    with pytest.raises(SpecError, match="'bottom1' is the selector and has the shape"):
        make("Filter", "", (4, 3), (4, 2))
    with pytest.raises(SpecError, match="'bottom0' has 3 items; the selector 'bottom1' has 4"):
        make("Filter", "", (3, 3), (4,))
    with pytest.raises(SpecError, match="top is given 2 times; it must be once for each bottom"):
        make("Filter", "", (4, 3), (4,), tops=2)


def test_batch_reindex_adds_the_gradients_of_an_item_picked_twice():
    layer = make("BatchReindex", "", (4, 3), (3,))
    x, index = noise(4, 3), torch.tensor([2., 0, 2], dtype=torch.float64)
    check_layer(layer, x, index)
    layer(x, index).sum().backward()
    np.testing.assert_array_equal(x.grad, [[1.] * 3, [0.] * 3, [2.] * 3, [0.] * 3])
    with pytest.raises(SpecError, match="'bottom1' holds the items' numbers"):
        make("BatchReindex", "", (4, 3), (3, 1))


def test_parameter_gives_its_blob():
    layer = make("Parameter", "parameter_param { shape { dim: 3 dim: 2 } }")
    assert layer.blob_names == ["parameter"] and tuple(layer.parameter.shape) == (3, 2)
    check_layer(layer)
    layer().sum().backward()
    np.testing.assert_array_equal(layer.parameter.grad, np.ones((3, 2)))
    assert make("Parameter", "")().shape == ()


@pytest.mark.parametrize("operation, expected", [
    ("SUM", lambda x: x.sum((2, 3))), ("ASUM", lambda x: np.abs(x).sum((2, 3))),
    ("SUMSQ", lambda x: (x * x).sum((2, 3))), ("MEAN", lambda x: x.mean((2, 3)))])
def test_reduction_makes_one_value_of_the_last_axes(operation, expected):
    layer = make("Reduction", f"operation: {operation} axis: -2 coeff: 2.5", X)
    check_layer(layer, noise(X))
    x = noise(7, 3, 6, 2)
    np.testing.assert_allclose(array(layer(x)), 2.5 * expected(array(x)), rtol=1e-12)
    assert torch.autograd.gradcheck(layer, noise(2, 3, 2, 2))


@pytest.mark.parametrize("param", ["", "top_k: 3", "top_k: 3 out_max_val: true",
                                   "axis: 1 top_k: 2", "axis: -2 top_k: 2 out_max_val: true"])
def test_argmax_stands_the_common_check(param):
    check_layer(make("ArgMax", param, X), noise(X))


def test_argmax_ranks_the_later_of_equal_values_first():
    x = torch.tensor([[2., 7, 7, 1, 7]])
    for top_k, expected in ((1, [4]), (4, [4, 2, 1, 0])):
        layer = make("ArgMax", f"top_k: {top_k} out_max_val: true", (1, 5))
        assert layer(x)[0, 0].tolist() == expected
        assert layer(x)[0, 1].tolist() == [x[0, index].item() for index in expected]


@pytest.mark.parametrize("axis, size", [(1, 4), (2, 3)])
def test_filter_with_a_selector_of_its_own_keeps_the_slices_that_are_not_0(axis, size):
    layer = make("Filter", f"filter_param {{ num_output: 2 axis: {axis} }}", (2, 4, 3, 5))
    chosen = [0, size - 1]
    layer.selector.zero_()
    layer.selector[chosen] = 0.5
    x = noise(2, 4, 3, 5)
    expected = np.take(x.detach().numpy(), chosen, axis)
    np.testing.assert_array_equal(layer(x)[0].detach(), expected)
    assert torch.autograd.gradcheck(lambda x: layer(x)[0], x)
    assert layer.top_shapes((2, 4, 3, 5)) == [tuple(layer(x)[0].shape)]
    assert [tuple(blob.shape) for blob in layer.blobs] == [(size,)]


@pytest.mark.parametrize("fields, message", [
    ("num_output: 5", "num_output is 5; it must be from 1 to 4"), ("", "num_output is 0"),
    ("num_output: 2 axis: 7", "axis is 7"),
])
def test_filter_with_a_selector_of_its_own_refuses(fields, message):
    with pytest.raises(SpecError, match=message):
        make("Filter", f"filter_param {{ {fields} }}", (2, 4, 3, 5))


def test_filter_says_when_its_selector_chooses_another_number():
    layer = make("Filter", "filter_param { num_output: 2 }", (2, 4, 3, 5))
    with pytest.raises(SpecError, match="num_output is 2; the layer's blob chooses 4 slices"):
        layer(noise(2, 4, 3, 5))
