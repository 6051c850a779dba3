"""BN of SegNet and PSPNet against its definition in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


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
])
def test_wrong_parameters_are_named(kind, param, sizes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *sizes)
