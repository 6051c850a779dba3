"""SPMMaxPooling against a loop over its cells."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

QUARTERS = [(0, .5, 0, .5), (0, .5, .5, 1), (.5, 1, 0, .5), (.5, 1, .5, 1)]
CELLS = {0: [(0, 1, 0, 1)],
         1: [(0, 1, 0, 1), *QUARTERS, (0, 1, 0, .33), (0, 1, .33, .67), (0, 1, .67, 1)],
         2: [(0, 1, 0, 1), *QUARTERS, *[(x, x + .25, y, y + .25) for x in (0, .25, .5, .75)
                                        for y in (0, .25, .5, .75)]]}
SIZES = torch.tensor([[20.0, 40], [30, 10], [50, 60]], dtype=torch.float64)


def regions(counts, seed=3):
    """As many regions for each image, in it or across its edges."""
    generator = np.random.default_rng(seed)
    rows = []
    for name, (count, size) in enumerate(zip(counts, SIZES.numpy(), strict=True)):
        for _ in range(count):
            corner = generator.uniform(-0.2, 1, 2) * size
            rows.append([7 - name, *corner, *(corner + generator.uniform(0, 0.4, 2) * size)])
    return torch.tensor(np.array(rows))


def largest(x, rows, kind):
    """The top and the number of the row of each of its values, -1 without one."""
    names = list(dict.fromkeys(rows[:, 0]))
    top = np.zeros((len(names), len(CELLS[kind]), x.shape[1]))
    place = np.full(top.shape, -1)
    for image, name in enumerate(names):
        for cell, (left, right, upper, lower) in enumerate(CELLS[kind]):
            for row, (owner, x1, y1, x2, y2) in enumerate(rows):
                across = (x1 + x2) / 2 / SIZES[image, 0].item()
                down = (y1 + y2) / 2 / SIZES[image, 1].item()
                if owner != name or not (left <= across < right and upper <= down < lower):
                    continue
                for column in range(x.shape[1]):
                    if place[image, cell, column] < 0 or x[row, column] > top[image, cell, column]:
                        top[image, cell, column] = x[row, column]
                        place[image, cell, column] = row
    return top, place


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_each_cell_has_the_largest_scores_of_the_regions_whose_centre_is_in_it(kind):
    rows = regions((9, 1, 14))
    x = noise(len(rows), 4)
    layer = make("SPMMaxPooling", f"spm_param {{ spm_type: {kind} }}", (24, 4), (3, 2), (24, 5))
    top, place = largest(x.detach().numpy(), rows.numpy(), kind)
    found = layer(x, SIZES, rows)
    np.testing.assert_allclose(found.detach(), top.reshape(3, -1), rtol=1e-12)
    assert kind == 0 or (place < 0).any()
    weights = noise(*found.shape, seed=8, requires_grad=False)
    (found * weights).sum().backward()
    expected = np.zeros(x.shape)
    for (image, cell, column), row in np.ndenumerate(place):
        if row >= 0:
            expected[row, column] += weights.reshape(top.shape)[image, cell, column]
    np.testing.assert_allclose(x.grad, expected, rtol=1e-12)


def test_of_equal_scores_the_first_has_the_gradient_and_edges_belong_to_the_next_cell():
    """By hand: three centres in an image of 20 * 40: in the middle, left above, on the far edge."""
    rows = torch.tensor([[0.0, 5, 10, 15, 30], [0, 0, 0, 4, 4], [0, 15, 20, 25, 40]])
    x = torch.tensor([[2.0], [2.0], [9.0]], requires_grad=True)
    layer = make("SPMMaxPooling", "spm_type: 1", (3, 1), (1, 2), (3, 5), dtype=torch.float32)
    top = layer(x, torch.tensor([[20.0, 40]]), rows)
    assert top.tolist() == [[2, 2, 0, 0, 2, 2, 2, 0]]
    top[0, 0].backward()
    assert x.grad.flatten().tolist() == [1, 0, 0]


def test_an_image_begins_where_the_number_changes_and_may_be_without_regions():
    rows = torch.tensor([[4.0, 0, 0, 4, 4], [4, 0, 0, 4, 4], [1, 0, 0, 4, 4]])
    x = torch.tensor([[1.0, 8], [3, 2], [-5, -6]])
    layer = make("SPMMaxPooling", "spm_type: 0", (3, 2), (3, 2), (3, 5), dtype=torch.float32)
    assert layer(x, SIZES.float(), rows).tolist() == [[3, 8], [-5, -6], [0, 0]]
    layer = make("SPMMaxPooling", "spm_type: 0", (3, 2), (1, 2), (3, 5), dtype=torch.float32)
    with pytest.raises(DataError, match="images"):
        layer(x, SIZES[:1].float(), rows)


def test_what_does_not_fit_is_refused():
    with pytest.raises(SpecError, match="spm_type is missing; it must be 0, 1 or 2"):
        make("SPMMaxPooling", "", (3, 2), (1, 2), (3, 5))
    for shapes, message in ((((3, 2, 2), (1, 2), (3, 5)), r"it must be \(R, C\)"),
                            (((3, 2), (1, 3), (3, 5)), r"it must be \(1, 2\)"),
                            (((3, 2), (1, 2), (4, 5)), r"it must be \(3, 5\)")):
        with pytest.raises(SpecError, match=message):
            make("SPMMaxPooling", "spm_type: 1", *shapes)
