"""Losses on distances to classes, and LabelSpecificRescale, against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise

LABELS = torch.tensor([2., 0, 4, 1, 2], dtype=torch.float64)
NUMBERS = LABELS.long().tolist()


def distances():
    return (noise(5, 6, seed=3).detach().abs() * 1.5).requires_grad_()


def contrastive(d, positive=0.125, negative=1.25, above=2.0, pw=0.75, nw=1.5, first=None, exp=False,
                nearest=False, smallest=False, share=None):
    """Loss and gradient by loops, as general_constrastive_loss_layer.cpp has them."""
    cost, slope = np.zeros_like(d), np.zeros_like(d)
    for i, label in enumerate(NUMBERS):
        for j in range(d.shape[1]):
            if j == label:
                cost[i, j] = min(above, max(0, d[i, j] - positive)) * pw
                slope[i, j] = pw * (positive < d[i, j] < above)
            elif d[i, j] < negative:
                cost[i, j] = (np.exp(-d[i, j]) if exp else negative - d[i, j]) * nw
                slope[i, j] = -nw * (np.exp(-d[i, j]) if exp else 1)
    chosen = min(range(len(d)), key=lambda i: cost[i, NUMBERS[i]])
    for i, label in enumerate(NUMBERS):
        best = 0
        for j in range(d.shape[1]):
            if j != label and cost[i, j] > cost[i, best]:
                best = j
        for j in range(d.shape[1]):
            if (nearest and j not in (label, best)) or (smallest and j == label and i != chosen):
                cost[i, j] = slope[i, j] = 0
        if first is not None and d[i, label] > first:
            cost[i, np.arange(d.shape[1]) != label] = 0
            slope[i] = np.where(np.arange(d.shape[1]) == label, pw, 0)
    others = np.ones_like(d, bool)
    others[np.arange(len(d)), NUMBERS] = False
    if share is not None:
        total = abs(slope[others].sum()) / share / len(d)
        if total > pw:
            slope[others] /= total
    return abs(cost).sum() / len(d), slope / len(d)


BASE = ("positive_margin: 0.125 negative_margin: 1.25 positive_outlier_thresh: 2 "
        "positive_weight: 0.75 negative_weight: 1.5 ")


@pytest.mark.parametrize("param, options", [
    ("", {}), ("positive_first: true positive_upper_bound: 0.875", {"first": 0.875}),
    ("exp_negative_weight: true", {"exp": True}), ("max_negative_only: true", {"nearest": True}),
    ("max_positive_only: true", {"smallest": True}), ("normalize_negative: 0.25", {"share": 0.25}),
    ("max_negative_only: true exp_negative_weight: true", {"nearest": True, "exp": True})])
def test_general_contrastive_loss_is_the_loop_over_items_and_classes(param, options):
    layer = make("GeneralContrastiveLoss", BASE + param, (5, 6), (5,))
    x = distances()
    loss = layer(x, LABELS)
    expected, slopes = contrastive(array(x), **options)
    np.testing.assert_allclose(array(loss), expected, rtol=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(array(x.grad), 3 * slopes, rtol=1e-12, atol=1e-15)


def test_general_contrastive_loss_tells_the_mean_distances():
    layer = make("GeneralContrastiveLoss", BASE, (5, 6), (5,), tops=2)
    x = distances()
    d = array(x)
    _, means = layer(x, LABELS)
    own = np.array([d[i, label] for i, label in enumerate(NUMBERS)])
    near = np.minimum(np.maximum(own - 0.125, 0), 2).mean()
    far = (np.maximum(1.25 - d, 0).sum() - np.maximum(1.25 - own, 0).sum()) / 5 / 5
    np.testing.assert_allclose(array(means), [near, far], rtol=1e-12)


def test_general_contrastive_loss_takes_the_values_of_a_third_bottom():
    layer = make("GeneralContrastiveLoss", BASE, (5, 6), (5,), (5, 6))
    x, other = noise(5, 6), distances()
    loss = layer(x, LABELS, other)
    expected, slopes = contrastive(array(other))
    np.testing.assert_allclose(array(loss), expected, rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(array(x.grad), slopes, rtol=1e-12)
    assert other.grad is None


def test_general_contrastive_loss_widens_its_margin_by_the_running_mean():
    layer = make("GeneralContrastiveLoss", BASE + "add_intra_mae: true", (5, 6), (5,), tops=2)
    x = distances()
    own = np.array([array(x)[i, label] for i, label in enumerate(NUMBERS)])
    near = np.minimum(np.maximum(own - 0.125, 0), 2).mean()
    _, first = layer(x, LABELS)
    np.testing.assert_allclose(array(first)[2], 0.01 * near, rtol=1e-6)
    loss, _ = layer(x, LABELS)
    expected, _ = contrastive(array(x), negative=1.25 + 0.01 * near)
    np.testing.assert_allclose(array(loss), expected, rtol=1e-6)


@pytest.mark.parametrize("param, center, hardest, first", [
    ("", True, False, None), ("add_center_loss: false", False, False, None),
    ("hardest_only: true", True, True, None),
    ("positive_first: true positive_upper_bound: 0.875", True, False, 0.875)])
def test_general_triplet_loss_is_the_loop_over_items_and_classes(param, center, hardest, first):
    layer = make("GeneralTripletLoss", "margin: 0.375 positive_weight: 0.75 negative_weight: 1.5 "
                 + param, (5, 6), (5,), (5,))
    x = distances()
    d = array(x)
    factors = noise(5, seed=8).detach()
    cost, slopes = np.zeros_like(d), np.zeros_like(d)
    for i, label in enumerate(NUMBERS):
        excess = np.maximum(d[i, label] + 0.375 - d[i], 0)
        excess[label] = 0
        if hardest:
            excess[np.arange(6) != excess.argmax()] = 0
        if first is not None and d[i, label] > first:
            excess[:] = 0
            slopes[i, label] = 0.75
        cost[i] = excess * 1.5
        slopes[i] -= 1.5 * (excess > 0)
        if center or excess.any():
            slopes[i, label] = 0.75
    assert 0 < (cost > 0).sum() < 25
    loss = layer(x, LABELS, factors)
    np.testing.assert_allclose(array(loss), cost.sum() / 5, rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(array(x.grad), slopes * array(factors)[:, None] / 5, rtol=1e-12)


@pytest.mark.parametrize("kind", ["GeneralContrastiveLoss", "GeneralTripletLoss"])
def test_losses_on_distances_refuse_labels_that_do_not_fit(kind):
    with pytest.raises(SpecError, match=r"has the shape \(4,\); it must hold one label for each"):
        make(kind, "", (5, 6), (4,))
    with pytest.raises(SpecError, match="there must be distances to 2 classes or more"):
        make(kind, "", (5, 1), (5,))


@pytest.mark.parametrize("param, rule", [
    ("", lambda x: 0.625 * x), ("bias_fix: true", lambda x: 0.625 * x + 0.375),
    ("for_ip: true", lambda x: 0.625 * x if x > 0 else x),
    ("power_on_positive: true", lambda x: np.sign(x) * abs(x) ** 0.625)])
def test_label_specific_rescale_changes_the_labels_value_and_the_others(param, rule):
    layer = make("LabelSpecificRescale", "positive_weight: 0.625 negative_weight: 1.5 " + param,
                 (5, 6), (5,))
    x = noise(5, 6)
    expected = 1.5 * array(x)
    for i, label in enumerate(NUMBERS):
        expected[i, label] = rule(array(x)[i, label])
    np.testing.assert_allclose(array(layer(x, LABELS)), expected, rtol=1e-6)
    assert torch.autograd.gradcheck(lambda one: layer(one, LABELS), x)


def test_label_specific_rescale_counts_its_forwards_and_copies_in_test():
    text = ("positive_weight_base: 4 gamma: 0.5 power: 2 positive_weight_min: 0.5 iteration: 1 "
            "do_backward: false")
    layer = make("LabelSpecificRescale", text, (5, 6), (5,), tops=2)
    x = noise(5, 6)
    for iteration in (2, 3, 4):
        top, weight = layer(x, LABELS)
        wanted = max(4 * (1 + 0.5 * iteration) ** -2, 0.5)
        np.testing.assert_allclose(array(weight), [wanted], rtol=1e-6)
        np.testing.assert_allclose(array(top)[0, 2], array(x)[0, 2] * wanted, rtol=1e-6)
    top.sum().backward()
    assert (x.grad == 1).all()
    copies = make("LabelSpecificRescale", "positive_weight: 3", (5, 6), (5,), phase="TEST")
    assert (copies(x, LABELS) == x).all()
