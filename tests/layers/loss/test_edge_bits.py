"""Edge losses over loops in numpy that take the labels' bits apart."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

MARK = 1 << 31


def labels_of(numbers):
    """Floats whose 32 bits are these numbers."""
    return torch.tensor(numbers.astype(np.uint32).view(np.float32))


def random_numbers(shape, classes, seed=0):
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 1 << classes, shape) * rng.integers(0, 2, shape)
    return numbers.astype(np.int64)


def logistic(score, target):
    return np.log1p(np.exp(-score)) if target else np.log1p(np.exp(score))


def test_each_bit_is_the_target_of_its_class():
    numbers = random_numbers((2, 1, 4, 3), 5)
    numbers[0, 0, 1, 2] += MARK
    scores = noise(2, 5, 4, 3)
    layer = make("MultiChannelSigmoidCrossEntropyLoss", "", (2, 5, 4, 3), (2, 1, 4, 3))
    values = scores.detach().numpy()
    expected = sum(
        logistic(values[n, c, y, x], numbers[n, 0, y, x] >> c & 1)
        for n, c, y, x in np.ndindex(*values.shape) if numbers[n, 0, y, x] < MARK) / 2
    labels = labels_of(numbers)
    assert layer(scores, labels).item() == pytest.approx(expected, rel=1e-9)
    assert torch.autograd.gradcheck(lambda x: layer(x, labels), scores)


@pytest.mark.parametrize("classes, channels", [(5, 1), (35, 2)])
def test_rare_edges_weigh_more(classes, channels):
    numbers = random_numbers((2, channels, 4, 3), 6, seed=3)
    numbers[:, -1].reshape(2, -1)[:, ::4] += MARK
    scores = noise(2, classes, 4, 3, seed=2)
    layer = make("MultiChannelReweightedSigmoidCrossEntropyLoss", "", (2, classes, 4, 3),
                 (2, channels, 4, 3))
    values, total = scores.detach().numpy(), 0
    for n in range(2):
        cells = [(y, x) for y, x in np.ndindex(4, 3) if numbers[n, -1, y, x] < MARK]
        edges = sum(any(numbers[n, k, y, x] for k in range(classes // 32 + 1)) for y, x in cells)
        share = edges / len(cells)
        for c in range(classes):
            for y, x in cells:
                target = numbers[n, c // 32, y, x] >> c % 32 & 1
                total += (1 - share if target else share) * logistic(values[n, c, y, x], target)
    labels = labels_of(numbers)
    assert layer(scores, labels).item() == pytest.approx(total / 2, rel=1e-9)
    assert torch.autograd.gradcheck(lambda x: layer(x, labels), scores)


def test_labels_without_room_for_the_classes_are_refused():
    with pytest.raises(SpecError, match="C less than 32 L"):
        make("MultiChannelReweightedSigmoidCrossEntropyLoss", "", (2, 32, 4, 3), (2, 1, 4, 3))
    with pytest.raises(SpecError, match="C up to 31 and L = 1"):
        make("MultiChannelSigmoidCrossEntropyLoss", "", (2, 5, 4, 3), (2, 2, 4, 3))
