"""HyperColumns against bilinear samples in loops, and its draws."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPES = [(2, 3, 8, 12), (2, 4, 8, 12), (2, 5, 2, 3)]


def sample(plane, row, column, scale):
    """The bilinear sample at a pixel's place on a map that is smaller by `scale`."""
    places = []
    for at, size in ((row, plane.shape[0]), (column, plane.shape[1])):
        place = min(max((at - (scale - 1) / 2) / scale, 0), size - 1)
        low = int(place)
        places.append((low, min(low + 1, size - 1), place - low))
    (top, bottom, down), (left, right, along) = places
    return ((1 - down) * (1 - along) * plane[top, left] + (1 - down) * along * plane[top, right]
            + down * (1 - along) * plane[bottom, left] + down * along * plane[bottom, right])


def column_at(maps, item, row, column):
    """All features of a pixel."""
    return [sample(plane, row, column, scale) for x, scale in zip(maps, (1, 4), strict=True)
            for plane in x[item]]


def test_every_third_point_has_the_features_of_all_maps():
    layer = make("HyperColumns", "is_train: false skip_ratio: 3", *SHAPES)
    bottoms = [noise(shape, seed=index) for index, shape in enumerate(SHAPES)]
    columns, values = layer(*bottoms)
    normals, *maps = (bottom.detach().numpy() for bottom in bottoms)
    assert columns.shape == (64, 9, 1, 1) and values.shape == (64, 3)
    for row in range(64):
        item, point = divmod(row, 32)
        y, x = divmod(3 * point, 12)
        np.testing.assert_allclose(columns[row, :, 0, 0].detach(), column_at(maps, item, y, x))
        np.testing.assert_array_equal(values[row].detach(), normals[item, :, y, x])
    assert torch.autograd.gradcheck(lambda *maps: layer(bottoms[0], *maps)[0], bottoms[1:])


def test_a_skip_that_does_not_divide_the_points_is_made_smaller():
    layer = make("HyperColumns", "is_train: false skip_ratio: 7", *SHAPES)
    assert layer.top_shapes(*SHAPES)[0] == (2 * 96 // 6, 9, 1, 1)


def test_valid_points_are_drawn_anew_without_repetition():
    layer = make("HyperColumns", "sample_num: 20", *SHAPES)
    bottoms = [noise(shape, seed=index, requires_grad=False) for index, shape in enumerate(SHAPES)]
    normals, *maps = bottoms
    normals[0, :, 2:] = 0           # 24 valid points
    normals[0, 1, 0, :2] = float("nan")     # 22
    normals[1, :2] = 0              # one value is enough
    normals[1, :, 0, 5:] = 0
    columns, values = layer(*bottoms)
    again = layer(*bottoms)[1]
    assert not torch.equal(values, again)
    for row in range(40):
        item = row // 20
        found = (normals[item].flatten(1) == values[row][:, None]).all(0).nonzero()
        assert len(found) == 1
        y, x = divmod(int(found), 12)
        assert (y < 2 and (y, x) not in ((0, 0), (0, 1))) if item == 0 else (y > 0 or x < 5)
        np.testing.assert_allclose(columns[row, :, 0, 0], column_at(
            [x.numpy() for x in maps], item, y, x))
    assert len({tuple(value) for value in values[:20].tolist()}) == 20


def test_points_that_are_missing_are_zeros():
    layer = make("HyperColumns", "sample_num: 5 invalid_condition: -1", *SHAPES)
    bottoms = [noise(shape, seed=index, requires_grad=False) for index, shape in enumerate(SHAPES)]
    bottoms[0][0] = -1
    bottoms[0][0, 0, 3, 3:6] = 2
    columns, values = layer(*bottoms)
    assert (values[:3, 0] == 2).all() and (values[3:5] == 0).all() and (columns[3:5] == 0).all()
    assert (columns[:3] != 0).all() and (columns[5:] != 0).all()


@pytest.mark.parametrize("fields, shapes, message", [
    ("sample_num: 97", SHAPES, "sample_num is 97; the plane has 96 points"),
    ("is_train: false skip_ratio: 0", SHAPES, "skip_ratio is 0; it must be at least 1"),
    ("sample_num: 9", [*SHAPES, (2, 4, 9, 13)], "has maps higher than the first one"),
    ("sample_num: 9", [*SHAPES, (3, 4, 8, 12)], r"they must be \(N, K, H, W\)"),
])
def test_what_does_not_fit_is_an_error(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("HyperColumns", fields, *shapes)
