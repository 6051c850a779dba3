"""Elementwise layers against their formulas in numpy."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import check_layer, make, net_from, noise

SIZE = (2, 3, 5)


FORMULAS = {
    ("ReLU", ""): lambda x: np.maximum(x, 0),
    ("ReLU", "negative_slope: 0.3"): lambda x: np.where(x > 0, x, 0.3 * x),
    ("ReLU6", ""): lambda x: np.clip(x, 0, 6),
    ("ReLU6", "relu6_param { negative_slope: 0.3 }"):
        lambda x: np.minimum(np.where(x > 0, x, 0.3 * x), 6),
    ("ELU", "alpha: 0.7"): lambda x: np.where(x > 0, x, 0.7 * np.expm1(x)),
    ("ELU", "alpha: 0.7 lambda: 1.5"): lambda x: 1.5 * np.where(x > 0, x, 0.7 * np.expm1(x)),
    ("SeLu", ""): lambda x: 1.0507010 * np.where(x > 0, x, 1.6732632 * np.expm1(x)),
    ("Sigmoid", ""): sigmoid,
    ("TanH", ""): np.tanh,
    ("AbsVal", ""): np.abs,
    ("BNLL", ""): lambda x: np.log1p(np.exp(x)),
    ("Exp", "base: 3 scale: 0.5 shift: 2"): lambda x: 3 ** (0.5 * x + 2),
    ("Exp", "shift: 2"): lambda x: np.exp(x + 2),
    ("Log", "base: 3 scale: 0.5 shift: 20"): lambda x: np.log(0.5 * x + 20) / np.log(3),
    ("Power", "power: 3 scale: 0.5 shift: 2"): lambda x: (0.5 * x + 2) ** 3,
    ("Power", "power: 2 scale: 0.5"): lambda x: (0.5 * x) ** 2,
    ("Power", "shift: 2"): lambda x: x + 2,
    ("Power", "scale: 0 shift: 4 power: 0.5"): lambda x: np.full_like(x, 2),
    ("Threshold", "threshold: 0.5"): lambda x: (x > 0.5).astype(float),
    ("Clip", "min: -0.5 max: 0.75"): lambda x: np.clip(x, -0.5, 0.75),
    ("BReLU", "brelu_param { minval: -0.5 maxval: 0.75 }"): lambda x: np.clip(x, -0.5, 0.75),
    ("Swish", ""): lambda x: x * sigmoid(x),
    ("Swish", "beta: 2"): lambda x: x * sigmoid(2 * x),
    ("Mish", ""): lambda x: x * np.tanh(np.log1p(np.exp(x))),
    ("HardSwish", ""): lambda x: x * np.clip(x + 3, 0, 6) / 6,
    ("HardSigmoid", ""): lambda x: np.clip(0.2 * x + 0.5, 0, 1),
}


@pytest.mark.parametrize("kind, param", FORMULAS, ids=repr)
def test_layer_is_its_formula_and_stands_the_common_check(kind, param):
    layer = make(kind, param, SIZE)
    x = (noise(SIZE).detach() * 3).requires_grad_()  # far enough out for the kinks at 6 and -3
    expected = FORMULAS[kind, param](x.detach().numpy())

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-6, atol=1e-12)
    check_layer(layer, x)


@pytest.mark.parametrize("kind, param", [key for key in FORMULAS if key[0] != "Threshold"],
                         ids=repr)
def test_gradient(kind, param):
    x = torch.linspace(-7.3, 7.2, 12).double().requires_grad_()  # no kink is at one of these
    if kind == "Log":
        x = (x.detach() + 7).requires_grad_()
    assert torch.autograd.gradcheck(make(kind, param, (12,)), x)


@pytest.mark.parametrize("shared", ["true", "false"])
def test_prelu_learns_its_slopes(shared):
    layer = make("PReLU", f"channel_shared: {shared}", SIZE)
    x = noise(SIZE)
    slope = np.broadcast_to(layer.slope.detach().numpy().reshape(-1, 1), (3, 5))
    array = x.detach().numpy()

    np.testing.assert_allclose(layer(x).detach().numpy(), np.where(array > 0, array, slope * array))
    assert layer.slope.shape == (() if shared == "true" else (3,))
    check_layer(layer, x)
    assert torch.autograd.gradcheck(lambda x, slope: torch.func.functional_call(
        layer, {"slope": slope}, (x,)), (x, layer.slope))


def test_prelu_starts_at_a_quarter():
    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "l" type: "PReLU" bottom: "x" top: "y" }
    """
    assert net_from(text).params["l"][0].tolist() == [0.25] * 3


