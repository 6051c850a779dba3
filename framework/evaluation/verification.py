"""Verification on pairs: is it the same person? ROC, accuracy by folds, TAR at FAR.

Source: Huang et al. 2007, Labeled Faces in the Wild, 4 (the ten folds of View 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.evaluation.columns import Doubles, Flags, Indices
from framework.system.arrays import Array


@dataclass(frozen=True)
class Roc:
    """Receiver operating characteristic: a row for each threshold, from the strictest.

    threshold  a pair is taken as the same from this score on; inf: none is
    far        false accepts over the pairs of two people
    tar        true accepts over the pairs of one
    """

    threshold: Doubles
    far: Doubles
    tar: Doubles

    def area(self) -> float:
        """The area under the curve."""
        return float(np.trapezoid(self.tar, self.far))

    def tar_at(self, far: float) -> float:
        """The largest TAR at a FAR of at most `far`."""
        return float(self.tar[self.far <= far].max())


def roc(scores: Array, same: Flags) -> Roc:
    """The curve of scores (n,), larger for pairs that are alike, and whether they are the same."""
    values, hits, wrong = _accepted(scores, same)
    return Roc(np.concatenate([[np.inf], values]), wrong / max((~same).sum(), 1),
               hits / max(same.sum(), 1))


def _accepted(scores: Array, same: Flags) -> tuple[Doubles, Indices, Indices]:
    """The different scores (K,), the largest first, and the pairs of one and of two people that
    are taken as the same: (K + 1,) numbers each, of no pair, then from each score on."""
    values, positions = np.unique(-scores.astype(np.float64), return_inverse=True)
    of_one, of_two = (
        np.concatenate([[0], np.bincount(positions[chosen], minlength=len(values)).cumsum()])
        for chosen in (same, ~same))
    return -values, of_one, of_two


def best_threshold(scores: Array, same: Flags) -> float:
    """The threshold of the most right answers, halfway to the next score; the largest of several.
    """
    values, hits, wrong = _accepted(scores, same)
    right = hits + (~same).sum() - wrong
    between = np.concatenate([[values[0]], values, [values[-1]]])
    return float(((between[:-1] + between[1:]) / 2)[right.argmax()])


def accuracies(scores: Array, same: Flags, folds: Array) -> tuple[Doubles, Doubles]:
    """The accuracy of each fold at the best threshold of all others, and these thresholds.

    folds  the fold of each pair; there must be two or more
    """
    found = []
    for fold in np.unique(folds):
        inside = folds == fold
        threshold = best_threshold(scores[~inside], same[~inside])
        right = (scores[inside] >= threshold) == same[inside]
        found.append((right.mean(), threshold))
    values, thresholds = np.array(found, np.float64).T
    return values, thresholds


def similarities(first: Array, second: Array, metric: str) -> Doubles:
    """The score of each pair of features (n, d): the cosine, or the negative distance."""
    a, b = (np.asarray(one, np.float64) for one in (first, second))
    if metric == "euclidean":
        return np.asarray(-np.sqrt(np.square(a - b).sum(1)))
    lengths = np.sqrt(np.square(a).sum(1) * np.square(b).sum(1))
    return np.asarray((a * b).sum(1) / np.maximum(lengths, np.finfo(np.float64).tiny))
