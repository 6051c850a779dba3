"""Convolution, Deconvolution and Im2col against their definitions in numpy."""

import itertools
import logging

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


def correlate(x, weight, bias, stride, pad, dilation, group):
    """Sum over the cells of the kernel; x (N, C, sizes...), any number of spatial axes."""
    spatial = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    kernel = weight.shape[2:]
    out = [(n - d * (k - 1) - 1) // s + 1
           for n, d, k, s in zip(x.shape[2:], dilation, kernel, stride, strict=True)]
    y = np.zeros((len(x), len(weight), *out))
    per_in, per_out = weight.shape[1], len(weight) // group
    for cell in itertools.product(*map(range, kernel)):
        window = x[(..., *(slice(c * d, c * d + (o - 1) * s + 1, s)
                           for c, d, o, s in zip(cell, dilation, out, stride, strict=True)))]
        for m in range(len(weight)):
            first = m // per_out * per_in
            for c in range(per_in):
                y[:, m] += weight[(m, c, *cell)] * window[:, first + c]
    return y + bias.reshape(-1, *(1,) * spatial)


CASES = {
    "groups, dilation, unequal sides": (
        "num_output: 6 group: 3 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 2 "
        "dilation: 2", (2, 9, 8, 7), (2, 1), (1, 2), (2, 2), 3),
    "dilations of two sides, 0 where the kernel is 1": (
        "num_output: 3 kernel_h: 1 kernel_w: 3 dilation_h: 0 dilation_w: 2", (2, 4, 5, 7), (1, 1),
        (0, 0), (1, 2), 1),
    "one axis": ("num_output: 3 kernel_size: 2 stride: 2 pad: 1", (2, 4, 7), (2,), (1,), (1,), 1),
    "three axes": (
        "num_output: 4 group: 2 kernel_size: 2 kernel_size: 3 kernel_size: 1 stride: 1 stride: 2 "
        "stride: 1 pad: 0 pad: 1 pad: 0", (2, 2, 4, 6, 3), (1, 2, 1), (0, 1, 0), (1, 1, 1), 2),
    "four axes": (
        "num_output: 4 group: 2 kernel_size: 2 stride: 1 stride: 2 stride: 1 stride: 1 pad: 1 "
        "pad: 0 pad: 0 pad: 0 dilation: 1 dilation: 1 dilation: 2 dilation: 1",
        (2, 2, 3, 4, 5, 2), (1, 2, 1, 1), (1, 0, 0, 0), (1, 1, 2, 1), 2),
}


@pytest.mark.parametrize("case", CASES)
def test_convolution_is_the_sum_in_its_definition(case):
    param, size, stride, pad, dilation, group = CASES[case]
    layer = make("Convolution", param, size)
    x = noise(size)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)

    expected = correlate(x.detach().numpy(), weight, bias, stride, pad, dilation, group)

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    assert layer.top_shapes(size) == [expected.shape]


@pytest.mark.parametrize("case", CASES)
def test_deconvolution_is_the_transpose_of_convolution(case):
    param, size, stride, pad, dilation, group = CASES[case]
    layer = make("Deconvolution", param + " bias_term: false", size)
    x = noise(size)
    y = layer(x)
    other = noise(tuple(y.shape), seed=2).detach().numpy()
    weight = layer.weight.detach().numpy()

    none = np.zeros(size[1])
    back = correlate(other, weight, none, stride, pad, dilation, group)

    assert weight.shape[0] == size[1] and y.shape[1] == weight.shape[1] * group
    slack = [o - n for o, n in zip(back.shape, size, strict=True)]
    assert slack == [0] * len(size)
    np.testing.assert_allclose((y.detach().numpy() * other).sum(),
                               (x.detach().numpy() * back).sum(), rtol=1e-10)


