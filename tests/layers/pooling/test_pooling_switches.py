"""Places of maxima as items, the way back and the halves, against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

WINDOW = "pool: MAX kernel_size: 3 stride: 2"


def test_switches_follow_the_maxima_and_lead_back_to_their_places():
    x = noise(2, 3, 7, 5)
    pool = make("PoolingSwitches", WINDOW, (2, 3, 7, 5))
    top = pool(x)
    array = x.detach().numpy()
    expected, back = np.empty((4, 3, 3, 2)), np.zeros((2, 3, 7, 5))
    for n, c, i, j in np.ndindex(2, 3, 3, 2):
        window = array[n, c, 2 * i:2 * i + 3, 2 * j:2 * j + 3]
        row, column = np.unravel_index(window.argmax(), window.shape)
        expected[n, c, i, j] = window.max()
        expected[2 + n, c, i, j] = (2 * i + row) * 5 + 2 * j + column
        back[n, c, 2 * i + row, 2 * j + column] = window.max()
    np.testing.assert_array_equal(top.detach(), expected)
    maxima, positions = make("SliceHalf", "axis: 0", (4, 3, 3, 2), tops=2)(top)
    both = torch.cat([positions, maxima]).detach().requires_grad_()
    unpool = make("InvPooling", WINDOW, (4, 3, 3, 2))
    np.testing.assert_array_equal(unpool(both).detach(), back)
    assert torch.autograd.gradcheck(lambda one: pool(one)[:2], x)
    slopes = noise(2, 3, 7, 5, seed=9, requires_grad=False)
    (unpool(both) * slopes).sum().backward()
    assert not both.grad[:2].any()
    index = torch.from_numpy(expected[2:]).long().flatten(2)
    np.testing.assert_array_equal(both.grad[2:].flatten(2), slopes.flatten(2).gather(2, index))


@pytest.mark.parametrize("fields, plane", [
    ("kernel_size: 3 stride: 2", (7, 5)), ("kernel_size: 4 stride: 3 pad: 1", (8, 5)),
    ("kernel_h: 2 kernel_w: 5 stride_h: 2 stride_w: 1", (6, 6))])
def test_inv_pooling_reaches_as_far_as_its_windows(fields, plane):
    assert make("InvPooling", fields, (2, 1, 3, 2))(torch.zeros(2, 1, 3, 2)).shape[2:] == plane


def test_slice_half_cuts_any_axis_after_half_the_items():
    x = noise(5, 4, 3)
    first, second = make("SliceHalf", "axis: 1", (5, 4, 3), tops=2)(x)
    np.testing.assert_array_equal(first.detach(), x.detach()[:, :2])
    np.testing.assert_array_equal(second.detach(), x.detach()[:, 2:])


@pytest.mark.parametrize("kind, fields, shape, message", [
    ("PoolingSwitches", "pool: AVE kernel_size: 2", (2, 3, 4, 4), "pool is AVE; only MAX"),
    ("InvPooling", "kernel_size: 2", (3, 3, 4, 4), "its first axis must be even"),
    ("InvPooling", "kernel_size: 1 pad: 2", (2, 3, 2, 2), "leaves no output"),
    ("SliceHalf", "axis: 1 slice_dim: 1", (4, 3), "keep one of them"),
    ("SliceHalf", "axis: 1", (8, 3), "half of its 8 items must be inside of axis 1"),
])
def test_refused_at_the_start(kind, fields, shape, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, shape, tops=2 if kind == "SliceHalf" else 1)


def test_a_place_beyond_the_plane_is_named():
    x = torch.zeros(2, 1, 3, 2)
    x[0, 0, 1, 1] = 35
    with pytest.raises(DataError, match="35"):
        make("InvPooling", WINDOW, (2, 1, 3, 2))(x)


def test_positions_of_halves_are_exact():
    x = noise(1, 1, 64, 64, requires_grad=False).to(torch.bfloat16)
    layer = make("PoolingSwitches", "pool: MAX kernel_size: 2 stride: 2", (1, 1, 64, 64),
                 dtype=torch.float32)
    np.testing.assert_array_equal(layer(x), layer(x.float()))
