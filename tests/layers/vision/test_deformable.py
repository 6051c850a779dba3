"""Deformable convolutions against loops over their definition."""

import itertools
import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.community_examples.vision import MOVED, MOVED_BY_TWO
from tests.support import make, noise


def read(plane, y, x, modulated):
    """The bilinear value at a point; outside of the map 0, by the rule of either version."""
    height, width = plane.shape
    if not modulated:
        if not (0 <= y < height and 0 <= x < width):
            return 0.0
        y, x = min(y, height - 1), min(x, width - 1)
    top, left = math.floor(y), math.floor(x)
    value = 0.0
    for row, column in itertools.product((top, top + 1), (left, left + 1)):
        if 0 <= row < height and 0 <= column < width:
            value += (1 - abs(y - row)) * (1 - abs(x - column)) * plane[row, column]
    return value


def slow(x, offsets, mask, weight, pad, stride, group, parts):
    kernel = weight.shape[2:]
    taps = kernel[0] * kernel[1]
    top = np.zeros((len(x), len(weight), *offsets.shape[2:]))
    size = x.shape[1] // group
    for n, o, i, j in np.ndindex(top.shape):
        for c, a, b in np.ndindex(weight.shape[1:]):
            channel = o // (len(weight) // group) * size + c
            part = channel // (x.shape[1] // parts)
            tap = part * taps + a * kernel[1] + b
            y = i * stride - pad + a + offsets[n, 2 * tap, i, j]
            column = j * stride - pad + b + offsets[n, 2 * tap + 1, i, j]
            value = read(x[n, channel], y, column, mask is not None)
            top[n, o, i, j] += weight[o, c, a, b] * value * (1 if mask is None
                                                            else mask[n, tap, i, j])
    return top


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def test_each_tap_reads_at_its_offset():
    x = noise(2, 6, 5, 7)
    layer = make("DeformableConvolution", "num_output: 4 kernel_size: 3 pad: 1 stride: 2 "
                 "deformable_group: 2", (2, 6, 5, 7), (2, 36, 3, 4))
    weight, bias = arrays(*layer.blobs)
    expected = slow(*arrays(x, MOVED), None, weight, 1, 2, 1, 2) + bias[:, None, None]
    np.testing.assert_allclose(layer(x, MOVED).detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_offsets_of_another_shape_are_read_as_if_they_had_the_right_one():
    x, other = noise(2, 6, 5, 7), MOVED.reshape(2, 72, 3, 2)
    layer = make("DeformableConvolution", "num_output: 4 kernel_size: 3 pad: 1 stride: 2 "
                 "deformable_group: 2", (2, 6, 5, 7), (2, 72, 3, 2))
    torch.testing.assert_close(layer(x, other), layer(x, MOVED), rtol=0, atol=0)


def test_a_mask_weighs_what_is_read_among_zeros():
    x, mask = noise(2, 6, 5, 7), noise(2, 6, 4, 5, seed=2)
    layer = make("ModulatedDeformableConvolution", "num_output: 4 kernel_h: 2 kernel_w: 3 group: 2 "
                 "bias_term: false", (2, 6, 5, 7), (2, 12, 4, 5), (2, 6, 4, 5))
    expected = slow(*arrays(x, MOVED_BY_TWO, mask, layer.blobs[0]), 0, 1, 2, 1)
    np.testing.assert_allclose(layer(x, MOVED_BY_TWO, mask).detach().numpy(), expected, rtol=1e-9,
                               atol=1e-12)


@pytest.mark.parametrize("param, offsets, words", [
    ("kernel_size: 3 num_output: 4", (2, 18, 3, 5), "num_output"),
    ("num_output: 4", (2, 18, 3, 5), "kernel_size is missing"),
    ("num_output: 4 kernel_size: 3 group: 4", (2, 18, 3, 5), "both must divide the 6 channels"),
    ("num_output: 4 kernel_size: 3", (2, 9, 3, 5), r"it must be \(2, 18, 3, 5\)"),
    ("num_output: 4 kernel_size: 6", (2, 9, 3, 5), "kernel_size is 0; it must be at least 1"),
])
def test_sizes_that_do_not_fit_are_refused(param, offsets, words):
    if words == "num_output":
        param, words = param.replace("num_output: 4", ""), "num_output is 0"
    with pytest.raises(SpecError, match=words):
        make("DeformableConvolution", param, (2, 6, 5, 7), offsets)