def test_deconvolution_of_four_axes_adds_its_bias():
    size = (1, 2, 2, 3, 2, 2)
    layer = make("Deconvolution", "num_output: 3 kernel_size: 2", size)

    y = layer(torch.zeros(size, dtype=torch.float64))

    np.testing.assert_allclose(y[0, :, 0, 0, 0, 0].detach(), layer.bias.detach())


def test_convolution_without_spatial_axes_is_a_product():
    layer = make("Convolution", "num_output: 4 group: 2 kernel_size: 1", (3, 6))
    x = noise(3, 6)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    halves = [x.detach().numpy()[:, :3] @ weight[:2].T, x.detach().numpy()[:, 3:] @ weight[2:].T]

    np.testing.assert_allclose(layer(x).detach().numpy(), np.hstack(halves) + bias, rtol=1e-10)


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
def test_axes_before_the_channels_are_batch(kind):
    layer = make(kind, "num_output: 4 kernel_size: 2 axis: 2", (2, 3, 5, 4, 6))
    x = noise(2, 3, 5, 4, 6)

    alone = torch.stack([layer(x[index:index + 1])[0] for index in range(2)])

    torch.testing.assert_close(layer(x), alone)
    assert layer(x).shape[:3] == (2, 3, 4)


def test_channels_first_of_all_have_no_batch():
    layer = make("Convolution", "num_output: 4 kernel_size: 3 axis: 0", (5, 6, 7))
    assert layer(noise(5, 6, 7)).shape == (4, 4, 5)


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
def test_several_bottoms_share_one_weight_set(kind):
    size = (2, 3, 5, 6)
    layer = make(kind, "num_output: 4 kernel_size: 3", size, size, tops=2)
    first, second = noise(size), noise(size, seed=2)

    tops = layer(first, second)

    assert len(layer.blobs) == 2
    for top, bottom in zip(tops, (first, second), strict=True):
        alone = make(kind, "num_output: 4 kernel_size: 3", size)
        torch.testing.assert_close(top, alone(bottom))


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
def test_gradients(kind):
    layer = make(kind, "num_output: 4 kernel_size: 2 stride: 2 pad: 1 group: 2 dilation: 2",
                 (1, 2, 5, 4))
    x = noise(1, 2, 5, 4)
    assert torch.autograd.gradcheck(lambda x, *blobs: torch.func.functional_call(
        layer, dict(zip(("weight", "bias"), blobs, strict=True)), (x,)), (x, *layer.blobs))


@pytest.mark.parametrize("kind, param, size", [
    ("Convolution", "num_output: 4 kernel_size: 3 pad: 1 group: 2", (2, 6, 5, 7)),
    ("Deconvolution", "num_output: 4 kernel_size: 3 stride: 2 dilation: 2", (2, 6, 5, 7)),
    ("Convolution", "num_output: 4 kernel_size: 2", (2, 3, 3, 4, 3, 2)),
    ("Deconvolution", "num_output: 4 kernel_size: 2 stride: 2", (2, 3, 3, 4, 3, 2)),
    ("Im2col", "kernel_size: 2 pad: 1", (2, 3, 5, 4)),
    ("Im2col", "kernel_size: 2", (2, 3, 4, 5, 3)),
])
def test_layer_stands_the_common_check(kind, param, size):
    layer = make(kind, param, size)
    check_layer(layer, noise(size))
    other = tuple(n + 2 if axis != 1 else n for axis, n in enumerate(size))
    assert tuple(layer(noise(other)).shape) == layer.top_shapes(other)[0]


def test_intels_relu_follows_the_convolution():
    size = (2, 3, 5, 4)
    plain = make("Convolution", "num_output: 4 kernel_size: 3", size)
    layer = make("Convolution", "num_output: 4 kernel_size: 3 relu: true negative_slope: 0.5", size)
    y = plain(noise(size))

    torch.testing.assert_close(layer(noise(size)), torch.where(y > 0, y, y / 2))


