"""Suppression of overlapping boxes against the one-by-one definition."""

import pytest
import torch

from framework.ops import nms
from framework.ops.nms import greedy
from tests import slow_boxes
from tests.support import noise


def crowded(*shape, seed=1):
    """Boxes that overlap each other a lot."""
    values = noise(*shape, 4, seed=seed, requires_grad=False).float()
    low, size = values[..., :2] * 0.1 + 0.4, values[..., 2:].abs() * 0.1 + 0.15
    return torch.cat([low, low + size], -1)


@pytest.fixture(params=[(5, 60), (64, nms.PAIRS)], ids=["small chunks", "one chunk"],
                autouse=True)
def chunk(request, monkeypatch):
    for name, value in zip(("CHUNK", "PAIRS"), request.param, strict=True):
        monkeypatch.setattr(nms, name, value)


def expected(corners, valid, threshold, eta=1.0, group=None):
    kept = torch.zeros_like(valid)
    for row, boxes in enumerate(corners.double().tolist()):
        for own in {0} if group is None else set(group[row].tolist()):
            places = [place for place in range(len(boxes)) if valid[row, place]
                      and (group is None or group[row, place] == own)]
            for index in slow_boxes.suppress([boxes[place] for place in places], threshold, eta):
                kept[row, places[index]] = True
    return kept


@pytest.mark.parametrize("early_exit", [True, False])
@pytest.mark.parametrize("threshold, eta", [(0.3, 1), (0.6, 1), (0.8, 0.9), (0.9, 0.5), (1.0, 1)])
def test_greedy_keeps_what_no_kept_box_before_overlaps_too_much(threshold, eta, early_exit):
    corners, valid = crowded(3, 31), noise(3, 31, seed=2) > -1

    kept = greedy(corners, valid, threshold, eta=eta, early_exit=early_exit)

    assert torch.equal(kept, expected(corners, valid, threshold, eta))
    assert kept.sum() < valid.sum() or threshold == 1


@pytest.mark.parametrize("eta", [1.0, 0.8])
def test_only_boxes_of_one_group_are_compared(eta):
    corners, valid = crowded(2, 41, seed=3), noise(2, 41, seed=4) > -1.5
    group = torch.arange(82).view(2, 41) % 3

    kept = greedy(corners, valid, 0.7, eta=eta, group=group)

    assert torch.equal(kept, expected(corners, valid, 0.7, eta, group))


@pytest.mark.parametrize("most", [0, 1, 4, 100])
def test_most_keeps_the_first_of_each_list(most):
    corners, valid = crowded(4, 37, seed=5), noise(4, 37, seed=6) > 0

    kept = greedy(corners, valid, 0.5, most=most)

    everything = expected(corners, valid, 0.5)
    assert torch.equal(kept, everything & (everything.cumsum(1) <= most))


def test_an_overlap_equal_to_the_threshold_is_kept():
    corners = torch.tensor([[[0.0, 0.0, 1.0, 0.5], [0.0, 0.0, 0.5, 0.5]]])     # overlap 0.5

    assert greedy(corners, torch.ones(1, 2, dtype=torch.bool), 0.5).all()
    assert greedy(corners, torch.ones(1, 2, dtype=torch.bool), 0.499).tolist() == [[True, False]]


def test_boxes_with_a_nan_overlap_nothing():
    corners = crowded(1, 3, seed=7)
    corners[0, 0, 2] = torch.nan

    assert greedy(corners, torch.ones(1, 3, dtype=torch.bool), 0.0)[0, :2].all()


def test_empty_lists_stay_empty():
    assert greedy(torch.zeros(2, 0, 4), torch.zeros(2, 0, dtype=torch.bool), 0.5).shape == (2, 0)
