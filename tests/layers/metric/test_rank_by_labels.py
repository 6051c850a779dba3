"""Losses and masks of hashing against loops over their definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

CODES = (6, 3)
TAGS = torch.tensor([[1, 0, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0]], dtype=torch.float64)


def shared(i: int, j: int) -> float:
    """How many labels two items share; an item and its repetition share all."""
    return 4 if i % 3 == j % 3 else float(TAGS[i % 3] @ TAGS[j % 3])


@pytest.mark.parametrize("kind", ["TripletRankLossLabel", "CrossModalLoss"])
def test_what_shares_more_labels_must_be_nearer(kind):
    queries, others = noise(CODES), noise(9, 3, seed=4)
    by_itself = kind == "CrossModalLoss"
    bottoms = (queries, others, TAGS) if by_itself else (queries, TAGS)
    found, right = make(kind, "contrastive_loss_param { margin: 2 }",
                        *(tuple(bottom.shape) for bottom in bottoms), tops=2)(*bottoms)
    plain = queries.detach().clone().requires_grad_()
    other = others.detach().clone().requires_grad_() if by_itself else plain
    terms = []
    for i in range(6):
        for a in range(len(other)):
            for b in range(len(other)):
                if shared(i, a) > shared(i, b) and (by_itself or i not in (a, b)):
                    terms.append(2 + (plain[i] - other[a]).square().sum()
                                 - (plain[i] - other[b]).square().sum())
    terms = torch.stack(terms)
    assert found.shape == right.shape == (1, 1, 1, 1)
    torch.testing.assert_close(found.sum(), terms.clamp(min=0).mean())
    torch.testing.assert_close(right.sum(), (terms <= 0).double().mean())
    assert 0 < right.item() < 1
    found.sum().backward()
    (terms.clamp(min=0).mean() / 2).backward()      # over the margin
    torch.testing.assert_close(queries.grad, plain.grad)
    if by_itself:
        torch.testing.assert_close(others.grad, other.grad)


def test_without_items_that_share_less_there_is_no_loss():
    layer = make("TripletRankLossLabel", "contrastive_loss_param { margin: 2 }", (3, 2), (3, 1),
                 tops=2)
    loss, right = layer(noise(3, 2), torch.ones(3, 1, dtype=torch.float64))
    assert loss.item() == right.item() == 0


def test_a_triple_is_measured_without_a_gradient():
    x, near, far = noise(4, 3), noise(4, 3, seed=2), noise(4, 3, seed=3)
    loss, right = make("TripleEuclideanMaxLoss", "contrastive_loss_param { margin: 1.5 }", (4, 3),
                       (4, 3), (4, 3), tops=2)(x, near, far)
    a, b, c = (tensor.detach().numpy() for tensor in (x, near, far))
    terms = 1.5 + ((a - b) ** 2).sum(1) - ((a - c) ** 2).sum(1)
    np.testing.assert_allclose(loss.item(), np.maximum(terms, 0).mean(), rtol=1e-12)
    assert right.item() == (terms <= 0).mean()
    assert not loss.requires_grad


@pytest.mark.parametrize("labels", [
    torch.tensor([[2.0], [0], [2], [1]]), torch.tensor([[1.0, 0], [1, 1], [0, 1], [0, 0]])])
def test_codes_of_similar_items_are_near_and_others_a_margin_apart(labels):
    codes, labels = noise(4, 3), labels.double()
    loss = make("HashingLoss", "bi_margin: 3 tradeoff: 0.2", (4, 3), tuple(labels.shape))(
        codes, labels)
    plain = codes.detach().clone().requires_grad_()
    pairs = torch.zeros((), dtype=torch.float64)
    for i in range(4):
        for j in range(i + 1, 4):
            square = (plain[i] - plain[j]).square().sum()
            similar = bool(labels[i] @ labels[j] > 0) if labels.shape[1] > 1 \
                else bool(labels[i] == labels[j])
            pairs = pairs + (square if similar else (3 - square).clamp(min=0))
    rest = 0.2 * (plain.abs() - 1).abs().sum() / 4
    torch.testing.assert_close(loss, pairs / 12 + rest)
    loss.backward()
    (pairs / 24 + rest).backward()      # half of the first part's derivative
    torch.testing.assert_close(codes.grad, plain.grad)


def test_what_attends_more_than_the_mean_is_masked():
    x = torch.tensor([[0.1, 0.25, 0.6, 0.05]], dtype=torch.float64, requires_grad=True)
    mask = make("Binary", "", (1, 4))(x)
    assert mask.tolist() == [[1, 1, 0, 1]]
    mask.backward(torch.tensor([[1.0, 2, 3, 4]], dtype=torch.float64))
    assert x.grad.tolist() == [[1, 2, 3, 4]]


def test_weights_are_of_cells_or_of_values():
    x, weights = noise(2, 3, 5, 4), noise(2, 20, seed=2)
    top = make("Weighted", "", (2, 3, 5, 4), (2, 20))(x, weights)
    expected = np.einsum("ncl,nl->ncl", x.detach().numpy().reshape(2, 3, 20),
                         weights.detach().numpy())
    np.testing.assert_allclose(top.detach().numpy(), expected.reshape(2, 3, 5, 4))
    rows, factors = noise(2, 3), noise(2, 3, 1, 1, seed=2)
    top = make("FCWeighted", "", (2, 3), (2, 3, 1, 1))(rows, factors)
    np.testing.assert_allclose(top.detach().numpy(),
                               rows.detach().numpy() * factors.detach().numpy()[..., 0, 0])


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("TripletRankLossLabel", "contrastive_loss_param { margin: 0 }", (CODES, (3, 4)),
     "margin is 0; it must be above 0"),
    ("TripletRankLossLabel", "", (CODES, (4, 4)), "labels be of the items, or of a part"),
    ("CrossModalLoss", "", (CODES, (6, 4), (3, 4)), "codes must have as many values"),
    ("TripleEuclideanMaxLoss", "", (CODES, CODES, (6, 4)), "they must be the same"),
    ("HashingLoss", "", (CODES, (5,)), "both must have as many items, two or more"),
    ("Weighted", "", ((2, 3, 5, 4), (2, 19)), "the second 20 weights"),
    ("FCWeighted", "", ((2, 3, 1), (2, 3)), "the first must have 2 axes"),
])
def test_what_does_not_fit_is_refused(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes, tops=1 if kind in ("HashingLoss", "Weighted", "FCWeighted")
             else 2)
