"""Online instance matching against loops over persons, in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

LABELS = torch.tensor([2.0, -1, 2, 7, 0, 2])


def test_features_of_persons_move_and_the_others_grow_old():
    layer = make("LabeledMatching", "num_classes: 4 momentum: 0.75", (6, 2, 3), (6,), tops=2)
    with torch.no_grad():
        layer.age.copy_(torch.tensor([3.0, 0, 5, 1]))
    before = layer.features.clone()
    table = before.numpy().copy()
    x = noise(6, 2, 3, seed=4)
    rows = x.detach().numpy().reshape(6, 6)
    scores, known = layer(x, LABELS)
    np.testing.assert_allclose(scores.detach(), rows @ table.T, rtol=1e-9)
    assert known.tolist() == [2, -1, 2, -1, 0, 2]
    for row, label in zip(rows, LABELS.int().tolist(), strict=True):
        if 0 <= label < 4:
            table[label] = 0.75 * table[label] + 0.25 * row
    np.testing.assert_allclose(layer.features, table, rtol=1e-6)
    assert layer.age.tolist() == [0, 1, 0, 2]
    scores.sum().backward()     # by the features before the forward
    np.testing.assert_allclose(x.grad.reshape(6, 6)[3], before.sum(0), rtol=1e-9)


def test_the_queue_goes_round():
    layer = make("UnlabeledMatching", "queue_size: 3", (4, 2), (4,))
    queue, tail = layer.queue.numpy().copy(), 0
    for seed, labels in enumerate(([-1, 0, -1, 5], [-1, -1, -1, -1], [1, 1, 1, -1])):
        x = noise(4, 2, seed=seed)
        scores = layer(x, torch.tensor(labels, dtype=torch.float64))
        np.testing.assert_allclose(scores.detach(), x.detach().numpy() @ queue.T, rtol=1e-6)
        for row, label in zip(x.detach().numpy(), labels, strict=True):
            if label == -1:
                queue[tail] = row
                tail = (tail + 1) % 3
    np.testing.assert_allclose(layer.queue, queue, rtol=1e-6)


@pytest.mark.parametrize("kind, field, tops", [
    ("LabeledMatching", "num_classes: 4", 2), ("UnlabeledMatching", "queue_size: 4", 1)])
def test_nothing_moves_in_a_test_and_after_a_freeze(kind, field, tops):
    for phase in ("TEST", "TRAIN"):
        layer = make(kind, field, (6, 3), (6,), tops=tops, phase=phase)
        if phase == "TRAIN":
            layer.freeze()
        blobs = [blob.clone() for blob in layer.blobs]
        layer(noise(6, 3), LABELS)
        assert all(torch.equal(*pair) for pair in zip(blobs, layer.blobs, strict=True))


@pytest.mark.parametrize("kind, field, tops", [
    ("LabeledMatching", "num_classes: 0", 2), ("UnlabeledMatching", "queue_size: -1", 1)])
def test_a_table_without_rows_is_refused(kind, field, tops):
    with pytest.raises(SpecError, match="it must be at least 1"):
        make(kind, field, (6, 3), (6,), tops=tops)
