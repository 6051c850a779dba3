"""BN with `decay`, against the definition in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (2, 3, 5, 4)


def normalized(x, mean, variance, layer, eps):
    scale, shift = layer.scale.detach().numpy(), layer.shift.detach().numpy()
    return (x - mean) / np.sqrt(variance + eps) * scale + shift


def test_averages_are_plain_means_at_first_and_decay_later():
    layer = make("BN", "decay: 0.4 var_eps: 0.5", SHAPE)
    mean, variance = layer.mean.numpy().copy(), layer.variance.numpy().copy()
    for number, share in enumerate((1, 1 / 2, 1 / 2)):         # round(1 / 0.4) is 2
        x = noise(SHAPE, seed=number)
        found, batch = layer(x), x.detach().numpy()
        own, spread = (batch.mean((0, 2, 3), keepdims=True), batch.var((0, 2, 3), keepdims=True))
        np.testing.assert_allclose(found.detach(), normalized(batch, own, spread, layer, 0.5),
                                   rtol=1e-9, atol=1e-12)
        mean, variance = mean * (1 - share) + own * share, variance * (1 - share) + spread * share
        np.testing.assert_allclose(layer.mean, mean, rtol=1e-10)
        np.testing.assert_allclose(layer.variance, variance, rtol=1e-10)


@pytest.mark.parametrize("averages", [True, False])
def test_testing_takes_the_averages_with_a_corrected_variance_and_no_eps(averages):
    fields = "" if averages else "moving_average: false"
    layer = make("BN", f"decay: 0.4 {fields}", SHAPE, phase="TEST")
    batch = noise(SHAPE).detach().numpy()
    mean, variance = layer.mean.numpy(), layer.variance.numpy() * 40 / 39
    if not averages:
        mean = batch.mean((0, 2, 3), keepdims=True)
        variance = batch.var((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(layer(torch.from_numpy(batch)).detach(),
                               normalized(batch, mean, variance, layer, 0), rtol=1e-9, atol=1e-12)


def test_a_decay_outside_of_0_to_1_and_a_field_of_another_bn_are_refused():
    with pytest.raises(SpecError, match="decay is 0; it must be above 0 and at most 1"):
        make("BN", "decay: 0", SHAPE)
    with pytest.raises(SpecError, match="bn_param.momentum"):
        make("BN", "decay: 0.1 momentum: 0.5", SHAPE)
    with pytest.raises(SpecError, match="decay has no ONNX form"):
        make("BN", "decay: 0.1", SHAPE).to_onnx(None, ["x"])


def test_decay_exma_is_the_share_of_the_averages_that_stays():
    layer = make("BN", "decay_exma: 0.75", SHAPE)
    mean, variance = layer.mean.numpy().copy(), layer.variance.numpy().copy()
    for number in range(3):
        x = noise(SHAPE, seed=number)
        found, batch = layer(x), x.detach().numpy()
        own, spread = (batch.mean((0, 2, 3), keepdims=True), batch.var((0, 2, 3), keepdims=True))
        np.testing.assert_allclose(found.detach(), normalized(batch, own, spread, layer, 1e-9),
                                   rtol=1e-9, atol=1e-12)
        mean, variance = mean * 0.75 + own / 4, variance * 0.75 + spread / 4
        np.testing.assert_allclose(layer.mean, mean, rtol=1e-6)
        np.testing.assert_allclose(layer.variance, variance, rtol=1e-6)
    tested = make("BN", "decay_exma: 0.75", SHAPE, phase="TEST")
    expected = normalized(batch, tested.mean.numpy(), tested.variance.numpy(), tested, 1e-9)
    np.testing.assert_allclose(tested(x).detach(), expected, rtol=1e-9, atol=1e-12)
    with pytest.raises(SpecError, match="bn_param.momentum"):
        make("BN", "decay_exma: 0.1 momentum: 0.5", SHAPE)
