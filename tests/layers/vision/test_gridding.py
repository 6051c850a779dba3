"""Gridding by the loops of its definition in plain Python."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def windows(size, kernel, stride):
    """For each window its places in x, and those of its weights."""
    found, start = [], 0
    while start < size and (not found or found[-1][0][-1] < size - 1):
        places = range(start, min(start + kernel, size))
        first = len(found) * min(kernel, stride)
        found.append((places, range(first, first + len(places))))
        start += stride
    return found


@pytest.mark.parametrize("kernel, stride", [
    ((1, 1, 2), (1, 1, 1)), ((2, 3, 3), (2, 2, 1)), ((2, 1, 3), (3, 2, 2)), ((9, 2, 2), (1, 4, 3))])
def test_a_window_is_the_sum_of_its_places_by_their_weights(kernel, stride):
    text = " ".join(f"kernel_{axis}: {k} stride_{axis}: {s}" for axis, k, s in zip(
        "chw", kernel, stride, strict=True))
    layer = make("Gridding", text, (2, 4, 5, 7))
    x = noise(2, 4, 5, 7)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    grid = [windows(*one) for one in zip((4, 5, 7), kernel, stride, strict=True)]
    assert bias.shape == tuple(map(len, grid))
    assert weight.shape == tuple(axis[-1][1][-1] + 1 for axis in grid)
    expected = np.empty((2, *bias.shape))
    for at in np.ndindex(*bias.shape):
        (cs, ac), (hs, ah), (ws, aw) = (axis[i] for axis, i in zip(grid, at, strict=True))
        part = x.detach().numpy()[:, cs][:, :, hs][..., ws]
        weights = weight[ac][:, ah][..., aw]
        expected[(slice(None), *at)] = (part * weights).sum((1, 2, 3)) + bias[at]
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-11)
    assert torch.autograd.gradcheck(layer, x)


def test_other_weights_of_windows_are_refused():
    with pytest.raises(SpecError, match="only 'incomplete_gridding' is supported"):
        make("Gridding", 'gridding_param { gridding: "shared_gridding" }', (2, 4, 5, 7))
