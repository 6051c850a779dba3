"""AUC and PrecisionRecall by counts, LogScaler by its formula."""

import itertools
import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SCORES = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.5, 0.3], [0.2, 0.1, 0.7], [0.5, 0.4, 0.1],
                       [0.9, 0.0, 0.1], [0.3, 0.5, 0.5]], dtype=torch.float64)
LABELS = torch.tensor([1.0, 0, 2, 1, 0, 0], dtype=torch.float64)


def test_auc_is_the_share_of_pairs_in_the_right_order():
    top = make("AUC", "", (6, 3), (6,))(SCORES, LABELS)
    expected = []
    for kind in range(3):
        own = [row[kind] for row, label in zip(SCORES.tolist(), LABELS, strict=True)
               if label == kind]
        others = [row[kind] for row, label in zip(SCORES.tolist(), LABELS, strict=True)
                  if label != kind]
        order = [(a > b) + (a == b) / 2 for a, b in itertools.product(own, others)]
        expected.append(sum(order) / len(order))
    np.testing.assert_allclose(top, expected, rtol=1e-12)


def test_auc_of_a_class_without_items_is_not_a_number():
    top = make("AUC", "", (6, 3), (6,))(SCORES, torch.zeros(6, dtype=torch.float64))
    assert top.isnan().all()


def test_precision_and_recall_are_counts_of_the_first_best_class():
    # answers: 1 0 2 0 0 1, of two equal scores the first
    precision, recall = make("PrecisionRecall", "", (6, 3), (6,), tops=2)(SCORES, LABELS)
    np.testing.assert_allclose(precision, [2 / 3, 1 / 2, 1])
    np.testing.assert_allclose(recall, [2 / 3, 1 / 2, 1])
    ones = torch.ones(6, dtype=torch.float64)
    precision, recall = make("PrecisionRecall", "", (6, 3), (6,), tops=2)(SCORES, ones)
    np.testing.assert_allclose(precision, [0, 1, 0])
    np.testing.assert_allclose(recall, [1, 2 / 6, 1])


@pytest.mark.parametrize("base, factor", [(-1, 1), (10, 1 / math.log(10))])
def test_log_scaler_keeps_the_sign(base, factor):
    x = noise(2, 3)
    layer = make("LogScaler", f"scale: 3 base: {base}", (2, 3))
    values = x.detach().numpy()
    np.testing.assert_allclose(layer(x).detach(), np.sign(values) * np.log(
        1 + 3 * np.abs(values)) * factor, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)
    zero = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    layer(zero).sum().backward()
    np.testing.assert_allclose(zero.grad, np.full((2, 3), 3 * factor), rtol=1e-12)


def test_a_base_of_1_is_refused():
    with pytest.raises(SpecError, match="base is 1; it must be above 0 and not 1"):
        make("LogScaler", "base: 1", (2, 3))


def test_an_infinite_base_is_refused_as_of_other_logarithms():
    with pytest.raises(SpecError, match="log_scaler_param.base is inf; it must be above 0"):
        make("LogScaler", "base: inf", (2, 3))
