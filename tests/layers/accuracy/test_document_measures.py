"""WeightedFmeasureLoss and PR against their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (3, 1, 5, 4)
FIELD = "weighted_fmeasure_loss_param"


def papers(blank=None):
    x = noise(SHAPE, seed=3).detach().sigmoid().requires_grad_()
    target = (noise(SHAPE, seed=4, requires_grad=False) > 0).double()
    if blank is not None:
        target[blank] = 0
    return x, target, *(noise(SHAPE, seed=seed, requires_grad=False).abs() for seed in (5, 6))


def parts(x, target, of_recall, of_precision):
    """Recall, precision and F of arrays of one axis."""
    recall = (x * target * of_recall).sum() / (target * of_recall).sum()
    precision = (x * target * of_precision).sum() / (x * of_precision).sum()
    return recall, precision, 2 * recall * precision / (recall + precision)


@pytest.mark.parametrize("by_item", [True, False])
def test_the_loss_is_what_f_lacks_to_one(by_item):
    bottoms = papers()
    text = f"avg_fm: {str(by_item).lower()}"
    loss, = make("WeightedFmeasureLoss", text, *[SHAPE] * 4)(*bottoms)
    rows = [tensor.detach().numpy().reshape(3 if by_item else 1, -1) for tensor in bottoms]
    measures = [parts(*values)[2] for values in zip(*rows, strict=True)]
    np.testing.assert_allclose(loss.item(), 1 - np.mean(measures), rtol=1e-12)


def test_the_slope_of_the_recall_counts_twice():
    x, *others = papers()
    loss, = make("WeightedFmeasureLoss", "avg_fm: false", *[SHAPE] * 4)(x, *others)
    loss.backward()
    target, of_recall, of_precision = (tensor.numpy() for tensor in others)
    values = x.detach().numpy()
    recall, precision, _ = parts(values, target, of_recall, of_precision)
    below = (values * of_precision).sum()
    above = (values * target * of_precision).sum()
    slope_of_recall = 2 * precision ** 2 / (recall + precision) ** 2
    slope_of_precision = 2 * recall ** 2 / (recall + precision) ** 2
    expected = -2 * slope_of_recall * target * of_recall / (target * of_recall).sum() \
        - slope_of_precision * of_precision * (target * below - above) / below ** 2
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-9)


def test_a_page_without_ink_has_the_squared_error():
    bottoms = papers(blank=1)
    layer = make("WeightedFmeasureLoss", "mse_lambda: 0.25", *[SHAPE] * 4, tops=2)
    loss, measures = layer(*bottoms)
    rows = [tensor.detach().numpy().reshape(3, -1) for tensor in bottoms]
    found = [parts(*[row[item] for row in rows])[2] for item in (0, 2)]
    x, target, _, weights = (row[1] for row in rows)
    squares = 0.125 * (weights * (target - x) ** 2).sum() / weights.sum()
    np.testing.assert_allclose(loss.item(), (2 - sum(found) + squares) / 3, rtol=1e-12)
    np.testing.assert_allclose(measures.numpy().ravel(), [found[0], 0, found[1]], rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(bottoms[0].grad[1].ravel(),
                               0.25 * weights * (x - target) / weights.sum() / 3, rtol=1e-9)


def test_a_page_whose_weights_of_precision_are_0_adds_nothing():
    bottoms = papers()
    layer = make("WeightedFmeasureLoss", "", *[SHAPE] * 4)
    bottoms[3][1] = 0
    loss, = layer(*bottoms)
    rows = [tensor.detach().numpy().reshape(3, -1) for tensor in bottoms]
    found = [parts(*[row[item] for row in rows])[2] for item in (0, 2)]
    np.testing.assert_allclose(loss.item(), (2 - sum(found)) / 3, rtol=1e-12)
    loss.backward()
    assert not bottoms[0].grad[1].any() and bottoms[0].grad.isfinite().all()


def test_values_right_by_a_margin_count_as_their_target():
    x, target, *weights = papers()
    values = x.detach().numpy()
    ink = target.numpy() > 0.5
    right = np.where(ink, values >= 0.625, values <= 0.375)
    cut = np.where(right, target.numpy(), values)
    assert right.any() and not right.all()
    loss, = make("WeightedFmeasureLoss", "margin: 0.125 avg_fm: false", *[SHAPE] * 4)(
        x, target, *weights)
    measure = parts(cut, target.numpy(), *(weight.numpy() for weight in weights))[2]
    np.testing.assert_allclose(loss.item(), 1 - measure, rtol=1e-12)


def test_shares_of_hits_are_counted():
    x = torch.tensor([0.9, 0.5, 0.4, 0.2, 0.8, 0.1, 0.7])
    labels = torch.tensor([1.0, 0, 1, 0, 1, 0, 9])
    shares = make("PR", "precision_recall_param { ignore_label: 9 }", (7,), (7,), tops=5)(x, labels)
    # two hits, one false, one missed, two rightly not found
    np.testing.assert_allclose([float(share) for share in shares],
                               [2 / 3, 2 / 3, 4 / 6, 2 / 3, 2 / 3], rtol=1e-6)
    nothing = make("PR", "", (2,), (2,), tops=5)(torch.zeros(2), torch.ones(2))
    assert [float(share) for share in nothing] == [0] * 5


@pytest.mark.parametrize("kind, fields, shapes, tops, message", [
    ("WeightedFmeasureLoss", "", (SHAPE, SHAPE, SHAPE, (3, 1, 5, 3)), 1, "as many items and val"),
    ("WeightedFmeasureLoss", "avg_fm: false", (SHAPE,) * 4, 2, "top is given twice"),
    ("PR", "", ((4,), (5,)), 5, "both must have as many values"),
    ("Duplicate", "height: 2", ((2, 3),), 1, "they must be at least 1"),
    ("Duplicate", "height: 2 width: 3", ((2, 3, 2, 1),), 1, "one value for each channel"),
])
def test_what_does_not_fit_is_refused(kind, fields, shapes, tops, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes, tops=tops)


def test_a_value_is_spread_over_its_map():
    x = noise(2, 3)
    layer = make("Duplicate", "height: 5 width: 4", (2, 3))
    np.testing.assert_array_equal(layer(x).detach(), np.broadcast_to(
        x.detach().numpy()[..., None, None], (2, 3, 5, 4)))
    assert torch.autograd.gradcheck(layer, x)
