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


def test_classes_of_two_batches_are_compared_with_each_other_class():
    source, target = noise(7, 3), noise(6, 3, seed=2)
    labels = torch.tensor([0, 2, 0, 0, 2, 0, 5]), torch.tensor([0, 0, 2, 2, 2, 4])
    layer = make("MMDXLoss", "kernel_numb: 3 kernel_mult: 4", (7, 3), (6, 3), (7,), (6,))
    torch.manual_seed(11)
    loss = layer(source, target, *(each.double() for each in labels))
    loss.backward()
    torch.manual_seed(11)
    expected, gradient = 0.0, torch.zeros(7, 3, dtype=torch.float64)
    for label in (0, 2, 5):
        for other in (0, 2, 4):
            if other == label:
                continue
            rows = labels[0] == label
            part = source.detach()[rows].requires_grad_()
            a, b = part, target.detach()[labels[1] == other]
            items = torch.cat([a, b]).detach().numpy()
            number = len(items)
            gamma = number * (number - 1) / sum(((x - y) ** 2).sum() for x in items for y in items)
            times = max(len(a), len(b))
            first, second = draws(len(a), times, torch.default_generator)
            third, fourth = draws(len(b), times, torch.default_generator)
            total = sum(sign * torch.exp(-gamma * factor * ((x - y) ** 2).sum())
                        for s, z, t, u in zip(first, second, third, fourth, strict=True)
                        for x, y, sign in ((a[s], a[z], 1), (b[t], b[u], 1), (a[s], b[u], -1),
                                           (a[z], b[t], -1))
                        for factor in (0.25, 1, 4))
            expected += total.item()
            if min(len(a), len(b)) > 1:
                total.backward()
                gradient[rows] += part.grad / times
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-10)
    np.testing.assert_allclose(source.grad, gradient, rtol=1e-8, atol=1e-12)


def test_labels_that_are_not_one_for_each_item_are_refused():
    with pytest.raises(SpecError, match="they must be 6, one for each item"):
        make("MMDXLoss", "", (4, 3), (6, 3), (4,), (6, 2))
