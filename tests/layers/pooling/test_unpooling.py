"""Unpooling by windows, against loops over them."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def spread(x, kernel, stride, sizes, divided):
    top = np.zeros((*x.shape[:2], *sizes))
    for n, c, i, j in np.ndindex(x.shape):
        first = i * stride[0], j * stride[1]
        last = [min(at + cells, size) for at, cells, size in zip(first, kernel, sizes, strict=True)]
        count = (last[0] - first[0]) * (last[1] - first[1]) if divided else 1
        if last[0] > first[0] and last[1] > first[1]:
            top[n, c, first[0]:last[0], first[1]:last[1]] += x[n, c, i, j] / count
    return top


@pytest.mark.parametrize("method", ["AVE", "TILE"])
@pytest.mark.parametrize("fields, kernel, stride, sizes", [
    ("kernel_size: 3", (3, 3), (1, 1), (6, 7)),
    ("kernel_h: 3 kernel_w: 2 stride: 2", (3, 2), (2, 2), (9, 11)),
    ("kernel_size: 2 stride: 3", (2, 2), (3, 3), (13, 16)),
    ("kernel_size: 3 stride: 2 unpool_h: 8 unpool_w: 13", (3, 3), (2, 2), (8, 13)),
    ("kernel_size: 2 stride: 2 unpool_size: 5", (2, 2), (2, 2), (5, 5)),
])
def test_values_are_spread_over_their_windows(method, fields, kernel, stride, sizes):
    x = noise(2, 3, 4, 5)
    layer = make("Unpooling", f"unpool: {method} {fields}", x.shape)
    top = layer(x)
    assert layer.top_shapes(tuple(x.shape)) == [(2, 3, *sizes)]
    expected = spread(x.detach().numpy(), kernel, stride, sizes, method == "AVE")
    np.testing.assert_allclose(top.detach(), expected, rtol=1e-12, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_a_mask_is_not_read_by_windows():
    x = noise(2, 3, 4, 5)
    one = make("Unpooling", "unpool: AVE kernel_size: 2", x.shape)
    two = make("Unpooling", "unpool: AVE kernel_size: 2", x.shape, x.shape)
    torch.testing.assert_close(two(x, torch.full_like(x, 1e9)), one(x), rtol=0, atol=0)


def test_padding_and_methods_of_other_projects_are_refused():
    with pytest.raises(SpecError, match="unpool is REP"):
        make("Unpooling", "unpool: REP kernel_size: 3", (2, 3, 4, 5))
    with pytest.raises(SpecError, match="unpooling_param.pad"):
        make("Unpooling", "unpool: AVE kernel_size: 3 pad: 1", (2, 3, 4, 5))