def test_opencls_fused_relu_follows_the_convolution():
    size = (2, 3, 5, 4)
    plain = make("Convolution", "num_output: 4 kernel_size: 3", size)
    layer = make("Convolution", "convolution_param { num_output: 4 kernel_size: 3 "
                 "fuse_type: FUSED_CONV_RELU relu_param { negative_slope: 0.5 } }", size)
    y = plain(noise(size))

    torch.testing.assert_close(layer(noise(size)), torch.where(y > 0, y, y / 2))


@pytest.mark.parametrize("param, size", [
    ("kernel_size: 2 stride: 2 dilation: 2", (2, 3, 7, 6)),
    ("kernel_size: 1 kernel_size: 3 kernel_size: 2 pad: 1", (2, 3, 3, 4, 5)),
])
def test_im2col_lists_the_cells_of_each_window(param, size):
    layer = make("Im2col", param, size)
    x = noise(size)
    y = layer(x).detach().numpy()
    # a convolution is the product of the columns with the flat weights
    conv = make("Convolution", "num_output: 2 " + param, size)
    weight, bias = (blob.detach().numpy() for blob in conv.blobs)
    flat = np.einsum("mk,nk...->nm...", weight.reshape(2, -1), y)
    flat += bias.reshape(1, -1, *(1,) * (len(size) - 2))

    np.testing.assert_allclose(conv(x).detach().numpy(), flat, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind, param, message", [
    ("Convolution", "num_output: 4", "kernel_size is missing; give kernel_size, or kernel_h"),
    ("Convolution", "kernel_size: 3", "num_output is 0; it must be at least 1"),
    ("Convolution", "num_output: 4 kernel_size: 0", "kernel_size is 0; it must be at least 1"),
    ("Convolution", "num_output: 4 kernel_size: 3 kernel_h: 3 kernel_w: 3",
     "given together with kernel_h or kernel_w"),
    ("Convolution", "num_output: 4 kernel_h: 3", "needs kernel_h and kernel_w together"),
    ("Convolution", "num_output: 4 kernel_size: 3 stride: 0", "stride is 0; it must be at least"),
    ("Convolution", "num_output: 4 kernel_size: 3 pad: 1 pad: 1 pad: 1", "is given 3 times"),
    ("Convolution", "num_output: 4 kernel_size: 3 group: 4", "must divide the 6 channels"),
    ("Deconvolution", "num_output: 4 kernel_size: 3 group: 3", "must divide the 4 outputs"),
    ("Convolution", "num_output: 4 kernel_size: 9", "leaves no output.* top of -3 x -1"),
    ("Deconvolution", "num_output: 4 kernel_size: 1 pad: 4", "leaves no output"),
    ("Convolution", "num_output: 4 kernel_size: 3 axis: 4", "axis is 4; the bottom has the shape"),
    ("Convolution", "num_output: 4 kernel_size: 1 fusion_type: SUM_FUSION",
     "fusion_type asks for what Convolution does not do"),
    ("Convolution", "num_output: 4 kernel_size: 1 fuse_type: FUSED_CONV_ELTWISE_RELU",
     "only FUSED_CONV_RELU is supported"),
    ("Im2col", "kernel_size: 9", "leaves no output"),
    ("Im2col", "pad: 1", "kernel_size is missing"),
])
def test_wrong_parameters_are_named(kind, param, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, (2, 6, 5, 7))


def test_side_forms_need_two_axes():
    with pytest.raises(SpecError, match="needs 2 spatial axes; here are 3"):
        make("Convolution", "num_output: 4 kernel_h: 3 kernel_w: 2", (2, 6, 5, 7, 4))


SHORT = {
    "both axes": ("kernel_size: 2 stride: 2", (1, 3, 1, 1), (1, 1)),
    "one axis of two": ("kernel_size: 2 stride: 2", (2, 3, 2, 1), (0, 1)),
    "padding and dilation": ("kernel_size: 3 stride: 3 pad: 1 dilation: 2", (2, 3, 2, 7), (1, 0)),
}


