"""Layers of fields in cubes, against loops over their definition in numpy."""

import itertools

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers import LAYERS
from tests.support import layer_spec, make, noise


def sampled(field, point):
    """A field (D, D, D, C) at a point: trilinear, outside as on the border."""
    last = len(field) - 1
    base, part = [], []
    for value in point:
        value = min(max(value, 0), last)
        base.append(min(int(np.floor(value)), last - 1))
        part.append(value - base[-1])
    total = 0
    for corner in itertools.product((0, 1), repeat=3):
        weight = np.prod([p if c else 1 - p for p, c in zip(part, corner, strict=True)])
        total = total + weight * field[tuple(np.add(base, corner))]
    return total


def slope(field, point, axis):
    """The derivative of the cell that a point is in, or on the border that of the nearest one."""
    last = len(field) - 1
    point = np.clip(point, 0, last)
    low, high = point.copy(), point.copy()
    low[axis] = min(np.floor(point[axis]), last - 1)
    high[axis] = low[axis] + 1
    return sampled(field, high) - sampled(field, low)


def test_fields_are_probed_at_the_points_around_the_middle_of_each_window():
    layer = make("FieldProbing", "num_sliding: 2 padding: 1 num_filter: 3 len_filter: 4",
                 (2, 5, 5, 5, 3), (2, 5, 5, 5), tops=2)
    fields = [noise(2, 5, 5, 5, 3), noise(2, 5, 5, 5, seed=2)]
    tops = layer(*fields)
    assert [tuple(top.shape) for top in tops] == [(2, 2, 2, 2, 3, 4, 3), (2, 2, 2, 2, 3, 4, 1)]
    points = layer.points.detach().numpy() * 2      # some outside
    layer = layer.with_blobs(points=torch.tensor(points, requires_grad=True))
    above = [noise(*top.shape, seed=3 + index, requires_grad=False)
             for index, top in enumerate(tops)]
    tops = layer(*fields)
    sum((top * one).sum() for top, one in zip(tops, above, strict=True)).backward()
    wanted = np.zeros_like(points)
    outside = 0
    for field, top, one in zip(fields, tops, above, strict=True):
        whole = field.detach().reshape(2, 5, 5, 5, -1).numpy()
        for index in itertools.product(range(2), range(2), range(2), range(2), range(3), range(4)):
            num, *window, probe, place = index
            at = (np.array(window) + 0.5) * 2.5 + points[probe, place]
            outside += bool(((at < 0) | (at > 4)).any())
            np.testing.assert_allclose(top.detach().numpy()[index], sampled(whole[num], at),
                                       rtol=1e-10, atol=1e-12)
            for axis in range(3):
                wanted[probe, place, axis] += one.numpy()[index] @ slope(whole[num], at, axis)
    assert outside > 20
    np.testing.assert_allclose(layer.points.grad, wanted / (8 * 2), rtol=1e-9, atol=1e-12)
    assert fields[0].grad is None


def test_probes_begin_on_straight_lines_within_the_window_and_its_padding():
    text = "num_sliding: 2 padding: 1 num_filter: 200 len_filter: 5 min_span: 0.1 max_span: 0.4"
    layer = LAYERS["FieldProbing"](layer_spec("FieldProbing", text, 1), (1, 8, 8, 8))
    layer.materialise(torch.Generator().manual_seed(3))
    lines = layer.points.detach().double().numpy()
    assert np.abs(lines).max() <= 3 + 1e-5                 # 8 / 2 / 2 + 1
    steps = np.diff(lines, axis=1)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[:, :1], steps.shape), atol=1e-5)
    lengths = np.linalg.norm(lines[:, -1] - lines[:, 0], axis=1) / 6      # in windows
    assert lengths.max() <= 0.8 + 1e-5 and 0.3 < np.median(lengths) < 0.7
    inner = np.abs(lines[:, [0, -1]]).max((1, 2)) < 3 - 1e-3      # not cut at the surface
    assert lengths[inner].min() >= 0.2 - 1e-5 and inner.sum() > 50


@pytest.mark.parametrize("channels", [(), (2,)])
def test_slopes_are_those_half_a_step_on_and_the_first_have_length_one(channels):
    field = noise(2, 4, 4, 4, *channels, requires_grad=False)
    field[1] = 3                                    # flat: no direction
    top = make("GradientField", "", tuple(field.shape))(field)
    assert top.shape == (2, 4, 4, 4, 3 * (channels or (1,))[0])
    whole = field.reshape(2, 4, 4, 4, -1).numpy()
    for index in itertools.product(range(2), range(4), range(4), range(4)):
        at = np.array(index[1:]) + 0.5
        found = np.stack([slope(whole[index[0]], at, axis) for axis in range(3)], -1)
        length = np.linalg.norm(found[0])
        found[0] /= length if length else 1
        np.testing.assert_allclose(top[index], found.flatten(), rtol=1e-9, atol=1e-12)


def turned(field, matrix, pad):
    size = len(field)
    result = np.empty_like(field)
    for index in np.ndindex(size, size, size):
        centered = np.array(index) - (size - 1) / 2
        at = matrix[:, :3] @ centered + matrix[:, 3] + (size - 1) / 2
        inside = ((at >= 0) & (at < size)).all()
        result[index] = sampled(field, at) if inside else pad
    return result


