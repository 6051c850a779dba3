"""WassersteinLoss: Sinkhorn's scaling in loops, and a gradient that is the slope along mass."""

import h5py
import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make

METRIC = np.array([[0, 1, 2.5], [1, 0, 1.2], [2.5, 1.2, 0]])
P = np.array([[.2, .5, .3], [.6, .1, .3]])
Y = np.array([[.3, .3, .4], [.1, .8, .1]])


@pytest.fixture
def metric(tmp_path):
    path = tmp_path / "metric.h5"
    with h5py.File(path, "w") as file:
        file["data"] = METRIC.astype(np.float32).reshape(3, 3, 1, 1)
    return path


def param(path, settings=""):
    return f'wasserstein_param {{ ground_metric: "{path}" {settings} }}'


def by_definition(p, y, strength, rounds):
    """The loss and log(u) of each item, plan by plan."""
    kernel = np.exp(-strength * METRIC.astype(np.float32).astype(float) - 1)
    total, logs = 0, []
    for row, truth in zip(p, y, strict=True):
        u = v = np.ones(3)
        for _ in range(rounds):
            v = truth / (u @ kernel)
            u = row / (kernel @ v)
        for i in range(3):
            for j in range(3):
                plan = u[i] * kernel[i, j] * v[j]
                if plan > 0:
                    total += plan * METRIC.astype(np.float32)[i, j] \
                        + plan * np.log(plan) / strength
        logs.append(np.log(u))
    return total / len(p), np.array(logs) / (strength * len(p))


@pytest.mark.parametrize("settings, strength, rounds, shifted", [
    ("", 1, 50, False), ("lambda: 3 scaling_iter: 7 shift_gradient: true", 3, 7, True)])
@pytest.mark.parametrize("labels", [Y, np.array([[2.], [0.]])], ids=["distributions", "numbers"])
def test_loss_and_gradient_are_those_of_the_plan(metric, settings, strength, rounds, shifted,
                                                 labels):
    layer = make("WassersteinLoss", param(metric, settings), (2, 3), labels.shape)
    x = torch.tensor(P, requires_grad=True)
    loss = layer(x, torch.tensor(labels))
    (loss * 2).backward()
    truth = Y if labels is Y else np.eye(3)[[2, 0]]
    expected, slope = by_definition(P, truth, strength, rounds)
    if shifted:
        slope = slope - slope.mean(1, keepdims=True)
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-9)
    np.testing.assert_allclose(x.grad.numpy(), 2 * slope, rtol=1e-9)


def test_the_gradient_is_the_slope_where_mass_moves_between_classes(metric):
    layer = make("WassersteinLoss", param(metric, "scaling_iter: 400"), (2, 3), (2, 3))
    x, truth = torch.tensor(P, requires_grad=True), torch.tensor(Y)
    gradient, = torch.autograd.grad(layer(x, truth), x)
    step = 1e-5 * torch.tensor([[1.0, -1, 0], [0, 1, -1]], dtype=torch.float64)
    with torch.no_grad():
        slope = (layer(x + step, truth) - layer(x - step, truth)).item() / 2e-5
    np.testing.assert_allclose((gradient * step).sum().item() / 1e-5, slope, rtol=1e-6)


def test_what_it_cannot_read_or_fit_is_an_error(metric, tmp_path):
    with pytest.raises(SpecError, match="ground_metric is not given"):
        make("WassersteinLoss", "", (2, 3), (2,))
    with pytest.raises(SpecError, match="there is no such file"):
        make("WassersteinLoss", param(tmp_path / "none.h5"), (2, 3), (2,))
    with pytest.raises(SpecError, match="has 9 values; 4 classes need 16"):
        make("WassersteinLoss", param(metric), (2, 4), (2,))
    with pytest.raises(SpecError, match="it must hold one number, or 3, for each of 2 items"):
        make("WassersteinLoss", param(metric), (2, 3), (2, 2))
    with pytest.raises(SpecError, match="lambda is 0"):
        make("WassersteinLoss", param(metric, "lambda: 0"), (2, 3), (2,))
