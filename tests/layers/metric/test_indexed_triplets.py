"""RandomTriplets and IndexedTripletLoss against loops over items and triplets."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import DataError, SpecError
from tests.support import make, noise

COUNTS = [3, 2, 4]
STARTS = [0, 3, 5]


def test_each_pair_of_a_class_gets_an_item_that_is_not_far_enough():
    x = noise(9, 2, 2, requires_grad=False)
    rows = x.reshape(9, -1).numpy()
    layer = make("RandomTriplets", "sample_triplet_param { alpha: 0.5 }", (9, 2, 2), (3,))
    allowed = {}
    for start, count in zip(STARTS, COUNTS, strict=True):
        for a in range(start, start + count):
            for p in range(a + 1, start + count):
                near = [n for n in range(9) if not start <= n < start + count and
                        sum((rows[a] - rows[n])**2) - sum((rows[a] - rows[p])**2) < 0.5]
                if near:
                    allowed[a, p] = near
    assert 0 < len(allowed) < 10 and max(map(len, allowed.values())) > 1
    drawn = {pair: set() for pair in allowed}
    torch.manual_seed(0)
    for _ in range(100):
        top = layer(x, torch.tensor(COUNTS, dtype=torch.float64))
        assert top.shape == (len(allowed), 3, 1, 1)
        pairs = [(int(a), int(p)) for a, p, _ in top.flatten(1)]
        assert pairs == list(allowed)
        for pair, (_, _, n) in zip(pairs, top.flatten(1), strict=True):
            drawn[pair].add(int(n))
    assert drawn == {pair: set(near) for pair, near in allowed.items()}


def test_classes_of_one_item_make_no_triplets():
    layer = make("RandomTriplets", "", (3, 4), (3,))
    assert layer(noise(3, 4), torch.ones(3, dtype=torch.float64)).shape == (0, 3, 1, 1)
    loss = make("IndexedTripletLoss", "", (3, 4), (3, 3))
    assert loss(noise(3, 4), torch.zeros(0, 3, 1, 1, dtype=torch.float64)).item() == 0


def test_the_loss_is_of_the_triplets_and_each_gradient_of_the_last_one():
    x = noise(5, 3)
    triplets = torch.tensor([[0, 1, 2], [1, 0, 3], [2, 4, 1], [3, 3, 3]], dtype=torch.float64)
    layer = make("IndexedTripletLoss", "triplet_loss_param { margin: 0.75 }", (5, 3), (3, 3))
    rows = x.detach().numpy()
    total, gradient = 0, np.zeros((5, 3))
    for a, p, n in ((0, 1, 2), (1, 0, 3), (2, 4, 1)):
        total += max(0, sum((rows[a] - rows[p])**2) - sum((rows[a] - rows[n])**2) + 0.75)
        gradient[a] = 2 * (rows[n] - rows[p])
        gradient[p] = 2 * (rows[p] - rows[a])
        gradient[n] = 2 * (rows[a] - rows[p])
    loss = layer(x, triplets)
    assert loss.item() == pytest.approx(total / 3)
    loss.backward()
    np.testing.assert_allclose(x.grad, gradient / 3, rtol=1e-12)
    with pytest.raises(DataError, match="must be from 0 to 4"):
        layer(x, triplets + 1.5)
    with pytest.raises(SpecError, match=r"it must be \(K, 3\), indices of triplets"):
        make("IndexedTripletLoss", "", (5, 3), (3, 4))


def test_they_are_the_types_of_two_bottoms_beside_each_other():
    text = """layer { name: "s" type: "SampleTriplet" bottom: "x" %s top: "t" }
              layer { name: "l" type: "TripletLoss" bottom: "x" bottom: "t" top: "l" }"""
    two = [layer.type for layer in parse_net(text % 'bottom: "y"').message.layer]
    assert two == ["RandomTriplets", "IndexedTripletLoss"]
    one = [layer.type for layer in parse_net(text % "").message.layer]
    assert one == ["SampleTriplet", "TripletLoss"]
