"""The four parts of a map's height, by loops as split_person_layer.cpp has them."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("height", [8, 11, 6])
def test_parts_are_copied_row_by_row_into_the_blobs_of_the_original(height):
    shape = (2, 3, height, 5)
    layer, x = make("PS", "", shape, tops=4), noise(shape)
    rows = height // 4
    tops = layer(x)
    for index in range(3):
        np.testing.assert_array_equal(
            tops[index].detach(), x.detach()[:, :, index * rows:(index + 1) * rows])
    last = height - 3 * rows
    blob = np.zeros(2 * 3 * last * 5)
    for n, c, row in np.ndindex(2, 3, last):
        begin = ((n * 3 + c) * rows + row) * 5
        blob[begin:begin + 5] = x.detach()[n, c, 3 * rows + row]
    np.testing.assert_array_equal(tops[3].detach(), blob.reshape(2, 3, last, 5))


def test_no_gradient_goes_back_from_the_last_part():
    x = noise(2, 3, 8, 5)
    tops = make("PS", "", (2, 3, 8, 5), tops=4)(x)
    sum((top * (index + 1)).sum() for index, top in enumerate(tops)).backward()
    expected = np.repeat([1, 2, 3, 0], 2)[:, None] * np.ones((2, 3, 8, 5))
    np.testing.assert_array_equal(x.grad, expected)


def test_a_height_of_less_than_four_rows_is_refused():
    with pytest.raises(SpecError, match="a height of at least 4"):
        make("PS", "", (2, 3, 3, 5), tops=4)
