"""Convolution of windows that Im2col wrote."""

import pytest
import torch

from framework.errors import SpecError
from tests.support import make, net_from, noise


def test_a_convolution_of_the_windows_of_im2col_is_the_convolution():
    """The expected value is a plain Convolution with the same weights."""
    window = "kernel_h: 3 kernel_w: 2 stride: 2 pad: 1"
    x = noise(2, 4, 7, 6)
    columns = make("Im2col", window, (2, 4, 7, 6))(x)
    fields = f"convolution_param {{ num_output: 6 group: 2 {window} }}"
    layer = make("Im2colConvolution", fields, tuple(columns.shape))
    plain = make("Convolution", fields, (2, 4, 7, 6))
    assert [blob.shape for blob in layer.blobs] == [blob.shape for blob in plain.blobs]
    torch.testing.assert_close(layer(columns), plain(x))
    with pytest.raises(SpecError, match="12 must divide the 22 channels of the bottom"):
        make("Im2colConvolution", fields, (2, 22, 4, 3))


def test_bottom_is_im2col_makes_it_of_a_convolution():
    net = net_from("""
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 5
          dim: 4 } } }
        layer { name: "columns" type: "Im2col" bottom: "x" top: "columns"
          convolution_param { kernel_size: 3 bottom_is_im2col: true } }
        layer { name: "y" type: "Convolution" bottom: "columns" top: "y"
          convolution_param { num_output: 4 kernel_size: 3 bottom_is_im2col: true } }""", "TEST")
    assert net.shapes["y"] == (2, 4, 3, 2)
    assert net.layers[-1].layer.blobs[0].shape == (4, 3, 3, 3)
