"""CombinedMargin and BatchTripletLoss against loops in numpy."""

import itertools
import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.left_out import left_out_lines
from framework.layers.metric import batch_triplet
from tests.support import make, noise

LABELS = torch.tensor([3.0, 0, 4, -1], dtype=torch.float64)


def cosines():
    """(4, 5), away from -1 and 1."""
    return (noise(4, 5).detach().tanh() * 0.9).requires_grad_()


@pytest.mark.parametrize("m1, m2, m3", [(1, 0.5, 0), (1, 0, 0.35), (1.35, 0, 0), (0.9, 0.4, 0.15)])
def test_the_margins_change_the_labels_cosine_alone(m1, m2, m3):
    layer = make("CombinedMargin", f"m1: {m1} m2: {m2} m3: {m3}", (4, 5), (4,))
    x = cosines()
    expected = x.detach().numpy().copy()
    for row, label in enumerate((3, 0, 4)):         # the last has no class
        angle = min(max(m1 * math.acos(expected[row, label]) + m2, 0), math.pi - 1e-4)
        expected[row, label] = math.cos(angle) - m3
    np.testing.assert_allclose(layer(x, LABELS).detach().numpy(), expected, rtol=1e-6)


def test_the_gradient_of_a_margin_is_the_derivative_up_to_2():
    layer = make("CombinedMargin", "m1: 1 m2: 0.4 m3: 0.1", (4, 5), (4,))
    x = (cosines().detach() * 0.6).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: layer(one, LABELS), x)
    steep = torch.tensor([[0.9999, 0.0]], dtype=torch.float64, requires_grad=True)
    make("CombinedMargin", "m2: 0.5", (1, 2), (1,))(steep, torch.zeros(1)).sum().backward()
    assert steep.grad.tolist() == [[2, 1]]       # sin(0.514) / sin(0.014) is 34


def by_loops(x, labels, margin, mu, sample):
    """Value, accuracy, extra values, and the sum that the gradient is of as (i, j, k) and pairs."""
    groups = [list(items) for _, items in itertools.groupby(range(len(x)),
                                                            lambda i: labels[i])]
    distance = ((x[:, None] - x) ** 2).sum(2)
    costs, used, wrong, pairs = [], [], 0, []
    for group in groups:
        for i, j in itertools.permutations(group, 2):
            pairs.append((i, j))
            for k in range(len(x)):
                if labels[k] == labels[i]:
                    continue
                cost = margin + distance[i, j] - distance[i, k]
                costs.append(max(cost, 0))
                wrong += distance[i, j] >= distance[i, k]
                if cost > 0 and (not sample or distance[i, k] > distance[i, j]):
                    used.append((i, j, k))
    pair_mean = np.mean([distance[i, j] for i, j in pairs]) if mu < 1 else 0
    value = mu * np.mean(costs) + (1 - mu) * pair_mean
    extra = [np.mean([margin + distance[i, j] - distance[i, k] for i, j, k in used]),
             np.mean(costs), pair_mean, len(costs), len(used)]
    return value, 1 - wrong / len(costs), extra, used, pairs


@pytest.mark.parametrize("mu, sample", [(1, False), (1, True), (0.7, True)])
@pytest.mark.parametrize("at_once", [1 << 24, 100])
def test_triplets_of_a_batch_are_those_of_three_loops(mu, sample, at_once, monkeypatch):
    monkeypatch.setattr(batch_triplet, "TRIPLETS_AT_ONCE", at_once)
    layer = make("BatchTripletLoss", f"margin: 4 mu: {mu} sample: {str(sample).lower()}",
                 (7, 3), (7,), tops=3)
    x = noise(7, 3)
    labels = [5, 5, 2, 2, 2, 7, 5]              # 5 comes again: neither positive nor negative
    loss, accuracy, extra = layer(x, torch.tensor(labels, dtype=torch.float64))
    value, right, values, used, pairs = by_loops(x.detach().numpy(), labels, 4, mu, sample)
    assert 0 < len(used) < values[3]
    np.testing.assert_allclose(loss.item(), value, rtol=1e-5)      # mu is a float32
    np.testing.assert_allclose(accuracy.item(), right, rtol=1e-9)
    np.testing.assert_allclose(extra.flatten().numpy(), values, rtol=1e-9)
    (3 * loss).backward()
    again = x.detach().clone().requires_grad_()
    distance = (again[:, None] - again).square().sum(2)
    total = mu * sum(distance[i, j] - distance[i, k] for i, j, k in used) / len(used)
    if mu < 1:
        total = total + (1 - mu) * sum(distance[i, j] for i, j in pairs) / len(pairs)
    (3 * total).backward()
    np.testing.assert_allclose(x.grad.numpy(), again.grad.numpy(), rtol=1e-5, atol=1e-8)


def test_an_identity_with_one_image_in_the_batch_is_counted_and_adds_nothing():
    layer = make("BatchTripletLoss", "", (4, 3), (4,))
    x = noise(4, 3)
    loss = layer(x, torch.arange(4.0))
    loss.backward()
    assert loss.item() == 0
    assert (x.grad == 0).all()
    layer(x, torch.tensor([0.0, 0, 1, 2]))
    assert [line.split(": ", 1)[1] for line in left_out_lines(layer)] == [
        "layer 'layer' (BatchTripletLoss): 6 items have no other one of their label beside them in "
        "the batch; they add nothing to the loss"]
    assert left_out_lines(layer) == []


def test_a_wrong_share_is_refused():
    with pytest.raises(SpecError, match="triplet_loss_param.mu is 1.5; it must be from 0 to 1"):
        make("BatchTripletLoss", "mu: 1.5", (4, 3), (4,))
