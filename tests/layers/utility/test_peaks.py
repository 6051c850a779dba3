"""ImResize, Nms and Maximum of OpenPose against loops over cells, in numpy."""

import math

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import make, noise


def cubic(values, d):
    a, b, c, e = values
    return ((-a + 3 * b - 3 * c + e) * d ** 3 / 2 + (2 * a - 5 * b + 4 * c - e) * d ** 2 / 2
            + (c - a) * d / 2 + b)


def neighbours(position, inner, target):
    """The four cells around a position of the target, and how far it is from the second."""
    at = (position - (target / inner / 2 - 0.5)) * inner / target
    one = max(int(at + 1e-5), 0)
    two = min(one + 1, inner - 1)
    return [max(one - 1, 0), one, two, min(two + 1, inner - 1)], at - one


def resized(maps, height, width, borders):
    """The mean over items of their inner part, each value from 4 x 4 cells."""
    top = np.zeros((maps.shape[1], height, width))
    for item, (border_y, border_x) in zip(maps, borders, strict=True):
        part = item[:, border_y:item.shape[1] - border_y, border_x:item.shape[2] - border_x]
        for c, y, x in np.ndindex(*top.shape):
            rows, dy = neighbours(y, part.shape[1], height)
            columns, dx = neighbours(x, part.shape[2], width)
            top[c, y, x] += cubic([cubic([part[c, row, column] for column in columns], dx)
                                   for row in rows], dy) / len(maps)
    return top


def test_maps_of_three_scales_are_made_large_and_averaged():
    x = noise(3, 2, 8, 11)
    layer = make("ImResize", "factor: 3.5 start_scale: 1 scale_gap: 0.25", x.shape)
    top = layer(x)
    assert top.shape == (1, 2, 28, 38) and not top.requires_grad
    # half of the axis, times 0, 0.25 and 0.5, is cut off at each side
    expected = resized(x.detach().numpy(), 28, 38, [(0, 0), (1, 1), (2, 2)])
    np.testing.assert_allclose(top[0], expected, atol=2e-5)


def test_without_a_factor_the_size_is_stated():
    layer = make("ImResize", "target_spatial_width: 9 target_spatial_height: 5", (1, 2, 8, 11))
    x = noise(1, 2, 8, 11)
    np.testing.assert_allclose(layer(x)[0], resized(x.detach().numpy(), 5, 9, [(0, 0)]), atol=2e-5)


def test_items_that_nothing_is_left_of_are_refused():
    with pytest.raises(SpecError, match="leaves item 3 of the batch 0 of 8 cells"):
        make("ImResize", "factor: 2 scale_gap: 0.34", (4, 2, 8, 11))(noise(4, 2, 8, 11))


def peaks_of(plane, threshold, most):
    height, width = plane.shape
    rows = np.zeros((most + 1, 3))
    count = 0
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            around = plane[y - 1:y + 2, x - 1:x + 2].copy()
            around[1, 1] = -np.inf
            if plane[y, x] <= max(threshold, around.max()):
                continue
            count += 1
            if count <= most:
                near = [(v, u, plane[v, u]) for v in range(max(y - 3, 1), min(y + 4, height))
                        for u in range(max(x - 3, 1), min(x + 4, width))
                        if v < width and plane[v, u] > 0]
                total = sum(score for _, _, score in near)
                rows[count] = [sum(u * score for _, u, score in near) / (total or 1),
                               sum(v * score for v, _, score in near) / (total or 1), plane[y, x]]
    rows[0, 0] = count
    return rows


@pytest.mark.parametrize("most", [40, 3])
@pytest.mark.parametrize("size", [(12, 17), (16, 11)])
def test_peaks_are_those_of_the_loops(most, size):
    x = noise(2, 3, *size)
    layer = make("Nms", f"threshold: 0.3 num_parts: 2 max_peaks: {most}", x.shape)
    top = layer(x)
    assert top.shape == (2, 2, most + 1, 3) and (top[..., 0, 0] > 3).all()
    planes = x.detach().numpy().reshape(6, *size)[:4]      # the first N * num_parts
    expected = np.stack([peaks_of(plane, 0.3, most) for plane in planes])
    np.testing.assert_allclose(top.reshape(4, most + 1, 3), expected, atol=1e-9)


def test_nms_reads_no_more_parts_than_there_are():
    with pytest.raises(SpecError, match="num_parts is 15; the bottom has 3 channels"):
        make("Nms", "", (1, 3, 8, 9))


def test_maximum_is_the_first_of_the_largest_and_its_place():
    x = noise(2, 3, 4, 5).detach()
    x[0, 1] = -2e10
    x[1, 2, 1, 4] = x[1, 2, 3, 1] = 9
    top = make("Maximum", "", x.shape)(x)
    for n, c in np.ndindex(2, 3):
        place = np.unravel_index(x[n, c].numpy().argmax(), (4, 5))
        expected = [place[1], place[0], x[n, c][place].item()]
        assert top[n, c, 0].tolist() == ([0, 0, -1e10] if (n, c) == (0, 1) else expected)
    assert math.isclose(top[1, 2, 0, 2], 9) and top[1, 2, 0, :2].tolist() == [4, 1]