@pytest.mark.parametrize("case", SHORT)
def test_a_window_too_large_by_less_than_a_stride_reads_zeros_past_the_end(case):
    param, size, past = SHORT[case]
    layer = make("Convolution", f"num_output: 4 {param}", size)
    x, at = noise(size), layer.geometry
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    longer = np.pad(x.detach().numpy(), [(0, 0), (0, 0), *((0, cells) for cells in past)])
    expected = correlate(longer, weight, bias, at.stride, at.pad, at.dilation, 1)
    assert 1 in expected.shape[2:] and layer.top_shapes(size) == [expected.shape]
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    larger = noise(1, 3, 7, 9, seed=4)          # the zeros go with the sizes that needed them
    expected = correlate(larger.detach().numpy(), weight, bias, at.stride, at.pad, at.dilation, 1)
    np.testing.assert_allclose(layer(larger).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    check_layer(layer, x, gradient=True)


def test_a_window_too_large_by_a_stride_leaves_no_output():
    with pytest.raises(SpecError, match="leaves no output.* top of 0 x 1"):
        make("Convolution", "num_output: 4 kernel_size: 4 stride: 2", (1, 3, 2, 3))


def test_unequal_bottoms_are_refused():
    with pytest.raises(SpecError, match=r"bottom\[1\] has the shape \(2, 3, 5, 7\)"):
        make("Convolution", "num_output: 4 kernel_size: 3", (2, 3, 5, 6), (2, 3, 5, 7), tops=2)


def test_a_depthwise_layer_says_that_its_num_output_has_no_effect(caplog):
    with caplog.at_level(logging.WARNING):
        layer = make("ConvolutionDepthwise", "convolution_param { num_output: 2 group: 2 "
                     "kernel_size: 3 }", (2, 4, 5, 6))
    assert layer(noise(2, 4, 5, 6)).shape == (2, 4, 3, 4)
    assert "convolution_param.num_output is 2; it has no effect, as in the original: there is a " \
           "filter for each of the 4 channels" in caplog.text
    with pytest.raises(SpecError, match="num_output is 2; it must be that of the bottom's"):
        make("DepthwiseConvolution", "convolution_param { num_output: 2 kernel_size: 3 }",
             (2, 4, 5, 6))


def test_convolution_of_a_batch_that_machines_share_is_convolution():
    layer = make("ConvolutionData", "convolution_param { num_output: 4 kernel_size: 1 }",
                 (2, 3, 5, 6))
    x = noise(2, 3, 5, 6)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    expected = np.einsum("nchw,dc->ndhw", x.detach().numpy(), weight[:, :, 0, 0]) \
        + bias[:, None, None]
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)


def test_wino_convolution_is_a_convolution_whose_tile_is_a_hint(caplog):
    param = ("convolution_param { num_output: 6 kernel_size: 3 pad: 1 stride: 2 group: 3 "
             "wino_tile: 14 wino_zero_idx: 1 }")
    with caplog.at_level(logging.WARNING):
        tiled = make("WinoConvolution", param, (2, 6, 7, 5))
    x = noise(2, 6, 7, 5)
    weight, bias = (blob.detach().numpy() for blob in tiled.blobs)
    expected = correlate(x.detach().numpy(), weight, bias, (2, 2), (1, 1), (1, 1), 3)
    np.testing.assert_allclose(tiled(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    assert "convolution_param.wino_tile, convolution_param.wino_zero_idx" in caplog.text


@pytest.mark.parametrize("fields, message", [
    ("dilation_h: 0 dilation_w: 1", "dilation is 0; it must be at least 1"),
    ("dilation_h: 2", "needs dilation_h and dilation_w together"),
    ("dilation: 2 dilation_h: 2 dilation_w: 2", "is given together with dilation_h"),
])
def test_dilations_of_two_sides_are_both_given_and_above_0(fields, message):
    with pytest.raises(SpecError, match=message):
        make("Convolution", f"num_output: 2 kernel_size: 2 {fields}", (1, 3, 6, 7))
