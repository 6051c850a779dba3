"""Layers of learned compression against loops over their definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

CODES = (-1.5, -1.0, -0.4, 0.0, 0.3, 0.5, 0.6, 0.99, 1.0, 1.2)


@pytest.mark.parametrize("param, expected", [
    ("", [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]),
    ("method: ONE_MINUS_ONE", [-1, -1, -1, -1, 1, 1, 1, 1, 1, 1]),
    ("method: MULTI groups: 5", [.2, .2, .2, .2, .4, .6, .8, 1, 1, 1])])
def test_codes_are_rounded_to_the_levels_of_the_method(param, expected):
    x = torch.tensor(CODES, dtype=torch.float64)
    top = make("Round", param, (10,))(x)
    np.testing.assert_allclose(top, expected, rtol=1e-15)


@pytest.mark.parametrize("param, low", [("", 0), ("method: ONE_MINUS_ONE", -1),
                                        ("method: MULTI", -1)])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_gradient_of_a_code_beyond_the_levels_passes_one_way(param, low, sign):
    x = torch.tensor(CODES, dtype=torch.float64, requires_grad=True)
    given = sign * torch.arange(1.0, 11, dtype=torch.float64)
    make("Round", param, (10,))(x).backward(given)
    for code, slope, got in zip(CODES, given.tolist(), x.grad.tolist(), strict=True):
        passes = low <= code <= 1 or (slope < 0 if code < low else slope > 0)
        assert got == (slope if passes else 0)


@pytest.mark.parametrize("more, added", [
    ("has_constrain: true ratio: 0.39", 0.25), ("has_constrain: true ratio: 0.41", 0),
    ("ratio: 0.39", 0)])
def test_codes_with_too_many_ones_are_pushed_down_if_it_is_asked_for(more, added):
    x = torch.tensor(CODES, dtype=torch.float64, requires_grad=True)     # 4 of 10 become 1
    make("Round", f"scale: 0.25 {more}", (10,))(x).backward(torch.zeros(10, dtype=torch.float64))
    np.testing.assert_array_equal(x.grad, np.full(10, added))


@pytest.mark.parametrize("lquantize", [True, False])
@pytest.mark.parametrize("method", ["GLOBAL", "LOCAL"])
@pytest.mark.parametrize("ratio, added", [(0.05, 0.125), (0.95, 0)])
def test_a_place_keeps_the_first_channels_of_its_importance(method, lquantize, ratio, added):
    x = noise(2, 1, 5, 3).detach().sigmoid()
    x[0, 0, 0] = torch.tensor([0.0, 0.25, 1.0])
    x.requires_grad_()
    layer = make("ImpMap", f"groups: 4 channel_out: 12 method: {method} weight: 0.125 "
                 f"cmp_ratio: {ratio} lquantize: {str(lquantize).lower()}", (2, 1, 5, 3))
    top = layer(x)
    given = noise(2, 12, 5, 3, seed=2).detach()
    top.backward(given)
    expected, slopes = np.zeros((2, 12, 5, 3)), np.zeros((2, 1, 5, 3))
    for n, i, j in np.ndindex(2, 5, 3):
        group = min(int(x[n, 0, i, j].item() * 4 + 1e-5), 4)
        kept = 12 if group == 4 else 3 * group + (0 if lquantize else 3)
        expected[n, :kept, i, j] = 1
        near = slice(max(kept - 3, 0), kept + 3) if method == "LOCAL" else slice(None)
        factor = 4 if method == "LOCAL" else 1
        slopes[n, 0, i, j] = factor * given[n, near, i, j].sum().item() + added
    assert 0.05 < expected.mean() < 0.95
    np.testing.assert_array_equal(top.detach(), expected)
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-12)


def test_importance_beyond_0_and_1_counts_as_these():
    layer = make("ImpMap", "groups: 2 channel_out: 4", (1, 1, 1, 2))
    assert layer(torch.tensor([[[[-3.0, 7.0]]]])).sum(1).tolist() == [[[0, 4]]]


@pytest.mark.parametrize("kind, param, shape, words", [
    ("ImpMap", "groups: 5 channel_out: 12", (2, 1, 5, 3), "is 5; it must divide channel_out, 12"),
    ("ImpMap", "groups: 0", (2, 1, 5, 3), "is 0; it must divide channel_out, 4"),
    ("ImpMap", "", (2, 3, 5, 4), r"ImpMap takes \(N, 1, H, W\)"),
    ("Round", "groups: 0", (4,), "groups is 0; it must be at least 1")])
def test_settings_that_do_not_fit_are_refused(kind, param, shape, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, shape)
