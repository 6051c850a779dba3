"""Arcface, CosinAddm and AdaCosAddmScale against the angles themselves, in numpy."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

COSINES = np.array([[0.3, -0.2, 0.9], [-0.95, 0.4, 0.1], [0.2, 0.5, -0.6], [0.7, 0.1, -0.3]])
LABELS = np.array([2, 0, 1, 0])
M = 0.4


def moved(cosines, labels, m=M):
    """The label's angle plus m, or beyond pi the line that the originals take."""
    top = cosines.copy()
    for item, label in enumerate(labels):
        angle = math.acos(cosines[item, label])
        top[item, label] = math.cos(angle + m) if angle + m < math.pi \
            else cosines[item, label] - m * math.sin(m)
    return top


@pytest.mark.parametrize("kind", ["Arcface", "CosinAddm"])
def test_the_angle_of_the_label_grows_by_m(kind):
    layer = make(kind, f"m: {M}", (4, 3), (4,))
    x = torch.tensor(COSINES, requires_grad=True)
    top = layer(x, torch.tensor(LABELS, dtype=torch.float64))
    np.testing.assert_allclose(top.detach(), moved(COSINES, LABELS), rtol=1e-6)
    assert math.acos(COSINES[1, 0]) + M > math.pi       # the second item is beyond pi
    assert torch.autograd.gradcheck(lambda x: layer(x, torch.tensor(LABELS)), x)


def test_an_item_without_a_class_keeps_its_cosines_in_arcface_alone():
    labels = torch.tensor([-1.0, 0, 1, 0])
    layer = make("Arcface", f"m: {M}", (4, 3), (4,))
    assert torch.equal(layer(torch.tensor(COSINES), labels)[0], torch.tensor(COSINES[0]))
    with pytest.raises(DataError, match="-1"):
        make("CosinAddm", f"m: {M}", (4, 3), (4,))(torch.tensor(COSINES), labels)


@pytest.mark.parametrize("kind, expected, slope", [
    ("Arcface", 1 - M * math.sin(M), 1), ("CosinAddm", math.cos(M), 1)])
def test_a_cosine_of_one_is_taken_as_each_original_does(kind, expected, slope):
    x = torch.tensor([[1.0, 0.5]], dtype=torch.float64, requires_grad=True)
    top = make(kind, f"m: {M}", (1, 2), (1,))(x, torch.zeros(1))
    top.sum().backward()
    assert top[0, 0].item() == pytest.approx(expected)
    assert x.grad[0, 0] == slope


def test_the_scale_of_adacos_follows_the_batch():
    layer = make("AdaCosAddmScale", f"m: {M} num_classes: 3", (4, 3), (4,))
    scale = math.sqrt(2) * math.log(2)
    labels = torch.tensor(LABELS)
    for cosines in (COSINES, COSINES * 0.9, COSINES.clip(0.8, 1)):
        others = np.exp(scale * np.where(np.eye(3)[LABELS] > 0, 0, cosines)).sum() / 4
        angle = min(np.arccos(cosines).mean(), math.pi / 4)
        scale = math.log(others) / math.cos(angle)
        x = torch.tensor(cosines, requires_grad=True)
        top = layer(x, labels)
        np.testing.assert_allclose(top.detach(), scale * moved(cosines, LABELS), rtol=1e-5)
        top.sum().backward()
        assert x.grad[0, 0].item() == pytest.approx(scale, rel=1e-5)


@pytest.mark.parametrize("kind, field, match", [
    ("Arcface", "m: 3.2", "m is 3.2; it must be at least 0 and less than pi"),
    ("AdaCosAddmScale", "num_classes: 2", "num_classes is 2; it must be more than 2")])
def test_settings_that_mean_nothing_are_refused(kind, field, match):
    with pytest.raises(SpecError, match=match):
        make(kind, field, (4, 3), (4,))
    assert make(kind, "m: 0.1", (4, 3), (4,))(noise(4, 3).tanh(), torch.zeros(4)).shape == (4, 3)
