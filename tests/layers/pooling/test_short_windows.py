"""Windows too large by less than a stride, in every layer that slides them as Convolution does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise

# the message, the bottom, and how many cells the one window of each axis reads past its end
KINDS = {
    "ConvolutionDepthwise": ("kernel_size: 2 stride: 2", (2, 3, 4, 1), (0, 1)),
    "DepthwiseConvolution": ("kernel_size: 3 stride: 3 pad: 1 dilation: 2", (2, 3, 2, 7), (1, 0)),
    "ConvolutionRistretto": ("num_output: 4 kernel_size: 4 stride: 3", (2, 3, 2, 7), (2, 0)),
    "BinaryConvolution": ("num_output: 4 kernel_size: 2 stride: 2", (2, 3, 1, 5), (1, 0)),
    "TernaryConvolution": ("num_output: 4 kernel_size: 2 stride: 2", (2, 3, 1, 5), (1, 0)),
    "ConvolutionSK": ("num_output: 4 kernel_size: 2 kstride: 3 stride: 2", (2, 3, 3, 8), (1, 0)),
    "Im2col": ("kernel_size: 3 stride: 2", (2, 3, 2, 7), (1, 0)),
    "Convolution3D": ("num_output: 4 kernel_size: 3 kernel_depth: 3 stride: 2", (2, 3, 5, 2, 9),
                      (0, 1, 0)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_too_large_by_less_than_a_stride_reads_zeros_past_the_end(kind):
    """The sizes of conv_layer.cpp and its like are divisions of integers, which cut towards 0."""
    param, size, past = KINDS[kind]
    x = noise(size)
    longer = torch.nn.functional.pad(x.detach(), [cells for end in reversed(past)
                                                  for cells in (0, end)])
    short, whole = (make(kind, param, shape, phase="TEST")      # TRAIN draws Ristretto's words
                    for shape in (size, tuple(longer.shape)))
    for mine, blob in zip(whole.blobs, short.blobs, strict=True):
        mine.data.copy_(blob.detach())
    expected = whole(longer).detach().numpy()
    assert 1 in expected.shape[2:] and short.top_shapes(size) == [expected.shape]
    np.testing.assert_allclose(short(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    check_layer(short, x, gradient=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_too_large_by_a_stride_leaves_no_output(kind):
    param, size, _ = KINDS[kind]
    far = f"{param} ".replace("kernel_size: 2", "kernel_size: 5").replace(
        "kernel_size: 3", "kernel_size: 9").replace("kernel_size: 4", "kernel_size: 5")
    with pytest.raises(SpecError, match="leaves no output"):
        make(kind, far, size)
