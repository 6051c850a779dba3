"""P2SLoss pair by pair, as p2s_loss_layer.cpp has it."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

NUM_NEGATIVE = 2
MARGINS = {"margin1": 2.0, "margin2": 9.0, "margin3": 1.5}
WEIGHTS = {"weight": 0.25, "alpha": 0.5, "beta": 0.125, "eta": 0.015625}
FIELDS = " ".join(f"{name}: {value}" for name, value in {**MARGINS, **WEIGHTS}.items())
# the first of each three pairs is of one person
LABELS = torch.tensor([1, 1, 1, 2, 1, 3, 4, 4, 4, 5, 4, 6, 7, 7, 7, 8, 7, 9, 2, 2, 2, 3, 2, 4.])


def left_out(distance, same, num_positive, choose_positive):
    """Indices of pairs that are no triplet's, by the loops of the original."""
    first = [i for i in range(0, len(distance), 1 + NUM_NEGATIVE) if same[i]]
    for j in range(num_positive):       # only the first group is looked through
        if distance[first[0]] < distance[first[j]]:
            first[0], first[j] = first[j], first[0]
    if num_positive <= choose_positive:
        return []
    return [first[i] for i in range(choose_positive, len(first), num_positive)]


def by_loops(x, labels, draw, num_positive, choose_positive):
    """The loss, its gradient, and what could be drawn for each pair."""
    probe, gallery = x[0::2].copy(), x[1::2].copy()
    of_probe, of_gallery = labels[0::2].copy(), labels[1::2].copy()
    number = len(probe)
    difference = probe - gallery
    distance = (difference ** 2).sum(1)
    same = of_probe == of_gallery
    total, triplets = 0.0, 0.0
    for i in range(number):
        term = max(distance[i] - MARGINS["margin1"] if same[i]
                   else MARGINS["margin2"] - distance[i], 0)
        difference[i] *= term > 0
        total += term
    for i in left_out(distance, same, num_positive, choose_positive):
        probe[i], gallery[i], of_probe[i], of_gallery[i] = 0, 0, -1, -1
    zero = np.zeros(x.shape[1])
    terms, choices = [], {}
    for i in range(number):
        a = p = n = zero
        if of_probe[i] == of_gallery[i] != -1:
            others = [j for j in range(number) if of_gallery[j] != of_probe[i]]
            near = [j for j in others if distance[j] <= distance[i] or of_gallery[j] == -1]
            choices[i] = near or others
            a, p, n = probe[i], gallery[i], gallery[draw[i]]
        d = [((one - other) ** 2).sum() for one, other in ((a, p), (a, n), (p, n))]
        b = WEIGHTS["beta"] - WEIGHTS["eta"] * (d[1] - d[2])
        mu, nu = WEIGHTS["alpha"] + b, WEIGHTS["alpha"] - b
        over = max(MARGINS["margin3"] + d[0] - mu * d[1] - nu * d[2], 0)
        triplets += over
        terms.append(np.array([(a - p) - mu * (a - n), -(a - p) - nu * (p - n),
                               mu * (a - n) + nu * (p - n)]) * (over > 0))
    grad = np.zeros_like(x)
    for i in range(number):
        sign = 1 if same[i] else -1
        grad[2 * i], grad[2 * i + 1] = sign * difference[i], -sign * difference[i]
        if i in choices:
            for row, term in zip((2 * i, 2 * i + 1, 2 * draw[i] + 1), terms[i], strict=True):
                grad[row] += WEIGHTS["weight"] * term
    return (total + WEIGHTS["weight"] * triplets) / len(x), grad / number, choices


@pytest.mark.parametrize("num_positive, choose_positive", [(2, 1), (4, 2), (3, 3), (2, 0)])
def test_the_loss_and_its_gradient_are_those_of_the_loops(monkeypatch, num_positive,
                                                          choose_positive):
    layer = make("P2SLoss", f"{FIELDS} num_negative: {NUM_NEGATIVE} num_positive: {num_positive} "
                 f"choose_positive: {choose_positive}", (24, 5), (24,))
    x, drawn = noise(24, 5), []
    draw = layer._draw

    def noted(*given):
        drawn.append(draw(*given))
        return drawn[-1]

    monkeypatch.setattr(layer, "_draw", noted)
    seen = {}
    for seed in range(20):
        torch.manual_seed(seed)
        x.grad = None
        loss = layer(x, LABELS.double())
        loss.backward()
        indices = drawn[-1][0].numpy()
        value, grad, choices = by_loops(x.detach().numpy(), LABELS.numpy(), indices, num_positive,
                                        choose_positive)
        np.testing.assert_allclose(loss.item(), value, rtol=1e-12)
        np.testing.assert_allclose(x.grad, grad, rtol=1e-9, atol=1e-12)
        assert all(indices[i] in allowed for i, allowed in choices.items())
        for i in choices:
            seen.setdefault(i, set()).add(int(indices[i]))
    assert any(len(indices) > 1 for indices in seen.values())


@pytest.mark.parametrize("shapes, message", [
    (((10, 5), (10,)), "the 10 rows of 'bottom0' must be a multiple of 6"),
    (((12, 5), (11,)), "it must hold 12 labels"),
    (((12, 5, 2, 1), (12,)), r"it must be \(N, C\) or \(N, C, 1, 1\)")])
def test_rows_that_are_no_groups_of_pairs_are_refused(shapes, message):
    with pytest.raises(SpecError, match=message):
        make("P2SLoss", "num_negative: 2 num_positive: 2", *shapes)