def test_power_of_a_constant_has_gradient_0():
    for param in ("power: 0", "scale: 0 shift: 3"):
        x = noise(SIZE)
        make("Power", param, SIZE)(x).sum().backward()
        assert (x.grad == 0).all()


@pytest.mark.parametrize("kind, param, gradient", [
    ("Power", "power_param { power: 2 scale: 3 shift: 1 }",
     lambda x, y, g: (2 * 3 * (3 * y + 1)) ** 2),
    ("Power", "power_param { power: 3 scale: 3 }", lambda x, y, g: np.full_like(y, 9)),
    ("Power", "power_param { power: 3 shift: 3 }", lambda x, y, g: (3 * y / (y + 3)) ** 2),
    ("Log", "log_param { scale: 2 shift: 9 base: 2 }",
     lambda x, y, g: (2 / math.log(2) / (2 * y + 9)) ** 2),
    ("BNLL", "", lambda x, y, g: g * sigmoid(y)),
    ("Clip", "clip_param { min: -0.1 max: 0.1 }", lambda x, y, g: g),
    ("Sigmoid", "", lambda x, y, g: g * y * (1 - y)),
    ("ELU", "", lambda x, y, g: g * np.where(x > 0, 1, np.exp(x))),
])
def test_in_place_the_gradient_is_what_the_original_has_left(kind, param, gradient):
    """Worked by hand from Backward_cpu with bottom and top in one memory."""
    net = net_from(f"""
    force_backward: true
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
    layer {{ name: "l" type: "{kind}" bottom: "x" top: "x" {param} }}
    """)
    x, g = noise(2, 3, dtype=torch.float32), noise(2, 3, seed=2, dtype=torch.float32).detach()

    y = net({"x": x})["x"]
    y.backward(g)

    expected = gradient(x.detach().numpy(), y.detach().numpy(), g.numpy())
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("param, kept", [
    ("dropout_ratio: 0.3", 1 / 0.7), ("dropout_ratio: 0.3 scale_train: false", 1.0),
    ("dropout_ratio: 0.3 sqrt_scale: true", math.sqrt(1 / 0.7)), ("dropout_ratio: 0", 1.0),
])
def test_dropout_drops_its_share_in_training_and_scales_the_rest(param, kept):
    layer = make("Dropout", param, (20000,))
    torch.manual_seed(1)

    y = layer(torch.ones(20000, dtype=torch.float64))

    share = 0.0 if "ratio: 0 " in param + " " else 0.3
    assert abs(float((y == 0).double().mean()) - share) < 0.01
    torch.testing.assert_close(y[y != 0], torch.full_like(y[y != 0], kept), rtol=1e-6, atol=0)


@pytest.mark.parametrize("param, factor", [
    ("dropout_ratio: 0.3", 1.0), ("dropout_ratio: 0.3 scale_train: false", 0.7),
])
def test_dropout_in_test_copies_or_scales(param, factor):
    layer = make("Dropout", param, SIZE, phase="TEST")
    x = noise(SIZE)
    torch.testing.assert_close(layer(x), x * factor, rtol=1e-6, atol=0)
    check_layer(layer, x)


def test_segnets_dropout_drops_in_test_as_well():
    layer = make("Dropout", "sample_weights_test: true", (2000,), phase="TEST")
    assert (layer(torch.ones(2000)) == 0).any()


