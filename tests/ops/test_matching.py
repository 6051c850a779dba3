"""Matching of priors and ground truth against the one-by-one definition."""

import pytest
import torch

from framework.ops import matching
from framework.ops.matching import match
from tests import slow_boxes
from tests.support import noise


def on_a_grid(count, seed, steps=4):
    """Boxes whose corners are few numbers, so that many overlaps are equal."""
    values = noise(count, 4, seed=seed, requires_grad=False)
    low = (values[:, :2].sigmoid() * steps).round() / (2 * steps)
    size = ((values[:, 2:].sigmoid() * 3).floor() + 1) / steps
    return torch.cat([low, low + size], 1).float()


def scattered(count, seed):
    values = noise(count, 4, seed=seed, requires_grad=False).float()
    low, size = values[:, :2] * 0.25 + 0.4, values[:, 2:].abs() * 0.2 + 0.02
    return torch.cat([low, low + size], 1)


def expected(boxes, corners, group, num_groups, threshold, ignore_crossing):
    matched, best = [], []
    for number in range(num_groups):
        rows = [row for row in range(len(group)) if group[row] == number]
        own = boxes if boxes.dim() == 2 else boxes[number]
        found, overlaps = slow_boxes.match(own.double().tolist(),
                                           corners[rows].double().tolist(), threshold,
                                           ignore_crossing)
        matched.append([rows[row] if row >= 0 else row for row in found])
        best.append(overlaps)
    return matched, best


@pytest.mark.parametrize("threshold", [None, 0.0, 0.3, 0.5])
@pytest.mark.parametrize("make_boxes", [scattered, on_a_grid], ids=["scattered", "with ties"])
@pytest.mark.parametrize("seed", range(4))
def test_match_is_the_greedy_matching_of_each_image(make_boxes, threshold, seed):
    boxes, corners = make_boxes(23, 10 + seed), make_boxes(17, 20 + seed)
    group = torch.arange(17) * (seed + 3) % 5 - 1           # images 0..3 mixed, -1 takes no part

    matched, best = match(boxes, corners, group, 4, -1.0 if threshold is None else threshold,
                          False)

    rows, overlaps = expected(boxes, corners, group.tolist(), 4, threshold, False)
    assert matched.tolist() == rows
    torch.testing.assert_close(best, torch.tensor(overlaps), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_each_image_may_have_its_own_boxes_and_leave_out_crossing_ones(seed):
    boxes = torch.stack([scattered(19, 30 + seed), scattered(19, 40 + seed)])
    corners, group = scattered(7, 50 + seed), torch.tensor([1, 0, 0, 1, -1, 1, 0])

    matched, best = match(boxes, corners, group, 2, 0.2, True)

    rows, overlaps = expected(boxes, corners, group.tolist(), 2, 0.2, True)
    assert (matched == -2).any() and matched.tolist() == rows
    torch.testing.assert_close(best, torch.tensor(overlaps), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("make_boxes", [scattered, on_a_grid], ids=["scattered", "with ties"])
def test_as_many_rounds_as_rows_give_the_same_as_stopping_early(make_boxes, monkeypatch):
    boxes, corners, group = make_boxes(29, 1), make_boxes(13, 2), torch.arange(13) % 3
    early = match(boxes, corners, group, 3, 0.4, False)

    monkeypatch.setattr(matching, "sizes_may_vary", lambda x: False)

    late = match(boxes, corners, group, 3, 0.4, False)
    assert torch.equal(late[0], early[0]) and torch.equal(late[1], early[1])


def test_of_equal_boxes_the_first_row_gets_the_best_prior_and_the_second_the_next():
    priors = torch.tensor([[0.1, 0.1, 0.4, 0.4], [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]])
    corners = torch.tensor([[0.1, 0.1, 0.5, 0.5]]).repeat(2, 1)

    matched, _ = match(priors, corners, torch.tensor([0, 0]), 1, -1.0, False)

    assert matched.tolist() == [[1, 0, -1]]


def test_more_boxes_than_priors_leave_some_without():
    priors = torch.tensor([[0.1, 0.1, 0.5, 0.5]])
    corners = torch.tensor([[0.1, 0.1, 0.4, 0.4], [0.1, 0.1, 0.5, 0.5], [0.2, 0.2, 0.5, 0.5]])

    assert match(priors, corners, torch.zeros(3).long(), 1, 0.5, False)[0].tolist() == [[1]]


def test_nan_boxes_and_rows_match_nothing():
    priors = torch.tensor([[0.1, 0.1, 0.5, 0.5], [float("nan")] * 4])
    corners = torch.tensor([[0.1, 0.1, 0.4, 0.4], [float("nan"), 0.1, 0.5, 0.5]])

    assert match(priors, corners, torch.tensor([0, 0]), 1, 0.1, False)[0].tolist() == [[0, -1]]


def test_a_batch_without_boxes_matches_nothing():
    corners, group = torch.full((1, 4), -1.0), torch.tensor([-1])

    matched, best = match(scattered(5, 1), corners, group, 2, 0.5, False)

    assert matched.eq(-1).all() and best.eq(0).all() and matched.shape == (2, 5)
