"""Average precision (VOC 2007, VOC 2012, integral) from the rows of DetectionEvaluate."""

from __future__ import annotations

import numpy as np

VERSIONS = ("11point", "MaxIntegral", "Integral")
# Steps of recall up to this size are left out (ComputeAP).
SMALLEST_STEP = np.float32(1e-6)


def precision_recall(scores: np.ndarray, true: np.ndarray, positives: int
                     ) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall after 1, 2, ... of the detections, best score first.

    scores, true  (D,) and (D,) of one class; equal scores stay in their order
    positives     how many boxes there are to find, at least 1
    Returns two float32 arrays (D,).
    """
    right = np.cumsum(np.asarray(true)[_best_first(scores)] > 0).astype(np.int64)
    seen = np.arange(1, len(right) + 1)
    return (right.astype(np.float32) / seen.astype(np.float32),
            right.astype(np.float32) / np.float32(positives))


def _best_first(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")


def average_precision(scores: np.ndarray, true: np.ndarray, positives: int,
                      version: str = "11point") -> float:
    """The average precision of one class, from 0 to 1; 0 without detections or boxes.

    version  11point: mean over recalls 0, 0.1, ..., 1 of the best precision at that recall or
             more (VOC 2007). MaxIntegral: area under that envelope (VOC 2012, ILSVRC). Integral:
             sum of precision times step of recall.
    Computed in float32, step by step, as the original; recall 0.7 of a hand count may so fail the
    comparison with 0.7. Raises ValueError for another version.
    Source: ComputeAP, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    if version not in VERSIONS:
        raise ValueError(f"'{version}' is not a version of average precision; it must be one of "
                         f"{', '.join(VERSIONS)}")
    if not len(scores) or positives <= 0:
        return 0.0
    precision, recall = precision_recall(scores, true, positives)
    if version == "11point":
        reached = recall.astype(np.float64) >= np.arange(11)[:, None] / 10.0
        best = np.where(reached, precision, np.float32(0)).max(1)[::-1]
        return _sum(best / np.float32(11))
    if version == "Integral":
        steps = np.diff(recall, prepend=np.float32(0))
        return _sum(np.where(steps > SMALLEST_STEP, precision * steps, 0))
    envelope = np.maximum.accumulate(precision[::-1])
    steps = -np.diff(recall[::-1])
    parts = np.where(steps > SMALLEST_STEP, envelope[1:] * steps, 0)
    return _sum(np.append(parts, recall[0] * envelope[-1]))


def _sum(parts: np.ndarray) -> float:
    """Added up one after the other in float32."""
    return float(np.cumsum(parts, dtype=np.float32)[-1])


def class_average_precisions(rows: np.ndarray, version: str = "11point"
                             ) -> tuple[float, dict[int, float]]:
    """Mean average precision, and that of each class, from rows of DetectionEvaluate.

    rows  (rows, 5), the tops of any number of batches one below the other: -1, class, number of
          boxes, -1, -1, or image, label, score, true, false. Detections that are neither true nor
          false count for nothing.
    The mean divides by all classes that have a row; those without detections count as 0, and
    are not in the dict. Source: Solver::TestDetection in solver.cpp, weiliu89/caffe branch ssd.
    """
    rows = np.asarray(rows, dtype=np.float32).reshape(-1, 5)
    counts = rows[rows[:, 0] == -1]
    found = rows[(rows[:, 0] != -1) & ((rows[:, 3] != 0) | (rows[:, 4] != 0))]
    precisions: dict[int, float] = {}
    labels = sorted(set(counts[:, 1].astype(int).tolist()))
    for label in labels:
        own = found[found[:, 1] == label]
        positives = int(counts[counts[:, 1] == label, 2].sum())
        if len(own):
            precisions[label] = average_precision(own[:, 2], own[:, 3], positives, version)
    total = _sum(np.array(list(precisions.values()) or [0.0], dtype=np.float32))
    return total / max(len(labels), 1), precisions
