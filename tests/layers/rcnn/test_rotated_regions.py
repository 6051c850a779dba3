"""RotateROIPooling against loops over the cells of each turned bin, in numpy."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

SIZE = (2, 3, 9, 13)
SCALE, HEIGHT, WIDTH = 0.25, 2, 3
REGIONS = np.array([[0, 20.3, 16.2, 12.4, 24.7, 30], [1, 30.2, 14.1, 20.3, 16.6, -75.5],
                    [0, 2.3, 2.7, 9.9, 30.4, 10], [1, 100, 90, 10, 10, 0], [0, 26, 18, 60, 70, 5],
                    [1, 20, 20, 0, 8, 0]])
INFO = torch.tensor([[34.0, 49, 1.5]])       # 8 rows and 12 columns of cells


def pooled(x):
    top = np.zeros((len(REGIONS), SIZE[1], HEIGHT, WIDTH))
    for number, (item, cx, cy, tall, wide, angle) in enumerate(REGIONS):
        turn = math.radians(angle)
        across = np.array([math.cos(turn), -math.sin(turn)]) * wide * SCALE / WIDTH
        down = np.array([math.sin(turn), math.cos(turn)]) * tall * SCALE / HEIGHT
        for row, column in np.ndindex(HEIGHT, WIDTH):
            corner = np.array([cx, cy]) * SCALE + (column - WIDTH / 2) * across \
                + (row - HEIGHT / 2) * down
            for y, x_ in np.ndindex(8, 12):
                from_corner = np.array([x_, y]) - corner
                if 0 <= from_corner @ across < across @ across \
                        and 0 <= from_corner @ down < down @ down:
                    top[number, :, row, column] = np.maximum(top[number, :, row, column],
                                                             x[int(item), :, y, x_])
    return top


def fields():
    return f"rotate_pooling_param {{ pooled_h: {HEIGHT} pooled_w: {WIDTH} spatial_scale: {SCALE} }}"


def test_bins_hold_the_largest_value_of_their_cells():
    layer = make("RotateROIPooling", fields(), SIZE, REGIONS.shape, (1, 3))
    x = noise(*SIZE)
    expected = pooled(x.detach().numpy())
    assert (expected > 0).mean() > 0.4 and not expected[3].any() and not expected[5].any()
    regions = torch.tensor(REGIONS)
    np.testing.assert_allclose(layer(x, regions, INFO).detach(), expected)
    assert torch.autograd.gradcheck(lambda x: layer(x, regions, INFO), x)


def test_other_shapes_and_items_that_are_not_there_are_refused():
    with pytest.raises(SpecError, match=r"they must be \(N, C, H, W\), \(R, 6\) and \(1, 3\)"):
        make("RotateROIPooling", fields(), SIZE, (4, 5), (1, 3))
    layer = make("RotateROIPooling", fields(), SIZE, (1, 6), (1, 3))
    with pytest.raises(DataError, match="has the value 2 at region 0"):
        layer(noise(*SIZE), torch.tensor([[2.0, 9, 9, 4, 4, 0]]), INFO)
