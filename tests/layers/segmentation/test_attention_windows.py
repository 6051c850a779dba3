"""Layers of AttentionMask, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.community_examples.segmentation import CORNERS, FLAGS
from tests.layer_examples import fixed
from tests.support import make, noise

ROW = (1, 1, 1, 5)


def row(*values):
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


def test_an_attention_wins_somewhere():
    layer = make("CheckAtt", "", ROW, ROW, tops=2)
    wins, loses = row(1, 2, 3, 4, 5), row(2, 3, 4, 5, 5)
    found = [top.flatten().tolist() for top in layer(wins, loses)]
    assert found == [[0.51, 2, 3, 4, 5], [0.49, 3, 4, 5, 5]]
    loses = row(2, 3, 4, 5, 4)
    assert [top.flatten().tolist() for top in layer(wins, loses)] == [[1, 2, 3, 4, 5],
                                                                      [2, 3, 4, 5, 4]]


def test_rows_are_cut_and_indices_become_flags_and_back():
    parts = make("SplitIndices", "", ROW, (1, 1, 1, 3), (1, 1, 1, 2), tops=2)(
        row(1, 2, 3, 4, 5), row(0, 0, 0), row(0, 0))
    assert [part.flatten().tolist() for part in parts] == [[1, 2, 3], [4, 5]]
    flags, values = make("ConvertIndices", "", (1, 1, 1, 2), ROW, tops=2)(
        row(3, 1), row(5, 6, 7, 8, 9))
    assert flags.flatten().tolist() == [0, 1, 0, 1, 0]
    assert values.shape == (2, 1, 1, 1) and values.flatten().tolist() == [8, 6]
    numbers = make("FlagsToIndices", "", (1, 1, 1, 7))(FLAGS)
    assert numbers.shape == (3, 1, 1, 1) and numbers.flatten().tolist() == [1, 4, 5]


def test_the_highest_values_come_first_and_of_equal_ones_the_last():
    wins, loses = row(0.5, 0.9, 0.9, 0.1, 0.7), row(0.6, 0, 0, 0, 0.8)
    assert make("ArgMaxMy", "argmax_param { axis: -1 }", ROW, ROW)(wins, loses).flatten(
        ).tolist() == [2, 1, 4]
    assert make("ArgMaxAll", "argmax_param { axis: 3 }", ROW, ROW)(wins, loses).flatten(
        ).tolist() == [2, 1, 4, 0, 3]


def test_windows_are_around_the_corners_that_are_flagged():
    x = noise(1, 3, 4, 5)
    layer = make("SlidingWindowIndex", "sliding_window_param { window_h: 2 window_w: 4 }",
                 (1, 3, 4, 5), (1, 1, 1, 30))
    top = layer(x, CORNERS).detach().numpy()
    corners = np.flatnonzero(CORNERS.numpy())
    assert top.shape == (len(corners), 3, 2, 4)
    for k, corner in enumerate(corners):
        for c, i, j in np.ndindex(3, 2, 4):
            y, column = corner // 6 + i - 1, corner % 6 + j - 2
            inside = 0 <= y < 4 and 0 <= column < 5
            assert top[k, c, i, j] == (x[0, c, y, column].item() if inside else 0)
    empty = layer(x * float("nan"), CORNERS * 0)
    assert empty.shape == (1, 3, 2, 4) and not empty.any()


def test_items_of_the_highest_scores_keep_their_order():
    x = noise(4, 3)
    layer = make("TopKOld", "", (4, 3), (4, 1), (2, 1), tops=2)
    items, numbers = layer(x, fixed([3], [5], [1], [4]), torch.zeros(2, 1))
    assert numbers.flatten().tolist() == [1, 3]
    np.testing.assert_array_equal(items.detach(), x.detach()[[1, 3]])
    # of several scores the first does not count
    items, numbers = make("TopKOld", "", (4, 3), (4, 2), (5, 1), tops=2)(
        x, fixed([9, 1], [0, 2], [0, 4], [0, 3]), torch.zeros(5, 1))
    assert numbers.flatten().tolist() == [0, 1, 2, 3, 0]
    assert not items[4].any()


def test_products_and_losses_over_positions():
    x, factor = noise(2, 3, 5, 4), noise(2, 1, 5, 4, seed=2)
    top = make("TileProduct", "", (2, 3, 5, 4), (2, 1, 5, 4))(x, factor)
    np.testing.assert_allclose(top.detach(), x.detach().numpy() * factor.detach().numpy())
    target = (noise(2, 3, 5, 4, seed=3).detach() > 0).double()
    loss = make("NormalizedSigmoidCrossEntropyLoss", "", (2, 3, 5, 4), (2, 3, 5, 4))(x, target)
    share = 1 / (1 + np.exp(-x.detach().numpy()))
    each = np.where(target.numpy() == 1, -np.log(share), -np.log(1 - share))
    np.testing.assert_allclose(loss.item(), each.sum() / 40, rtol=1e-10)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("CheckAtt", "", (ROW, (1, 1, 5, 1)), "both must be the same"),
    ("SplitIndices", "", (ROW, (1, 1, 1, 4)), "has 5 values for 1 tops; the other 1 bottoms have"),
    ("FlagsToIndices", "", ((1, 1, 2, 3),), r"it must be \(1, 1, 1, M\)"),
    ("ArgMaxAll", "argmax_param { top_k: 3 }", (ROW, ROW), "must be the last axis"),
    ("SlidingWindowIndex", "sliding_window_param { window_h: 3 window_w: 2 }",
     ((1, 3, 4, 5), (1, 1, 1, 30)), "must be even"),
    ("SlidingWindowIndex", "sliding_window_param { window_h: 2 window_w: 2 }",
     ((1, 3, 4, 5), (1, 1, 1, 20)), "there are 5 x 6 corners"),
    ("TileProduct", "", ((2, 3, 5, 4), (2, 3, 5, 4)), r"and \(N, 1, H, W\)"),
    ("TopKOld", "", ((4, 3), (4,), (2, 1)), r"bottom\[1\] has the shape \(4,\); it must be"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    tops = 2 if kind == "CheckAtt" else 1
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes, tops=tops)
