"""Division and Combination: rectangles of a plane against slices in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def test_division_cuts_a_rectangle_for_each_top():
    layer = make("Division", "height: 4 width: 3 xcoord: 0 ycoord: 1 xcoord: 4 ycoord: 2",
                 (2, 3, 6, 7), tops=2)
    x = noise(2, 3, 6, 7)
    for top, expected in zip(layer(x), (x[:, :, 1:5, 0:3], x[:, :, 2:6, 4:7]), strict=True):
        assert torch.equal(top, expected)
    assert torch.autograd.gradcheck(layer, x)


def test_division_refuses_a_part_outside_the_plane():
    with pytest.raises(SpecError, match=r"division_param.xcoord\[1\] 5 and ycoord 2 begin a part "
                       "of 3 x 4, which ends outside the plane of 7 x 6"):
        make("Division", "height: 4 width: 3 xcoord: 0 ycoord: 1 xcoord: 5 ycoord: 2",
             (2, 3, 6, 7), tops=2)
    with pytest.raises(SpecError, match="ycoord is given 1 times; it must be 2"):
        make("Division", "height: 4 width: 3 xcoord: 0 xcoord: 5 ycoord: 2", (2, 3, 6, 7), tops=2)


def test_combination_puts_later_parts_over_earlier_ones():
    layer = make("Combination", "xcoord: 0 ycoord: 1 xcoord: 2 ycoord: 2", (2, 3, 4, 3),
                 (2, 3, 5, 4))
    first, second = noise(2, 3, 4, 3), noise(2, 3, 5, 4, seed=2)
    expected = np.zeros((2, 3, 7, 6))
    expected[:, :, 1:5, 0:3] = first.detach().numpy()
    expected[:, :, 2:7, 2:6] = second.detach().numpy()
    np.testing.assert_array_equal(layer(first, second).detach().numpy(), expected)
    assert torch.autograd.gradcheck(layer, (first, second))


def test_combination_refuses_a_part_beyond_the_last_one():
    with pytest.raises(SpecError, match=r"combination_param.xcoord\[0\] 4 and ycoord 1 begin a "
                       "part of 3 x 4, which ends outside the plane of 6 x 7"):
        make("Combination", "xcoord: 4 ycoord: 1 xcoord: 2 ycoord: 2", (2, 3, 4, 3), (2, 3, 5, 4))
