"""Triplet losses of classes within a batch and between its halves, against loops in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

KINDS = torch.tensor([0.0, 1, 0.9, 2, 1, 0])        # cut: 0 1 0 2 1 0
MARGIN = 2.5


def orders(num):
    """The triples of the layer CrossTripletLoss, from its definition in four parts."""
    videos, stills = range(num // 2), range(num // 2, num)
    for own, other in ((videos, stills), (stills, videos)):
        for i in own:
            yield from ((i, j, k) for j in other for k in other if k > j)
            yield from ((i, j, k) for j in own if j > i for k in other)


def mean_and_slopes(codes, triples):
    kinds, total, count, slopes = KINDS.int().numpy(), 0, 0, np.zeros_like(codes)
    for i, j, k in triples:
        if kinds[i] != kinds[j] or kinds[i] == kinds[k]:
            continue
        count += 1
        cost = MARGIN + ((codes[i] - codes[j]) ** 2).sum() - ((codes[i] - codes[k]) ** 2).sum()
        if cost > 0:
            total += cost
            slopes[i] += 2 * (codes[k] - codes[j])
            slopes[j] += 2 * (codes[j] - codes[i])
            slopes[k] += 2 * (codes[i] - codes[k])
    return total / count, slopes / count / MARGIN


@pytest.mark.parametrize("kind, triples", [
    ("TripletRankLoss", [(i, j, k) for i in range(6) for j in range(i + 1, 6)
                         for k in range(j + 1, 6)]),
    ("CrossTripletLoss", list(orders(6)))])
def test_the_loss_is_the_mean_over_its_triples_and_its_slope_over_the_margin(kind, triples):
    codes = noise(6, 5)
    loss = make(kind, f"margin: {MARGIN} tradeoff: 3", (6, 5), (6,))(codes, KINDS)
    value, slopes = mean_and_slopes(codes.detach().numpy(), triples)
    assert loss.shape == (1, 1, 1, 1)
    np.testing.assert_allclose(loss.item(), value, rtol=1e-12)
    loss.sum().backward()
    np.testing.assert_allclose(codes.grad, slopes, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("kind", ["TripletRankLoss", "CrossTripletLoss"])
def test_without_triples_the_loss_is_zero(kind):
    codes = noise(4, 3)
    loss = make(kind, "", (4, 3), (4,))(codes, torch.ones(4))
    loss.sum().backward()
    assert loss.item() == 0 and not codes.grad.any()


@pytest.mark.parametrize("kind, field", [("TripletRankLoss", "triplet_rank_loss_param"),
                                         ("CrossTripletLoss", "cross_triplet_loss_param")])
def test_a_margin_of_zero_is_refused(kind, field):
    with pytest.raises(SpecError, match=f"{field}.margin is 0; it must be above 0"):
        make(kind, "margin: 0", (4, 3), (4,))
