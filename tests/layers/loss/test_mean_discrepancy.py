"""MMDLoss against sums over the pairs that it draws."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def draws(size, number, generator):
    first, second = torch.randint(size, (2, number), generator=generator).numpy()
    return first, np.where(first == second, (second + 1) % size, second)


def test_the_discrepancy_is_the_sum_over_its_pairs_and_its_gradient_their_mean():
    source, target = noise(4, 3, 2), noise(6, 3, 2, seed=2)
    layer = make("MMDLoss", "mmd_param { kernel_num: 3 kernel_mul: 4 }", (4, 3, 2), (6, 3, 2))
    torch.manual_seed(11)
    loss = layer(source, target)
    generator = torch.Generator().manual_seed(11)
    first, second = draws(4, 6, generator)
    third, fourth = draws(6, 6, generator)
    a, b = source.detach().numpy().reshape(4, 6), target.detach().numpy().reshape(6, 6)
    items = np.concatenate([a, b])
    gamma = 90 / sum(((x - y) ** 2).sum() for x in items for y in items)

    def kernel(x, y):
        return sum(np.exp(-gamma * factor * ((x - y) ** 2).sum()) for factor in (0.25, 1, 4))

    def slope(x, y):
        return sum(-2 * gamma * factor * (x - y) * np.exp(-gamma * factor * ((x - y) ** 2).sum())
                   for factor in (0.25, 1, 4))

    expected, gradient = 0.0, np.zeros((4, 6))
    for s, z, t, u in zip(first, second, third, fourth, strict=True):
        expected += kernel(a[s], a[z]) + kernel(b[t], b[u]) - kernel(a[s], b[u]) \
            - kernel(a[z], b[t])
        gradient[s] += slope(a[s], a[z]) - slope(a[s], b[u])
        gradient[z] += slope(a[z], a[s]) - slope(a[z], b[t])
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-10)
    loss.backward()
    np.testing.assert_allclose(source.grad.reshape(4, 6), gradient / 6, rtol=1e-8, atol=1e-12)


def test_a_fixed_width_is_that_of_the_first_batch():
    layer = make("MMDLoss", "mmd_param { fix_gamma: true }", (4, 3), (4, 3))
    layer(noise(4, 3), noise(4, 3, seed=2))
    width = layer.gamma.clone()
    layer(noise(4, 3, seed=3) * 7, noise(4, 3, seed=4))
    assert width > 0 and layer.gamma == width


def test_domains_of_one_item_or_of_two_sizes_are_refused():
    for shapes in (((1, 3), (4, 3)), ((4, 3), (4, 5))):
        with pytest.raises(SpecError, match="two items or more, of one size"):
            make("MMDLoss", "", *shapes)


@pytest.mark.parametrize("param, message", [
    ("kernel_num: 0", r"kernel_num 0 and kernel_mul 2; the first must be from 1 to 128"),
    ("kernel_num: 2147483647", r"kernel_num 2147483647 and kernel_mul 2; the first must be from 1"),
    ("kernel_mul: -1", r"kernel_num 5 and kernel_mul -1; .*, the second above 0"),
    ("kernel_num: 9 kernel_mul: 1e10", r"kernel_mul.* is 1e\+10; 9 kernels take gamma .* beyond"),
    ("kernel_num: 9 kernel_mul: 1e-10", r"kernel_mul.* is 1e-10; 9 kernels take gamma .* beyond")])
def test_kernels_that_no_float_can_hold_are_refused(param, message):
    with pytest.raises(SpecError, match=message):
        make("MMDLoss", f"mmd_param {{ {param} }}", (4, 3), (4, 3))
