"""Ristretto's layers and its short numbers against their definitions, one number at a time."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework.errors import SpecError
from framework.ops.number_formats import fixed_point, minifloat, power_of_two, rounded
from tests.support import make, noise


def fixed(x, bits, fraction):
    """The nearest of all numbers of a word, which are written out; of two the even one."""
    words = range(-2 ** (bits - 1), 2 ** (bits - 1))
    return np.array([min(words, key=lambda word: (abs(word / 2 ** fraction - value), word % 2))
                     / 2 ** fraction for value in x])


def small_float(x, mantissa, exponent):
    """The nearest of all floats of a format, of two the even one; below the smallest normal one 0.

    What has their largest exponent may be rounded to twice its power, and only what has a larger
    one becomes the largest of them, as in the original.
    """
    offset = 2 ** (exponent - 1) - 1
    positive = [((1 + part / 2 ** mantissa) * 2.0 ** (power - offset), part % 2)
                for power in range(2 ** exponent) for part in range(2 ** mantissa)]
    found = []
    for value in x:
        size = abs(value)
        more = [(2.0 ** (2 ** exponent - offset), 0)]
        allowed = positive + (more if size < more[0][0] else [])
        best, _ = min(allowed, key=lambda one: (abs(one[0] - size), one[1]))
        found.append(math.copysign(best if size >= positive[0][0] else 0, value))
    return np.array(found)


def power(x, lowest, highest):
    exponents = [min(max(round(math.log2(abs(value))), lowest), highest) for value in x]
    return np.array([math.copysign(2.0 ** one, value)
                     for one, value in zip(exponents, x, strict=True)])


@pytest.mark.parametrize("bits, fraction", [(4, 2), (8, 6), (6, -1), (5, 7)])
def test_fixed_point_is_the_nearest_number_of_a_word(bits, fraction):
    x = noise(200).detach() * 3
    np.testing.assert_array_equal(fixed_point(x, bits, fraction), fixed(x.numpy(), bits, fraction))


@pytest.mark.parametrize("mantissa, exponent", [(3, 3), (2, 4), (0, 3), (5, 2)])
def test_a_minifloat_is_the_nearest_number_of_its_format(mantissa, exponent):
    x = torch.cat([noise(200).detach() * 3, torch.tensor([1e-5, -1e4, 0.25, 15.999]).double()])
    np.testing.assert_array_equal(minifloat(x, mantissa, exponent),
                                  small_float(x.numpy(), mantissa, exponent))
    assert minifloat(torch.zeros(1), mantissa, exponent).item() == 0


def test_a_minifloat_of_float32s_own_bits_is_the_number_itself():
    """Its largest exponent is beyond float32, which no finite number reaches."""
    x = torch.tensor([1.5, -3e38, 1e-30, 0.1, 0])
    torch.testing.assert_close(minifloat(x, 23, 8), x, rtol=0, atol=0)


def test_a_power_of_two_keeps_the_sign_and_stays_in_its_range():
    x = noise(200).detach() * 3
    np.testing.assert_array_equal(power_of_two(x, -4, 0), power(x.numpy(), -4, 0))
    assert power_of_two(torch.zeros(1), -4, 0).item() == 2 ** -4


def test_rounding_by_chance_is_right_in_the_mean():
    torch.manual_seed(4)
    x = torch.full((20000,), 2.3)
    values = rounded(x, draws=True)
    assert set(values.tolist()) == {2.0, 3.0} and abs(values.mean() - 2.3) < 0.02


WORDS = ("quantization_param { bw_layer_in: 6 fl_layer_in: 3 bw_params: 5 fl_params: 4 "
         "bw_layer_out: 8 fl_layer_out: 2 }")
FLOATS = "quantization_param { precision: MINIFLOAT mant_bits: 3 exp_bits: 4 }"
POWERS = ("quantization_param { precision: INTEGER_POWER_OF_2_WEIGHTS bw_layer_in: 6 "
          "fl_layer_in: 3 bw_layer_out: 8 fl_layer_out: 2 exp_min: -3 exp_max: 1 }")


def applied(trim, x, *numbers):
    return torch.from_numpy(trim(x.detach().numpy().ravel(), *numbers)).reshape(x.shape)


def trims(words):
    """Of bottoms, weights, biases and tops."""
    if words is FLOATS:
        return [lambda x: applied(small_float, x, 3, 4)] * 4
    bottom, top = (lambda x: applied(fixed, x, 6, 3)), (lambda x: applied(fixed, x, 8, 2))
    if words is POWERS:
        return [bottom, lambda x: applied(power, x, -3, 1), lambda x: x, top]
    return [bottom, *[lambda x: applied(fixed, x, 5, 4)] * 2, top]


@pytest.mark.parametrize("words", [WORDS, FLOATS, POWERS])
@pytest.mark.parametrize("kind, compute", [
    ("Convolution", lambda x, w, b: F.conv2d(x, w, b, 2, 1)),
    ("Deconvolution", lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1)),
    ("Fc", lambda x, w, b: x.flatten(1) @ w.t() + b)])
def test_a_test_trims_bottoms_blobs_and_tops(kind, compute, words):
    x = noise(2, 3, 6, 5) * 2
    fields = "inner_product_param { num_output: 4 }" if kind == "Fc" else \
        "convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 }"
    layer = make(f"{kind}Ristretto", f"{fields} {words}", (2, 3, 6, 5), phase="TEST")
    bottom, weights, biases, top = trims(words)
    expected = compute(bottom(x), weights(layer.weight), biases(layer.bias).detach())

    np.testing.assert_array_equal(layer(x).detach(), top(expected))


@pytest.mark.parametrize("kind", ["Convolution", "Fc"])
def test_a_training_trims_the_blobs_alone_by_chance_and_gradients_pass(kind):
    torch.manual_seed(1)
    x = noise(2, 3, 4, 5)
    fields = "inner_product_param { num_output: 3 }" if kind == "Fc" else \
        "convolution_param { num_output: 3 kernel_size: 2 }"
    layer = make(f"{kind}Ristretto", f"{fields} {WORDS}", (2, 3, 4, 5), phase="TRAIN")
    compute = F.conv2d if kind == "Convolution" else lambda x, w, b: F.linear(x.flatten(1), w, b)
    drawn = []
    for seed in range(2):
        torch.manual_seed(seed)
        weight, bias = (blob.detach().requires_grad_()
                        for blob in layer.words.learned(layer.weight, layer.bias))
        torch.manual_seed(seed)
        top = layer(x)
        expected = compute(x, weight, bias)
        np.testing.assert_allclose(top.detach(), expected.detach(), rtol=1e-12)
        layer.zero_grad()
        top.square().sum().backward()
        gradient = torch.autograd.grad(expected.square().sum(), [weight, bias])
        for blob, right in zip(layer.blobs, gradient, strict=True):
            np.testing.assert_allclose(blob.grad, right, rtol=1e-12)
        inside = layer.weight.detach().clamp(-1, 15 / 16)       # 5 bits, 4 of them after the point
        assert ((weight - inside).abs() < 2 ** -4).all() and (weight * 16 % 1 == 0).all()
        drawn.append(weight.detach())
    assert not torch.equal(*drawn)


@pytest.mark.parametrize("words, message", [
    ("bw_params: 0", "bw_params is 0; it must be at least 1"),
    ("fl_layer_in: 2000", "fl_layer_in is 2000; it may be at most 126"),
    ("fl_params: 2 fl_params: 3", "fl_params is given 2 times; a layer of Ristretto takes one"),
    ("precision: MINIFLOAT exp_bits: 9", "exp_bits is 9; it may be at most 8"),
    ("precision: INTEGER_POWER_OF_2_WEIGHTS exp_min: 0", "exp_min is 0; it may be at most -1")])
def test_words_that_no_float_holds_are_refused(words, message):
    with pytest.raises(SpecError, match=f"quantization_param.{message}"):
        make("FcRistretto", f"inner_product_param {{ num_output: 3 }} "
             f"quantization_param {{ {words} }}", (2, 3))
