"""Centres that move by themselves, against a loop over their definition."""

import numpy as np
import pytest
import torch

from framework import Net, SpecError, parse_net
from tests.support import make, noise

PARAM = "center_loss_param { loss_weight: 0.25 alpha: 0.5 cluster_num: 3 }"


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1, 1)])
def test_centers_move_towards_their_items_in_each_forward(phase, shape):
    layer = make("MovingCenterLoss", PARAM, shape, (4,), phase=phase)
    centers = np.zeros((3, 5))
    labels = torch.tensor([2.0, 0, 2, 2])
    for forward in range(3):
        x = noise(*shape, seed=forward + 1)
        rows = x.detach().numpy().reshape(4, 5)
        loss = layer(x, labels)
        away = [row - centers[int(label)] for row, label in zip(rows, labels, strict=True)]
        np.testing.assert_allclose(loss.item(), sum((one ** 2).sum() for one in away)
                                   * 0.25 / 2 / 4, rtol=1e-6)
        (loss * 7).backward()       # the slope is that of the original, whatever the weight
        np.testing.assert_allclose(x.grad.numpy().reshape(4, 5), 0.25 * np.array(away), rtol=1e-6)
        for kind in range(3):
            mine = [one for one, label in zip(away, labels, strict=True) if label == kind]
            centers[kind] += 0.5 * 0.25 * sum(mine, np.zeros(5)) / (len(mine) + 1)
    assert not list(layer.blobs)


def test_a_center_loss_of_clusters_is_one_whose_centers_move():
    net = Net(parse_net(f"""
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 4 dim: 5 }} }} }}
layer {{ name: "l" type: "Input" top: "l" input_param {{ shape {{ dim: 4 }} }} }}
layer {{ name: "c" type: "CenterLoss" bottom: "x" bottom: "l" top: "c" {PARAM} }}"""))
    assert net.spec.layers[-1].type == "MovingCenterLoss"


@pytest.mark.parametrize("param, shape, message", [
    ("center_loss_param { alpha: 0.5 }", (4, 5), "cluster_num is missing or 0"),
    (PARAM, (4, 5, 2, 1), r"has the shape \(4, 5, 2, 1\); it must be \(N, K\)"),
    ("center_loss_param { cluster_num: 3 axis: 2 }", (4, 5), "center_loss_param.axis")])
def test_settings_that_do_not_fit_are_refused(param, shape, message):
    with pytest.raises(SpecError, match=message):
        make("MovingCenterLoss", param, shape, (4,))
