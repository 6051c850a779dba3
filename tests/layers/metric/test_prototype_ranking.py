"""DeViSE's product, similarities and loss, against their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

LABELS = torch.tensor([2, 0, 5, 1], dtype=torch.float64)


def test_linear_transform_is_a_product_whose_gradient_may_stop():
    x = noise(2, 3, 5)
    layer = make("LinearTransform", "num_output: 4", (2, 3, 5))
    rows, weight = x.detach().numpy().reshape(2, 15), layer.weight.detach().numpy()
    np.testing.assert_allclose(layer(x).detach(), (rows[:, None] * weight).sum(2), rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x)
    layer = make("LinearTransform", "num_output: 4 axis: 2 backprop: false", (2, 3, 5))
    top = layer(x)
    weight = layer.weight.detach().numpy()
    np.testing.assert_allclose(top.detach(), (x.detach().numpy()[:, :, None] * weight).sum(3),
                               rtol=1e-10)
    top.sum().backward()
    assert x.grad is None and layer.weight.grad.any()


def test_similarity_is_the_product_of_items_and_prototypes():
    layer = make("Similarity", "", (4, 5, 1), (3, 5))
    x, words = noise(4, 5, 1), noise(3, 5, seed=2)
    expected = (x.detach().numpy()[:, None, :, 0] * words.detach().numpy()).sum(2)
    np.testing.assert_allclose(layer(x, words).detach(), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, (x, words))


@pytest.mark.parametrize("only_first", [True, False])
def test_ranking_loss_sums_the_classes_too_near_the_label(only_first):
    layer = make("RankingLoss", f"margin: 0.75 trunc: {str(only_first).lower()}", (4, 6), (4,))
    scores = noise(4, 6)
    total = 0.0
    for row, label in zip(scores.detach().numpy(), LABELS.long().tolist(), strict=True):
        for j, score in enumerate(row):
            term = 0.75 - row[label] + score
            if j != label and term > 0:
                total += term
                if only_first:
                    break
    np.testing.assert_allclose(layer(scores, LABELS).item(), total / 4, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, LABELS), scores)


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("LinearTransform", "", ((2, 5),), "num_output is 0; it must be at least 1"),
    ("Similarity", "", ((4, 5), (3, 6)), "an item of both must have as many numbers"),
    ("RankingLoss", "", ((4, 6), (3,)), "one label for each of the 4 items"),
])
def test_what_does_not_fit_is_named(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes)
