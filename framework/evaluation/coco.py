"""COCO's twelve figures: average precision and recall over thresholds, sizes and classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from framework.evaluation.columns import (
    Doubles,
    Found,
    Indices,
    Truth,
    by_class_and_image,
    class_starts,
)

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
RANGES = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2),
          "large": (96.0**2, 1e10)}
LIMITS = np.array([1, 10, 100])
"""Detections of a class in an image that are looked at, the best ones."""

NONE = -1.0
"""The value of a figure where there is nothing to find, as in pycocotools."""

# name, kind, threshold (None: the mean of all), range of areas, limit
FIGURES = (
    ("AP", "precision", None, "all", 100), ("AP50", "precision", 0, "all", 100),
    ("AP75", "precision", 5, "all", 100), ("APsmall", "precision", None, "small", 100),
    ("APmedium", "precision", None, "medium", 100), ("APlarge", "precision", None, "large", 100),
    ("AR1", "recall", None, "all", 1), ("AR10", "recall", None, "all", 10),
    ("AR100", "recall", None, "all", 100), ("ARsmall", "recall", None, "small", 100),
    ("ARmedium", "recall", None, "medium", 100), ("ARlarge", "recall", None, "large", 100))


@dataclass(frozen=True)
class CocoScores:
    """Precision and recall for everything that COCO distinguishes; -1 if nothing is to be found.

    precision  (thresholds 10, recalls 101, classes, ranges 4) with at most 100 detections
    recall     (thresholds 10, classes, ranges 4, limits 3)
    The axes, but for the limits of precision, are those of pycocotools' COCOeval.eval.
    """

    precision: Doubles
    recall: Doubles

    def figures(self) -> dict[str, float]:
        """The twelve figures of COCOeval.stats by name, AP to ARlarge."""
        return {name: self._figure(*rest) for name, *rest in FIGURES}

    def class_figures(self, number: int) -> dict[str, float]:
        """The same of one class."""
        own = CocoScores(self.precision[:, :, number:number + 1], self.recall[:, number:number + 1])
        return own.figures()

    def lines(self) -> list[str]:
        """The twelve lines that COCOeval.summarize prints, with six digits."""
        return [_line(kind, threshold, area, limit, self._figure(kind, threshold, area, limit))
                for _, kind, threshold, area, limit in FIGURES]

    def _figure(self, kind: str, threshold: int | None, area: str, limit: int) -> float:
        levels = slice(None) if threshold is None else slice(threshold, threshold + 1)
        index = list(RANGES).index(area)
        if kind == "precision":
            values = self.precision[levels, :, :, index]
        else:
            values = self.recall[levels, :, index, LIMITS.tolist().index(limit)]
        values = values[values > NONE]
        return float(np.mean(values)) if len(values) else NONE


def _line(kind: str, threshold: int | None, area: str, limit: int, value: float) -> str:
    title = " Average Precision  (AP)" if kind == "precision" else " Average Recall     (AR)"
    levels = "0.50:0.95" if threshold is None else f"{THRESHOLDS[threshold]:0.2f}"
    return f"{title} @[ IoU={levels:<9} | area={area:>6s} | maxDets={limit:>3d} ] = {value:.6g}"


def evaluate(truth: Truth, found: Found, num_classes: int, threads: int | None = None
             ) -> CocoScores:
    """Match all detections with the boxes, class by class.

    threads   how many work at a time; by default as many as there are processors
    A detection takes the free box it overlaps most; one that counts before one that does not
    (crowds, and boxes of another size). Detections of a size not asked for that match nothing do
    not count. Scores rank over all images; equal ones by image, then in their order.
    Source: COCOeval in pycocotools, iouType bbox, with its default parameters.
    """
    truth = by_class_and_image(truth)
    found = found.ranked(int(LIMITS[-1]))
    shape = (len(THRESHOLDS), len(RECALLS), num_classes, len(RANGES))
    scores = CocoScores(np.full(shape, NONE), np.full((len(THRESHOLDS), num_classes, len(RANGES),
                                                       len(LIMITS)), NONE))
    starts = class_starts(found.classes, num_classes)
    real_starts = class_starts(truth.classes, num_classes)

    def work(number: int) -> None:
        own = slice(starts[number], starts[number + 1])
        real = slice(real_starts[number], real_starts[number + 1])
        _score_class(truth, real, found, own, scores, number)

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(work, range(num_classes)))
    return scores


def _score_class(truth: Truth, real: slice, found: Found, own: slice, scores: CocoScores,
                 number: int) -> None:
    """Write the curves of the class `number`, whose boxes and detections are the two slices."""
    # lazy: numba costs 0.25 s
    from framework.evaluation import coco_loops as loops

    boxes, crowd = found.boxes[own], truth.crowd[real]
    ignored = crowd | _outside(truth.areas[real])
    positives = (~ignored).sum(1).tolist()
    if not any(positives):
        return
    status, ranks = loops.match_class(
        found.images[own], boxes, truth.images[real], truth.boxes[real], crowd, ignored,
        _outside(boxes[:, 2] * boxes[:, 3]), THRESHOLDS)
    order: Indices = np.argsort(-found.scores[own], kind="stable")
    for area, count in enumerate(positives):
        for level in range(len(THRESHOLDS) if count else 0):
            loops.precision_and_recall(
                status[area, level], ranks, order, count, RECALLS, LIMITS,
                scores.precision[level, :, number, area], scores.recall[level, number, area])


def _outside(areas: Doubles) -> np.ndarray:
    """(ranges, K) whether areas are not of each range, both of whose ends belong to it."""
    ranges: Sequence[tuple[float, float]] = list(RANGES.values())
    return np.stack([(areas < low) | (areas > high) for low, high in ranges])
