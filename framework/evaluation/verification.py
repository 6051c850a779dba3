"""Verification on pairs: is it the same person? ROC, accuracy by folds, TAR at FAR.

Source: Huang et al. 2007, Labeled Faces in the Wild, 4 (the ten folds of View 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.system.arrays import Array, Floats

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Roc:
    """Receiver operating characteristic: a row for each threshold, from the strictest.

    threshold  a pair is taken as the same from this score on; inf: none is
    far        false accepts over the pairs of two people
    tar        true accepts over the pairs of one
    """

    threshold: Floats
    far: Floats
    tar: Floats

    def area(self) -> float:
        """The area under the curve."""
        return float(np.trapezoid(self.tar, self.far))

    def tar_at(self, far: float) -> float:
        """The largest TAR at a FAR of at most `far`."""
        return float(self.tar[self.far <= far].max())


def roc(scores: Array, same: Flags) -> Roc:
    """The curve of scores (n,), larger for pairs that are alike, and whether they are the same."""
    values = np.sort(np.unique(scores))[::-1].astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    taken = np.searchsorted(-scores[order], -values, side="right")
    hits = np.concatenate([[0], np.cumsum(same[order])])[taken]
    tar = np.concatenate([[0.0], hits / max(same.sum(), 1)])
    far = np.concatenate([[0.0], (taken - hits) / max((~same).sum(), 1)])
    return Roc(np.concatenate([[np.inf], values]), far, tar)


def best_threshold(scores: Array, same: Flags) -> float:
    """The threshold of the most right answers, halfway to the next score; the largest of several.
    """
    values = np.sort(np.unique(scores))[::-1].astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    taken = np.concatenate([[0], np.searchsorted(-scores[order], -values, side="right")])
    hits = np.concatenate([[0], np.cumsum(same[order])])[taken]
    right = hits + (~same).sum() - (taken - hits)
    between = np.concatenate([[values[0]], values, [values[-1]]])
    return float(((between[:-1] + between[1:]) / 2)[right.argmax()])


def accuracies(scores: Array, same: Flags, folds: Array) -> tuple[Floats, Floats]:
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


def similarities(first: Array, second: Array, metric: str) -> Floats:
    """The score of each pair of features (n, d): the cosine, or the negative distance."""
    a, b = (np.asarray(one, np.float64) for one in (first, second))
    if metric == "euclidean":
        return np.asarray(-np.sqrt(np.square(a - b).sum(1)))
    lengths = np.sqrt(np.square(a).sum(1) * np.square(b).sum(1))
    return np.asarray((a * b).sum(1) / np.maximum(lengths, np.finfo(np.float64).tiny))
