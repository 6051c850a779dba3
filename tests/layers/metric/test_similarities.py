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


def test_pairs_are_scored_against_a_dictionary_with_the_gradient_of_their_own_rows():
    a, b = noise(3, 2, 2, seed=7), noise(3, 4, seed=8)
    rows = noise(5, 4, seed=9)
    layer = make("CosineDis", "", a.shape, b.shape, rows.shape, tops=2)
    scores, classes = layer(a, b, rows)
    left, right = a.detach().numpy().reshape(3, 4), b.detach().numpy()
    table = rows.detach().numpy()
    for item in range(3):
        for row, own, other in ((item, left, right), (item + 3, right, left)):
            expected = [own[item] @ other[item], *(own[item] @ one for one in table)]
            np.testing.assert_allclose(scores[row].detach().numpy(), expected, rtol=1e-12)
    assert classes.tolist() == [0] * 6
    above = noise(6, 6, seed=10, requires_grad=False)
    scores.backward(above)
    weights = above.numpy()
    for item in range(3):
        for grad, row, other in ((a.grad.reshape(3, 4), item, right), (b.grad, item + 3, left)):
            expected = weights[row, 0] * other[item] + weights[row, 1:] @ table
            np.testing.assert_allclose(grad[item].numpy(), expected, rtol=1e-10)
    assert rows.grad is None


def test_a_dictionary_of_other_rows_is_refused():
    with pytest.raises(SpecError, match="its rows must be of 4 values, as the items are"):
        make("CosineDis", "", (3, 4), (3, 4), (5, 3), tops=2)
