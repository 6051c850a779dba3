"""Mixup, and the softmax cross-entropy of distributions."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

SIZE = (6, 2, 3)
LABELS = torch.tensor([0.0, 3, 1, 2, 3, 0], dtype=torch.float64)


def found_shares(x, mixed):
    """For each row of `mixed` the a and the index with which it is a x + (1 - a) x[index]: the
    best of all indices, by least squares."""
    rows, tops = (tensor.detach().numpy().reshape(len(tensor), -1) for tensor in (x, mixed))
    found = []
    for row, top in zip(rows, tops, strict=True):
        fits = []
        for index, other in enumerate(rows):
            slope = row - other
            share = (top - other) @ slope / max(slope @ slope, 1e-30)
            fits.append((np.abs(other + share * slope - top).max(), share, index))
        error, share, index = min(fits)
        assert error < 1e-9
        found.append((share, index))
    return found


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_items_and_labels_are_mixed_with_one_share_in_one_order(phase):
    torch.manual_seed(4)
    x = noise(*SIZE)
    layer = make("Mixup", "alpha: 2 cls_num: 5", SIZE, LABELS.shape, tops=2, phase=phase)
    mixed, targets = layer(x, LABELS)
    found = found_shares(x, mixed)
    order = [index for _, index in found]
    assert sorted(order) == list(range(6)) and order != list(range(6))
    shares = [share for row, (share, index) in enumerate(found) if index != row]
    share = shares[0]
    assert 0 < share < 1
    np.testing.assert_allclose(shares, share, rtol=1e-9)
    expected = np.zeros((6, 5))
    for row in range(6):
        expected[row, int(LABELS[row])] += share
        expected[row, int(LABELS[order[row]])] += 1 - share
    np.testing.assert_allclose(targets.detach().numpy(), expected, atol=1e-9)
    assert not mixed.requires_grad


def test_distributions_are_mixed_like_the_items():
    torch.manual_seed(5)
    layer = make("Mixup", "", SIZE, (6, 12), tops=2)
    x = noise(*SIZE)
    mixed, targets = layer(x, torch.cat([x.flatten(1)] * 2, 1))
    np.testing.assert_allclose(targets.detach(), np.concatenate([mixed.flatten(1)] * 2, 1),
                               rtol=1e-12)


def test_the_shares_have_the_moments_of_the_beta_distribution():
    torch.manual_seed(6)
    layer = make("Mixup", "alpha: 0.5 cls_num: 2", (2, 1), (2,), tops=2)
    labels = torch.tensor([0.0, 1], dtype=torch.float64)
    shares = []
    for _ in range(4000):
        top = layer(torch.tensor([[0.0], [1.0]], dtype=torch.float64), labels)[0][:, 0]
        if top[0]:                      # the two were exchanged: top = 1 - a, a
            shares.append(float(top[1]))
    assert 1800 < len(shares) < 2200
    # mean 1/2 and variance 1 / (4 (2 alpha + 1)) = 1/8, each to five standard errors
    assert abs(np.mean(shares) - 0.5) < 5 * np.sqrt(0.125 / len(shares))
    assert abs(np.var(shares) - 0.125) < 0.01


def test_what_mixup_cannot_do_is_refused():
    with pytest.raises(SpecError, match=r"mixup_param.alpha is 0; it must be above 0"):
        make("Mixup", "alpha: 0 cls_num: 3", SIZE, (6,), tops=2)
    with pytest.raises(SpecError, match=r"mixup_param.cls_num gives 0 classes; there must be 2"):
        make("Mixup", "", SIZE, (6,), tops=2)
    with pytest.raises(SpecError, match=r"bottom has the shapes \(6, 2, 3\) and \(5,\); the sec"):
        make("Mixup", "cls_num: 3", SIZE, (5,), tops=2)
    layer = make("Mixup", "cls_num: 3", SIZE, (6,), tops=2)
    with pytest.raises(DataError, match="the value 3 at item 1 .*; it must be from 0 to 2"):
        layer(noise(*SIZE), LABELS)


def cross_entropy(scores, targets, axis):
    wide = np.exp(scores - scores.max(axis, keepdims=True))
    probability = wide / wide.sum(axis, keepdims=True)
    return -(targets * np.log(probability)).sum(), probability


@pytest.mark.parametrize("settings, divisor", [
    ("", 10), ("loss_param { normalization: FULL }", 10), ("loss_param { normalize: false }", 2),
    ("loss_param { normalization: BATCH_SIZE }", 2), ("loss_param { normalization: NONE }", 1)])
def test_the_cross_entropy_is_that_of_the_targets(settings, divisor):
    scores = noise(2, 4, 5)
    targets = (noise(2, 4, 5, seed=2) ** 2).detach()     # of any sum
    loss, probabilities = make("SoftmaxCrossEntropyLoss", settings, (2, 4, 5), (2, 4, 5),
                               tops=2)(scores, targets)
    value, probability = cross_entropy(scores.detach().numpy(), targets.numpy(), 1)
    np.testing.assert_allclose(loss.detach(), value / divisor, rtol=1e-12)
    np.testing.assert_allclose(probabilities.detach(), probability, rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(scores.grad, (probability - targets.numpy()) / divisor, rtol=1e-10,
                               atol=1e-15)


def test_its_gradient_is_the_slope_where_the_targets_sum_to_1():
    targets = (noise(3, 5, seed=2) ** 2).detach()
    targets /= targets.sum(0)
    layer = make("SoftmaxCrossEntropyLoss", "softmax_param { axis: 0 }", (3, 5), (3, 5))
    assert torch.autograd.gradcheck(lambda x: layer(x, targets), noise(3, 5))


def test_targets_of_another_count_and_ignored_labels_are_refused():
    with pytest.raises(SpecError, match="has the shape .4,.; it must have as many items and val"):
        make("SoftmaxCrossEntropyLoss", "", (4, 5), (4,))
    with pytest.raises(SpecError, match="loss_param.ignore_label is given; the targets are distr"):
        make("SoftmaxCrossEntropyLoss", "loss_param { ignore_label: 2 }", (4, 5), (4, 5))


@pytest.mark.parametrize("settings, divisor", [
    ("", "factors"), ("loss_param { normalization: FULL }", 10),
    ("loss_param { normalize: false }", 2), ("loss_param { normalization: NONE }", 1)])
@pytest.mark.parametrize("has_factors", [False, True])
def test_the_divergence_is_that_of_the_softmax_from_the_targets(settings, divisor, has_factors):
    scores, targets = noise(2, 4, 5), (noise(2, 4, 5, seed=2) ** 2).detach()    # of any sum
    targets[0, 1] = 0                                   # 0 log 0 is 0
    factors = noise(2, 1, 5, seed=3).detach() * 3 if has_factors else torch.ones(2, 1, 5)
    bottoms = (factors,) if has_factors else ()
    loss = make("SoftmaxKLDLoss", settings, (2, 4, 5), (2, 4, 5), *(b.shape for b in bottoms))(
        scores, targets, *bottoms)
    _, probability = cross_entropy(scores.detach().numpy(), targets.numpy(), 1)
    t, f = targets.numpy(), factors.numpy()
    costs = np.where(t > 0, t * np.log(np.where(t > 0, t, 1) / probability), 0) * f
    if divisor == "factors":
        divisor = np.abs(f).sum() if has_factors else 10
    np.testing.assert_allclose(loss.detach(), costs.sum() / divisor, rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(scores.grad, (probability - t) * f / divisor, rtol=1e-10,
                               atol=1e-15)


def test_a_sum_of_factors_below_1_does_not_enlarge_the_divergence():
    scores, targets = noise(2, 3), torch.full((2, 3), 1 / 3, dtype=torch.float64)
    layer = make("SoftmaxKLDLoss", "", (2, 3), (2, 3), (2,))
    few, half = (layer(scores, targets, torch.full((2,), share)) for share in (0.25, 0.5))
    np.testing.assert_allclose(half.detach(), 2 * few.detach(), rtol=1e-12)


def test_targets_and_factors_of_another_count_are_refused():
    with pytest.raises(SpecError, match="has the shape .4, 4.; it must have as many values as"):
        make("SoftmaxKLDLoss", "", (4, 5), (4, 4))
    with pytest.raises(SpecError, match="has the shape .4, 5.; it must hold a factor for each of"):
        make("SoftmaxKLDLoss", "", (4, 5), (4, 5), (4, 5))
