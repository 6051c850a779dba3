"""ParseNet's unpooling, winners of windows, and channels as a finer plane, by their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.support import make, noise


def spread(x, kernel, stride, pad, method):
    """Unpooling window by window: sums and counts over each window's cells."""
    sizes = [(n - 1) * s - 2 * p + k
             for n, s, p, k in zip(x.shape[2:], stride, pad, kernel, strict=True)]
    y, number = np.zeros((*x.shape[:2], *sizes)), np.zeros(sizes)
    for h, w in np.ndindex(*x.shape[2:]):
        cells = [range(max(i * s - p, 0), min(i * s - p + k, size)) for i, s, p, k, size
                 in zip((h, w), stride, pad, kernel, sizes, strict=True)]
        if method == "FIXED":
            i, j = (min(max(int((2 * i * s - 2 * p + k - 1) / 2), 0), size - 1) for i, s, p, k, size
                    in zip((h, w), stride, pad, kernel, sizes, strict=True))
            y[:, :, i, j] = x[:, :, h, w]
        else:
            area = np.ix_(range(len(x)), range(x.shape[1]), *cells)
            y[area] += x[:, :, h, w][..., None, None]
            number[np.ix_(*cells)] += 1
    if method != "FIXED":
        y /= np.maximum(number, 1)
    return y / math.prod(kernel) if method == "DIV" else y


@pytest.mark.parametrize("method", ["FIXED", "DIV", "REP", ""])
@pytest.mark.parametrize("fields, kernel, stride, pad", [
    ("out_kernel_size: 3 out_stride: 2", (3, 3), (2, 2), (0, 0)),
    ("out_kernel_size: 2 out_stride: 3", (2, 2), (3, 3), (0, 0)),
    ("out_kernel_h: 5 out_kernel_w: 4 out_stride_h: 3 out_stride_w: 2 out_pad: 1", (5, 4), (3, 2),
     (1, 1))])
def test_values_are_spread_over_their_windows(method, fields, kernel, stride, pad):
    layer = make("SpreadUnpooling", f"unpooling_param {{ {method and 'unpool: ' + method} "
                 f"{fields} }}", (2, 3, 3, 4))
    x = noise(2, 3, 3, 4)
    expected = spread(x.detach().numpy(), kernel, stride, pad, method or "FIXED")
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("like, kernel, stride, pad", [
    ((7, 6), (3, 2), (3, 2), (1, 1)), ((5, 8), (2, 2), (2, 2), (0, 0)),
    ((3, 4), (1, 1), (1, 1), (0, 0))])
def test_a_second_bottom_says_the_size(like, kernel, stride, pad):
    layer = make("SpreadUnpooling", "unpooling_param { unpool: REP out_stride: 0 }", (2, 3, 3, 4),
                 (2, 5, *like))
    x = noise(2, 3, 3, 4)
    y = layer(x, torch.zeros(2, 5, *like))
    np.testing.assert_allclose(y.detach(), spread(x.detach().numpy(), kernel, stride, pad, "REP"),
                               rtol=1e-12)


def test_one_value_is_repeated_over_a_plane():
    x = noise(2, 3, 1, 1)
    layer = make("SpreadUnpooling", "unpooling_param { unpool: REP }", (2, 3, 1, 1), (2, 5, 6, 7))
    np.testing.assert_array_equal(layer(x, torch.zeros(2, 5, 6, 7)).detach(),
                                  np.broadcast_to(x.detach(), (2, 3, 6, 7)))


@pytest.mark.parametrize("fields, kind", [
    ("unpool: REP", "SpreadUnpooling"), ("out_kernel_size: 2", "SpreadUnpooling"),
    ("kernel_size: 2", "UnPooling")])
def test_the_fields_say_which_unpooling_it_is(fields, kind):
    net = parse_net('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 '
                    'dim: 2 dim: 2 } } } layer { name: "y" type: "UnPooling" bottom: "x" top: "y" '
                    f"unpooling_param {{ {fields} }} }}")
    assert net.message.layer[-1].type == kind


@pytest.mark.parametrize("fields, kernel, stride", [
    ("kernel_size: 2 stride: 2", (2, 2), (2, 2)), ("kernel_size: 3", (3, 3), (1, 1)),
    ("kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 3", (3, 2), (2, 3)),
    ("global_wta: true", (5, 6), (1, 1))])
def test_the_largest_magnitude_of_each_window_stays(fields, kernel, stride):
    x = noise(2, 3, 5, 6)
    layer = make("SpatialWta", fields, (2, 3, 5, 6), tops=2)
    array, expected = x.detach().numpy(), np.zeros((2, 3, 5, 6))
    rows, columns = ((n - k) // s + 1 for n, k, s in zip((5, 6), kernel, stride, strict=True))
    for n, c, i, j in np.ndindex(2, 3, rows, columns):
        top, left = i * stride[0], j * stride[1]
        window = np.abs(array[n, c, top:top + kernel[0], left:left + kernel[1]])
        row, column = np.unravel_index(window.argmax(), window.shape)
        expected[n, c, top + row, left + column] = 1
    y, mask = layer(x)
    np.testing.assert_array_equal(mask, expected)
    np.testing.assert_array_equal(y.detach(), array * expected)
    assert torch.autograd.gradcheck(lambda one: layer(one)[0], x)


def test_channels_become_rows_and_columns():
    x = noise(2, 12, 3, 4)
    y = make("Rearrange", "depth: 3", (2, 12, 3, 4))(x)
    expected = np.empty((2, 3, 6, 8))
    for n, d, h, w, i, j in np.ndindex(2, 3, 3, 4, 2, 2):
        expected[n, d, 2 * h + i, 2 * w + j] = x.data[n, (2 * d + i) * 2 + j, h, w]
    np.testing.assert_array_equal(y.detach(), expected)


@pytest.mark.parametrize("kind, fields, message", [
    ("SpatialWta", "kernel_size: 6", r"kernel_size is \(6, 6\); the bottom is"),
    ("SpatialWta", "global_wta: true kernel_size: 2", "kernel_size asks for what"),
    ("Rearrange", "depth: 2", "depth is 2; the 12 channels"),
    ("Rearrange", "depth: 13", "depth is 13; the 12 channels"),
    ("SpreadUnpooling", "unpooling_param { unpool: MAX out_kernel_size: 2 }", "unpool is MAX"),
    ("SpreadUnpooling", "unpooling_param { unpool: REP }", "out_kernel_size is missing"),
    ("SpreadUnpooling", "unpooling_param { unpool: REP out_kernel_size: 1 out_pad: 3 }",
     "out_kernel_size is -1; it must be at least 1"),
])
def test_refused_at_the_start(kind, fields, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, (2, 12, 5, 5))


@pytest.mark.parametrize("fields, kind", [
    ('type: "Norm"', "NormOfChannels"), ('type: "Pooling" pooling_param { pool: AVE bin_size: 1 }',
                                         "Pooling")])
def test_other_names_of_what_is_known(fields, kind):
    net = parse_net('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 '
                    f'dim: 3 dim: 5 }} }} }} layer {{ name: "y" bottom: "x" top: "y" {fields} }}')
    found = net.message.layer[-1]
    assert found.type == kind
    assert found.pooling_param.global_pooling == (kind == "Pooling")
