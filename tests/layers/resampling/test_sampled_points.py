"""Values at given points, against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

SHAPE = (2, 3, 5, 4)
POINTS = np.array([[1, 2], [9, 13], [-3, 7], [40, 5], [6.5, 50], [14, 1]])


def at_border(plane, y, x):
    """By hand: the four cells around a point that is moved into the map."""
    height, width = plane.shape
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    row, column = int(y), int(x)
    below, right = min(row + 1, height - 1), min(column + 1, width - 1)
    dy, dx = y - row, x - column
    return (1 - dy) * ((1 - dx) * plane[row, column] + dx * plane[row, right]) \
        + dy * ((1 - dx) * plane[below, column] + dx * plane[below, right])


def with_zeros(plane, y, x):
    """By hand: each of four cells that is in the map, the first cut towards 0."""
    row, column = int(y), int(x)
    total = 0.0
    for i, j in np.ndindex(2, 2):
        if 0 <= row + i < plane.shape[0] and 0 <= column + j < plane.shape[1]:
            total += (y - row if i else 1 - (y - row)) * (x - column if j else 1 - (x - column)) \
                * plane[row + i, column + j]
    return total


@pytest.mark.parametrize("with_items", [True, False])
def test_point_bilinear_reads_the_cells_around_each_point(with_items):
    items = [1, 0, 1, 1, 0, 1] if with_items else [0] * 6
    given = [torch.tensor(items, dtype=torch.float64)] if with_items else []
    layer = make("PointBilinear", "ratio: 0.25", SHAPE, (6, 2), *[(6,)] * with_items)
    x, points = noise(SHAPE), torch.tensor(POINTS, requires_grad=True)
    y = layer(x, points, *given)
    assert y.shape == (6, 3, 1, 1)
    for n, c in np.ndindex(6, 3):
        expected = at_border(x.detach().numpy()[items[n], c], POINTS[n, 1] / 4, POINTS[n, 0] / 4)
        np.testing.assert_allclose(y[n, c, 0, 0].item(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda a, b: layer(a, b, *given), (x, points))


def test_flow_warping_counts_the_cells_in_the_map_by_their_shares():
    layer = make("FlowWarping", "", SHAPE, (2, 2, 5, 4))
    x, moved = noise(SHAPE), (noise(2, 2, 5, 4, seed=4) * 2).detach().requires_grad_()
    y, maps, steps = layer(x, moved), x.detach().numpy(), moved.detach().numpy()
    for n, c, i, j in np.ndindex(*SHAPE):
        expected = with_zeros(maps[n, c], i + steps[n, 0, i, j], j + steps[n, 1, i, j])
        np.testing.assert_allclose(y[n, c, i, j].item(), expected, rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, moved))


def test_flow_warping_extends_the_upper_side_by_a_cell_and_no_other():
    layer = make("FlowWarping", "", (1, 1, 2, 2), (1, 2, 2, 2))
    x = torch.tensor([[[[1., 10], [4, 6]]]], dtype=torch.float64)
    moved = torch.zeros(1, 2, 2, 2, dtype=torch.float64)
    moved[0, 0] = torch.tensor([[-0.5, -1], [0.5, 2]])
    assert layer(x, moved).flatten().tolist() == [1 - 0.5 * 3, 0, 0.5 * 4, 0]


def test_points_far_away_or_not_a_number_end_no_program():
    far = torch.full((1, 2, 5, 4), 1e30, dtype=torch.float64)
    layer = make("FlowWarping", "", (1, 3, 5, 4), (1, 2, 5, 4))
    x = noise(1, 3, 5, 4)
    assert not layer(x, far).any() and not layer(x, -far).any()
    assert layer(x, far * torch.nan).isnan().all()
    point = make("PointBilinear", "", (1, 3, 5, 4), (1, 2))
    assert point(x, torch.tensor([[torch.nan, 1]], dtype=torch.float64)).isnan().all()
    np.testing.assert_array_equal(
        point(x, torch.tensor([[torch.inf, -torch.inf]], dtype=torch.float64)).flatten().detach(),
        x[0, :, 0, 3].detach())


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("PointBilinear", "ratio: 0", (SHAPE, (6, 2)), r"ratio is 0; it must be above 0"),
    ("PointBilinear", "", ((2, 3, 5), (6, 2)), r"it must be \(N, C, H, W\)"),
    ("PointBilinear", "", (SHAPE, (6, 3)), r"\(6, 3\); it must be \(P, 2\)"),
    ("PointBilinear", "", (SHAPE, (6, 2), (5,)), "the item of each of 6 points"),
    ("FlowWarping", "", (SHAPE, (2, 3, 5, 4)), r"must be \(N, C, H, W\) and \(N, 2, H, W\)"),
])
def test_bottoms_that_do_not_fit_are_named(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes)


def test_an_item_that_the_map_does_not_have_is_an_error():
    layer = make("PointBilinear", "", SHAPE, (2, 2), (2,))
    with pytest.raises(DataError, match="2 items of the map"):
        layer(noise(SHAPE), noise(2, 2), torch.tensor([0., 2], dtype=torch.float64))
