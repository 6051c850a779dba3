"""Ranks, probabilities and confusion of classified images."""

from __future__ import annotations

import numpy as np

from framework.evaluation.columns import Doubles, Indices


def probabilities(scores: Doubles) -> Doubles:
    """(N, C) the softmax of scores, or the scores themselves if they are probabilities: from 0 on
    and 1 in sum."""
    if len(scores) and scores.min() >= 0 and np.allclose(scores.sum(1), 1, atol=1e-4):
        return scores
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def ranks(scores: Doubles, labels: Indices) -> Indices:
    """(N,) how many classes are better than the label; of equal scores the later class is.

    Source: accuracy_layer.cpp, which sorts pairs of score and class.
    """
    own = scores[np.arange(len(labels)), labels][:, None]
    later = np.arange(scores.shape[1]) > labels[:, None]
    return ((scores > own) | ((scores == own) & later)).sum(1)


def confusion(labels: Indices, scores: Doubles) -> Indices:
    """(C, C) images by label and by the class with the best score; of equal ones the later."""
    count = scores.shape[1]
    best = count - 1 - scores[:, ::-1].argmax(1)
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (labels, best), 1)
    return table
