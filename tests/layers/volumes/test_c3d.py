"""Convolution and pooling over time and plane, of C3D and P3D."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, net_from, noise


@pytest.mark.parametrize("message", ["convolution_param", "convolution3d_param"])
@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
def test_c3d_convolves_time_and_plane(kind, message):
    size = (2, 3, 4, 6, 5)
    layer = make(kind + "3D", f"{message} {{ num_output: 4 kernel_depth: 2 kernel_size: 3 "
                 "stride: 2 temporal_pad: 1 filter_group: 2 }", size)
    usual = make(kind, "num_output: 4 kernel_size: 2 kernel_size: 3 kernel_size: 3 stride: 1 "
                 "stride: 2 stride: 2 pad: 1 pad: 0 pad: 0", size)
    x = noise(size)

    torch.testing.assert_close(layer(x), usual(x))
    check_layer(layer, x)


@pytest.mark.parametrize("kind, text, blobs", [
    ("Convolution3D", "convolution3d_param { bias_term: false %s }", 1),
    ("Deconvolution3D", "convolution_param { bias_term: false %s }", 1),
    # C3D 1.1 reads that of the other message
    ("Deconvolution3D", "convolution3d_param { bias_term: false %s }", 2)])
def test_c3d_has_a_bias_where_its_source_reads_none_away(kind, text, blobs):
    layer = make(kind, text % "num_output: 4 kernel_depth: 2 kernel_size: 3", (2, 3, 4, 6, 5))
    assert len(layer.blobs) == blobs


@pytest.mark.parametrize("message", ["pooling_param", "pooling3d_param"])
def test_c3d_pools_time_and_plane(message):
    size = (2, 3, 5, 6, 7)
    layer = make("Pooling3D", f"{message} {{ kernel_depth: 1 kernel_size: 2 stride: 2 }}", size)
    x = noise(size)
    plane = make("Pooling", "kernel_size: 2 stride: 2", (10, 3, 6, 7))
    each = plane(x.transpose(1, 2).flatten(0, 1)).unflatten(0, (2, 5)).transpose(1, 2)

    torch.testing.assert_close(layer(x), each)
    check_layer(layer, x)


def test_c3d_pooling_keeps_a_window_that_starts_in_the_padding():
    layer = make("Pooling3D", "pooling3d_param { pool: AVE kernel_depth: 2 kernel_size: 2 "
                 "stride: 2 temporal_stride: 2 pad: 1 }", (1, 2, 4, 5, 5))
    y = layer(torch.ones(1, 2, 4, 5, 5, dtype=torch.float64))
    assert y.shape == (1, 2, 2, 4, 4)
    np.testing.assert_allclose(y[0, 0, 0], np.outer([0.5, 1, 1, 0], [0.5, 1, 1, 0]))


def test_time_has_padding_of_its_own():
    """By loops as TridimAvePoolForward has them; the first window of time is all padding."""
    layer = make("Pooling3D", "pooling3d_param { pool: AVE kernel_depth: 2 kernel_size: 2 "
                 "stride: 2 temporal_stride: 2 pad: 1 temporal_pad: 2 }", (1, 2, 3, 5, 4))
    x = noise(1, 2, 3, 5, 4)
    expected = np.zeros((1, 2, 4, 4, 3))
    for n, c, *cell in np.ndindex(expected.shape):
        begin = [2 * at - pad for at, pad in zip(cell, (2, 1, 1), strict=True)]
        end = [min(at + 2, size + pad) for at, size, pad in zip(begin, (3, 5, 4), (2, 1, 1),
                                                                strict=True)]
        inside = tuple(slice(max(a, 0), max(b, 0)) for a, b in zip(begin, end, strict=True))
        volume = np.prod(np.subtract(end, begin))
        expected[n, c, *cell] = x.detach().numpy()[n, c][inside].sum() / volume
    assert not expected[0, :, 0].any() and expected[0, :, 2].any()
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)


def test_a_net_takes_the_fields_of_p3d():
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape {
    dim: 1 dim: 2 dim: 4 dim: 6 dim: 6 } } }
layer { name: "p" type: "Pooling3D" bottom: "x" top: "p"
  pooling3d_param { pool: MAX kernel_size: 3 stride: 2 pad_l: 0 kernel_l: 2 stride_l: 2 } }"""
    assert net_from(text)({"x": torch.zeros(1, 2, 4, 6, 6)})["p"].shape == (1, 2, 2, 3, 3)


@pytest.mark.parametrize("fields", [
    "kernel_size: 3 stride: 2 pad: 1 kernel_l: 2 stride_l: 2 pad_l: 1",
    "kernel_h: 3 kernel_w: 3 stride_h: 2 stride_w: 2 pad_h: 1 pad_w: 1 kernel_l: 2 stride_l: 2 "
    "pad_l: 1"])
@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_p3d_pools_time_by_its_own_length_and_drops_windows_in_the_padding(method, fields):
    """By the definition in loops; (7 + 2 - 2) / 2 rounds up to 4, and the window at 8 is dropped.
    """
    layer = make("Pooling3D", f"pooling3d_param {{ pool: {method} {fields} }}", (1, 2, 7, 5, 6))
    x = noise(1, 2, 7, 5, 6)
    padded = np.pad(x.detach().numpy(), [(0, 0), (0, 0), (1, 1), (1, 1), (1, 1)],
                    constant_values=-np.inf if method == "MAX" else 0)
    expected = np.empty((1, 2, 4, 3, 4))
    for n, c, i, j, k in np.ndindex(expected.shape):
        window = padded[n, c, 2 * i:2 * i + 2, 2 * j:2 * j + 3, 2 * k:2 * k + 3]
        expected[n, c, i, j, k] = window.max() if method == "MAX" else window.mean()
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)
    check_layer(layer, x)


@pytest.mark.parametrize("kind, param, sizes, message", [
    ("Pooling3D", "pooling3d_param { kernel_size: 2 }", [(2, 3, 4, 5, 6)],
     "kernel_depth is missing or 0"),
    ("Pooling3D", "pooling3d_param { kernel_size: 2 kernel_depth: 2 pad: 1 }", [(2, 3, 4, 5, 6)],
     "only AVE pooling has padding"),
    ("Pooling3D", "pooling3d_param { kernel_size: 2 kernel_l: 2 pad: 1 pad_l: 2 }",
     [(2, 3, 4, 5, 6)], "pad_l is 2; it must be less than the kernel, 2"),
    ("Pooling3D", "pooling3d_param { kernel_size: 2 kernel_h: 2 kernel_w: 2 kernel_l: 2 }",
     [(2, 3, 4, 5, 6)], "kernel_h and kernel_w must be given together, and in place of kernel_si"),
    ("Convolution3D", "convolution3d_param { kernel_size: 2 kernel_depth: 2 }", [(2, 3, 4, 5)],
     "Convolution3D takes"),
])
def test_wrong_parameters_are_named(kind, param, sizes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *sizes)
