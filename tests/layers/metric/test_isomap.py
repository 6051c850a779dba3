"""Losses of deep manifold embedding against loops over their definition."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import softmax
from tests.support import array, make, noise

FIELD = "isomap_manifold_learning_loss_param"


def kept(distances):
    """What the search ends with: the least, begun again after one below 0.0001; 0 of none."""
    found = 0.0
    for distance in distances:
        if found < 1e-4 or distance < found:
            found = distance
    return found


def manifold(x, labels, num, parts, margin):
    """The two sums."""
    own = far = 0.0
    for part in range(num * parts):
        rows = x[labels == part]
        for first in range(len(rows)):
            for second in range(first):
                own += ((rows[first] - rows[second]) ** 2).sum() / len(rows)
    for low in range(num * parts):
        for high in range(num * parts):
            if low // parts < high // parts:
                nearest = kept([kept([((one - other) ** 2).sum() for other in x[labels == high]])
                                for one in x[labels == low]])
                far += margin - nearest if nearest > 1e-4 else 0
    return own, far


@pytest.mark.parametrize("parts, margin, inter", [(1, 3, 0.5), (2, 10, 0.25), (3, 0.5, 1)])
def test_items_of_a_part_are_near_and_parts_of_two_classes_far(parts, margin, inter):
    num = 6 // parts
    labels = torch.tensor([0, 4, 1, 5, 0, 2, 4, 4, 5, 2, 1], dtype=torch.float64)
    x = noise(11, 4)
    layer = make("IsomapManifoldLearningLoss", f"num_output: {num} class_k: {parts} margin: "
                 f"{margin} inter_weight: {inter} intra_weight: 2", (11, 4), (11,))
    own, far = manifold(x.detach().numpy(), labels.numpy(), num, parts, margin)
    np.testing.assert_allclose(layer(x, labels).detach(), 2 * own + inter * max(far, 0), rtol=1e-6)


def test_a_negative_sum_counts_0_and_keeps_its_gradient():
    """By hand: one item in each of two classes, 4 away: margin - 16 is below 0."""
    x = torch.tensor([[1.0], [5.0]], dtype=torch.float64, requires_grad=True)
    loss = make("IsomapManifoldLearningLoss", "num_output: 2 margin: 1 inter_weight: 0.5", (2, 1),
                (2,))(x, torch.tensor([0.0, 1.0]))
    assert loss == 0
    loss.backward()
    np.testing.assert_allclose(x.grad, [[4], [-4]], rtol=1e-6)


@pytest.mark.parametrize("others, expected", [
    ([3.0, 2, 4], 4), ([2, 0.001, 3], 9), ([2, 3, 0.001], None), ([0.001, 2, 3], 4)])
def test_the_search_begins_again_after_an_item_that_is_almost_there(others, expected):
    """By hand: an item at 0 and those of the other class; what is kept is squared."""
    x = torch.tensor([[0.0], *[[other] for other in others]], dtype=torch.float64)
    loss = make("IsomapManifoldLearningLoss", "num_output: 2 margin: 20 inter_weight: 1 "
                "intra_weight: 0", (4, 1), (4,))(x, torch.tensor([0.0, 1, 1, 1]))
    np.testing.assert_allclose(loss, 0 if expected is None else 20 - expected, rtol=1e-6)


def test_the_defaults_are_the_original_s():
    x = torch.tensor([[0.0], [1.0], [3.0]], dtype=torch.float64)
    loss = make("IsomapManifoldLearningLoss", "", (3, 1), (3,))(x, torch.tensor([0.0, 0, 4]))
    np.testing.assert_allclose(loss, 1e-4 * 0.5 + 1e-3 * max(1 - 4, 0), rtol=1e-6)


@pytest.mark.parametrize("parts, ignored", [(1, None), (5, None), (3, 1)])
def test_labels_are_divided_by_the_parts_of_a_class(parts, ignored):
    labels = torch.tensor([0.0, 2 * parts, 2 * parts - 1, 3 * parts - 1], dtype=torch.float64)
    scores = noise(4, 3)
    text = "" if ignored is None else f"loss_param {{ ignore_label: {ignored} }}"
    layer = make("IsomapSoftmaxWithLoss", f"{text} isomap_softmax_with_loss_param {{ class_k: "
                 f"{parts} }}", (4, 3), (4,), tops=2)
    shares = softmax(array(scores))
    kinds = labels.numpy().astype(int) // parts
    each = -np.log(shares[range(4), kinds])[kinds != ignored]
    loss, probabilities = layer(scores, labels)
    np.testing.assert_allclose(loss.detach(), each.mean(), rtol=1e-7)
    np.testing.assert_allclose(probabilities, shares, rtol=1e-7)


def test_what_does_not_fit_is_refused():
    with pytest.raises(SpecError, match=f"{FIELD}.class_k is 0; it must be at least 1"):
        make("IsomapManifoldLearningLoss", "class_k: 0", (3, 2), (3,))
    with pytest.raises(SpecError, match=r"shape \(3, 2, 4, 1\); it must be \(N, C\)"):
        make("IsomapManifoldLearningLoss", "", (3, 2, 4, 1), (3,))
    layer = make("IsomapManifoldLearningLoss", "num_output: 2 class_k: 2", (2, 3), (2,))
    with pytest.raises(DataError, match="parts of classes"):
        layer(noise(2, 3), torch.tensor([0.0, 4]))
    with pytest.raises(SpecError, match="isomap_softmax_with_loss_param.class_k is 0"):
        make("IsomapSoftmaxWithLoss", "class_k: 0", (3, 2), (3,))
    layer = make("IsomapSoftmaxWithLoss", "class_k: 2", (2, 3), (2,))
    with pytest.raises(DataError, match="item 1"):
        layer(noise(2, 3), torch.tensor([0.0, 6]))
