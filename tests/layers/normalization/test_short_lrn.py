"""LRNRistretto by its loop over channels, one number at a time."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def trim(value, mantissa, exponent):
    """The nearest normal float of the format, of two the even one; 0 below the smallest."""
    if value == 0:
        return 0.0
    offset = 2 ** (exponent - 1) - 1
    power = math.floor(math.log2(abs(value)))
    if power < -offset:
        return math.copysign(0, value)
    step = 2.0 ** (power - mantissa)
    return round(value / step) * step       # round: of two the even one


def expected(x, size, alpha, beta, k, mantissa, exponent):
    def short(value):
        return trim(value, mantissa, exponent)

    after = size - (size - 1) // 2 - 1
    base, top = np.empty(x.shape), np.empty(x.shape)
    for n, h, w in np.ndindex(x.shape[0], *x.shape[2:]):
        total = 0.0
        for head in range(x.shape[1] + after):
            if head < x.shape[1]:
                total = short(total + short(short(x[n, head, h, w]) ** 2))
            if head >= size:
                total = short(total - short(short(x[n, head - size, h, w]) ** 2))
            if head >= after:
                base[n, head - after, h, w] = short(k + short(total * (alpha / size)))
    for place in np.ndindex(*x.shape):
        top[place] = short(short(x[place]) * short(base[place] ** -beta))
    return base, top


SETTINGS = [(3, 0.5, 0.75, 1, 4, 5), (5, 2, 0.5, 2, 3, 6), (1, 1, 1, 1, 7, 5),
            (9, 0.5, 0.75, 1, 2, 5)]


@pytest.mark.parametrize("size, alpha, beta, k, mantissa, exponent", SETTINGS)
def test_each_step_is_a_short_float(size, alpha, beta, k, mantissa, exponent):
    shape = (2, 7, 3, 4)
    layer = make("LRNRistretto", f"lrn_param {{ local_size: {size} alpha: {alpha} beta: {beta} "
                 f"k: {k} }} quantization_param {{ precision: MINIFLOAT mant_bits: {mantissa} "
                 f"exp_bits: {exponent} }}", shape)
    x = noise(shape)
    base, top = expected(x.detach().numpy(), size, alpha, beta, k, mantissa, exponent)
    found = layer(x)
    np.testing.assert_allclose(found.detach().numpy(), top, rtol=1e-12)
    # dy/dx of LRN by the trimmed base and y
    change = noise(shape, seed=2, requires_grad=False)
    (slopes,) = torch.autograd.grad((found * change).sum(), x)
    shares = change.numpy() * top / base
    for n, c, h, w in np.ndindex(*shape):
        around = range(max(c - size // 2, 0), min(c + size // 2 + 1, shape[1]))
        wanted = change[n, c, h, w].item() * base[n, c, h, w] ** -beta - 2 * alpha * beta / size \
            * x[n, c, h, w].item() * sum(shares[n, other, h, w] for other in around)
        assert slopes[n, c, h, w].item() == pytest.approx(wanted, rel=1e-9)


def test_with_long_floats_it_is_lrn():
    fields = "lrn_param { local_size: 3 alpha: 0.5 beta: 0.75 }"
    x = noise(2, 5, 3, 4)
    short = make("LRNRistretto", fields + " quantization_param { precision: MINIFLOAT "
                 "mant_bits: 23 exp_bits: 8 }", (2, 5, 3, 4))
    torch.testing.assert_close(short(x), make("LRN", fields, (2, 5, 3, 4))(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("param, message", [
    ("lrn_param { local_size: 4 } quantization_param { precision: MINIFLOAT }", "must be odd"),
    ("lrn_param { norm_region: WITHIN_CHANNEL } quantization_param { precision: MINIFLOAT }",
     "norm_region is WITHIN_CHANNEL; Ristretto has no code for it"),
    ("lrn_param { local_size: 3 } quantization_param { precision: MINIFLOAT rounding_scheme: "
     "STOCHASTIC }", "rounding_scheme is STOCHASTIC; Ristretto's LRN rounds to the nearest"),
    ("lrn_param { local_size: 3 }", "precision is DYNAMIC_FIXED_POINT; Ristretto's LRN takes "
     "MINIFLOAT alone")])
def test_what_ristretto_has_no_code_for_is_an_error(param, message):
    with pytest.raises(SpecError, match=message):
        make("LRNRistretto", param, (2, 5, 3, 4))
