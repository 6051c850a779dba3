"""ConfusionMatrix: counts by hand, and the report."""

import logging

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make

SCORES = torch.tensor([[1, 3, 2], [5, 0, 1], [2, 2, 0], [0, 1, 4.], [0, 1, 4], [1, 0, 0]])
FOUND = [1, 0, 0, 2, 2, 0]          # of equal scores the first
LABELS = torch.tensor([1, 0, 1, 2, 1, 2.])


def test_each_row_of_the_top_has_the_shares_of_a_class():
    layer = make("ConfusionMatrix", "", (6, 3), (6,))
    found = layer(SCORES, LABELS)[0]
    np.testing.assert_allclose(found, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [1 / 2, 0, 1 / 2]])
    assert layer(SCORES[:1], LABELS[:1])[0].tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_without_a_top_the_counts_are_reported_after_each_test(caplog):
    layer = make("ConfusionMatrix", "test_iter: 2 ignore_label: 2", (3, 3), (3,), tops=0)
    caplog.set_level(logging.INFO)
    for _ in range(2):
        assert layer(SCORES[:3], LABELS[:3]) == () and not caplog.records
        layer(SCORES[3:], LABELS[3:])
        [record] = caplog.records
        assert record.message.splitlines() == [
            "layer 'layer': confusion matrix | accuracy", "1\t0\t0\t| 100.00%",
            "1\t1\t1\t| 33.33%", "0\t0\t0\t| -", "50.00%\t100.00%\t0.00%\t| 4"]
        caplog.clear()


def test_classes_may_be_on_any_axis():
    layer = make("ConfusionMatrix", "axis: -1", (2, 3, 3), (2, 3))
    found = layer(SCORES.reshape(2, 3, 3), LABELS.reshape(2, 3))[0]
    np.testing.assert_allclose(found[1], [1 / 3] * 3)


@pytest.mark.parametrize("param, shapes, match", [
    ("test_iter: 0", [(6, 3), (6,)], "test_iter is 0; it must be at least 1"),
    ("", [(6, 3), (5,)], "one label for each 3 scores"),
    ("top_k: 2", [(6, 3), (6,)], "top_k")])
def test_what_does_not_fit_is_refused(param, shapes, match):
    with pytest.raises(SpecError, match=match):
        make("ConfusionMatrix", param, *shapes)


def test_a_label_that_is_not_a_class_is_named():
    with pytest.raises(DataError, match="3"):
        make("ConfusionMatrix", "", (6, 3), (6,))(SCORES, LABELS + 1)
