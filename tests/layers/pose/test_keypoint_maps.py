"""Loss and accuracy of maps around points, against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (3, 4, 5, 6)


def targets():
    """Maps of which two begin as those of points that cannot be seen."""
    maps = noise(SHAPE, seed=7, requires_grad=False).abs()
    maps[0, 1, 0, 0] = maps[2, 3, 0, 0] = -1
    return maps


def test_a_map_of_a_hidden_point_adds_nothing():
    layer, x, maps = make("KeypointL2Loss", "", SHAPE, SHAPE), noise(SHAPE), targets()
    total = sum(((x[n, c] - maps[n, c]) ** 2).sum().item()
                for n, c in np.ndindex(3, 4) if (n, c) not in ((0, 1), (2, 3)))
    np.testing.assert_allclose(layer(x, maps).item(), total / 6, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, maps.requires_grad_()))


def test_points_are_right_near_the_largest_value_of_their_map():
    layer = make("KeypointAcc", "metric: 0.35", SHAPE, SHAPE, tops=2)
    x, maps = noise(SHAPE), targets()
    right, number = np.zeros(4), np.zeros(4)
    for n, c in np.ndindex(3, 4):
        if (n, c) in ((0, 1), (2, 3)):
            continue
        found, true = (np.array(np.unravel_index(one[n, c].detach().numpy().argmax(), (5, 6)))
                       / (5, 6) for one in (x, maps))
        right[c] += ((found - true) ** 2).sum() < 0.35 ** 2
        number[c] += 1
    assert 0 < right.sum() < number.sum()
    share, each = layer(x, maps)
    np.testing.assert_allclose(share, right.sum() / number.sum(), rtol=1e-12)
    np.testing.assert_allclose(each, right / number, rtol=1e-12)


def test_without_a_point_that_can_be_seen_the_share_is_0():
    layer = make("KeypointAcc", "", (1, 2, 3, 4), (1, 2, 3, 4), tops=2)
    share, each = layer(noise(1, 2, 3, 4), -torch.ones(1, 2, 3, 4, dtype=torch.float64))
    assert share == 0 and each.tolist() == [0, 0]


@pytest.mark.parametrize("kind", ["KeypointL2Loss", "KeypointAcc"])
def test_maps_that_differ_are_refused(kind):
    with pytest.raises(SpecError, match=r"both must be \(N, C, H, W\), alike"):
        make(kind, "", SHAPE, (3, 4, 5, 5))
