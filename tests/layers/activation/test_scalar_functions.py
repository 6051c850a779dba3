"""Functions of single values against numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SIZE = (2, 3, 5, 4)


@pytest.mark.parametrize("kind, param, function", [
    ("Cos", "", np.cos), ("Cosine", "", np.cos),
    ("ConstScale", "scale: 0.5 bias: 3", lambda x: 0.5 * x + 3),
    ("SignedSqrt", "", lambda x: np.sign(x) * np.sqrt(np.abs(x))),
    ("Truncation", "lower_bound: -0.25 upper_bound: 0.5", lambda x: np.clip(x, -0.25, 0.5)),
    ("Truncation", "", lambda x: np.clip(x, 0, 5)),
    ("Truncation", "truncation_max: 0.5", lambda x: np.clip(x, 0, 0.5)),
    ("GradientScaler", "", lambda x: x),
])
def test_a_function_of_single_values_is_that_of_numpy(kind, param, function):
    x = noise(*SIZE)
    expected = function(x.detach().numpy())
    np.testing.assert_allclose(make(kind, param, SIZE)(x).detach().numpy(), expected, rtol=1e-12)


def test_the_slope_of_the_signed_root_is_finite_at_zero():
    x = torch.tensor([0.0, 4.0, -0.25], dtype=torch.float64, requires_grad=True)
    make("SignedSqrt", "", (3,))(x).sum().backward()
    np.testing.assert_allclose(x.grad, [0.5 / 0.03, 0.5 / 2.03, 0.5 / 0.53])


@pytest.mark.parametrize("param, expected", [
    ("lower_bound: -1 upper_bound: 1", [0, 0, 2, 0, 0]),
    ("truncation_min: -1 truncation_max: 1", [2, 0, 2, -3, 0]),
])
def test_a_truncated_value_gets_the_gradient_of_its_project(param, expected):
    x = torch.tensor([-2.0, -2.0, 0.5, 3.0, 3.0], dtype=torch.float64, requires_grad=True)
    grad = torch.tensor([2.0, -3.0, 2.0, -3.0, 2.0], dtype=torch.float64)
    make("Truncation", param, (5,))(x).backward(grad)
    np.testing.assert_array_equal(x.grad, expected)


def test_truncation_refuses_the_fields_of_two_projects_and_bounds_in_the_wrong_order():
    with pytest.raises(SpecError, match="has fields of two projects"):
        make("Truncation", "lower_bound: 0 truncation_max: 1", (5,))
    with pytest.raises(SpecError, match="has the bounds 3 and 1; the lower must not be above"):
        make("Truncation", "truncation_min: 3", (5,))


@pytest.mark.parametrize("param, iteration, coefficient", [
    ("upper_bound: 2 alpha: 5 max_iter: 100", 0, 0.0),
    ("upper_bound: 2 alpha: 5 max_iter: 100", 30, 4 / (1 + np.exp(-1.5)) - 2),
    ("upper_bound: 2 alpha: 5 max_iter: 100", 400, 4 / (1 + np.exp(-5)) - 2),
    ("upper_bound: 2 alpha: -0.5 max_iter: 100", 50, 4 / (1 + np.exp(0.25)) - 2),
    ("lower_bound: 0.5 threshold_iter: 60 max_iter: 40", 60, 0.0),
    ("lower_bound: 0.5 threshold_iter: 60 max_iter: 40", 85, 1 / (1 + np.exp(-2.5)) - 0.5 + 0.5),
])
def test_the_reversed_gradient_grows_with_the_iterations(param, iteration, coefficient):
    x = noise(*SIZE)
    layer = make("GradientScaler", param, SIZE)
    layer(x).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full(SIZE, -1.0))
    x.grad = None
    layer.note_progress(iteration, 1000)
    layer(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.full(SIZE, -coefficient), rtol=1e-12)


def test_a_gradient_scaler_refuses_bounds_in_the_wrong_order():
    with pytest.raises(SpecError, match="lower_bound is 2; it must not be above upper_bound, 1"):
        make("GradientScaler", "lower_bound: 2", SIZE)
    with pytest.raises(SpecError, match="max_iter is 0; it must be at least 1"):
        make("GradientScaler", "max_iter: 0", SIZE)


@pytest.mark.parametrize("kind, eps, shape", [
    ("Normalization", 0, (3, 5)), ("NormalizationL2", 1e-10, (3, 5)),
    ("NormL2", 1e-7, (3, 5, 1, 1)), ("L2Normalize", 1e-7, (3, 5, 1, 1))])
def test_each_item_is_brought_to_length_one(kind, eps, shape):
    x = (noise(3, 5) * 1e-3).detach().requires_grad_()      # small: the eps counts
    values = x.detach().numpy()
    expected = values / np.sqrt((values**2).sum(1, keepdims=True) + eps)
    layer = make(kind, "", (3, 5))
    np.testing.assert_allclose(layer(x).detach().numpy(), expected.reshape(shape), rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x, eps=1e-9, atol=1e-3)


def test_an_item_of_zeros_has_no_direction_and_stays_without_an_eps():
    x = noise(3, 2, 5).detach()
    x[1] = 0
    x.requires_grad_()
    top = make("Normalization", "", (3, 2, 5))(x)
    np.testing.assert_allclose(top.detach().square().sum((1, 2)), [1, 0, 1], rtol=1e-12)
    top.sum().backward()
    assert x.grad.isfinite().all()


def test_l2norm_adds_its_eps_to_the_length_and_takes_the_sum_for_it_in_its_gradient():
    x = noise(3, 5)
    values = x.detach().numpy()
    length = np.sqrt((values**2).sum(1, keepdims=True)) + 0.25
    layer = make("L2Norm", "eps: 0.25", (3, 5))
    top = layer(x)
    np.testing.assert_allclose(top.detach().numpy(), (values / length).reshape(3, 5, 1, 1),
                               rtol=1e-12)
    slope = noise(3, 5, seed=2).detach()
    top.backward(slope.reshape(3, 5, 1, 1))
    g = slope.numpy()
    expected = g / length - values * (values * g).sum(1, keepdims=True) / length**3
    np.testing.assert_allclose(x.grad, expected, rtol=1e-11)
    assert torch.autograd.gradcheck(make("L2Norm", "eps: 0", (3, 5)), noise(3, 5))


@pytest.mark.parametrize("factor", [-0.25, 0, 3])
def test_a_scale_factor_is_that_of_the_gradient_at_any_iteration(factor):
    layer = make("GradientScaler", f"gradient_scaler_param {{ scale_factor: {factor} }}", (2, 3))
    x = noise(2, 3)
    for iteration in (0, 7):
        layer.note_progress(iteration, 10)
        x.grad = None
        top = layer(x)
        top.sum().backward()
        assert torch.equal(top, x)
        np.testing.assert_array_equal(x.grad.numpy(), np.full((2, 3), factor))


def test_a_scale_factor_is_refused_beside_other_fields():
    with pytest.raises(SpecError, match="scale_factor is the whole factor"):
        make("GradientScaler", "gradient_scaler_param { scale_factor: 1 alpha: 2 }", (2, 3))


def test_gradient_silent_gives_the_bottom_without_a_gradient():
    x = noise(2, 3)
    top = make("GradientSilent", "", (2, 3))(x)
    assert torch.equal(top, x.detach()) and not top.requires_grad


@pytest.mark.parametrize("number, slope", [(0, 0), (1, 1), (-0.5, 1)])
def test_a_second_bottom_of_gradient_silent_lets_the_gradient_pass_or_not(number, slope):
    x = noise(2, 3)
    top = make("GradientSilent", "", (2, 3), (1, 2))(x, torch.tensor([[number, 1 - number]]))
    top.sum().backward()
    assert torch.equal(top, x)
    np.testing.assert_array_equal(x.grad.numpy(), np.full((2, 3), slope))
