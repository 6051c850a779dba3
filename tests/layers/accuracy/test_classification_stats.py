"""ClassificationStats against loops over items and classes."""

import numpy as np
import pytest
import torch

from framework import Net, parse_net
from framework.errors import SpecError
from tests.support import make, noise

LABELS = torch.tensor([2, 0, 2, 1, 0, 2, 2], dtype=torch.float64)


def stats(scores, labels):
    """Accuracy and average precision of each class as the original's loops have them."""
    num, classes = scores.shape
    accuracy, precision = np.zeros(classes), np.zeros(classes)
    for k in range(classes):
        own = [i for i in range(num) if labels[i] == k]
        if not own:
            continue
        accuracy[k] = sum(scores[i].tolist().index(scores[i].max()) == k for i in own) / len(own)
        pairs = [(0.0, False)] * num + [(scores[i, k], labels[i] == k) for i in range(num)]
        hits = 0
        for place, (_, is_own) in enumerate(sorted(pairs, reverse=True)[:num], 1):
            if is_own:
                hits += 1
                precision[k] += hits / place / len(own)
    return accuracy, precision


@pytest.mark.parametrize("shift, step", [(0, 0), (9, 0), (-9, 0), (0, 0.5)])
def test_accuracy_and_precision_are_those_of_the_loops(shift, step):
    scores = noise(7, 2, 2, requires_grad=False) + shift
    if step:            # ties
        scores = (scores / step).round() * step
    layer = make("ClassificationStats", "num_classes: 4", (7, 2, 2), (7,), tops=3)
    found = [top.numpy() for top in layer(scores, LABELS)]
    accuracy, precision = stats(scores.numpy().reshape(7, 4), LABELS.numpy())
    assert [top.shape for top in found] == [(1, 4, 1, 1), (1, 4, 1, 1), (1, 1, 1, 1)]
    np.testing.assert_allclose(found[0].ravel(), accuracy)
    np.testing.assert_allclose(found[1].ravel(), precision)
    assert found[1][0, 3] == 0      # no item is of the last class
    right = sum(accuracy * [sum(LABELS.numpy() == k) for k in range(4)])
    assert found[2].item() == pytest.approx(right / 7)


def test_the_v1_type_is_read():
    net = Net(parse_net("""input: "x" input_dim: 4 input_dim: 3 input_dim: 1 input_dim: 1
        input: "y" input_dim: 4 input_dim: 1 input_dim: 1 input_dim: 1
        layers { name: "s" type: CLASSIFICATION_STATS bottom: "x" bottom: "y" top: "a" top: "p"
                 top: "t" classification_stats_param { num_classes: 3 } }"""), "TEST")
    assert net.shapes["a"] == (1, 3, 1, 1) and net.shapes["t"] == (1, 1, 1, 1)


@pytest.mark.parametrize("classes, labels, match", [
    (5, (7,), "num_classes is 5; 'bottom0' has 4 scores an item"),
    (0, (7,), "num_classes is 0; it must be at least 1"),
    (4, (6,), "it must hold one label for each of the 7 items"),
])
def test_numbers_that_do_not_fit_are_refused(classes, labels, match):
    with pytest.raises(SpecError, match=match):
        make("ClassificationStats", f"num_classes: {classes}", (7, 4), labels, tops=3)
