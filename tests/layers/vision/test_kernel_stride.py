"""Windows of every nth cell, and pooling over three axes, against loops."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise


def test_strided_kernels_take_every_nth_cell_of_a_window():
    layer = make("ConvolutionSK", "convolution_param { num_output: 2 kernel_h: 2 kernel_w: 3 "
                 "kstride_h: 3 kstride_w: 1 stride: 2 }", (2, 3, 7, 6))
    x = noise(2, 3, 7, 6)
    weight, bias = map(array, layer.blobs)
    expected = np.empty((2, 2, 2, 2))
    for n, m, i, j in np.ndindex(expected.shape):
        window = array(x)[n, :, 2 * i:2 * i + 4:3, 2 * j:2 * j + 3]
        expected[n, m, i, j] = (window * weight[m]).sum() + bias[m]
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10)
    layer = make("PoolingSK", "pooling_param { kernel_size: 2 kstride: 3 stride: 2 }", (2, 3, 7, 6))
    expected = np.empty((2, 3, 3, 2))
    for n, c, i, j in np.ndindex(expected.shape):
        expected[n, c, i, j] = array(x)[n, c, 2 * i:2 * i + 4:3, 2 * j:2 * j + 4:3].max()
    np.testing.assert_array_equal(array(layer(x)), expected)


def test_a_pooling_over_three_axes_keeps_a_last_window_in_the_padding():
    size = (2, 3, 5, 4, 6)
    layer = make("PoolingND", "pooling_param { pool: MAX kernel_size: 2 stride: 3 pad: 1 "
                 "engine: CAFFE }", size)
    x = noise(size)
    padded = np.pad(array(x), ((0, 0), (0, 0), (1, 5), (1, 5), (1, 5)), constant_values=-np.inf)
    expected = np.empty((2, 3, 3, 3, 3))        # ceil((n + 2 - 2) / 3) + 1
    for n, c, i, j, k in np.ndindex(expected.shape):
        expected[n, c, i, j, k] = padded[n, c, 3 * i:3 * i + 2, 3 * j:3 * j + 2,
                                         3 * k:3 * k + 2].max()
    expected[expected == -np.inf] = 0
    assert (expected == 0).any()
    np.testing.assert_array_equal(array(layer(x)), expected)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)


@pytest.mark.parametrize("kind, param, match", [
    ("PoolingND", "pooling_param { pool: AVE kernel_size: 2 }",
     "pooling_param.pool is AVE; only MAX is supported here"),
    ("PoolingND", "pooling_param { kernel_size: 9 }", "pooling_param.kernel_size leaves no"),
    ("ConvolutionSK", "convolution_param { num_output: 2 kernel_size: 3 pad: 1 }",
     r"convolution_param.pad is \(1, 1\); it must be 0"),
    ("ConvolutionSK", "convolution_param { num_output: 2 kernel_size: 3 kstride: 4 }",
     "leaves no output"),
    ("PoolingSK", "pooling_param { pool: AVE kernel_size: 2 kstride: 2 }",
     "only MAX pooling has it here"),
    ("Convolution", "convolution_param { num_output: 2 kernel_size: 3 kstride: 2 }",
     "convolution_param.kstride asks for what Convolution does not do here")])
def test_strided_kernels_refuse_what_cannot_be(kind, param, match):
    with pytest.raises(SpecError, match=match):
        make(kind, param, (2, 3, 7, 6))
