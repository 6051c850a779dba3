"""AffinityLoss and SSIMLoss, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

AFFINITIES = torch.tensor([2.0, 0, -1.5, 0.7, -0.7, 1.1], dtype=torch.float64)


def grad_of(layer, x, *others):
    (gradient,) = torch.autograd.grad(layer(x, *others), x)
    return gradient


def differences(x, gap=0.0, penalty=0.0, zero=0.0):
    for value, label in zip(x, AFFINITIES.tolist(), strict=True):
        if label > 0:
            away = value - label
            yield np.sign(away) * max(0, abs(away) - gap / 2)
        elif label < 0 and value > -label:
            yield max(0, value + label + penalty - gap / 2)
        else:
            yield zero


@pytest.mark.parametrize("huber", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_predictions_are_near_to_affinities_or_below_them(huber, weighted):
    x = noise(6, 1) * 2
    weights = noise(6).abs().detach() if weighted else torch.ones(6, dtype=torch.float64)
    text = ("gap: 0.5 penalty: 0.25 diff_for_zero: 0.25 scale: 0.125 delta: 1.5 "
            f"weighted: {str(weighted).lower()} pseudohuber: {str(huber).lower()}")
    shapes = [(6, 1), (6,), (6,)][:2 + weighted]
    layer = make("AffinityLoss", f"affinity_loss_param {{ {text} }}", *shapes)
    others = (AFFINITIES, weights)[:1 + weighted]
    away = np.array(list(differences(x.flatten().tolist(), 0.5, 0.25, 0.25)))
    scaled = weights.numpy() * away
    terms = 1.5 ** 2 * (np.sqrt(1 + (away / 1.5) ** 2) - 1) if huber else away ** 2
    assert layer(x, *others).item() == pytest.approx((weights.numpy() * terms).sum() / 12)
    slope = 0.125 * scaled / (1 + (scaled / 1.5) ** 2 if huber else 1) / 6
    np.testing.assert_allclose(grad_of(layer, x, *others).flatten().numpy(), slope, atol=1e-12)


def test_pairs_are_put_in_order_and_gradients_bounded():
    x = noise(6) * 2
    pairs = [(0, 3), (0, 5), (3, 5), (4, 3)]
    plain = make("AffinityLoss", "", (6,), (6,))
    text = "affinity_loss_param { ranklossmult: 0.5 ranklossneg: true %s }"
    layer = make("AffinityLoss", text % "", (6,), (6,))
    free = x.detach().clone().requires_grad_()
    terms = [torch.log1p(torch.exp((-1 if AFFINITIES[i] > AFFINITIES[j] else 1)
                                   * (free[i] - free[j]))) for i, j in pairs]
    ranks = 0.5 * sum(terms) / 4
    assert layer(x, AFFINITIES).item() == pytest.approx((plain(x, AFFINITIES) + ranks).item())
    ranks.backward()
    wanted = grad_of(plain, x, AFFINITIES) + free.grad
    torch.testing.assert_close(grad_of(layer, x, AFFINITIES), wanted)
    bounded = grad_of(make("AffinityLoss", text % "maxgrad: 0.25", (6,), (6,)), x, AFFINITIES)
    torch.testing.assert_close(bounded, wanted * 0.25 / (wanted.abs() + 0.25))
    alone = make("AffinityLoss", text % "", (6,), (6,))
    assert alone(x, -AFFINITIES.abs()).isfinite()


@pytest.mark.parametrize("text, shapes, words", [
    ("weighted: true", ((3,), (3,)), "weighted needs 3 bottoms; there are 2"),
    ("gap: 1 fractional_gap: true", ((3,), (3,)), "an item's gap depends on the items before"),
    ("ranklossmult: 1", ((3, 2), (3, 2)), r"needs one value an item, not the shape \(3, 2\)"),
    ("pseudohuber: true delta: 0", ((3,), (3,)), "delta is 0; it must not be 0 with pseudohuber")])
def test_what_has_no_meaning_is_refused(text, shapes, words):
    with pytest.raises(SpecError, match=words):
        make("AffinityLoss", f"affinity_loss_param {{ {text} }}", *shapes)


@pytest.mark.parametrize("size, stride, height, width", [(4, 3, 10, 9), (3, 1, 5, 4)])
def test_similarity_is_that_of_gaussian_windows(size, stride, height, width):
    x, target = noise(2, 3, height, width).detach(), noise(2, 3, height, width, seed=2).detach()
    layer = make("SSIMLoss", f"ssim_loss_param {{ kernel_size: {size} stride: {stride} c1: 0.01 "
                 "c2: 0.02 }", *[(2, 3, height, width)] * 2)
    bell = np.array([[np.exp(-((h - size / 2) ** 2 + (w - size / 2) ** 2) / (2 * (size / 6) ** 2))
                      for w in range(size)] for h in range(size)])
    bell /= bell.sum()
    total = 0.0
    rows = range(0, -(-(height - size) // stride) * stride + 1, stride)
    columns = range(0, -(-(width - size) // stride) * stride + 1, stride)
    for n in range(2):
        for c in range(3):
            for i in rows:
                for j in columns:
                    a = x[n, c, i:i + size, j:j + size].numpy()
                    b = target[n, c, i:i + size, j:j + size].numpy()
                    weight = bell[:a.shape[0], :a.shape[1]]
                    mean, other = (weight * a).sum(), (weight * b).sum()
                    spread = (weight * a * a).sum() - mean ** 2
                    other_spread = (weight * b * b).sum() - other ** 2
                    both = (weight * a * b).sum() - mean * other
                    total += 1 - ((2 * mean * other + 0.01) / (mean ** 2 + other ** 2 + 0.01)
                                  * (2 * both + 0.02) / (spread + other_spread + 0.02))
    assert layer(x, target).item() == pytest.approx(total / 2)
    assert layer(x, x).item() == pytest.approx(0, abs=2 if height == 10 else 1e-9)
    with pytest.raises(SpecError, match="stride is 0; it must be given, above 0"):
        make("SSIMLoss", "ssim_loss_param { kernel_size: 3 c1: 1 c2: 1 }", *[(2, 3, 5, 5)] * 2)
