"""Dice coefficients of classes, cell by cell from their definition."""

import numpy as np
import pytest

from framework.errors import DataError, SpecError
from tests.community_examples.loss import CELLS
from tests.support import make, noise

SHAPE = (2, 3, 5, 4)


def test_classes_that_are_there_count():
    x = noise(SHAPE)
    labels = CELLS.clone()
    labels[1][labels[1] == 2] = 0       # a class that the second item does not have
    top = make("DiceLoss", "", SHAPE, (2, 1, 5, 4))(x, labels)
    top.backward()
    array, truth = x.detach().numpy(), labels.numpy()[:, 0]
    best = array.argmax(1)
    values, slopes = [], np.zeros(SHAPE)
    for n in range(2):
        for c in (1, 2):
            t, b = truth[n] == c, best[n] == c
            if not t.any():
                continue
            common, union = (t & b).sum(), t.sum() + b.sum() + 1e-5
            values.append(2 * common / union)
            slope = -2 * (t / union - 2 * array[n, c] * common / union ** 2)
            slopes[n, c] += slope
            slopes[n, 0] -= slope
    assert len(values) == 3
    np.testing.assert_allclose(top.item(), np.mean(values), rtol=1e-6)
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-6, atol=1e-9)


def test_without_any_class_the_coefficient_is_0():
    assert make("DiceLoss", "", SHAPE, (2, 5, 4))(noise(SHAPE), CELLS[:, 0] * 0).item() == 0


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(SpecError, match="one label for each cell"):
        make("DiceLoss", "", SHAPE, (2, 1, 5, 3))
    with pytest.raises(SpecError, match=r"shapes \(4, 3\) and \(4,\); they must be \(N, classes, "):
        make("DiceLoss", "", (4, 3), (4,))
    with pytest.raises(SpecError, match="one label for each cell"):
        make("SegmentOutput", "", SHAPE, (2, 1, 5, 3))
    with pytest.raises(DataError, match="3"):
        make("DiceLoss", "", SHAPE, (2, 1, 5, 4))(noise(SHAPE), CELLS + 1)
