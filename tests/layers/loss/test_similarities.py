"""Similarities, losses of order and their accuracy against loops, in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

A, B = noise(4, 2, 3, seed=5), noise(4, 6, seed=6)
ROWS = [(a.ravel(), b) for a, b in zip(A.detach().numpy(), B.detach().numpy(), strict=True)]


@pytest.mark.parametrize("kind, expected", [
    ("DotProductSimilarity", [a @ b for a, b in ROWS]),
    ("EuclideanSimilarity", [-((a - b) ** 2).sum() / 2 for a, b in ROWS])])
def test_similarities_are_of_each_item(kind, expected):
    layer = make(kind, "", A.shape, B.shape)
    top = layer(A, B)
    assert top.shape == (4, 1, 1, 1)
    np.testing.assert_allclose(top.detach().flatten(), expected)
    assert torch.autograd.gradcheck(layer, (A, B))


LIKE = torch.tensor([0.5, 2.0, -1, 0.3], dtype=torch.float64)
UNLIKE = torch.tensor([0.1, 0.5, -0.5, 0.3], dtype=torch.float64)


@pytest.mark.parametrize("sample, slopes", [("false", [1, 0, 1, 1]), ("true", [1, 0, 0, 0])])
def test_the_order_must_hold_by_a_margin(sample, slopes):
    like, unlike = (x.clone().requires_grad_() for x in (LIKE, UNLIKE))
    layer = make("PairwiseRankingLoss", f"triplet_loss_param {{ margin: 1 sample: {sample} }}",
                 (4,), (4,))
    loss = layer(like, unlike)
    assert loss.item() == pytest.approx((0.6 + 0 + 1.5 + 1) / 4)
    (3 * loss).backward()       # by a loss_weight of 3
    assert unlike.grad.tolist() == [3 * slope for slope in slopes]
    assert like.grad.tolist() == [-3 * slope for slope in slopes]


@pytest.mark.parametrize("kind", ["DotProductSimilarity", "EuclideanSimilarity"])
def test_thirds_of_a_blob_are_queries_and_what_is_like_them_or_not(kind):
    x = noise(6, 3, seed=8)
    layer = make("NaiveTripletLoss", f'triplet_loss_param {{ margin: 0.5 sim_type: "{kind}" }}',
                 (6, 3), tops=2)
    loss, share = layer(x)
    query, like, unlike = x.detach().numpy().reshape(3, 2, 3)
    of = {"DotProductSimilarity": lambda a, b: (a * b).sum(1),
          "EuclideanSimilarity": lambda a, b: -((a - b) ** 2).sum(1) / 2}[kind]
    near, far = of(query, like), of(query, unlike)
    assert loss.item() == pytest.approx(np.maximum(0, 0.5 - near + far).mean())
    assert share.item() == (near > far).mean()


def test_rank_accuracy_counts_pairs_in_order():
    assert make("RankAccuracy", "", (4,), (4, 1))(LIKE, UNLIKE[:, None]).item() == 0.5


def test_what_does_not_fit_is_refused():
    with pytest.raises(SpecError, match="is 'Cosine'; it must be one of DotProduct"):
        make("NaiveTripletLoss", 'triplet_loss_param { sim_type: "Cosine" }', (6, 3), tops=2)
    with pytest.raises(SpecError, match="has 7 items; there must be a multiple of 3"):
        make("NaiveTripletLoss", "", (7, 3), tops=2)
    with pytest.raises(SpecError, match="they must be of one size"):
        make("DotProductSimilarity", "", (4, 6), (4, 5))
    with pytest.raises(SpecError, match="must hold as many values an item"):
        make("Similarity", "", (4, 6), (3, 5))


def test_every_prototype_has_a_score():
    x, prototypes = noise(4, 6, seed=5), noise(3, 6, 1, 1, seed=6)
    layer = make("Similarity", "", x.shape, prototypes.shape)
    expected = x.detach().numpy() @ prototypes.detach().numpy().reshape(3, 6).T
    np.testing.assert_allclose(layer(x, prototypes).detach(), expected)
    assert torch.autograd.gradcheck(layer, (x, prototypes))


@pytest.mark.parametrize("trunc", [False, True])
def test_the_label_must_be_above_all_others(trunc):
    scores, labels = noise(4, 5, seed=9), [1, 0, 4, 3]
    layer = make("RankingLoss", f"margin: 0.7 trunc: {str(trunc).lower()}", (4, 5), (4,))
    total = 0
    for row, label in zip(scores.detach().numpy(), labels, strict=True):
        for index, value in enumerate(row):
            term = max(0, 0.7 - row[label] + value)
            if index != label and term > 0:
                total += term
                if trunc:
                    break
    given = torch.tensor(labels)
    assert layer(scores, given).item() == pytest.approx(total / 4)
    assert torch.autograd.gradcheck(lambda x: layer(x, given), scores)


def test_a_matrix_without_bias():
    x = noise(4, 2, 3)
    layer = make("LinearTransform", "num_output: 2", x.shape)
    expected = x.detach().numpy().reshape(4, 6) @ layer.weight.detach().numpy().T
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)
    assert make("LinearTransform", "num_output: 2 backprop: false", x.shape
                ).no_gradient_bottoms == (0,)
