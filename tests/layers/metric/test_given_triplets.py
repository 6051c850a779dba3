"""Triplet losses of three bottoms, and joints within distances, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.support import make, noise


def tensors():
    return [noise(5, 4, seed=seed) for seed in (1, 2, 3)]


@pytest.mark.parametrize("kind, fields, margin, factor", [
    ("TripletRankingHingeLoss", "dim: 4 margin: 0.5", 0.5, 2),
    ("TripletsRankLoss", "triplet_rank_loss_param { margin: 4 }", 4, 0.25)])
def test_triplets_keep_a_margin_and_slopes_have_a_factor(kind, fields, margin, factor):
    codes = tensors()
    anchor, same, other = (one.detach().numpy() for one in codes)
    costs = margin + ((anchor - same) ** 2).sum(1) - ((anchor - other) ** 2).sum(1)
    active = (costs > 0)[:, None]
    assert 0 < active.sum() < 5
    loss = make(kind, fields, *[(5, 4)] * 3)(*codes)
    loss.sum().backward()
    np.testing.assert_allclose(loss.detach().flatten(), [np.maximum(costs, 0).mean()], rtol=1e-12)
    slopes = [other - same, same - anchor, anchor - other]
    for code, slope in zip(codes, slopes, strict=True):
        np.testing.assert_allclose(code.grad, factor * active * 2 * slope / 5, rtol=1e-12)


def test_the_number_of_bottoms_says_which_rank_loss_it_is():
    for bottoms, kind in (('"a" bottom: "b"', "TripletRankLoss"),
                          ('"a" bottom: "b" bottom: "c"', "TripletsRankLoss")):
        inputs = "".join(f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ '
                         "shape { dim: 2 dim: 3 } } }" for name in "abc")
        net = parse_net(f'{inputs} layer {{ name: "y" type: "TripletRankLoss" bottom: {bottoms} '
                        'top: "y" triplet_rank_loss_param { margin: 1 } }')
        assert net.message.layer[-1].type == kind


@pytest.mark.parametrize("weighted", [False, True])
def test_joints_are_counted_within_each_distance(weighted):
    found, wanted = noise(3, 8, seed=1).detach(), noise(3, 8, seed=2).detach()
    weights = torch.ones(3, 8, dtype=torch.float64)
    weights[0, :2] = weights[2, 3] = 0      # a joint without weight, and half of one
    bottoms = [found, wanted, *[weights] * weighted]
    layer = make("PosenetAccuracy", "image_width: 20 image_height: 10 distance_start: 4 "
                 "distance_stop: 22 distance_step: 6", *[(3, 8)] * len(bottoms), tops=2)
    distances = []
    for n, j in np.ndindex(3, 4):
        pair = slice(2 * j, 2 * j + 2)
        weight = weights[n, pair].numpy() if weighted else np.ones(2)
        if weight.any():
            away = (found[n, pair] - wanted[n, pair]).numpy() * [20, 10] * weight
            distances.append(np.hypot(*away))
    assert len(distances) == 12 - weighted
    accuracy, distance = layer(*bottoms)
    expected = [np.mean(np.array(distances) <= most) for most in (4, 10, 16, 22)]
    np.testing.assert_allclose(accuracy, [expected], rtol=1e-12)
    np.testing.assert_allclose(distance, np.mean(distances), rtol=1e-12)


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("TripletRankingHingeLoss", "dim: 3", [(5, 4)] * 3, r"dim is 3; .* must be \(N, 3\)"),
    ("TripletsRankLoss", "triplet_rank_loss_param { margin: 0 }", [(5, 4)] * 3, "margin is 0; it"),
    ("TripletsRankLoss", "", [(5, 4), (5, 4), (5, 3)], "they must be equal"),
])
def test_refused_at_the_start(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes)


@pytest.mark.parametrize("fields, message", [
    ("distance_stop: 5", "distance_start is missing or below 0"),
    ("distance_start: 1 distance_stop: 5 distance_step: 3", "distance_stop is 5; it must be"),
    ("distance_start: 6 distance_stop: 5", "distance_stop is 5; it must be"),
])
def test_distances_that_do_not_fit_are_refused(fields, message):
    with pytest.raises(SpecError, match=message):
        make("PosenetAccuracy", fields, (3, 8), (3, 8), tops=2)
