"""Planes of single projects and newer networks against loops over the definition."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import make, net_from, noise

SIZE = (2, 3, 5, 4)


def array(tensor):
    return tensor.detach().numpy()


def test_local_has_filters_of_its_own_at_each_position():
    layer = make("Local", "num_output: 2 kernel_size: 3 pad: 1 stride: 2", SIZE)
    x = noise(SIZE)
    weight, bias = map(array, layer.blobs)
    assert weight.shape == (2, 1, 27, 6) and bias.shape == (1, 1, 2, 6)
    padded = np.pad(array(x), ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = np.empty((2, 2, 3, 2))
    for n, m, i, j in np.ndindex(expected.shape):
        window = padded[n, :, 2 * i:2 * i + 3, 2 * j:2 * j + 3].ravel()
        at = 2 * i + j
        expected[n, m, i, j] = (window * weight[m, 0, :, at]).sum() + bias[0, 0, m, at]
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)
    with pytest.raises(SpecError, match="has now the shape .* the weights are for 5 x 4"):
        layer(noise(2, 3, 6, 4))


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


@pytest.mark.parametrize("as_dim", [0, 1])
def test_sub_region_cuts_a_region_around_each_point(as_dim):
    layer = make("SubRegion", "region_height: 3 region_width: 2 data_height: 21 data_width: 16 "
                 f"as_dim: {as_dim}", SIZE, (2, 6), (2, 6), tops=3)
    x, points, truth = noise(SIZE), noise(2, 6, seed=6).detach() * 5, noise(2, 6, seed=7).detach()
    regions, near, middles = map(array, layer(x, points, truth))
    expected = np.zeros((2, 3, 3, 3, 2))        # n, point, channel, row, column
    for n, point in np.ndindex(2, 3):
        px, py = array(points)[n, 2 * point:2 * point + 2]
        left = math.floor((px / 16 + 0.5) * 4 - 1)
        top = math.floor((py / 21 + 0.5) * 5 - 1)
        for row, column in np.ndindex(3, 2):
            if 0 <= top + row < 5 and 0 <= left + column < 4:
                expected[n, point, :, row, column] = array(x)[n, :, top + row, left + column]
        middle = ((left + 1.5) / 4 * 16, (top + 2) / 5 * 21)
        np.testing.assert_allclose(middles[n, 2 * point:2 * point + 2], middle)
        real = array(truth)[n, 2 * point:2 * point + 2]
        np.testing.assert_allclose(near[n, 2 * point:2 * point + 2],
                                   real + (8, 10) - np.array(middle), atol=1e-12)
    assert (expected == 0).any() and (expected != 0).any()
    wanted = expected.reshape(2, 9, 3, 2) if as_dim else \
        expected.transpose(1, 0, 2, 3, 4).reshape(6, 3, 3, 2)
    np.testing.assert_array_equal(regions, wanted)


def test_hotspot_draws_a_gaussian_around_each_point():
    layer = make("Hotspot", "gaussian_std: 1.25 data_height: 20 data_width: 16", (2, 6),
                 (1, 1, 5, 4))
    points = noise(2, 6, seed=6).detach() * 5
    found = array(layer(points, noise(1, 1, 5, 4)))
    for n, point, row, column in np.ndindex(2, 3, 5, 4):
        x, y = array(points)[n, 2 * point:2 * point + 2]
        square = ((x / 16 + .5) * 4 - column) ** 2 + ((y / 20 + .5) * 5 - row) ** 2
        heat = math.exp(-square / 2 / 1.25**2) / (2 * math.pi * 1.25**2)
        wanted = heat if heat > 1e-4 else 0
        assert found[n, point, row, column] == pytest.approx(wanted, rel=1e-9)
    assert (found == 0).any()
    corner = make("Hotspot", "data_height: 20 data_width: 16 output_height: 5 output_width: 4 "
                  "mean_removed: false", (1, 2))
    heat = array(corner(torch.tensor([[8.0, 12.0]], dtype=torch.float64)))[0, 0]
    assert np.unravel_index(heat.argmax(), heat.shape) == (3, 2)


@pytest.mark.parametrize("kind, mode", [("ZERO", "constant"), ("REPLICATE", "edge"),
                                        ("REFLECT", "symmetric"), ("REFLECT_101", "reflect")])
def test_pad_pads_as_numpy_does(kind, mode):
    layer = make("Pad", f"padtype: {kind} pad: 2 pad_r: 3 pad_b: 0", SIZE)
    x = noise(SIZE)
    expected = np.pad(array(x), ((0, 0), (0, 0), (2, 0), (2, 3)), mode)
    np.testing.assert_array_equal(array(layer(x)), expected)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)


def test_pad_refuses_a_mirror_image_larger_than_the_plane():
    with pytest.raises(SpecError, match="pad is 4; padtype REFLECT_101 takes at most 3"):
        make("Pad", "padtype: REFLECT_101 pad: 4", SIZE)
    make("Pad", "padtype: REFLECT pad: 4", SIZE)


def test_pixel_shuffle_spreads_channels_over_finer_cells():
    x = noise(2, 12, 5, 4)
    found = array(make("PixelShuffle", "upscale_factor: 2", (2, 12, 5, 4))(x))
    for n, c, h, w in np.ndindex(2, 3, 10, 8):
        assert found[n, c, h, w] == array(x)[n, 4 * c + 2 * (h % 2) + w % 2, h // 2, w // 2]
    with pytest.raises(SpecError, match="upscale_factor is 2; its square must divide"):
        make("PixelShuffle", "upscale_factor: 2", (2, 6, 5, 4))


@pytest.mark.parametrize("kind, reduce", [("AVE", np.mean), ("MAX", np.max)])
def test_adaptive_pooling_divides_a_plane_into_bins(kind, reduce):
    layer = make("AdaptivePooling", f"pool: {kind} pooled_h: 3 pooled_w: 2", (2, 3, 7, 5))
    x = noise(2, 3, 7, 5)
    expected = np.empty((2, 3, 3, 2))
    for n, c, i, j in np.ndindex(expected.shape):
        rows = slice(i * 7 // 3, -(-(i + 1) * 7 // 3))
        columns = slice(j * 5 // 2, -(-(j + 1) * 5 // 2))
        expected[n, c, i, j] = reduce(array(x)[n, c, rows, columns])
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-12)
    with pytest.raises(SpecError, match="pool is STOCHASTIC; it must be AVE or MAX"):
        make("AdaptivePooling", "pool: STOCHASTIC", SIZE)


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


def test_saliency_pooling_leaves_out_windows_without_saliency():
    layer = make("SaliencyPooling", "kernel_size: 3 stride: 2", (2, 3, 6, 4), (2, 3, 6, 4))
    x = noise(2, 3, 6, 4)
    saliency = torch.zeros(2, 3, 6, 4, dtype=torch.float64)
    saliency[:, :, 0, 0] = 1
    saliency[1, 2, 5, 3] = 0.5
    expected, slope = np.zeros((2, 3, 3, 2)), np.zeros((2, 3, 6, 4))
    for n, c, i, j in np.ndindex(expected.shape):
        at = (n, c, slice(2 * i, 2 * i + 3), slice(2 * j, 2 * j + 3))
        slope[at] += 1 / array(x)[at].size
        if array(saliency)[at].sum() != 0:
            expected[n, c, i, j] = array(x)[at].mean()
    top = layer(x, saliency)
    np.testing.assert_allclose(array(top), expected, rtol=1e-10)
    (found,) = torch.autograd.grad(top.sum(), x)
    np.testing.assert_allclose(array(found), slope, rtol=1e-10)


@pytest.mark.parametrize("param, shapes, match", [
    ("kernel_size: 3 stride: 4", [(2, 3, 6, 5)] * 2, "stride is 4; it must be from 1 to"),
    ("", [(2, 3, 6, 5)] * 2, "kernel_size is 0; it must be from 1 to 5"),
    ("kernel_size: 3", [(2, 3, 6, 5), (2, 1, 6, 5)], "both must be")])
def test_saliency_pooling_refuses_what_does_not_fit(param, shapes, match):
    with pytest.raises(SpecError, match=match):
        make("SaliencyPooling", param, *shapes)


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
