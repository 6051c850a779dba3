"""Losses of several embeddings of an item, against loops over their definition in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

LABELS = torch.tensor([1.0, 0, 1, 2])
BETA, ALPHA, COSTS, SHRINKAGE = 0.25, 1.5, (0.5, 3.0), 0.5


def cosine(x, i, j):
    return x[i] @ x[j] / (x[i] @ x[i]) ** 0.5 / (x[j] @ x[j]) ** 0.5


def value(learners):
    sums, counts = [0.0, 0.0], [0, 0]
    for i in range(4):
        for j in range(i + 1, 4):
            other = int(LABELS[i] != LABELS[j])
            sign = -1 if other else 1
            score = 0.5 + sum(SHRINKAGE * sign * ALPHA * COSTS[other] * (cosine(x, i, j) - BETA)
                              for x in learners)
            sums[other] += np.log(1 + np.exp(-score))
            counts[other] += 1
    return sums[0] / counts[0] + sums[1] / counts[1]


def surrogate(learners):
    """What the gradient is of."""
    total = 0
    for x in learners:
        for other in (0, 1):
            pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)
                     if int(LABELS[i] != LABELS[j]) == other]
            sign = -1 if other else 1
            total += sum(np.log(1 + np.exp(-sign * ALPHA * COSTS[other] * (cosine(x, i, j) - BETA)))
                         for i, j in pairs) / len(pairs) / len(learners)
    return total


@pytest.mark.parametrize("sizes", [(5,), (5, 3, 2)])
def test_the_binomial_loss_is_of_the_summed_scores_and_its_slope_of_each_learner(sizes):
    learners = [noise(4, size, seed=size) for size in sizes]
    layer = make("BinomialLoss", f"alpha: {ALPHA} beta: {BETA} cost_p: {COSTS[0]} cost_n: "
                 f"{COSTS[1]} shrinkage: {SHRINKAGE}", *((4, size) for size in sizes), (4,))
    loss = layer(*learners, LABELS)
    arrays = [one.detach().numpy() for one in learners]
    np.testing.assert_allclose(loss.item(), value(arrays), rtol=1e-10)
    (2 * loss).backward()
    for which, one in enumerate(learners):
        for index in np.ndindex(one.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [array.copy() for array in arrays]
                moved[which][index] += step
                ends.append(surrogate(moved))
            np.testing.assert_allclose(one.grad[index], (ends[0] - ends[1]) / 1e-6, rtol=1e-5,
                                       atol=1e-8)


def test_a_batch_of_one_class_has_no_loss_of_two():
    x = noise(3, 4)
    loss = make("BinomialLoss", "", (3, 4), (3,))(x, torch.ones(3))
    loss.backward()
    assert loss.isfinite() and x.grad.isfinite().all()


def test_the_product_of_mean_squares():
    x, y = noise(4, 5), noise(4, 3, seed=2)
    layer = make("ActLoss", "", (4, 5), (4, 3))
    loss = layer(x, y)
    a, b = ((one.detach().numpy() ** 2).mean(1) for one in (x, y))
    assert loss.shape == (1, 1, 1, 1)
    np.testing.assert_allclose(loss.item(), (a * b).mean(), rtol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, y))


def test_what_does_not_fit_is_refused():
    with pytest.raises(SpecError, match=r"bottom\[1\] has the shape .3, 5.; it must be .4, C."):
        make("ActLoss", "", (4, 5), (3, 5))
    with pytest.raises(SpecError, match=r"bottom\[1\] has the shape .3,.; it must hold 4 labels"):
        make("BinomialLoss", "", (4, 5), (3,))
    for kind in ("ActLoss", "BinomialLoss"):
        with pytest.raises(SpecError, match="perturbation asks for what"):
            make(kind, "perturbation: true", (4, 5), (4, 1))
