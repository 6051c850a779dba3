"""Convolutions, normalisations and channel weights of community projects."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, net_from, noise


@pytest.mark.parametrize("kind", ["ConvolutionDepthwise", "DepthwiseConvolution"])
@pytest.mark.parametrize("more", ["", "num_output: 4 group: 4", "num_output: 4 bias_term: false"])
def test_depthwise_is_convolution_with_a_group_for_each_channel(kind, more):
    start = "convolution_param { kernel_h: 3 kernel_w: 2 stride: 2 pad: 1 dilation: 2 "
    layer = make(kind, start + more + " }", (2, 4, 7, 6))
    whole = start + (more if "group" in more else more + " group: 4")
    whole += " }" if "num_output" in more else " num_output: 4 }"
    usual = make("Convolution", whole, (2, 4, 7, 6))
    x = noise(2, 4, 7, 6)

    assert [blob.shape for blob in layer.blobs] == [blob.shape for blob in usual.blobs]
    torch.testing.assert_close(layer(x), usual(x))


@pytest.mark.parametrize("num_output, group", [(4, 1), (8, 1), (8, 4), (6, 2)])
def test_depthwise_convolution_obeys_the_group_that_is_given(num_output, group):
    fields = f"num_output: {num_output} group: {group} kernel_h: 3 kernel_w: 2"
    layer = make("DepthwiseConvolution", f"convolution_param {{ {fields} }}", (2, 4, 7, 6))
    x = noise(2, 4, 7, 6)

    assert [tuple(blob.shape) for blob in layer.blobs] == \
        [(num_output, 4 // group, 3, 2), (num_output,)]
    expected = torch.nn.functional.conv2d(x, layer.weight, layer.bias, groups=group)
    torch.testing.assert_close(layer(x), expected)
    check_layer(layer, x)


def test_depthwise_refuses_another_number_of_outputs():
    with pytest.raises(SpecError, match="num_output is 6; it must be that of the bottom's channel"):
        make("DepthwiseConvolution", "convolution_param { kernel_size: 3 num_output: 6 }",
             (2, 4, 7, 6))


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1, 1)])
def test_axpy_weighs_channels_and_adds(shape):
    a, x, b = noise(shape), noise(2, 3, 4, 5, seed=2), noise(2, 3, 4, 5, seed=3)
    layer = make("Axpy", "", shape, (2, 3, 4, 5), (2, 3, 4, 5))

    torch.testing.assert_close(layer(a, x, b), a.reshape(2, 3, 1, 1) * x + b)
    check_layer(layer, a, x, b)


@pytest.mark.parametrize("order", [1, -1])
def test_broadcast_mul_weighs_the_larger_bottom(order):
    blobs = [noise(2, 3, 4, 5), noise(2, 3, seed=2)][::order]
    layer = make("BroadcastMul", "", *(tuple(blob.shape) for blob in blobs))
    x, a = blobs[::order]

    torch.testing.assert_close(layer(*blobs), x * a[:, :, None, None])
    check_layer(layer, *blobs)
    assert torch.autograd.gradcheck(layer, blobs)


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


def batch_norm_blobs(layer, **values):
    with torch.no_grad():
        for name, value in values.items():
            getattr(layer, name).copy_(torch.as_tensor(value).reshape(1, -1, 1, 1))


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_segnets_bn_learns_from_the_batch_in_both_phases(phase):
    size = (2, 3, 4, 5)
    layer = make("BN", "bn_mode: LEARN", size, tops=3, phase=phase)
    x = noise(size)
    array = x.detach().numpy()
    mean, variance = (part(array, axis=(0, 2, 3), keepdims=True) for part in (np.mean, np.var))
    scale, shift = (blob.detach().numpy() for blob in layer.blobs)

    tops = [top.detach().numpy() for top in layer(x)]

    expected = (array - mean) / np.sqrt(variance + 1e-9) * scale + shift
    for found, wanted in zip(tops, (expected, mean, variance), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    check_layer(layer, x)


def test_segnets_bn_for_inference_only_scales_and_shifts():
    layer = make("BN", "bn_mode: INFERENCE", (2, 3, 4, 5))
    x = noise(2, 3, 4, 5)
    torch.testing.assert_close(layer(x), x * layer.scale + layer.shift)
    assert [tuple(blob.shape) for blob in layer.blobs] == [(1, 3, 1, 1)] * 2


def test_pspnets_bn_keeps_running_averages():
    layer = make("BN", "momentum: 0.75", (2, 3, 4, 5))
    batch_norm_blobs(layer, mean=[1.0, 2, 3], variance=[4.0, 5, 6])
    x = noise(2, 3, 4, 5)
    array = x.detach().numpy()

    y = layer(x)

    batch_mean, batch_variance = array.mean((0, 2, 3)), array.var((0, 2, 3))
    np.testing.assert_allclose(layer.mean.flatten(), 0.75 * np.arange(1, 4) + 0.25 * batch_mean)
    np.testing.assert_allclose(layer.variance.flatten(),
                               0.75 * np.arange(4, 7) + 0.25 * batch_variance)
    np.testing.assert_allclose(y.detach().mean((0, 2, 3)), layer.shift.detach().flatten(),
                               atol=1e-12)


@pytest.mark.parametrize("frozen, phase", [("true", "TRAIN"), ("false", "TEST")])
def test_pspnets_bn_uses_running_averages_when_frozen_or_testing(frozen, phase):
    layer = make("BN", f"frozen: {frozen} eps: 0.5", (2, 3, 4, 5), phase=phase)
    batch_norm_blobs(layer, mean=[1.0, 2, 3], variance=[4.0, 5, 6])
    x = noise(2, 3, 4, 5)
    wide = (x - layer.mean) / (layer.variance + 0.5).sqrt()

    torch.testing.assert_close(layer(x), wide * layer.scale + layer.shift)
    assert len(list(layer.parameters())) == (0 if frozen == "true" else 2)
    check_layer(layer, x)


@pytest.mark.parametrize("given, eps", [("", 1e-7), ("eps: 1e-5", 1e-5)])
def test_a_bn_that_names_its_moving_average_is_pspnets_with_a_smaller_eps(given, eps):
    fields = f"slope_filler {{ type: 'constant' value: 1 }} moving_average: true {given}"
    layer = make("BN", f"bn_param {{ {fields} }}", (2, 3, 4, 5))
    x = noise(2, 3, 4, 5).detach() / 1000
    array = x.numpy()
    mean, variance = (part(array, axis=(0, 2, 3), keepdims=True) for part in (np.mean, np.var))
    scale, shift, *_ = (blob.detach().numpy() for blob in layer.blobs)
    expected = (array - mean) / np.sqrt(variance + eps) * scale + shift
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-6)
    assert len(layer.blobs) == 4


@pytest.mark.parametrize("kind, param, sizes, message", [
    ("BN", "bn_param { scale_filler { type: 'constant' } moving_average: true }", [(2, 3, 4, 5)],
     "moving_average asks for what BN does not do"),
    ("BN", "", [(2, 3, 4, 5)], "has no field that tells them apart"),
    ("BN", "bn_mode: LEARN frozen: true", [(2, 3, 4, 5)], "has bn_mode and frozen"),
    ("BN", "moving_average: true", [(2, 3, 4, 5)], "moving_average asks for what BN does not do"),
    ("Axpy", "", [(2, 4), (2, 3, 4, 5), (2, 3, 4, 5)], "it must be"),
    ("BroadcastMul", "", [(2, 4), (2, 3, 4, 5)], "followed by axes of size 1"),
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
