"""AdaptiveSoftmaxWithLoss against loops over labels."""

import math

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from tests.definitions import softmax
from tests.support import make, noise

LABELS = torch.tensor([0.0, 2, 0, 1, 0, -1], dtype=torch.float64)
SHAPES = (6, 4), (6,)


def losses(rows, entropy):
    """-log p, and the entropy's term, of each label that counts; 0 where it is not above 0."""
    p = softmax(rows)
    each = [-math.log(p[item, int(label)]) + entropy * (p[item] * np.log(p[item])).sum()
            if label >= 0 else 0 for item, label in enumerate(LABELS)]
    return np.maximum(each, 0)


def test_the_entropy_lowers_the_loss_of_a_label_and_may_leave_it_out():
    x = (3 * noise(6, 4, seed=4)).detach().requires_grad_()
    text = "loss_param { ignore_label: -1 max_entropy_weight: 0.75 }"
    each = losses(x.detach().numpy(), 0.75)
    left = (each > 0).sum()
    assert 0 < left < 5                                 # of five labels that are not ignored
    layer = make("AdaptiveSoftmaxWithLoss", text, *SHAPES)
    assert layer(x, LABELS).item() == pytest.approx(each.sum() / left)
    assert torch.autograd.gradcheck(lambda one: layer(one, LABELS), x)


def test_classes_weigh_by_their_smoothed_frequencies():
    first, second = noise(6, 4, requires_grad=False), noise(6, 4, seed=2, requires_grad=False)
    text = ("loss_param { ignore_label: -1 adaptive_weighting: true gamma: 0.75 scale: 2 "
            "max_weight: 1.5 min_weight: 0.25 }")
    layer = make("AdaptiveSoftmaxWithLoss", text, *SHAPES, tops=9)
    layer(first, LABELS)
    loss, *pairs = layer(second, torch.tensor([3.0, 3, 0, 1, 1, -1], dtype=torch.float64))
    frequency = np.array([0.75 * 3 / 5 + 0.25 / 5, 0.75 / 5 + 0.25 * 2 / 5, 0.75 / 5, 2 / 5])
    weight = 2 * np.clip(frequency.sum() / 4 / frequency, 0.25, 1.5)
    np.testing.assert_allclose([one.item() for one in pairs[::2]], frequency, rtol=1e-6)
    np.testing.assert_allclose([one.item() for one in pairs[1::2]], weight, rtol=1e-6)
    p = softmax(second.numpy())
    expected = -sum(weight[kind] * math.log(p[item, kind])
                    for item, kind in enumerate([3, 3, 0, 1, 1])) / 5
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_weights_of_labels_are_summed_to_a_whole_number():
    x, given = noise(6, 4), torch.tensor([0.5, 1, 1, 0.25, 1, 9], dtype=torch.float64)
    text = "loss_param { ignore_label: -1 max_entropy_weight: 0.001 }"
    layer = make("AdaptiveSoftmaxWithLoss", text, *SHAPES, (6,))
    each = losses(x.detach().numpy(), 0.001)
    assert layer(x, LABELS, given).item() == pytest.approx((each * given.numpy()).sum() / 3,
                                                           rel=1e-6)


def test_a_softmax_loss_with_one_of_the_two_is_it():
    text = """layer { name: "l" type: "SoftmaxWithLoss" bottom: "x" bottom: "y" top: "l"
              loss_param { %s } }"""
    kinds = [parse_net(text % one).message.layer[0].type for one in (
        "adaptive_weighting: true", "max_entropy_weight: 0.5", "ignore_label: 3")]
    assert kinds == ["AdaptiveSoftmaxWithLoss"] * 2 + ["SoftmaxWithLoss"]
    with pytest.raises(SpecError, match="there must be 1, 2, or with adaptive_weighting 9"):
        make("AdaptiveSoftmaxWithLoss", "loss_param { adaptive_weighting: true }", *SHAPES, tops=3)
    with pytest.raises(SpecError, match="loss_param.gamma is 2; it must be above 0"):
        make("AdaptiveSoftmaxWithLoss", "loss_param { gamma: 2 }", *SHAPES)