def test_copies_are_the_field_at_the_points_of_their_matrices():
    torch.manual_seed(5)
    field, slopes = noise(2, 5, 5, 5), noise(2, 5, 5, 5, 2, seed=2)
    layer = make("Transform3D", "min_rotation_x: -40 max_rotation_x: 70 max_rotation_z: 360 "
                 "max_translation_y: 1.5 min_scaling_x: 0.5 num_transformations: 3 pad_value: 9 "
                 "pad_value: -1", (2, 5, 5, 5), (2, 5, 5, 5, 2), (2,), tops=4)
    copies, more, labels, matrices = layer(field, slopes, torch.tensor([4.0, 6]))
    assert labels.tolist() == [4, 4, 4, 6, 6, 6] and matrices.shape == (6, 12)
    assert not copies.requires_grad
    wholes = matrices.reshape(6, 3, 4).numpy()
    for index, matrix in enumerate(wholes):
        for found, given, pad in ((copies[..., None], field[..., None], 9), (more, slopes, -1)):
            np.testing.assert_allclose(found[index], turned(given[index // 3].detach().numpy(),
                                                            matrix, pad), rtol=1e-9, atol=1e-9)
        scale = np.diag(matrix[:, :3] @ matrix[:, :3].T) ** 0.5     # a rotation's rows have 1
        assert 0.5 <= scale[0] <= 1 and np.allclose(scale[1:], 1)
        assert matrix[0, 3] == matrix[2, 3] == 0 <= matrix[1, 3] <= 1.5
    assert (copies == 9).any() and len(np.unique(wholes[:, 1, 3])) == 6


@pytest.mark.parametrize("order, expected", [
    # 90 degrees about x bring y to z, about y z to x, about z x to y
    ("xyz", [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]), ("zyx", [[0, 0, 1], [0, -1, 0], [1, 0, 0]])])
def test_the_order_names_the_axis_whose_rotation_acts_first(order, expected):
    """By hand: x y z in turn bring (1, 0, 0) to itself, to (0, 0, -1), and leave that there."""
    limits = " ".join(f"min_rotation_{axis}: 90 max_rotation_{axis}: 90" for axis in "xyz")
    layer = make("Transform3D", f'{limits} pad_value: 0 order: "{order}"', (1, 3, 3, 3), (1,),
                 tops=3)
    *_, matrix = layer(noise(1, 3, 3, 3), torch.zeros(1))
    np.testing.assert_allclose(matrix.reshape(3, 4)[:, :3], expected, atol=1e-9)


def test_weights_are_of_each_window_or_shared():
    x = noise(2, 2, 2, 2, 3, 4, 5)
    for param, letters in (("", "nabcflk,abcflk->nabcf"),
                           ("share_weights: true", "nabcflk,flk->nabcf")):
        layer = make("DotProduct", param, tuple(x.shape))
        weight, bias = (blob.detach().numpy() for blob in layer.blobs)
        expected = np.einsum(letters, x.detach().numpy(), weight) + bias
        np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12)


def test_blobs_of_several_tops_have_their_mean_gradient():
    x, y = noise(2, 1, 1, 1, 3, 4, 5), noise(2, 1, 1, 1, 3, 4, 5, seed=2)
    layer = make("DotProduct", "", tuple(x.shape), tuple(y.shape), tops=2)
    one, other = layer(x, y)
    (one.sum() + other.sum()).backward()
    np.testing.assert_allclose(layer.weight.grad, (x + y).detach().sum(0) / 2, rtol=1e-12)
    assert (layer.bias.grad == 2).all()         # 2 items of 2 tops, over 2
    np.testing.assert_allclose(x.grad[1], layer.weight.detach(), rtol=1e-12)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("GradientField", "", [(2, 4, 4, 5)], r"has the shape .2, 4, 4, 5.; it must be .N, D, D, D."),
    ("FieldProbing", "len_filter: 1", [(2, 4, 4, 4)], "len_filter is 1; it must be at least 2"),
    ("FieldProbing", "", [(2, 4, 4, 4), (2, 5, 5, 5)], "fields must be of one number and size"),
    ("Transform3D", "pad_value: 1", [(2, 4, 4, 4), (3,)], "must hold 2 labels"),
    ("Transform3D", "", [(2, 4, 4, 4), (2,)], "pad_value is given 0 times; there are 1 fields"),
    ("Transform3D", 'pad_value: 1 order: "xy"', [(2, 4, 4, 4), (2,)], "it must be three of x, y"),
    ("DotProduct", "", [(2, 1, 1, 1, 3, 4)], "they must be one, .N, S, S, S, F, L, C."),
    ("Gaussian", "sigma: 0", [(2, 3)], "sigma is 0; it must be above 0"),
])
def test_what_does_not_fit_is_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes, tops=len(shapes))


def test_the_gaussian_is_that_of_its_sigma():
    x = noise(2, 3)
    layer = make("Gaussian", "sigma: 1.5", (2, 3))
    np.testing.assert_allclose(layer(x).detach(), np.exp(-x.detach().numpy() ** 2 / 4.5))
    assert torch.autograd.gradcheck(layer, x)
