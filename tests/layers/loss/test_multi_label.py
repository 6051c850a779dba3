"""Accuracies and losses of several labels an item, by their definitions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import make, noise


def tensor(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def test_five_measures_of_labels_above_and_below_zero():
    scores = tensor([1, -1, 0, 2], [-1, 3, -2, 1], [-1, -3, 4, 1])
    labels = tensor([1, 1, 1, 0], [-1, -1, 0.5, 1], [0, -1, -1, -1])
    top = make("MultiLabelAccuracy", "", (3, 4), (3, 4))(scores, labels)
    # there: 1 -1 0 | 1: TP 3, FN 1; not there: -1 3 | -3 4 1: TN 2, FP 3
    recall, specificity, precision = 3 / 4, 2 / 5, 3 / 6
    np.testing.assert_allclose(top.flatten(), [
        recall, specificity, 2 / (4 / 3 + 5 / 2), precision, 6 / (6 + 3 + 1)], rtol=1e-12)
    assert top.shape == (1, 5, 1, 1)


def test_measures_without_labels_are_0():
    top = make("MultiLabelAccuracy", "", (2, 3), (2, 3))(noise(2, 3), torch.zeros(2, 3))
    assert not top.any()


def test_probabilities_are_against_a_half_and_their_counts_are_given():
    scores = tensor([0.5, 0.4, 0.9, 0.1], [0.7, 0.2, 0.3, 0.6], [0.8, 0.1, 0.1, 0.9])
    labels = tensor([1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0])
    layer = make("MultiLabelAccuracy", "multi_label_accuracy_param { with_counts: true }", (3, 4),
                 (3, 4))
    top = layer(scores, labels)
    tp, fn, tn, fp = 3, 2, 4, 3
    np.testing.assert_allclose(top, [tp / 5, tn / 7, 2 / (5 / tp + 7 / tn), tp / 6,
                                     2 * tp / (2 * tp + fp + fn), tp, fn, tn, fp], rtol=1e-12)


def test_exact_matches_are_items_whose_scores_are_all_on_the_right_side():
    scores = tensor([0.9, 0.1], [0.9, 0.6], [0.75, 0.2], [0.1, 0.2], [0.8, 0.9])
    labels = tensor([1, 0], [1, 2], [1, 0], [1, 0], [1, 1])
    layer = make("MultiLabelAccuracy",
                 "multi_label_accuracy_param { prob_threshold: 0.75 ignore_label: 2 }",
                 (5, 2), (5, 2), tops=2)
    share, classes = layer(scores, labels)
    np.testing.assert_allclose(share, 3 / 5)
    np.testing.assert_allclose(classes, [3 / 5, 1])


def test_a_second_top_needs_a_threshold():
    with pytest.raises(SpecError, match="a second needs prob_threshold"):
        make("MultiLabelAccuracy", "", (5, 2), (5, 2), tops=2)


def cross_entropy(x, t):
    return np.log1p(np.exp(-x)) * t + np.log1p(np.exp(x)) * (1 - t)


@pytest.mark.parametrize("field, per_label", [("", True), ("normalize: false", False)])
def test_multilogistic_leaves_unknown_labels_and_a_class_out(field, per_label):
    x = noise(2, 3, 5, 4)
    labels = torch.arange(120).reshape(2, 3, 5, 4) * 7 % 11 % 3
    text = f"loss_param {{ unknow_label: 2 ignore_label: 1 {field} }}"
    layer = make("MultilogisticWithLoss", text, (2, 3, 5, 4), (2, 3, 5, 4), tops=2)
    loss, probabilities = layer(x, labels.double())
    known = labels.numpy() != 2
    known[:, 1] = False
    values = x.detach().numpy()
    total = cross_entropy(values, labels.numpy())[known].sum()
    np.testing.assert_allclose(loss.item(), total / (known.sum() if per_label else 2), rtol=1e-12)
    np.testing.assert_allclose(probabilities, sigmoid(values), rtol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(one, labels.double())[0], x)


def test_weighted_sigmoid_weighs_kinds_by_all_items_and_slopes_by_the_last():
    x = noise(3, 4)
    labels = tensor([1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0])
    loss = make("WeightedSigmoidCrossEntropyLoss", "", (3, 4), (3, 4))(x, labels)
    loss.backward()
    values, t = x.detach().numpy(), labels.numpy()
    each = cross_entropy(values, t)
    expected = (each[t == 1].sum() * 8 / 12 + each[t == 0].sum() * 4 / 12) / 3
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-12)
    slopes = (sigmoid(values) - t) * np.where(t == 1, 3 / 4, 1 / 4) / 3
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-12)


@pytest.mark.parametrize("mode, divisor", [("", 4), ("normalization: VALID", 3),
                                           ("normalization: FULL", 4)])
def test_weighted_gan_loss_weighs_source_items_by_sigmoids_over_their_mean(mode, divisor):
    x, w = noise(4, 1), noise(4, 1, seed=5).detach()
    labels = tensor([1], [0], [1], [-1])
    layer = make("WeightedGanLoss", f"loss_param {{ ignore_label: -1 {mode} }}", (4, 1), (4, 1),
                 (4, 1))
    shares = 1 / (1 + np.exp(w.numpy()))
    weights = np.ones((4, 1))
    weights[[0, 2]] = shares[[0, 2]] / shares[[0, 2]].mean()
    each = cross_entropy(x.detach().numpy(), labels.numpy()) * weights
    np.testing.assert_allclose(layer(x, labels, w).item(), each[:3].sum() / divisor, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(one, labels, w), x)
