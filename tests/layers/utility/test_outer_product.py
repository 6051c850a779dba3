"""OuterProduct by its definition in numpy."""

import numpy as np

from tests.support import make, noise


def test_products_of_all_pairs_of_an_item_with_a_gradient_of_the_second():
    a, b = noise(2, 3), noise(2, 5, seed=4)
    top = make("OuterProduct", "", (2, 3), (2, 5))(a, b)
    expected = np.stack([np.outer(*rows) for rows in zip(
        a.detach().numpy(), b.detach().numpy(), strict=True)])
    np.testing.assert_allclose(top[..., 0].detach(), expected, rtol=1e-12)
    top.sum().backward()
    assert a.grad is None
    np.testing.assert_allclose(b.grad, np.repeat(a.detach().numpy().sum(1)[:, None], 5, 1))
