"""Best thresholds and calibration of scores, and precision by size of the boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.evaluation.average_precision import average_precision
from framework.evaluation.columns import Doubles, Flags, Indices
from framework.evaluation.judged import NOT_COUNTED, TRUE, Judged

SIZES = {"small": (0.0, 0.01), "medium": (0.01, 0.1), "large": (0.1, np.inf)}
"""Shares of the image's area, from the first to below the second."""
BINS = 10


@dataclass(frozen=True)
class BestThreshold:
    """The score from which on the detections of a class have the best F1."""

    threshold: float
    f1: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Calibration:
    """Scores beside the share of detections that are right, in BINS bins of equal width.

    counts, scores, shares  (BINS,) number, mean score and share of right ones; NaN in empty bins
    error  expected calibration error: the mean of |score - share|, weighted by the counts; NaN
           without detections
    """

    counts: Indices
    scores: Doubles
    shares: Doubles
    error: float


def best_threshold(scores: Doubles, true: Flags, positives: int) -> BestThreshold:
    """The threshold of the best F1 = 2 true / (detections + boxes); of several the highest.

    It is one of the scores; without a true detection it is infinite: then no detection is shown.
    scores, true  (D,) in any order;  positives  how many boxes there are to find
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    right = np.cumsum(true[order])
    # a threshold takes all detections of a score, or none
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else \
        np.zeros(0, np.int64)
    if not len(ends) or not right[-1] or positives <= 0:
        return BestThreshold(float("inf"), 0.0, 0.0, 0.0)
    f1 = 2 * right[ends] / (ends + 1 + positives)
    best = int(f1.argmax())
    end = ends[best]
    return BestThreshold(float(ranked[end]), float(f1[best]), float(right[end] / (end + 1)),
                         float(right[end] / positives))


def calibration(scores: Doubles, true: Flags) -> Calibration:
    """Calibration of scores from 0 to 1. Source: Guo et al. 2017, section 2."""
    bins = np.clip((scores * BINS).astype(np.int64), 0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    blank = np.full(BINS, np.nan)
    means = np.divide(np.bincount(bins, scores, BINS), counts, out=blank.copy(), where=counts > 0)
    shares = np.divide(np.bincount(bins, true.astype(float), BINS), counts, out=blank,
                       where=counts > 0)
    error = float(np.nansum(np.abs(means - shares) * counts) / len(scores)) if len(scores) else \
        float("nan")
    return Calibration(counts, means, shares, error)


def precision_by_size(judged: Judged, areas: Doubles, found_areas: Doubles, num_classes: int,
                      version: str) -> dict[str, tuple[float, int]]:
    """Mean average precision of small, medium and large boxes, and how many there are of each.

    areas, found_areas  (G,), (D,) of the boxes and the detections of `judged`, in parts of the
                        image
    Boxes of other sizes are not asked for, a detection on one does not count, nor does a false one
    whose own size is another. The mean is of the classes that have such boxes; NaN without boxes.
    Source: the areaRng of pycocotools, with shares of the image instead of pixels.
    """
    truth, found = judged.truth, judged.found
    result = {}
    for name, (low, high) in SIZES.items():
        inside = (areas >= low) & (areas < high) & ~truth.difficult
        true = judged.status == TRUE
        fits = (found_areas >= low) & (found_areas < high)
        matched = judged.own_iou >= judged.threshold
        if len(inside):
            fits = np.where(matched, inside[judged.own_box], fits)
        counted = fits & (judged.status != NOT_COUNTED)
        precisions = []
        for number in range(num_classes):
            positives = int((inside & (truth.classes == number)).sum())
            own = counted & (found.classes == number)
            if positives:
                precisions.append(average_precision(found.scores[own], true[own], positives,
                                                    version))
        result[name] = (float(np.mean(precisions)) if precisions else float("nan"),
                        int(inside.sum()))
    return result
