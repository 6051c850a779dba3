"""Region: YOLO v2's grid by cells and boxes."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import make, noise

GRID = (2, 16, 3, 5)    # 2 boxes of 4 coordinates, an objectness and 3 classes


def by_definition(grid, softmax):
    """Each cell's boxes one after the other, rows first, as one list of numbers an image."""
    rows = []
    for image in grid:
        for y in range(3):
            for x in range(5):
                for box in (image[:8, y, x], image[8:, y, x]):
                    scores = np.exp(box[5:]) / np.exp(box[5:]).sum() if softmax else box[5:]
                    rows += [*box[:4], 1 / (1 + np.exp(-box[4])), *scores]
    return np.reshape(rows, grid.shape)


@pytest.mark.parametrize("softmax", [False, True])
def test_region_squashes_scores_and_puts_a_box_in_a_row(softmax):
    layer = make("Region", f"classes: 3 boxes_of_each_grid: 2 softmax: {str(softmax).lower()}",
                 GRID)
    grid = noise(GRID)
    np.testing.assert_allclose(layer(grid).numpy(), by_definition(grid.detach().numpy(), softmax),
                               rtol=1e-12)


@pytest.mark.parametrize("param, message", [
    ("", r"has the shape \(2, 16, 3, 5\); it must be \(N, 125, H, W\)"),
    ("classes: 3 boxes_of_each_grid: 0", "boxes_of_each_grid is 0; it must be at least 1"),
    ("classes: 0 boxes_of_each_grid: 2", "classes is 0; it must be at least 1"),
])
def test_region_refuses(param, message):
    with pytest.raises(SpecError, match=message):
        make("Region", param, GRID)
