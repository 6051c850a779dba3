"""MarginSoftmaxLoss against its definition, row by row."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (6, 5)
LABELS = torch.tensor([2, 0, 2, 1, 3, 1], dtype=torch.float64)


def loss_of(rows, weight, labels, share):
    """By margin_softmax_loss_layer.cpp: the quarter k of 0 to pi, and (-1)^k cos(4 t) - 2 k."""
    total = 0.0
    for row, label in zip(rows, labels.astype(int), strict=True):
        scores = weight @ row
        lengths = np.linalg.norm(row) * np.linalg.norm(weight[label])
        angle = np.arccos(scores[label] / lengths) if lengths else 0.0
        k = min(int(angle // (np.pi / 4)), 3)
        margin = (-1) ** k * np.cos(4 * angle) - 2 * k
        scores[label] = (scores[label] * share + lengths * margin) / (1 + share)
        total -= scores[label] - np.log(np.exp(scores).sum())
    return total / len(rows)


def margin_loss(share):
    return make("MarginSoftmaxLoss", "margin_softmax_loss_param { num_output: 4 lambda { "
                f"{share} }} }}", SHAPE, (6,))


@pytest.mark.parametrize("scale", [1, -1, 0.01])
def test_the_label_must_win_by_four_angles(scale):
    layer, x = margin_loss("value: 0.5"), (noise(SHAPE) * scale).detach().requires_grad_()
    weight = layer.weight.detach().clone().requires_grad_()
    found = layer(x, LABELS)
    np.testing.assert_allclose(found.item(), loss_of(
        x.detach().numpy(), weight.detach().numpy(), LABELS.numpy(), 0.5), rtol=1e-10)
    assert torch.autograd.gradcheck(
        lambda x, weight: layer.with_blobs(weight=weight)(x, LABELS), (x, weight))


def test_a_row_of_zeros_has_the_angle_0():
    layer, x = margin_loss("value: 2"), noise(SHAPE).detach()
    x[1] = 0
    x.requires_grad_()
    loss = layer(x, LABELS)
    np.testing.assert_allclose(loss.item(), loss_of(
        x.detach().numpy(), layer.weight.detach().numpy(), LABELS.numpy(), 2), rtol=1e-10)
    loss.backward()
    assert x.grad.isfinite().all() and layer.weight.grad.isfinite().all()


def test_lambda_falls_with_the_forwards_of_training_to_its_least():
    layer = margin_loss("policy: STEPUP value: 8 gamma: 0.25 step: 2 max: 9 min: 1")
    x = noise(SHAPE)
    for share in (8, 8, 2, 2, 1, 1, 1):
        np.testing.assert_allclose(layer(x, LABELS).item(), loss_of(
            x.detach().numpy(), layer.weight.detach().numpy(), LABELS.numpy(), share), rtol=1e-10)
    with torch.no_grad():
        layer(x, LABELS)
    assert layer.share.iteration == 7


@pytest.mark.parametrize("fields, labels, message", [
    ("", (6,), "num_output is 0; it must be at least 1"),
    ("num_output: 4 lambda { step: 0 }", (6,), r"lambda.step is 0; it must be at least 1"),
    ("num_output: 4", (5,), "one label for each of the 6 items"),
])
def test_what_does_not_fit_is_named(fields, labels, message):
    with pytest.raises(SpecError, match=message):
        make("MarginSoftmaxLoss", f"margin_softmax_loss_param {{ {fields} }}", SHAPE, labels)
