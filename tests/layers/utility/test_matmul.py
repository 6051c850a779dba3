"""MatrixMultiplication against products of single matrices, and ReshapeVolume."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import array, make, noise


@pytest.mark.parametrize("first, second", [
    ((2, 3, 5, 4), (2, 3, 4, 6)), ((5, 4), (2, 3, 4, 6)), ((2, 3, 5, 4), (4, 6)), ((5, 4), (4, 6))])
def test_each_matrix_is_multiplied_by_its_own_or_by_the_only_one(first, second):
    a, b = noise(first), noise(second, seed=2)
    found = array(make("MatrixMultiplication", "", first, second)(a, b))
    left = array(a).reshape(-1, 5, 4)
    right = array(b).reshape(-1, 4, 6)
    many = max(len(left), len(right))
    expected = [left[n % len(left)] @ right[n % len(right)] for n in range(many)]
    assert found.shape == (*max(first[:-2], second[:-2], key=len), 5, 6)
    np.testing.assert_allclose(found.reshape(many, 5, 6), expected, rtol=1e-10)


@pytest.mark.parametrize("first, second", [
    ((2, 5, 4), (2, 5, 4)), ((2, 5, 4), (3, 4, 6)), ((2, 5, 4), (1, 2, 4, 6)), ((4,), (4, 6))])
def test_matrices_that_have_no_product_are_refused(first, second):
    with pytest.raises(SpecError, match=r"they must be \(..., M, K\) and \(..., K, N\)"):
        make("MatrixMultiplication", "", first, second)


def test_reshape_volume_shows_the_values_of_an_item_in_all_channels():
    fields = "out_channels: 3 out_height: 2 out_width: 5"
    x = noise(4, 10, 1, 1)
    found = make("ReshapeVolume", fields, (4, 10, 1, 1))(x)
    expected = np.tile(array(x).reshape(4, 1, 2, 5), (1, 3, 1, 1))
    np.testing.assert_array_equal(array(found), expected)
    found.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((4, 10, 1, 1), 3))
    with pytest.raises(SpecError, match=r"out_height: 2 and out_width: 5 need \(N, 10\)"):
        make("ReshapeVolume", fields, (4, 9))