def test_selu_dropout_keeps_mean_0_and_deviation_1():
    """Klambauer et al. 2017: dropped values become alpha', and an affine map restores both."""
    layer = make("SeLuDropout", "dropout_ratio: 0.2", (100000,))
    torch.manual_seed(7)
    y = layer(noise(100000).detach())
    assert abs(float(y.mean())) < 0.02 and abs(float(y.std()) - 1) < 0.02
    x = noise(SIZE)
    assert make("SeLuDropout", "", SIZE, phase="TEST")(x) is x


@pytest.mark.parametrize("kind, param, size, message", [
    ("Exp", "base: -2", SIZE, "base is -2; it must be above 0, or -1"),
    ("Log", "base: 1", SIZE, "base is 1; it must be above 0 and not 1"),
    ("Dropout", "dropout_ratio: 1", SIZE, "dropout_ratio is 1; it must be at least 0 and below 1"),
    ("PReLU", "", (3,), "PReLU needs at least 2 axes"),
])
def test_wrong_parameters_are_named(kind, param, size, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, size)


def test_drop_path_drops_whole_items_and_scales_the_others_in_train():
    layer = make("DropPath", "drop_ratio: 0.25", (400, 3, 2))
    x = noise(400, 3, 2)
    torch.manual_seed(3)
    y = layer(x)
    kept = (y != 0).flatten(1).any(1)
    torch.testing.assert_close(y[kept], x[kept] / 0.75, rtol=1e-12, atol=0)
    assert (y[~kept] == 0).all()
    # 300 of 400 expected; five times the deviation of 400 throws
    assert abs(kept.sum().item() - 300) < 5 * (400 * 0.25 * 0.75) ** 0.5
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert torch.equal((gradient != 0).flatten(1).all(1), kept)


def test_drop_path_copies_in_test():
    x = noise(4, 3, 2)
    assert torch.equal(make("DropPath", "drop_ratio: 0.9", (4, 3, 2), phase="TEST")(x), x)


@pytest.mark.parametrize("ratio", [1, -0.1])
def test_drop_path_refuses_a_ratio_that_is_no_probability_below_1(ratio):
    with pytest.raises(SpecError, match=r"drop_path_param.drop_ratio is .*; it must be at least 0"):
        make("DropPath", f"drop_ratio: {ratio}", (4, 3, 2))


def test_scale_tanh_grows_steeper_every_few_forwards_of_training():
    text = "init_scale: 2 step_size: 3 gamma: 0.5 power: 0.5"
    layer, x = make("ScaleTanH", text, (4, 3)), noise(4, 3)
    # the building of the net is the first, so that the second and fifth forwards change it
    for scale in (2, *[2 * (1 + 0.5 * 3) ** 0.5] * 3, 2 * (1 + 0.5 * 6) ** 0.5):
        np.testing.assert_allclose(layer(x).detach().numpy(), np.tanh(scale * x.detach().numpy()),
                                   rtol=1e-6)
    fixed = make("ScaleTanH", text, (4, 3), phase="TEST")
    assert torch.autograd.gradcheck(fixed, x)
    for _ in range(4):
        np.testing.assert_allclose(fixed(x).detach().numpy(), np.tanh(2 * x.detach().numpy()))
    with pytest.raises(SpecError, match="step_size is 0"):
        make("ScaleTanH", "step_size: 0", (4, 3))


def test_a_dropout_of_everything_copies_in_test_and_is_refused_in_training():
    x = noise(2, 3)
    assert torch.equal(make("Dropout", "dropout_ratio: 1", (2, 3), phase="TEST")(x), x)
    for more, phase in (("", "TRAIN"), ("scale_train: false", "TEST"),
                        ("sample_weights_test: true", "TEST")):
        with pytest.raises(SpecError, match="dropout_ratio is 1; it must be at least 0 and below"):
            make("Dropout", f"dropout_ratio: 1 {more}", (2, 3), phase=phase)
