"""JSDLoss and RSJSDLoss, by the loops of their definition in plain Python."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def shares(*shape, seed=1):
    return torch.sigmoid(noise(shape, seed=seed).detach()).requires_grad_()


def term(x, t):
    """What a pair of shares adds to the sum."""
    if x <= 1e-5:
        return t * math.log(2)
    if t <= 1e-5:
        return x * math.log(2)
    return x * math.log(2 * x) + t * math.log(2 * t) - (x + t) * math.log(x + t)


def slope(x, t):
    return 0.5 * math.log(2) if t <= 1e-5 else 0.5 * math.log(2 * x / (x + t))


def test_jsd_loss_is_the_divergence_of_each_share():
    x, target = shares(3, 5), shares(3, 5, seed=2).detach()
    with torch.no_grad():
        x[0, 1], x[2, 3] = 1e-6, 1e-5
        target[1, 2], target[2, 4], target[0, 1] = 0, 1e-5, 0.5
    loss = make("JSDLoss", "", (3, 5), (3, 5))(x, target)
    (2 * loss).backward()
    pairs = [list(zip(*rows, strict=True))
             for rows in zip(x.tolist(), target.tolist(), strict=True)]
    expected = sum(term(*pair) for row in pairs for pair in row) / 2 / 3
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-12)
    slopes = [[2 * slope(*pair) / 3 for pair in row] for row in pairs]
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-12)


def test_away_from_nothing_the_gradient_is_the_derivative():
    x, target = shares(3, 5), shares(3, 5, seed=2).detach()
    layer = make("JSDLoss", "", (3, 5), (3, 5))
    assert torch.autograd.gradcheck(lambda a: layer(a, target), (x,))


def test_equal_distributions_have_no_divergence_and_no_gradient():
    x = shares(2, 4)
    loss = make("JSDLoss", "", (2, 4), (2, 4))(x, x.detach().clone())
    loss.backward()
    np.testing.assert_allclose([loss.item(), *x.grad.flatten()], 0, atol=1e-15)


def test_the_slope_of_a_share_of_nothing_is_finite():
    x = torch.zeros(2, 3, requires_grad=True)
    make("JSDLoss", "", (2, 3), (2, 3), dtype=torch.float32)(x, torch.full((2, 3), 0.5)).backward()
    assert torch.isfinite(x.grad).all() and (x.grad < -10).all()


def test_rsjsd_loss_weights_items_by_what_the_last_target_holds():
    x, target = shares(3, 10), shares(3, 10, seed=2).detach()
    target[:, -1] = torch.tensor([0.5, 3, 0])
    with torch.no_grad():
        x[0, 2], x[1, 9] = 0.5e-5, 1e-6
        target[1, 4] = 0
    loss = make("RSJSDLoss", "", (3, 10), (3, 10))(x, target)
    loss.backward()
    expected, slopes = 0.0, []
    for row, given in zip(x.tolist(), target.tolist(), strict=True):
        wanted, weight = [*given[:9], 1.0], given[9]
        expected += weight * sum(map(term, row, wanted)) / 2 / 3
        slopes.append([slope(*pair) * weight / 3.5 for pair in zip(row, wanted, strict=True)])
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-12)
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-12)


def test_items_without_weight_have_neither_loss_nor_gradient():
    x, target = shares(2, 10), shares(2, 10, seed=2).detach()
    target[:, -1] = 0
    loss = make("RSJSDLoss", "", (2, 10), (2, 10))(x, target)
    loss.backward()
    assert loss.item() == 0 and not x.grad.any()


def test_rsjsd_loss_takes_ten_scores():
    with pytest.raises(SpecError, match=r"each item must have 10 shares, one for each score"):
        make("RSJSDLoss", "", (2, 9), (2, 9))
