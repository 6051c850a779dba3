"""L-Softmax, additive margins and losses of binary codes against their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

LABELS = torch.tensor([1, 4, 0, 2], dtype=torch.float64)


def psi(angle, multiple):
    k = min(int(angle * multiple / math.pi), multiple - 1)
    return (-1) ** k * math.cos(multiple * angle) - 2 * k


@pytest.mark.parametrize("kind, multiple", [("SINGLE", 1), ("DOUBLE", 2), ("TRIPLE", 3),
                                            ("QUADRUPLE", 4)])
def test_large_margin_product_multiplies_the_angle_of_the_labels_class(kind, multiple):
    layer = make("LargeMarginInnerProduct", f"num_output: 5 type: {kind} base: 3 gamma: 0.5 "
                 "iteration: 7 power: 2 lambda_min: 0.01", (4, 3), (4,), tops=2)
    x, weight = noise(4, 3), layer.weight.detach().numpy()
    lam = max(3 * (1 + 0.5 * 8) ** -2, 0.01)
    plain = x.detach().numpy() @ weight.T
    expected = plain.copy()
    for row, label in enumerate(LABELS.long().tolist()):
        lengths = np.linalg.norm(x.detach().numpy()[row]) * np.linalg.norm(weight[label])
        margin = lengths * psi(math.acos(plain[row, label] / lengths), multiple)
        if multiple > 1:
            expected[row, label] = (margin + lam * plain[row, label]) / (1 + lam)
    top, told = layer(x, LABELS)
    np.testing.assert_allclose(top.detach(), expected, rtol=1e-6)
    np.testing.assert_allclose(told.detach(), [lam], rtol=1e-6)


def test_large_margin_product_has_the_derivative_for_x_and_weights():
    layer = make("LargeMarginInnerProduct", "type: TRIPLE", (4, 3), (4,), (5, 3))
    assert torch.autograd.gradcheck(lambda x, w: layer(x, LABELS, w)[0],
                                    (noise(4, 3), noise(5, 3, seed=2)))
    with pytest.raises(SpecError, match="must hold rows of 3 weights"):
        make("LargeMarginInnerProduct", "type: TRIPLE", (4, 3), (4,), (5, 2))


def test_label_specific_add_shifts_the_labels_value_where_it_is_large_enough():
    x = torch.tensor([[0.1, 0.2, 0.3], [0.9, 0.5, 0.4]], dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([1.0, 0.0])
    layer = make("LabelSpecificAdd", "bias: -0.35", (2, 3), (2,), tops=2)
    top, bias = layer(x, labels)
    np.testing.assert_allclose(top.detach(), [[0.1, 0.2, 0.3], [0.55, 0.5, 0.4]])
    np.testing.assert_allclose(bias, [-0.35])
    assert torch.autograd.gradcheck(lambda x: layer(x, labels)[0], x)
    in_test = make("LabelSpecificAdd", "bias: -0.35 transform_test: true", (2, 3), (2,),
                   phase="TEST")
    np.testing.assert_array_equal(in_test(x, labels)[0].detach(), x.detach())


def test_a_bias_with_a_base_moves_with_each_forward_within_its_limits():
    layer = make("LabelSpecificAdd", "bias_base: 0.1 bias_gamma: 0.5 bias_power: 2 bias_max: 2 "
                 "iteration: 1", (1, 3), (1,), tops=2)
    found = [layer(noise(1, 3), torch.zeros(1))[1].item() for _ in range(3)]
    np.testing.assert_allclose(found, [0.1 + 1.5 ** 2 - 1, 2, 2], rtol=1e-6)


@pytest.mark.parametrize("kind, sign", [("K1_EuclideanLoss", -1), ("K2_EuclideanLoss", 1)])
def test_losses_of_codes_are_half_the_mean_squared_distance_from_a_half(kind, sign):
    layer, x = make(kind, "", (4, 3), (4, 3)), noise(4, 3)
    expected = sign * ((x.detach().numpy() - 0.5) ** 2).sum() / (2 * 12)
    assert layer(x, x.detach()).item() == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, x.detach()), x)


def test_the_first_smooth_l1_loss_of_fast_rcnn_has_inside_weights_only():
    x, target, weights = noise(3, 4), noise(3, 4, seed=2), noise(3, 4, seed=3)
    layer = make("SmoothL1Loss", "", (3, 4), (3, 4), (3, 4))
    d = (weights * (x - target)).detach().numpy()
    expected = np.where(np.abs(d) < 1, d * d / 2, np.abs(d) - 0.5).sum() / 3
    assert layer(x, target, weights).item() == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, target, weights), x)
