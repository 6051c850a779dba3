"""GradientAlignment by its formula."""

import numpy as np
import pytest

from tests.support import make, noise


@pytest.mark.parametrize("size", [1, 7])
def test_the_second_gradient_grows_to_the_size_of_the_first_and_never_shrinks(size):
    x = noise(2, 3, 4)
    layer = make("GradientAlignment", "lambda: -0.5", (2, 3, 4), tops=2)
    first, second = layer(x)
    np.testing.assert_array_equal(first.detach(), x.detach())
    np.testing.assert_array_equal(second.detach(), x.detach())
    a, b = noise(2, 3, 4, seed=5).detach() * size, noise(2, 3, 4, seed=6).detach()
    ((first * a).sum() + (second * b).sum()).backward()
    ratio = (a.numpy() ** 2).sum() / (b.numpy() ** 2).sum()
    assert (ratio > 1) == (size == 7)
    np.testing.assert_allclose(x.grad, a - 0.5 * max(ratio, 1) * b, rtol=1e-12)
