"""Pooling by a learned gate against loops over its definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import array, make, noise


def window_pooling(kind, x, blobs):
    """3 x 3 windows with stride 2 of (5, 6): the last column of windows is cut."""
    blobs = [blob.ravel() for blob in blobs]
    expected = np.empty((2, 3, 2, 3))
    for n, c, i, j in np.ndindex(expected.shape):
        cells = [(h, w) for h in range(2 * i, 2 * i + 3) for w in range(2 * j, 2 * j + 3)]
        inside = [(number, cell) for number, cell in enumerate(cells)
                  if cell[0] < 5 and cell[1] < 6]
        values = np.array([x[n, c, h, w] for _, (h, w) in inside])
        numbers = [number for number, _ in inside]
        if kind == "GatedMaxAve":       # counts through the filter while inside
            numbers = list(range(len(inside)))
        gate = sigmoid((values * blobs[-1][numbers]).sum())
        first, second = values.max(), values.mean()
        if kind == "TreepoolKernel1L":
            first, second = ((values * blob[numbers]).sum() for blob in blobs[:2])
        expected[n, c, i, j] = gate * first + (1 - gate) * second
    return expected


@pytest.mark.parametrize("kind", ["GatedMaxAve", "TreepoolMaxAve", "TreepoolKernel1L"])
def test_learned_pooling_mixes_two_poolings_by_a_gate(kind):
    layer = make(kind, "convolution_param { kernel_size: 3 stride: 2 }", (2, 3, 5, 6))
    x = noise(2, 3, 5, 6)
    blobs = list(map(array, layer.blobs))
    assert [blob.shape for blob in blobs] == [(1, 1, 3, 3)] * len(blobs)
    np.testing.assert_allclose(array(layer(x)), window_pooling(kind, array(x), blobs), rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)


@pytest.mark.parametrize("param, match", [
    ("kernel_size: 3 stride: 4", "stride is 4, above the kernel, 3: a window could be empty"),
    ("kernel_size: 7", "kernel_size is 7; the bottom has the shape"),
    ("stride: 2", "kernel_size is missing"),
    ("kernel_h: 2 kernel_w: 3", "asks for what GatedMaxAve does not do here")])
def test_learned_pooling_refuses_windows_that_cannot_be(param, match):
    with pytest.raises(SpecError, match=match):
        make("GatedMaxAve", f"convolution_param {{ {param} }}", (2, 3, 5, 6))
