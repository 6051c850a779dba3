"""LocLoss and STLoss against loops, PowerFile and GuidedDropout against their definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def beyond(value, limit):
    return (abs(value) - limit) ** 2 / 2 if abs(value) > limit else 0


def test_locloss_counts_what_is_over_the_threshold():
    layer = make("LocLoss", "threshold: 0.4", (3, 5))
    x = noise(3, 5)
    expected = np.mean([beyond(value, 0.4) for value in x.detach().numpy().flat])
    assert layer(x).item() == pytest.approx(expected, rel=1e-9)
    assert torch.autograd.gradcheck(layer, x)


def test_stloss_is_the_distance_of_the_grid_to_the_image():
    layer = make("STLoss", "output_H: 3 output_W: 5", (2, 6))
    theta = noise(2, 6)
    total = 0
    for a, b, c, d, e, f in theta.detach().numpy():
        for s, t in np.ndindex(3, 5):
            x, y = s * 2 / 3 - 1, t * 2 / 5 - 1
            total += beyond(a * x + b * y + c, 1) + beyond(d * x + e * y + f, 1)
    assert layer(theta).item() == pytest.approx(total / (2 * 3 * 5), rel=1e-6)
    assert torch.autograd.gradcheck(layer, theta)


@pytest.mark.parametrize("kind, field, size, match", [
    ("LocLoss", "threshold: 0", (3, 5), "threshold is 0; it must be more than 0"),
    ("STLoss", "output_H: 3", (2, 6), "output_W is 0; it must be at least 1"),
    ("STLoss", "output_H: 1073741824 output_W: 5", (2, 6), "output_H is 1073741824; it may be"),
    ("STLoss", "output_H: 3 output_W: 5", (2, 5), r"it must be \(N, 6\)")])
def test_settings_that_mean_nothing_are_refused(kind, field, size, match):
    with pytest.raises(SpecError, match=match):
        make(kind, field, size)


def test_powerfile_adds_the_numbers_of_its_file(tmp_path):
    path = tmp_path / "shift.txt"
    field = f'shift_file: "{path}"'
    later = make("PowerFile", field, (2, 2, 3))
    x = noise(2, 2, 3)
    with pytest.raises(SpecError, match=r"shift.txt', which cannot be read"):
        later(x)
    path.write_text("1 0 2.5\n-1 0 4 99\n")
    expected = x.detach().numpy() + np.array([[1, 0, 2.5], [-1, 0, 4]])
    for layer in (later, make("PowerFile", field, (2, 2, 3))):
        np.testing.assert_allclose(layer(x).detach(), expected)
    path.write_text("1 0 2.5\n")
    with pytest.raises(SpecError, match="which has 3 numbers; there are 6 values an item"):
        make("PowerFile", field, (2, 2, 3))


GUIDANCE = torch.tensor([[0.5, -1, 2, 0.1], [-1, -2, -3, 0]], dtype=torch.float64)


def test_guided_dropout_keeps_channels_above_the_threshold():
    layer = make("GuidedDropout", 'type: "deterministic" guidance_threshold: 0.2', (2, 4, 3),
                 (2, 4), phase="TEST")
    x = noise(2, 4, 3)
    expected = np.zeros((2, 4, 3))
    expected[0, [0, 2]] = x.detach().numpy()[0, [0, 2]] * 4 / 2
    np.testing.assert_allclose(layer(x, GUIDANCE).detach(), expected)
    assert torch.autograd.gradcheck(lambda x: layer(x, GUIDANCE), x)


def test_guided_dropout_draws_by_the_sigmoid_of_the_guidance():
    fields = 'type: "stochastic" sigmoid_scaler: 2'
    x = torch.ones(2, 4, 1, dtype=torch.float64)
    share = 1 / (1 + np.exp(-2 * GUIDANCE.numpy()))
    factor = 4 / share.sum(1, keepdims=True)
    layer = make("GuidedDropout", fields, (2, 4, 1), (2, 4))
    torch.manual_seed(3)
    tops = np.stack([layer(x, GUIDANCE)[..., 0].numpy() for _ in range(4000)])
    for item in range(2):
        np.testing.assert_allclose(np.unique(tops[:, item]), [0, factor[item, 0]])
    np.testing.assert_allclose((tops > 0).mean(0), share, atol=0.03)
    still = make("GuidedDropout", fields, (2, 4, 1), (2, 4), phase="TEST")
    assert torch.equal(still(x, GUIDANCE), x)


def test_guided_dropout_names_its_types():
    with pytest.raises(SpecError, match="is 'random'; it must be one of stochastic, determin"):
        make("GuidedDropout", 'type: "random"', (2, 4), (2, 4))
    with pytest.raises(SpecError, match="must be one number for each of"):
        make("GuidedDropout", 'type: "stochastic"', (2, 4), (2, 3))
