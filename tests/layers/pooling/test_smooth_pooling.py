"""SmoothPooling against a search over the threshold of the projection to the simplex."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def weights_of(row, total):
    """max(v - t, 0) with the t for which their sum is `total`, by bisection."""
    low, high = row.min() - total, row.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(row - middle, 0).sum() > total else (low, middle)
    return np.maximum(row - high, 0)


def smoothed(row, m, total, more):
    """The value, the plane's weights, and the sum of the squares of all weights."""
    has_more = more > 0 and more / m > (row / m).max()
    values = np.append(row, more) if has_more else row
    w = weights_of(values / m, total)
    return w @ values, w[:len(row)], w @ w


@pytest.mark.parametrize("more", [0, 0.5, 1.75])
def test_planes_are_pooled_by_weights_on_the_simplex(more):
    fields = f"z: 1.5 unique_smooth: false has_smooth_blobs: false max_value: {more}"
    layer = make("SmoothPooling", fields, (2, 3, 5, 4), (2, 3, 1, 1), tops=2)
    x = noise(2, 3, 5, 4)
    smooth = (noise(2, 3, 1, 1, seed=4).detach().abs() + 0.2).requires_grad_()
    top, weights = layer(x, smooth)
    for n, c in np.ndindex(2, 3):
        m = smooth[n, c].item()
        value, expected, squares = smoothed(x[n, c].detach().numpy().ravel(), m, 1.5, more)
        np.testing.assert_allclose(top[n, c].item(), value - m / 2 * squares, rtol=1e-9)
        np.testing.assert_allclose(weights[n, c].ravel(), expected, atol=1e-9)
    assert torch.autograd.gradcheck(lambda *both: layer(*both)[0], (x, smooth))


def test_fixed_smoothness_leaves_out_its_term_and_gradient():
    layer = make("SmoothPooling", "fix_smooth: true", (1, 2, 3, 2))
    x = noise(1, 2, 3, 2)
    top = layer(x)
    top.sum().backward()
    m = max(layer.blobs[0].item(), 0.01)
    for c in range(2):
        value, weights, _ = smoothed(x[0, c].detach().numpy().ravel(), m, 1, 0)
        np.testing.assert_allclose(top[0, c].item(), value, rtol=1e-9)
        np.testing.assert_allclose(x.grad[0, c].ravel(), weights, atol=1e-9)
    assert layer.blobs[0].grad is None or not layer.blobs[0].grad.any()


def test_smoothness_below_its_least_still_learns():
    layer = make("SmoothPooling", "", (1, 1, 2, 2))
    with torch.no_grad():
        layer.blobs[0].fill_(-3)
    x = torch.tensor([[[[1.0, 5.0], [2.0, 3.0]]]], dtype=torch.float64)
    layer(x).sum().backward()       # with 0.01 the weight is 1 at the maximum alone
    np.testing.assert_allclose(layer.blobs[0].grad.item(), -0.5, rtol=1e-12)
    np.testing.assert_allclose(layer(x).item(), 5 - 0.01 / 2, rtol=1e-12)


@pytest.mark.parametrize("fields, shapes, message", [
    ("", [(2, 3, 5, 4), (2, 1, 1, 1)], "is given 2 times; it must be once"),
    ("has_smooth_blobs: false", [(2, 3, 5, 4)], "is given 1 times"),
    ("has_smooth_blobs: false", [(2, 3, 5, 4), (2, 3, 1, 1)], r"must be \(2, 1, 1, 1\)"),
    ("z: 0", [(2, 3, 5, 4)], "z is 0; it must be above 0"),
])
def test_refused_at_the_start(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("SmoothPooling", fields, *shapes)
