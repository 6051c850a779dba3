"""Layers of community projects that resize, sort, weigh and convolve planes."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


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


def test_depthwise_refuses_another_number_of_outputs():
    with pytest.raises(SpecError, match="num_output is 6; it must be that of the bottom's channel"):
        make("DepthwiseConvolution", "convolution_param { kernel_size: 3 num_output: 6 }",
             (2, 4, 7, 6))


def bilinear(x, height, width):
    """Corners on corners, cell by cell."""
    y = np.zeros((*x.shape[:2], height, width))
    for i in range(height):
        for j in range(width):
            h = i * (x.shape[2] - 1) / max(height - 1, 1)
            w = j * (x.shape[3] - 1) / max(width - 1, 1)
            for a in (int(h), min(int(h) + 1, x.shape[2] - 1)):
                for b in (int(w), min(int(w) + 1, x.shape[3] - 1)):
                    weight_h = 1 - (h - int(h)) if a == int(h) else h - int(h)
                    weight_w = 1 - (w - int(w)) if b == int(w) else w - int(w)
                    y[:, :, i, j] += weight_h * weight_w * x[:, :, a, b]
    edge_h, edge_w = x.shape[2] - 1, x.shape[3] - 1
    y[:, :, -1, -1] = x[:, :, edge_h if height > 1 else 0, edge_w if width > 1 else 0]
    return y


@pytest.mark.parametrize("param, size", [
    ("height: 9 width: 4", (9, 4)), ("zoom_factor: 3", (10, 13)), ("shrink_factor: 2", (2, 3)),
    ("shrink_factor: 2 zoom_factor: 4", (5, 9)), ("height: 1 width: 8", (1, 8)),
    ("zoom_factor: 2 height: 3 width: 3", (7, 9)),
])
def test_interp_puts_corners_on_corners(param, size):
    layer = make("Interp", param, (2, 3, 4, 5))
    x = noise(2, 3, 4, 5)
    expected = torch.nn.functional.pad(x.detach(), (0, 0)).numpy()

    y = layer(x).detach().numpy()

    assert y.shape[2:] == size
    corners = expected[:, :, [0, 0], [0, -1 if size[1] > 1 else 0]]
    np.testing.assert_allclose(y[:, :, [0, 0], [0, -1]], corners, rtol=1e-10)
    inner = bilinear(expected, *size)[:, :, :max(size[0] - 1, 1), : size[1] - 1]
    np.testing.assert_allclose(y[:, :, :max(size[0] - 1, 1), : size[1] - 1], inner, rtol=1e-9,
                               atol=1e-12)


def test_interp_cuts_and_takes_the_size_of_the_second_bottom():
    layer = make("Interp", "use_blob_size: true pad_beg: -1 pad_end: -2", (2, 3, 7, 8),
                 (1, 9, 5, 6))
    x = noise(2, 3, 7, 8)
    expected = make("Interp", "height: 5 width: 6", (2, 3, 4, 5))(x[:, :, 1:5, 1:6])

    torch.testing.assert_close(layer(x, noise(1, 9, 5, 6)), expected)
    check_layer(layer, x, noise(1, 9, 5, 6))


def test_interp_nearest_takes_the_nearer_cell():
    x = torch.arange(3.0).reshape(1, 1, 1, 3).double()
    y = make("Interp", "mode: NEAREST height: 1 width: 5", (1, 1, 1, 3))(x)
    assert y.flatten().tolist() == [0, 1, 1, 2, 2]  # 0.5 and 1.5 go to the farther cell


def test_upsample_puts_values_where_the_pool_found_them():
    x = noise(2, 3, 6, 4)
    y, mask = make("Pooling", "kernel_size: 2 stride: 2", (2, 3, 6, 4), tops=2)(x)
    layer = make("Upsample", "scale: 2", (2, 3, 3, 2), (2, 3, 3, 2))

    up = layer(y, mask)

    is_maximum = up != 0
    assert is_maximum.sum() == y.numel()
    torch.testing.assert_close(up[is_maximum], x[is_maximum])
    check_layer(layer, y.detach(), mask.detach())
    assert torch.autograd.gradcheck(lambda y: layer(y, mask), noise(2, 3, 3, 2))


@pytest.mark.parametrize("param, size", [
    ("upsample_h: 7 upsample_w: 5", (7, 5)), ("scale: 2 pad_out_h: true", (5, 4)),
    ("scale_h: 3 scale_w: 2", (9, 4)),
])
def test_upsample_by_mask_has_the_size_that_is_asked_for(param, size):
    mask = torch.arange(6.0).reshape(1, 1, 3, 2).double()
    x = noise(1, 1, 3, 2)
    y = make("Upsample", param, (1, 1, 3, 2), (1, 1, 3, 2))(x, mask)
    assert tuple(y.shape[2:]) == size
    torch.testing.assert_close(y.flatten()[:6], x.flatten())


def test_upsample_drops_what_an_empty_window_gave():
    mask = torch.tensor([[[[0.0, -1]]]]).double()
    y = make("Upsample", "scale: 2", (1, 1, 1, 2), (1, 1, 1, 2))(noise(1, 1, 1, 2), mask)
    assert (y != 0).sum() == 1


def test_upsample_with_one_bottom_repeats_cells():
    layer = make("Upsample", "scale: 3", (2, 3, 2, 4))
    x = noise(2, 3, 2, 4)
    expected = np.repeat(np.repeat(x.detach().numpy(), 3, 2), 3, 3)
    np.testing.assert_array_equal(layer(x).detach().numpy(), expected)
    check_layer(layer, x)


def test_upsample_with_a_larger_blob_takes_its_size():
    layer = make("Upsample", "", (1, 5, 7, 9), (2, 3, 4, 5))
    small = noise(2, 3, 4, 5)
    expected = make("Interp", "height: 7 width: 9", (2, 3, 4, 5))(small)
    torch.testing.assert_close(layer(noise(1, 5, 7, 9), small), expected)


def darknet(x, stride, reverse):
    """The loops of darknet's reorg over flat indices."""
    (num, channels, height, width), fewer = x.shape, x.shape[1] // stride**2
    source, flat = x.reshape(-1), np.zeros(x.size)
    for index in range(x.size):
        w, rest = index % width, index // width
        h, rest = rest % height, rest // height
        c, b = rest % channels, rest // channels
        column = w * stride + c // fewer % stride
        row = h * stride + c // fewer // stride
        other = column + width * stride * (row + height * stride * (c % fewer + fewer * b))
        if reverse:
            flat[other] = source[index]
        else:
            flat[index] = source[other]
    shape = (num, fewer, height * stride, width * stride) if reverse else (
        num, channels * stride**2, height // stride, width // stride)
    return flat.reshape(shape)


@pytest.mark.parametrize("reverse", [False, True])
def test_reorg_has_darknets_order(reverse):
    size = (2, 8, 4, 6)
    layer = make("Reorg", f"stride: 2 reverse: {str(reverse).lower()}", size)
    x = noise(size)
    expected = darknet(x.detach().numpy(), 2, reverse)

    np.testing.assert_array_equal(layer(x).detach().numpy(), expected)
    check_layer(layer, x)


def test_shuffle_channel_deals_out_the_groups():
    layer = make("ShuffleChannel", "group: 3", (2, 6, 2, 4))
    x = noise(2, 6, 2, 4)
    torch.testing.assert_close(layer(x), x[:, [0, 2, 4, 1, 3, 5]])
    check_layer(layer, x)


@pytest.mark.parametrize("param, axes", [
    ("", 3), ("flip_height: true", (2, 3)), ("flip_height: true flip_width: false", 2),
])
def test_flip_mirrors(param, axes):
    x = noise(2, 3, 4, 5)
    layer = make("Flip", param, (2, 3, 4, 5))
    np.testing.assert_array_equal(layer(x).detach(), np.flip(x.detach().numpy(), axes))
    check_layer(layer, x)


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


@pytest.mark.parametrize("kind, param, sizes, message", [
    ("BN", "", [(2, 3, 4, 5)], "has no field that tells them apart"),
    ("BN", "bn_mode: LEARN frozen: true", [(2, 3, 4, 5)], "has bn_mode and frozen"),
    ("BN", "moving_average: true", [(2, 3, 4, 5)], "moving_average asks for what BN does not do"),
    ("Interp", "", [(2, 3, 4, 5)], "gives no size"),
    ("Interp", "height: 3 width: 4 pad_beg: 1", [(2, 3, 4, 5)], "pad_beg is 1; it must be 0"),
    ("Interp", "zoom_factor: 2 pad_beg: -4", [(2, 3, 4, 5)], "leave nothing of"),
    ("Interp", "use_blob_size: true", [(2, 3, 4, 5)], "needs a second bottom"),
    ("Upsample", "", [(2, 3, 4, 5)], "scale is missing"),
    ("Upsample", "scale: 2", [(2, 3, 4, 5), (2, 3, 5, 4)], "a pooling mask must have that of"),
    ("Upsample", "upsample_h: 7 upsample_w: 8", [(2, 3, 4, 5)], "go together, with a pooling mask"),
    ("Reorg", "", [(2, 4, 4, 6)], "stride is 0"),
    ("Reorg", "stride: 2", [(2, 3, 4, 6)], "its square must divide the 3 channels"),
    ("Reorg", "stride: 2", [(2, 4, 5, 6)], "it must divide the sides"),
    ("ShuffleChannel", "group: 4", [(2, 6, 4, 5)], "group is 4; it must divide the 6 channels"),
    ("Axpy", "", [(2, 4), (2, 3, 4, 5), (2, 3, 4, 5)], "it must be"),
    ("BroadcastMul", "", [(2, 4), (2, 3, 4, 5)], "ones behind"),
    ("Pooling3D", "pooling3d_param { kernel_size: 2 }", [(2, 3, 4, 5, 6)],
     "kernel_depth is missing or 0"),
    ("Pooling3D", "pooling3d_param { kernel_size: 2 kernel_depth: 2 pad: 1 }", [(2, 3, 4, 5, 6)],
     "only AVE pooling has padding"),
    ("Convolution3D", "convolution3d_param { kernel_size: 2 kernel_depth: 2 }", [(2, 3, 4, 5)],
     "Convolution3D takes"),
])
def test_wrong_parameters_are_named(kind, param, sizes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *sizes)
