"""Numbers of few bits whose binary point is found (Xilinx), against the definition in numpy."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework import SpecError
from framework.net.net import Net
from framework.report.layer_samples import sample_document
from tests.support import make, noise

SHAPE = (2, 3, 5, 4)


def short(x, bits, point):
    """By hand, halves outwards."""
    step = 2.0 ** -point
    rounded = np.sign(x) * np.floor(np.abs(x / step) + 0.5)
    return np.clip(rounded, -2 ** (bits - 1), 2 ** (bits - 1) - 1) * step


def point_of(x, bits, method):
    limit = 2 ** (bits - 1)
    first = math.floor(math.log2(1 / max(x.min() / (-limit - 0.5), x.max() / (limit - 0.5))))
    if method == "OVER_FLOW":
        return first
    view = (lambda y: (1 + np.tanh(y / 2)) / 2) if "SIGMOID" in method else (lambda y: y)
    tried = range(first, first + (10 if "SIGMOID" in method else 5))
    return min(tried, key=lambda point: ((view(x) - view(short(x, bits, point))) ** 2).sum())


def neuron(more, phase, shape=SHAPE, method="DIFF_S", bits=4):
    return make("FixedNeuron", f"fixed_param {{ fixed_method: {method} bit_width: {bits} {more} }}",
                shape, phase=phase).double()


@pytest.mark.parametrize("method", ["OVER_FLOW", "DIFF_S", "DIFF_A", "DIFF_S_SIGMOID"])
@pytest.mark.parametrize("bits, factor", [(4, 1.0), (3, 40.0), (8, 0.01)])
def test_training_finds_the_point_of_its_method(method, bits, factor):
    x = (noise(*SHAPE) ** 3 * factor).detach().requires_grad_()
    layer = neuron("", "TRAIN", method=method, bits=bits)
    y = layer(x)
    point = point_of(x.detach().numpy(), bits, method)
    assert layer.point.tolist() == [point]
    np.testing.assert_array_equal(y.detach(), short(x.detach().numpy(), bits, point))
    y.backward(torch.full_like(y, 3))
    np.testing.assert_array_equal(x.grad, np.full(SHAPE, 3))


@pytest.mark.parametrize("method, own", [("OVER_FLOW", True), ("DIFF_S", False)])
def test_the_point_that_was_found_most_often_is_kept(method, own):
    layer = neuron("", "TRAIN", method=method)
    x = noise(*SHAPE).detach()
    points = [point_of((x * factor).numpy(), 4, method) for factor in (1, 8, 8)]
    layer(x)
    layer(x * 8)
    assert layer.point.tolist() == [min(points)]        # one each: the smallest
    layer(x * 8)
    y = layer(x)                                        # two each
    assert layer.point.tolist() == [min(points)] == [points[1]]
    np.testing.assert_array_equal(y, short(x.numpy(), 4, points[0] if own else points[1]))


@pytest.mark.parametrize("more, phase, expected", [
    ("", "TEST", [-4, -0.5, 0, 1, 1.5, 3.5]),
    ("follow_data_layer: true", "TEST", [-9, -0.5, 0, 0.5, 1, 5]),
    ("enable: false", "TEST", [-9.25, -0.75, -0.25, 0.75, 1.25, 5.25])])
def test_testing_takes_the_stored_point(more, phase, expected):
    """Steps of 0.5; from -4 to 3.5. Halves go up, but with follow_data_layer towards 0."""
    layer = neuron(more, phase, shape=(6,))
    layer.point.fill_(1.75)             # cut to 1
    x = torch.tensor([-9.25, -0.75, -0.25, 0.75, 1.25, 5.25], dtype=torch.float64)
    assert layer(x).tolist() == expected


def test_training_of_images_rounds_halves_outwards():
    layer = neuron("follow_data_layer: true", "TRAIN", shape=(4,), method="OVER_FLOW")
    x = torch.tensor([-8.5, -2.5, 2.5, 7.49], dtype=torch.float64)
    assert layer(x).tolist() == [-8, -3, 3, 7] and layer.point.tolist() == [0]
    assert layer(x * 0).tolist() == [0, 0, 0, 0]


LAYERS = {
    "ConvolutionFixed": ("convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { "
                         "type: 'gaussian' } }",
                         lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1)),
    "InnerProductFixed": ("inner_product_param { num_output: 4 weight_filler { type: 'gaussian' } "
                          "}", lambda x, weight, bias: F.linear(x.flatten(1), weight, bias)),
    "ScaleFixed": ("scale_param { bias_term: true }",
                   lambda x, weight, bias: x * weight.view(-1, 1, 1) + bias.view(-1, 1, 1)),
    "NormalizeFixed": ("norm_param { across_spatial: false channel_shared: false }",
                       lambda x, weight: x / ((x * x).sum(1, keepdim=True) + 1e-10).sqrt()
                       * weight.view(-1, 1, 1)),
}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("method", ["OVER_FLOW", "DIFF_S"])
@pytest.mark.parametrize("enabled", [True, False])
def test_weights_are_short_in_the_forward_and_exact_in_the_backward(kind, method, enabled):
    param, definition = LAYERS[kind]
    layer = make(kind, f"{param} fixed_param {{ fixed_method: {method} bit_width: 4 enable: "
                 f"{str(enabled).lower()} }}", SHAPE).double()
    blobs = list(layer.blobs)
    for index, blob in enumerate(blobs):
        blob.data = noise(*blob.shape, seed=index + 2).detach()
    x = noise(*SHAPE)
    y = layer(x)
    values = [blob.detach().numpy() for blob in blobs]
    used = [torch.from_numpy(short(one, 4, point_of(one, 4, method)) if enabled else one)
            for one in values]
    np.testing.assert_allclose(y.detach(), definition(x.detach(), *used), rtol=1e-10, atol=1e-12)
    with torch.no_grad():
        np.testing.assert_allclose(layer(x), y.detach(), rtol=1e-12)
    slope = noise(*y.shape, seed=9).detach()
    found = torch.autograd.grad(y, [x, blobs[-1]], slope)
    plain = make(kind.removesuffix("Fixed"), param, SHAPE).double()
    for blob, value in zip(plain.blobs, values, strict=True):
        blob.data = torch.from_numpy(value)
    expected = torch.autograd.grad(plain(x), [x, list(plain.blobs)[-1]], slope)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("kind, more, message", [
    ("ConvolutionFixed", "fixed_method: DIFF_A", "fixed_method is DIFF_A; weights take one of "),
    ("FixedNeuron", "bit_width: 0", "bit_width is 0; it must be at least 1"),
    ("FixedNeuron", "bit_width: 40", "bit_width is 40; it may be at most 24"),
    ("ScaleFixed", "follow_data_layer: true", "fixed_param.follow_data_layer")])
def test_settings_that_do_not_fit_are_refused(kind, more, message):
    param = LAYERS.get(kind, ("",))[0]
    with pytest.raises(SpecError, match=message):
        make(kind, f"{param} fixed_param {{ {more} }}", SHAPE)


def test_the_samples_of_all_five_are_built_and_run():
    for kind in ("FixedNeuron", *LAYERS):
        net = Net(sample_document(kind))
        assert torch.isfinite(net({"x": torch.randn(SHAPE)})["y"]).all()


@pytest.mark.parametrize("method", ["OVER_FLOW", "DIFF_S"])
def test_values_that_are_nan_and_batches_without_items_find_no_point(method):
    layer = neuron("", "TRAIN", method=method)
    layer(noise(*SHAPE))
    point = layer.point.clone()
    for _ in range(2):
        assert layer(torch.full(SHAPE, math.nan).double()).isnan().all()
        assert layer(torch.zeros(0, *SHAPE[1:]).double()).shape == (0, *SHAPE[1:])
    assert torch.equal(layer.point, point) and int(layer.counts.sum()) == 1
