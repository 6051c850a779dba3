"""MultiModalBatchNorm against its definition in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def wanted(x, w, eps):
    """y, mean and variance of each channel, by loops over the channels."""
    y, means, variances = np.empty_like(x), [], []
    for c in range(x.shape[1]):
        rows = x[:, c].reshape(len(x), -1)
        total = (w[:, None] * np.ones_like(rows)).sum()
        mean = (w[:, None] * rows).sum() / total
        variance = (w[:, None] * (rows - mean) ** 2).sum() / total
        y[:, c] = (w[:, None] * (rows - mean) / np.sqrt(variance + eps)).reshape(x[:, c].shape)
        means.append(mean)
        variances.append(variance)
    return y, np.array(means), np.array(variances)


def test_items_count_by_their_weights_and_the_top_is_multiplied_by_them():
    layer = make("MultiModalBatchNorm", "eps: 0.3 moving_average_fraction: 0.9",
                 (4, 3, 5, 2), (4, 1))
    before = [blob.clone().numpy() for blob in layer.blobs]
    x, w = noise(4, 3, 5, 2), noise(4, 1, seed=5).detach().sigmoid().requires_grad_()
    y, mean, variance = wanted(x.detach().numpy(), w.detach().numpy().ravel(), 0.3)
    np.testing.assert_allclose(layer(x, w).detach(), y, rtol=1e-7)
    for blob, old, new in zip(layer.blobs, before, (mean, variance * 40 / 39, 1), strict=True):
        np.testing.assert_allclose(blob, 0.9 * old + new, rtol=1e-7)


def test_the_gradient_is_the_derivative_but_for_eps_in_that_of_the_weights():
    x, w = noise(4, 3, 5), noise(4, seed=5).detach().sigmoid().requires_grad_()
    layer = make("MultiModalBatchNorm", "eps: 1e-12", (4, 3, 5), (4,))
    assert torch.autograd.gradcheck(layer, (x, w))
    layer = make("MultiModalBatchNorm", "eps: 0.3", (4, 3, 5), (4,))
    assert torch.autograd.gradcheck(lambda x: layer(x, w.detach()), x)

    # the loops of the original's Backward_cpu for the weights, top gradients g
    g = noise(4, 3, 5, seed=7, requires_grad=False)
    layer(x, w).backward(g)
    y, _, _ = wanted(x.detach().numpy(), w.detach().numpy(), 0.3)
    normal, g = y / w.detach().numpy()[:, None, None], g.numpy()
    total = w.sum().item() * 5
    both = (y * g).sum((0, 2))[:, None] * (normal ** 2 - 1) / 2 \
        + (w.detach().numpy()[:, None, None] * g).sum((0, 2))[:, None] * normal
    np.testing.assert_allclose(w.grad, ((g * normal) - both / total).sum((1, 2)), rtol=1e-7)


def test_stored_statistics_have_a_gradient_without_the_weights():
    layer = make("MultiModalBatchNorm", "eps: 0.1", (4, 3), (4,), phase="TEST")
    x, w = noise(4, 3), noise(4, seed=5).detach().sigmoid().requires_grad_()
    mean, variance, factor = (blob.numpy() for blob in layer.blobs)
    scale = 1 / np.sqrt(variance / factor + 0.1)
    y = layer(x, w)
    expected = (x.detach().numpy() - mean / factor) * scale * w.detach().numpy()[:, None]
    np.testing.assert_allclose(y.detach(), expected, rtol=1e-7)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, np.tile(scale, (4, 1)), rtol=1e-7)
    assert w.grad is None


def test_weights_that_are_not_one_for_each_item_are_refused():
    with pytest.raises(SpecError, match="they must be 4 values, one for each item"):
        make("MultiModalBatchNorm", "", (4, 3, 5), (4, 3))
