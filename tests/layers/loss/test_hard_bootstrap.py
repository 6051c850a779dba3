"""Hard bootstrapping, lists of classes, and precision and recall of maps, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import sigmoid
from tests.support import make, noise


def test_hard_bootstrap_mixes_the_label_and_the_best_class():
    scores = noise(3, 4, 2, seed=2)
    labels = torch.tensor([[0, 3], [2, 2], [1, 9]], dtype=torch.float64)
    layer = make("SoftmaxWithHardBoostrapLoss", "beta: 0.75 ignore_label: 9", (3, 4, 2), (3, 2),
                 tops=2)
    array = scores.detach().numpy()
    probability = np.exp(array) / np.exp(array).sum(1, keepdims=True)
    expected = 0.0
    for n, s in np.ndindex(3, 2):
        if labels[n, s] != 9:
            expected -= 0.75 * np.log(probability[n, int(labels[n, s]), s])
            expected -= 0.25 * np.log(probability[n, :, s].max())
    loss, second = layer(scores, labels)
    np.testing.assert_allclose(loss.detach(), expected / 5, rtol=1e-12)
    np.testing.assert_allclose(second, probability, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(one, labels)[0], scores)


def test_hard_bootstrap_without_beta_is_the_softmax_loss():
    scores, labels = noise(3, 4, seed=2), torch.tensor([0.0, 3, 2])
    plain = make("SoftmaxWithLoss", "", (3, 4), (3,))(scores, labels)
    assert make("SoftmaxWithHardBoostrapLoss", "", (3, 4), (3,))(scores, labels) == plain
    with pytest.raises(SpecError, match="beta is 2.0; it may be at most 1"):
        make("SoftmaxWithHardBoostrapLoss", "beta: 2", (3, 4), (3,))


def test_a_list_of_classes_ends_with_its_first_zero():
    scores = noise(3, 4, 1, 1)
    labels = torch.tensor([[2, 4, 0], [0, 3, 1], [1, 1, 0]], dtype=torch.float64)
    layer = make("SigmoidMultiLabelLoss", "negative_scale: 0.5", (3, 4, 1, 1), (3, 3), tops=3)
    listed = np.zeros((3, 4))
    listed[0, [1, 3]] = listed[2, 0] = 1        # the second list is empty
    p = sigmoid(scores.detach().numpy().reshape(3, 4))
    expected = -(listed * np.log(p) + 0.5 * (1 - listed) * np.log(1 - p)).mean()
    loss, probability, classes = layer(scores, labels)
    np.testing.assert_allclose(loss.detach(), expected, rtol=1e-12)
    np.testing.assert_allclose(probability.reshape(3, 4), p, rtol=1e-12)
    np.testing.assert_array_equal(classes.reshape(3, 4), listed)
    assert classes.shape == (3, 4, 1, 1)
    assert torch.autograd.gradcheck(lambda one: layer(one, labels)[0], scores)
    with pytest.raises(DataError, match="5"):
        layer(scores, labels + 3)


def test_logarithms_of_listed_classes_are_cut_and_slopes_are_not():
    scores = torch.tensor([[-80.0, 80.0]], dtype=torch.float64, requires_grad=True)
    layer = make("SigmoidMultiLabelLoss", "negative_scale: 0.5", (1, 2), (1, 1))
    loss = layer(scores, torch.ones(1, 1))
    loss.backward()
    np.testing.assert_allclose(loss.detach(), -np.log(1e-20) * (1 + 0.5) / 2, rtol=1e-6)
    np.testing.assert_allclose(scores.grad, [[-0.5, 0.25]], rtol=1e-12)


def test_overlap_is_precision_and_recall_of_each_item():
    scores = torch.tensor([[0.5, 0.9, 0.1, 0.7], [0.4, 0.2, 0.6, 0.1], [0.1, 0.2, 0.3, 0.4]])
    labels = torch.tensor([[1, 0, 1, 1.0], [0, 0, 1, 0], [1, 0.5, 0, 0]])
    layer = make("OverlapAccuracy", "", (3, 4), (3, 4), tops=2, dtype=torch.float32)
    precision, recall = layer(scores, labels)
    np.testing.assert_allclose(precision, (2 / 3 + 1 + 0) / 3, rtol=1e-6)
    np.testing.assert_allclose(recall, (2 / 3 + 1 + 0) / 3, rtol=1e-6)
    precision, recall = layer(scores, torch.ones(3, 4))
    np.testing.assert_allclose([precision, recall], [2 / 3, (3 / 4 + 1 / 4) / 3], rtol=1e-6)
