"""Layers of weakly supervised detection, by their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.community_examples.loss import CHANCES
from tests.support import make, noise


def test_scores_are_summed_over_the_regions():
    scores = noise(5, 4)
    top = make("GlobalSumPooling", "", (5, 4))(scores)
    np.testing.assert_allclose(top.detach(), scores.detach().numpy().sum(0)[None], rtol=1e-12)
    scores = noise(2, 3, 4)
    top = make("GlobalSumPooling", "num_proposal: 3 num_classes: 4 include_background: true",
               (2, 3, 4))(scores)
    assert top.shape == (2, 3, 1, 1)
    np.testing.assert_allclose(top[..., 0, 0].detach(), scores.detach().numpy()[:, :, 1:].sum(1),
                               rtol=1e-12)


def test_the_cross_entropy_is_over_items_and_its_gradient_over_classes_too():
    p = CHANCES.detach().clone().requires_grad_()
    labels = torch.tensor([[0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 1, 1.0]], dtype=torch.float64)
    loss = make("MulticlassCrossEntropyLoss", "", (3, 4), (3, 4))(p, labels)
    loss.backward()
    share, label = p.detach().numpy(), labels.numpy()
    each = -label * np.log(share) - (1 - label) * np.log(1 - share)
    np.testing.assert_allclose(loss.item(), each.sum() / 3, rtol=1e-10)
    np.testing.assert_allclose(p.grad, (share - label) / (4 * share * (1 - share)) / 3, rtol=1e-10)


def test_with_its_param_the_loss_is_over_all_labels_and_leaves_the_background_out():
    p = CHANCES.detach().clone().requires_grad_()
    labels = torch.tensor([[0, 1, 1], [1, 0, 0], [0, 0, 2.0]], dtype=torch.float64)
    loss = make("MulticlassCrossEntropyLoss", "multiclass_cross_entropy_loss_param { "
                "include_background: true }", (3, 4), (3, 3))(p, labels)
    loss.backward()
    share, label = p.detach().numpy()[:, 1:], labels.numpy() != 0
    each = np.where(label, -np.log(share), -np.log(1 - share))
    np.testing.assert_allclose(loss.item(), each.mean(), rtol=1e-10)
    expected = np.where(label, -1 / share, 1 / (1 - share)) / 9
    np.testing.assert_allclose(p.grad[:, 1:], expected, rtol=1e-10)
    assert (p.grad[:, 0] == 0).all()


def test_cross_entropy_of_probabilities_has_a_floor_that_does_not_end_its_gradient():
    p = torch.tensor([[0.3, 0, 1, 0.8], [0.25, 1e-6, 0.5, 1]], dtype=torch.float64,
                     requires_grad=True)
    labels = torch.tensor([[1.0, 1, 0, 0], [0, 0.5, 1, 1]], dtype=torch.float64)
    loss = make("CrossEntropyLoss", "", (2, 4), (2, 4))(p, labels)
    loss.backward()
    share, label = p.detach().numpy(), labels.numpy()
    there, absent = np.maximum(share, 1e-5), np.maximum(1 - share, 1e-5)
    each = -label * np.log(there) - (1 - label) * np.log(absent)
    np.testing.assert_allclose(loss.item(), each.mean(), rtol=1e-10)
    np.testing.assert_allclose(p.grad, ((1 - label) / absent - label / there) / 8, rtol=1e-10)
    assert p.grad[0, 1].item() == pytest.approx(-1e5 / 8)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("CrossEntropyLoss", "", ((3, 4), (3, 3)), "as many items and values"),
    ("GlobalSumPooling", "", ((5,),), "must have at least 2 axes"),
    ("GlobalSumPooling", "num_classes: 4", ((2, 3, 4),), r"it must be \(N, 0, 4\)"),
    ("MulticlassCrossEntropyLoss", "", ((3, 4), (3, 3)), "as many items and values"),
])
def test_shapes_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)


def test_labels_that_are_not_known_do_not_count():
    x, labels = noise(3, 4), torch.tensor([[1, -1, 0, 1], [0, 0, 2, -1], [-1, 1, -3, 0.0]])
    loss = make("MultiSigmoidCrossEntropyLoss", "", (3, 4), (3, 4))(x, labels)
    terms = [math.log1p(math.exp(-x[at].item() if labels[at] > 0 else x[at].item()))
             for at in np.ndindex(3, 4) if labels[at] != 0]
    assert loss.item() == pytest.approx(sum(terms) / 3)


def test_the_gradient_of_labels_of_classes_is_over_the_classes_too():
    x, labels = noise(3, 4), noise(3, 4, seed=2, requires_grad=False).sigmoid()
    loss = make("MulticlassSigmoidCrossEntropyLoss", "", (3, 4), (3, 4))(x, labels)
    terms = [math.log1p(math.exp(-x[at].item())) + (1 - labels[at].item()) * x[at].item()
             for at in np.ndindex(3, 4)]
    assert loss.item() == pytest.approx(sum(terms) / 3)
    loss.backward()
    np.testing.assert_allclose(x.grad, (x.detach().sigmoid() - labels) / 12, rtol=1e-7)
    with pytest.raises(SpecError, match=r"it must be \(N, C\), values of classes"):
        make("MulticlassSigmoidCrossEntropyLoss", "", (3, 4, 2), (3, 8))
