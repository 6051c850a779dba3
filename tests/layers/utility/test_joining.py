"""Concat, Slice, Split, Silence, Eltwise: what the golden cases do not hold."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, net_from, noise

X, Y, Z = (2, 3, 5, 4), (2, 6, 5, 4), (2, 1, 5, 4)


def values(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def test_concat_stands_the_common_check_and_takes_any_batch():
    layer = make("Concat", "axis: 1", X, Y, Z)
    check_layer(layer, noise(X), noise(Y), noise(Z))
    other = [noise(7, size[1], 2, 3, seed=size[1]) for size in (X, Y, Z)]
    np.testing.assert_array_equal(layer(*other).detach(), np.concatenate(values(*other), 1))


@pytest.mark.parametrize("param, shapes, message", [
    ("axis: 4", [X, Y], r"concat_param.axis is 4; .* from -4 to 3"),
    ("axis: 1 concat_dim: 1", [X, Y], r"concat_dim is the old name of axis"),
    ("axis: 2", [X, Y], r"bottom has the shapes \(2, 3, 5, 4\) and \(2, 6, 5, 4\); they must "
     "differ only on axis 2"),
    ("axis: 1", [X, (2, 3, 5)], "must differ only on axis 1"),
    ("per_fla_fuse: true", [X, (3, 3, 5, 4)], r"and \(3, 3, 5, 4\); .* agree on axis 0"),
    ("per_fla_fuse: true", [X, (2, 3, 5)], "they must have as many axes"),
])
def test_concat_refuses(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("Concat", param, *shapes)


@pytest.mark.parametrize("shapes, top", [
    ([(2, 4, 8, 7), (2, 6, 4, 5)], (2, 344, 1, 1)), ([X, X], (2, 120, 1, 1)),
    ([(2, 3, 5), (2, 1, 4)], (2, 19, 1)), ([(2, 3), (2, 4)], (2, 7)),
])
def test_concat_flattens_each_bottom_from_axis_1_with_intels_per_fla_fuse(shapes, top):
    layer = make("Concat", "axis: 1 per_fla_fuse: true", *shapes)
    bottoms = [noise(shape, seed=index) for index, shape in enumerate(shapes)]
    rows = np.concatenate([x.reshape(2, -1) for x in values(*bottoms)], 1)
    assert layer(*bottoms).shape == top
    np.testing.assert_array_equal(layer(*bottoms).detach(), rows.reshape(top))
    check_layer(layer, *bottoms)
    assert torch.autograd.gradcheck(layer, bottoms)


def test_per_fla_fuse_says_nothing_on_another_axis():
    layer = make("Concat", "axis: 2 per_fla_fuse: true", X, (2, 3, 1, 4))
    x, y = noise(X), noise(2, 3, 1, 4)
    np.testing.assert_array_equal(layer(x, y).detach(), np.concatenate(values(x, y), 2))


@pytest.mark.parametrize("param, edges", [
    ("axis: 1 slice_point: 1 slice_point: 4", [0, 1, 4, 6]), ("", [0, 2, 4, 6]),
    ("slice_dim: 1 slice_point: 2 slice_point: 3", [0, 2, 3, 6]),
])
def test_slice_cuts_at_its_points(param, edges):
    layer = make("Slice", param, Y, tops=3)
    check_layer(layer, noise(Y))
    x = noise(4, 6, 2, 3)
    for top, low, high in zip(layer(x), edges, edges[1:], strict=False):
        np.testing.assert_array_equal(top.detach(), x.detach()[:, low:high])


@pytest.mark.parametrize("param, tops, message", [
    ("slice_point: 2", 3, "slice_point is given 1 times; 3 tops need 2"),
    ("slice_point: 3 slice_point: 3", 3, r"slice_point is \[3, 3\]; the points must rise"),
    ("slice_point: 2 slice_point: 6", 3, "between 0 and the size 6 of axis 1"),
    ("", 4, "top is given 4 times, which does not divide the size 6 of axis 1"),
    ("slice_dim: 1 axis: 1", 3, "slice_dim is the old name of axis"),
])
def test_slice_refuses(param, tops, message):
    with pytest.raises(SpecError, match=message):
        make("Slice", param, Y, tops=tops)


def test_split_and_silence_stand_the_common_check():
    check_layer(make("Split", "", X, tops=3), noise(X))
    check_layer(make("Silence", "", X, Y, tops=0), noise(X), noise(Y))


@pytest.mark.parametrize("param", ["", "coeff: 0.5 coeff: 1 coeff: -2", "operation: PROD",
                                   "operation: MAX", "operation: PROD stable_prod_grad: false"])
def test_eltwise_stands_the_common_check_and_has_the_true_gradient(param):
    layer = make("Eltwise", param, X, X, X)
    bottoms = [noise(X, seed=seed) for seed in (1, 2, 3)]
    check_layer(layer, *bottoms)
    assert torch.autograd.gradcheck(layer, [noise(2, 3, seed=seed) for seed in (1, 2, 3)])


def test_eltwise_max_gives_a_tie_of_the_first_two_to_the_second_and_else_to_the_earlier():
    layer = make("Eltwise", "operation: MAX", (3,), (3,), (3,))
    bottoms = [torch.tensor(row, dtype=torch.float64, requires_grad=True)
               for row in ([1., 5, 2], [1., 5, 1], [0., 5, 2])]
    layer(*bottoms).sum().backward()
    assert [bottom.grad.tolist() for bottom in bottoms] == [[0, 0, 1], [1, 1, 0], [0, 0, 0]]


def test_an_unstable_product_has_no_gradient_at_zero():
    layer = make("Eltwise", "operation: PROD stable_prod_grad: false", (2,), (2,))
    x = torch.tensor([0., 2], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([3., 5], dtype=torch.float64)
    layer(x, y).sum().backward()
    assert x.grad.isnan().tolist() == [True, False] and x.grad[1].item() == 5


@pytest.mark.parametrize("param, message", [
    ("operation: PROD coeff: 1 coeff: 2", "coeff is given with operation PROD"),
    ("coeff: 1", "coeff is given 1 times; it must be once for each of the 2 bottoms"),
])
def test_eltwise_refuses(param, message):
    with pytest.raises(SpecError, match=message):
        make("Eltwise", param, X, X)
    with pytest.raises(SpecError, match=r"\(2, 3, 5, 4\) and \(2, 6, 5, 4\); they must be equal"):
        make("Eltwise", "", X, Y)


def test_eltwise_multiplies_a_single_bottom_by_its_coefficient():
    x = noise(X)
    layer = make("Eltwise", "coeff: 0.25", X)
    check_layer(layer, x)
    np.testing.assert_array_equal(layer(x).detach(), 0.25 * x.detach())
    for param in ("", "operation: MAX coeff: 2"):
        with pytest.raises(SpecError, match="bottom is given 1 times; it must be at least 2, or"):
            make("Eltwise", param, X)


@pytest.mark.parametrize("factors", [(2,), (2, 2), (2, 2, 3), (2, *X)])
@pytest.mark.parametrize("coeff", [(1, 1), (0.5, -2)])
def test_the_last_bottom_can_hold_factors_of_the_others(factors, coeff):
    layer = make("Eltwise", f"coeff_blob: true coeff: {coeff[0]} coeff: {coeff[1]}", X, X, factors)
    bottoms = noise(X), noise(X, seed=2), noise(factors, seed=3)
    x, y, k = values(*bottoms)
    expected = np.zeros(X)
    for place in np.ndindex(*X):
        first, second = (k[index][place[:len(factors) - 1]] for index in range(2))
        expected[place] = coeff[0] * first * x[place] + coeff[1] * second * y[place]
    np.testing.assert_allclose(layer(*bottoms).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda *summands: layer(*summands, bottoms[2]), bottoms[:2])
    layer(*bottoms).sum().backward()
    assert bottoms[2].grad is None


@pytest.mark.parametrize("param, shapes, message", [
    ("operation: PROD", [X, (1, 2)], r"coeff_blob needs operation SUM, and a bottom of factors"),
    ("", [X], r"coeff_blob needs operation SUM, and a bottom of factors"),
    ("", [X, X, (3, 2)], r"'bottom2' has the shape \(3, 2\); .* it must be \(2, \.\.\."),
    ("", [X, (1, 3)], r"go on as the first bottom begins, \(2, 3, 5, 4\)"),
    ("coeff: 1 coeff: 2", [X, (1, 2)], r"coeff is given 2 times; .* each of the 1"),
])
def test_factors_that_do_not_fit_are_refused(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("Eltwise", f"coeff_blob: true {param}", *shapes)


def test_a_silenced_blob_is_no_output_and_gets_no_gradient():
    net = net_from('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 } } }'
                   'layer { name: "y" type: "Split" bottom: "x" top: "y" top: "z" }'
                   'layer { name: "s" type: "Silence" bottom: "z" }')
    assert net.outputs == ["y"]
    x = noise(3)
    net({"x": x})["y"].sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones(3))


def test_sum_adds_bottoms_that_differ_in_last_axes_of_size_1_only():
    layer = make("Sum", "", (2, 3), (2, 3, 1, 1), (2, 3, 1))
    x = [noise(2, 3), noise(2, 3, 1, 1, seed=2), noise(2, 3, 1, seed=3)]
    expected = sum(one.reshape(2, 3) for one in values(*x))
    np.testing.assert_allclose(layer(*x).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, tuple(x))
    np.testing.assert_array_equal(make("Sum", "", (2, 3))(x[0]).detach(), x[0].detach())
    with pytest.raises(SpecError, match=r"bottom has the shapes \(2, 3\) and \(3, 2\); they must"):
        make("Sum", "", (2, 3), (3, 2, 1, 1))
