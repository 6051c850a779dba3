"""Filters along steps that are groups of channels, step by step."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.support import make, noise


def blobs_of(layer):
    return [blob.detach().numpy() for blob in layer.blobs]


def steps(x, group):
    return x.detach().numpy().reshape(len(x), group, -1, *x.shape[2:])


@pytest.mark.parametrize("stride, pad", [(1, 0), (2, 1), (3, 2)])
def test_convolution_along_steps(stride, pad):
    layer = make("TemporalConvolution", f"group: 5 num_output: 4 stride: {stride} pad: {pad}",
                 (2, 15, 2, 3))
    x = noise(2, 15, 2, 3)
    weight, bias = blobs_of(layer)
    parts, num = steps(x, 5), (5 + 2 * pad - 3) // stride + 1
    expected = np.empty((2, num, 4, 2, 3))
    for t in range(num):
        expected[:, t] = bias.reshape(4, 1, 1)
        for k in range(3):
            if 0 <= t * stride - pad + k < 5:
                step = parts[:, t * stride - pad + k]
                expected[:, t] += np.einsum("oc,nchw->nohw", weight[0, :, k], step)
    np.testing.assert_allclose(layer(x).detach(), expected.reshape(2, -1, 2, 3), rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("kernel, stride, pad", [(2, 1, 0), (3, 2, 1), (2, 2, 0)])
def test_maximum_along_steps(kernel, stride, pad):
    layer = make("TemporalPooling", f"group: 5 kernel_size: {kernel} stride: {stride} pad: {pad}",
                 (2, 15, 2, 3))
    x = noise(2, 15, 2, 3)
    parts, num = steps(x, 5), math.ceil((5 + 2 * pad - kernel) / stride) + 1
    if pad and (num - 1) * stride >= 5 + pad:
        num -= 1
    expected = [parts[:, max(t * stride - pad, 0):t * stride - pad + kernel].max(1)
                for t in range(num)]
    np.testing.assert_array_equal(layer(x).detach(),
                                  np.stack(expected, 1).reshape(2, -1, 2, 3))
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("stride, places", [(1, (0, 1)), (2, (1, 3)), (1, (2, 3, 5))])
def test_steps_at_their_places_and_the_largest_of_the_sets(stride, places):
    fields = " ".join(f"relative_position: {place}" for place in places)
    layer = make("RecursiveOnce", f"group: 6 num_uv: {len(places)} {fields} assemble_size: 2 "
                 f"stride: {stride}", (2, 18, 2, 2))
    x = noise(2, 18, 2, 2)
    weight, bias = blobs_of(layer)
    parts, reach = steps(x, 6), places[-1] - places[0] + 1
    num = (6 - reach) // stride + 1
    expected = np.empty((2, num, 3, 2, 2))
    for t in range(num):
        sums = [bias[0, 0, one].reshape(3, 1, 1) + sum(
            np.einsum("oc,nchw->nohw", weight[one, k], parts[:, t * stride + place - places[0]])
            for k, place in enumerate(places)) for one in range(2)]
        expected[:, t] = np.maximum(*sums)
    np.testing.assert_allclose(layer(x).detach(), expected.reshape(2, -1, 2, 2), rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x)


def test_groups_share_their_filters():
    layer = make("MultiConvolution", "num_output: 6 group: 3 kernel_h: 3 kernel_w: 2 stride: 2 "
                 "pad_h: 1 pad_w: 0", (2, 6, 5, 4))
    x = noise(2, 6, 5, 4)
    weight, bias = (blob.detach() for blob in layer.blobs)
    parts = [torch.nn.functional.conv2d(part, weight, bias.flatten(), 2, (1, 0))
             for part in x.chunk(3, 1)]
    np.testing.assert_allclose(layer(x).detach(), torch.cat(parts, 1).detach(), rtol=1e-12)


def test_types_and_data_of_form_v1():
    net = parse_net('layers { name: "d" type: DATA top: "x" top: "y" data_param { batch_size: 2 } '
                    "transform_param { is_video: true video_crop_size_t: 4 crop_size: 8 } } "
                    'layers { name: "t" type: TEMPORAL_CONVOLUTION bottom: "x" top: "t" '
                    "temporal_convolution_param { group: 4 num_output: 2 } }")
    assert [layer.type for layer in net.message.layer] == ["FrameStackData",
                                                           "TemporalConvolution"]
    assert net.message.layer[1].temporal_convolution_param.group == 4


@pytest.mark.parametrize("kind, fields, message", [
    ("TemporalConvolution", "group: 4 num_output: 2", "group is 4; it must divide the 6 channels"),
    ("TemporalConvolution", "group: 2 num_output: 2", "kernel_size is 0; it must be at least 1"),
    ("TemporalPooling", "group: 3 pool: AVE", "pool is AVE; it must be one of MAX"),
    ("TemporalPooling", "group: 3 pad: 2", "pad is 2; it must be below the kernel, 2"),
    ("TemporalPooling", "", "group is 0; it must be at least 1"),
    ("RecursiveOnce", "group: 3 num_uv: 2 relative_position: 0", r"is \[0\]; it must be given"),
    ("RecursiveOnce", "group: 3 num_uv: 2 relative_position: 0 relative_position: 3",
     "group is 3; the positions reach over 4 steps"),
    ("MultiConvolution", "group: 3 num_output: 4 kernel_size: 1", "num_output is 4; group, 3,"),
    ("MultiConvolution", "group: 3 num_output: 6 kernel_size: 9", "kernel_size is"),
])
def test_refused_at_the_start(kind, fields, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, (2, 6, 4, 4))
