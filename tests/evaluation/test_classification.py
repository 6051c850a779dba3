"""Ranks, probabilities and confusion of classified images, by hand."""

import numpy as np
import pytest

from framework.evaluation.classification import confusion, probabilities, ranks


def test_of_equal_scores_the_later_class_is_the_better_one():
    scores = np.array([[1.0, 2, 2, 0], [5, 1, 1, 1]])
    assert ranks(scores, np.array([1, 1])).tolist() == [1, 3]
    assert confusion(np.array([1, 0]), scores).tolist() == \
        [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_scores_that_are_probabilities_stay_and_others_go_through_softmax():
    known = np.array([[0.2, 0.8, 0], [1, 0, 0]])
    assert probabilities(known) is known
    assert probabilities(np.array([[0.0, np.log(3)]])) == pytest.approx(np.array([[0.25, 0.75]]))
