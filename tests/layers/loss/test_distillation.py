"""KnowledgeDistillation against torch's KL divergence."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (2, 5, 3)


def expected(student, teacher, temperature):
    """KL divergence of each position (2, 3)."""
    return F.kl_div((student / temperature).log_softmax(1), (teacher / temperature).softmax(1),
                    reduction="none").sum(1)


@pytest.mark.parametrize("temperature", [1, 4])
def test_distillation_is_the_divergence_with_the_gradient_times_the_temperature_squared(
        temperature):
    layer = make("KnowledgeDistillation", f"temperature: {temperature}", SHAPE, SHAPE)
    student = noise(SHAPE)
    teacher = noise(SHAPE, seed=2)
    loss = layer(student, teacher)
    loss.backward()
    again = student.detach().clone().requires_grad_()
    value = expected(again, teacher.detach(), temperature).mean()
    value.backward()
    np.testing.assert_allclose(loss.item(), value.item(), rtol=1e-9)
    np.testing.assert_allclose(student.grad, again.grad * temperature ** 2, rtol=1e-9)
    assert teacher.grad is None


def test_ignored_positions_add_nothing_and_are_not_counted():
    layer = make("KnowledgeDistillation", "loss_param { ignore_label: 9 }", SHAPE, SHAPE, (2, 3))
    labels = torch.tensor([[9.0, 0, 1], [2, 9, 9]], dtype=torch.float64)
    student = noise(SHAPE)
    teacher = noise(SHAPE, seed=2)
    loss = layer(student, teacher, labels)
    loss.backward()
    each = expected(student.detach(), teacher.detach(), 1)
    np.testing.assert_allclose(loss.item(), each[labels != 9].mean().item(), rtol=1e-9)
    assert (student.grad.abs().sum(1) == 0).tolist() == (labels == 9).tolist()


@pytest.mark.parametrize("param, shapes, message", [
    ("temperature: 0", (SHAPE, SHAPE), "temperature is 0; it must be above 0"),
    ("", (SHAPE, SHAPE, (2, 3)), "ignore_label and labels as a third bottom must be"),
    ("", (SHAPE, (2, 4, 3)), "it must have as many items and values"),
])
def test_wrong_settings_are_refused(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("KnowledgeDistillation", param, *shapes)
