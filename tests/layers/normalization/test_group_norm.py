"""LayerNorm, GroupNorm, InstanceNorm, EltwiseAffine and ChannelScale against numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise

SIZE = (2, 6, 5, 4)


def unit(x, axes, eps):
    far = x - x.mean(axes, keepdims=True)
    return far / np.sqrt((far ** 2).mean(axes, keepdims=True) + eps)


@pytest.mark.parametrize("axis, axes", [(1, (1, 2, 3)), (-1, (3,)), (2, (2, 3))])
def test_layer_norm_brings_the_axes_from_its_axis_on_to_mean_0_and_variance_1(axis, axes):
    layer = make("LayerNorm", f"axis: {axis} eps: 0.125", SIZE)
    x = noise(SIZE)
    scale, bias = map(array, layer.blobs)
    assert scale.shape == tuple(SIZE[one] for one in axes)
    np.testing.assert_allclose(array(layer(x)), unit(array(x), axes, 0.125) * scale + bias,
                               rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_group_norm_brings_each_group_of_channels_to_mean_0_and_variance_1():
    layer = make("GroupNorm", "group: 3 eps: 0.125", SIZE)
    x = noise(SIZE)
    groups = unit(array(x).reshape(2, 3, 2, 5, 4), (2, 3, 4), 0.125).reshape(SIZE)
    scale, bias = map(array, layer.blobs)
    np.testing.assert_allclose(array(layer(x)), groups * scale + bias, rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_instance_norm_brings_each_plane_to_mean_0_and_variance_1():
    layer = make("InstanceNorm", "eps: 0.125 affine: true", SIZE)
    x = noise(SIZE)
    scale, bias = (array(blob)[:, None, None] for blob in layer.blobs)
    expected = unit(array(x), (2, 3), 0.125) * scale + bias
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10, atol=1e-12)
    plain = make("InstanceNorm", "", SIZE)
    assert plain.blobs == []
    np.testing.assert_allclose(array(plain(x)), unit(array(x), (2, 3), 1e-4), rtol=1e-6,
                               atol=1e-12)


def test_norms_begin_as_the_plain_ones():
    for kind, param in (("LayerNorm", ""), ("GroupNorm", "group: 2"), ("InstanceNorm",
                                                                       "affine: true")):
        made = make(kind, param, SIZE)
        fresh = type(made)(made.spec, SIZE)
        fresh.materialise(torch.Generator().manual_seed(0))
        assert (fresh.blobs[0] == 1).all() and (fresh.blobs[1] == 0).all()


@pytest.mark.parametrize("kind, param, match", [
    ("GroupNorm", "group: 4", r"group_norm_param.group is 4; it must divide the 6 channels"),
    ("GroupNorm", "group: 0", r"group_norm_param.group is 0; it must divide"),
    ("GroupNorm", "group: 2 eps: 0", r"group_norm_param.eps is 0; it must be above 0"),
    ("LayerNorm", "axis: 4", r"layer_norm_param.axis is 4; the bottom has the shape"),
    ("InstanceNorm", "eps: -1", r"instance_norm_param.eps is -1; it must be above 0"),
])
def test_norms_refuse_what_cannot_be(kind, param, match):
    with pytest.raises(SpecError, match=match):
        make(kind, param, SIZE)


def test_eltwise_affine_has_a_slope_and_a_bias_for_each_channel():
    layer = make("EltwiseAffine", "", SIZE)
    x = noise(SIZE)
    slope, bias = (array(blob)[:, None, None] for blob in layer.blobs)
    np.testing.assert_allclose(array(layer(x)), array(x) * slope + bias, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)
    fresh = type(layer)(layer.spec, SIZE)
    fresh.materialise(torch.Generator().manual_seed(0))
    np.testing.assert_allclose(array(fresh.blobs[0]), 1.0001, rtol=1e-6)
    np.testing.assert_allclose(array(fresh.blobs[1]), 0.0001, rtol=1e-6)


@pytest.mark.parametrize("param, through, learns", [
    ("", True, True), ("do_backward_feature: false", False, True),
    ("do_backward_scale: false", True, False), ("do_forward: false", True, True)])
def test_channel_scale_multiplies_all_channels_of_a_place(param, through, learns):
    layer = make("ChannelScale", param, SIZE, (2, 5, 4))
    x = noise(SIZE)
    scale = noise(2, 5, 4, seed=4)
    y = layer(x, scale)
    places = array(scale)[:, None]
    expected = array(x) if "do_forward" in param else array(x) * places
    np.testing.assert_allclose(array(y), expected, rtol=1e-12)
    gradient = noise(SIZE, seed=7).detach()
    y.backward(gradient)
    dy = array(gradient)
    np.testing.assert_allclose(array(x.grad), dy * places if through else dy, rtol=1e-12)
    np.testing.assert_allclose(array(scale.grad), (dy * array(x)).sum(1) * learns, rtol=1e-10)


def test_channel_scale_keeps_a_running_mean_of_its_scales_as_the_one_factor():
    made = make("ChannelScale", "global_scale: true max_global_scale: 2", SIZE, (2, 1, 5, 4),
                tops=2)
    layer = type(made)(made.spec, SIZE, (2, 1, 5, 4))
    layer.materialise(torch.Generator().manual_seed(0))
    x = noise(SIZE).float()
    first, second = (noise(2, 1, 5, 4, seed=seed).float() for seed in (4, 5))
    y, factor = layer(x, first)
    mean = abs(array(first)).mean()
    np.testing.assert_allclose(array(factor), [mean], rtol=1e-6)
    np.testing.assert_allclose(array(y), array(x) * mean, rtol=1e-5)
    _, factor = layer(x, second)
    wanted = 0.99 * mean + 0.01 * abs(array(second)).mean()
    np.testing.assert_allclose(array(factor), [wanted], rtol=1e-6)
    layer(x, first * 1e6)
    assert float(layer.factor) == 2


def test_channel_scale_refuses_scales_of_another_size():
    with pytest.raises(SpecError, match="the second must hold 40 numbers, one for each item and"):
        make("ChannelScale", "", SIZE, (2, 6, 5, 4))


def test_group_norm_by_group_num_has_no_scale_and_bias():
    layer = make("GroupNorm", "group_num: 2 eps: 0.01", (2, 6, 3, 5))
    assert not list(layer.blobs)
    x = noise(2, 6, 3, 5)
    rows = x.detach().numpy().reshape(4, -1)
    expected = (rows - rows.mean(1, keepdims=True)) / np.sqrt(rows.var(1, keepdims=True) + 0.01)
    np.testing.assert_allclose(layer(x).detach().numpy().reshape(4, -1), expected, rtol=1e-9)
    with pytest.raises(SpecError, match="group_norm_param.group_num is 4; it must divide the 6 "):
        make("GroupNorm", "group_num: 4", (2, 6, 3, 5))
