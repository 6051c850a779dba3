"""HomoMeanLoss by the loops of its definition."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

LABELS = np.array([[0, 1], [2, 1], [0, -1], [1, 0], [2, 7], [0, 1], [1, 0]])


def of_batch(x, labels, classes):
    """The count and the mean of each class of each label."""
    counts = np.array([[(column == c).sum() for c in range(classes)] for column in labels.T], float)
    means = np.array([[x[column == c].mean(0) if (column == c).any() else 0 * x[0]
                       for c in range(classes)] for column in labels.T])
    return counts, means


def slopes(x, labels, counts, means, part, how):
    """The mean slope of each item over its labels, or over the other classes of these."""
    found = np.zeros_like(x)
    for i, item in enumerate(x):
        each = []
        for at, label in enumerate(labels[i]):
            if not 0 <= label < counts.shape[1] or not counts[at, label]:
                continue
            n, apart = counts[at, label], item - means[at, label]
            if part == "cluster":
                each.append(2 * apart if how == "rawsubsqr-overall-cluster"
                            else (n - 1) / n * np.sign(apart))
                continue
            for c in range(counts.shape[1]):
                if c == label or not counts[at, c]:
                    continue
                away = means[at, c] - item
                each.append({
                    "rawsubsqr-samples-cluster": 2 * (
                        away + (means[at, c] - means[at, label]) * counts[at, c] / n),
                    "rawsubabs-samples-average": np.sign(away),
                    "logsubabs-samples-average": np.sign(away) / (1 + abs(away))}[how])
        found[i] = np.mean(each, 0) if each else 0
    return found


@pytest.mark.parametrize("part, how", [
    ("cluster", "rawsubsqr-overall-cluster"), ("cluster", "rawsubabs-overall-average"),
    ("scatter", "rawsubsqr-samples-cluster"), ("scatter", "rawsubabs-samples-average"),
    ("scatter", "logsubabs-samples-average")])
@pytest.mark.parametrize("size", [0.01, 100])
def test_a_part_adds_slopes_that_are_no_longer_than_the_tops_gradient(part, how, size):
    layer = make("HomoMeanLoss", f'{part}_regular: "{how}" {part}_clipmode: "blobal-diff-based" '
                 f"{part}_clipprop: 0.3 {part}_interval: 1 {part}_duration: 1 label_nmax: 4 "
                 "average_initmode: false topdiff_clipprop: 0.5", (7, 3), (7, 2))
    x = noise(7, 3)
    y = layer(x, torch.tensor(LABELS, dtype=torch.float64))
    np.testing.assert_array_equal(y.detach(), x.detach())
    counts, means = of_batch(x.detach().numpy(), LABELS, 4)
    np.testing.assert_allclose(layer.counts, counts)
    np.testing.assert_allclose(layer.means, means, rtol=1e-6)
    gradient = noise(7, 3, seed=5).detach() * size
    y.backward(gradient)
    slope = slopes(x.detach().numpy(), LABELS, counts, means, part, how)
    norms = [np.sqrt((each ** 2).sum()) for each in (gradient.numpy(), slope)]
    assert (norms[0] < norms[1]) == (size < 1)
    expected = 0.5 * gradient.numpy() + 0.3 * min(1, norms[0] / norms[1]) * slope
    np.testing.assert_allclose(x.grad, expected, rtol=1e-5, atol=1e-7)


def test_the_measures_are_mean_squares_from_own_and_from_other_means():
    layer = make("HomoMeanLoss", "cluster_activate: true scatter_activate: true label_nmax: 4 "
                 "average_initmode: false", (7, 3), (7, 2), tops=3)
    x = noise(7, 3).detach()
    _, cluster, scatter = layer(x, torch.tensor(LABELS, dtype=torch.float64))
    counts, means = of_batch(x.numpy(), LABELS, 4)
    own, other = [], []
    for item, both in zip(x.numpy(), LABELS, strict=True):
        known = [(at, c) for at, c in enumerate(both) if 0 <= c < 4]
        own.append(np.mean([(item - means[at, c]) ** 2 for at, c in known], 0))
        other.append(np.mean([(item - means[at, k]) ** 2 for at, c in known for k in range(4)
                              if k != c and counts[at, k]], 0))
    np.testing.assert_allclose(cluster, np.mean(own), rtol=1e-6)
    np.testing.assert_allclose(scatter, np.mean(other), rtol=1e-6)


def test_pairs_of_two_domains_are_drawn_to_equal_distances_from_all_means():
    labels = np.array([0, -1, 2, 0, -1, 1])
    layer = make("HomoMeanLoss", 'ovalize_regular: "expsubsqr-sqroots-sqroots" ovalize_interval: 1 '
                 "ovalize_duration: 1 ovalize_activate: true label_nmax: 3 match_numb: 9 "
                 "ovals2s_01stprop: 0 ovals2s_02ndprop: 0 ovals2t_01stprop: 0.5 "
                 "average_initmode: false topdiff_clipprop: 0", (6, 5), (6,), tops=2)
    layer.shares[1] = 1.0
    x = (noise(6, 5).detach() / 4).requires_grad_()
    given = torch.tensor(labels, dtype=torch.float64)
    torch.manual_seed(3)
    y, measure = layer(x, given)
    y.sum().backward()

    source, target = np.array([0, 2, 3, 5]), np.array([1, 4])
    torch.manual_seed(3)

    def drawn(items):
        order = torch.randperm(len(items)).numpy()
        return [items[order[i % len(items)]] for i in range(3)]

    def pairs():
        return [(i, j, a, b) for one, other, a, b in (
            (target, target, 1, 1), (source, target, 0.5, 1), (target, source, 1, 0.5))
            for i, j in zip(drawn(one), drawn(other), strict=True)]

    total, times = torch.zeros(6, 5, dtype=torch.float64), torch.zeros(6, 1)
    for i, j, a, b in pairs():
        # the derivative of 1 - exp(-gap^2) in the two items, whose class's mean moves
        # with them; other items of the mean stay
        both = x.detach()[[i, j]].requires_grad_()
        items = [both[0] if k == i else both[1] if k == j else x.detach()[k] for k in range(6)]
        if i == j:
            items[i] = both[0]
        means = torch.stack([torch.stack([items[k] for k in range(6) if labels[k] == c]).mean(0)
                             for c in range(3)])
        gap = sum((both[0] - m).norm() - (both[1] - m).norm() for m in means)
        if i != j:
            ((1 - torch.exp(-gap ** 2)) / 3).backward()
            total[i] += a * both.grad[0]
            total[j] += b * both.grad[1]
        times[i] += 1
        times[j] += 1
    np.testing.assert_allclose(x.grad, total / times.clamp(min=1), rtol=1e-5, atol=1e-8)
    means = of_batch(x.detach().numpy(), labels[:, None], 3)[1][0]
    far = np.linalg.norm(x.detach().numpy()[:, None] - means, axis=2).sum(1)
    expected = np.mean([(far[i] - far[j]) ** 2 / 3 for i, j, _, _ in pairs()])
    np.testing.assert_allclose(measure.detach(), expected, rtol=1e-6)


def test_a_gradient_that_goes_no_further_is_named_once(caplog):
    layer = make("HomoMeanLoss", "label_nmax: 3", (7, 3), (7,))
    x = noise(7, 3)
    for iteration in range(2):
        layer.note_progress(iteration, 10)
    layer(x, torch.zeros(7)).sum().backward()
    assert not x.grad.any()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1 and "the gradient of 'top0' goes no further" in said[0]
    layer = make("HomoMeanLoss", "topdiff_clipprop: 1", (7, 3), (7,))
    layer.note_progress(0, 10)
    layer(x, torch.zeros(7)).sum().backward()
    assert (x.grad == 1).all() and len(caplog.records) == 1


def test_parts_count_in_their_iterations_and_their_factor_grows():
    layer = make("HomoMeanLoss", "cluster_interval: 3 cluster_postpone: 1 cluster_duration: 1 "
                 "cluster_lowrprop: 0.25 cluster_upprprop: 1 cluster_feedrate: 2 "
                 "cluster_feedsize: 8 cluster_tradeoff: 0.5", (7, 3), (7,))
    seen = []
    for iteration in range(6):
        layer.note_progress(iteration, 100)
        seen.append(layer.shares.tolist())

    def factor(p):
        return 0.75 * (math.log(2 * p * (math.e - 1) + 1) + 2 / (1 + math.exp(-2 * p)) - 1) / 2 \
            + 0.5

    np.testing.assert_allclose(seen, [[0, 0], [0, factor(1 / 8)], [0, 0], [0, 0],
                                      [0, factor(4 / 8)], [0, 0]], rtol=1e-6)


def test_without_means_the_blob_and_its_gradient_pass_and_tops_beyond_are_empty():
    layer = make("HomoMeanLoss", "cluster_interval: 1 cluster_duration: 1", (7, 3), (7,), tops=3)
    layer.counts.zero_()
    x = noise(7, 3)
    y, *others = layer(x, torch.zeros(7))
    assert [top.shape for top in others] == [(0,), (0,)]
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones((7, 3)))


@pytest.mark.parametrize("text, message", [
    ('cluster_regular: "expsubabs-overall-average" cluster_interval: 1',
     "cluster_regular is 'expsubabs-overall-average'; it must be rawsubsqr-overall-cluster or raw"),
    ("label_nmax: 0", "label_nmax is 0; it must be at least 1"),
    ("label_axis: 5", "label_axis is 5; items of")])
def test_what_is_not_computed_here_is_refused(text, message):
    with pytest.raises(SpecError, match=message):
        make("HomoMeanLoss", text, (7, 3), (7,))
