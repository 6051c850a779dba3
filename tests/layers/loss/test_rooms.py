"""RoomNet's loss of corner maps against a loop written from its source, and its data's shapes."""

import logging

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from tests.support import array, make, noise

FIRST = [0, 8, 14, 20, 24, 28, 34, 38, 42, 44, 46, 48]


def test_only_the_maps_of_a_rooms_type_count_and_background_less():
    maps = noise(3, 48, 4, 5)
    target = noise(3, 48, 4, 5, seed=2).detach().abs()
    types = torch.tensor([2., 10., 0.])
    loss = make("EuclideanLossHeatmap", "", maps.shape, maps.shape, types.shape)(
        maps, target, types)
    total, slopes = 0.0, np.zeros((3, 48, 4, 5))
    for n, kind in enumerate((2, 10, 0)):
        for c in range(FIRST[kind], FIRST[kind + 1]):
            for i, j in np.ndindex(4, 5):
                d = float(maps[n, c, i, j].detach() - target[n, c, i, j])
                if target[n, c, i, j] <= 0.01:
                    d *= 0.2
                total += d * d
                slopes[n, c, i, j] = d
    assert (target <= 0.01).any()
    assert loss.item() == pytest.approx(total / 3 / 48, rel=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(array(maps.grad), 3 * slopes, rtol=1e-10)


def test_types_of_rooms_and_numbers_of_maps_are_checked():
    layer = make("EuclideanLossHeatmap", "", (3, 48, 4, 5), (3, 48, 4, 5), (3,))
    maps = noise(3, 48, 4, 5)
    with pytest.raises(DataError, match="has the value 11 .* there are 11 types of rooms"):
        layer(maps, maps, torch.tensor([0., 11, 1]))
    with pytest.raises(SpecError, match=r"with types of rooms it must be \(N, 48, H, W\)"):
        make("EuclideanLossHeatmap", "", (3, 7, 4, 5), (3, 7, 4, 5), (3, 1))


def test_maps_that_a_layer_draws_leave_a_zero_and_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        net = Net(parse_net("""layer { name: "m" type: "Input" top: "m"
          input_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 } } }
        layer { name: "v" type: "HeatmapVisualize" bottom: "m" top: "v" }"""), phase="TEST")
    assert "nothing is drawn here" in caplog.text
    net({"m": noise(2, 3, 4, 5, dtype=torch.float32)})
    assert net.blobs["v"].shape == () and net.blobs["v"] == 0
