"""COCO's average precision: the mean over ten IoU thresholds, and by sizes of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

OVERLAPS = np.arange(10) * 0.05 + 0.5
RECALLS = np.arange(101) / 100
AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2),
         "large": (96.0**2, 1e10)}
MOST_DETECTIONS = 100


@dataclass(frozen=True)
class Boxes:
    """Boxes of one class in one image.

    corners  (K, 4) x1 y1 x2 y2 in pixels
    scores   (K,) of detections
    crowd    (K,) bool of ground truth: a crowd takes any number of detections, and none counts
    areas    (K,) of ground truth, if not width times height
    """

    corners: np.ndarray
    scores: np.ndarray | None = None
    crowd: np.ndarray | None = None
    areas: np.ndarray | None = None


def overlaps(found: np.ndarray, real: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """(D, G) intersection over union; over the detection's own area for a crowd."""
    low = np.maximum(found[:, None, :2], real[None, :, :2])
    high = np.minimum(found[:, None, 2:], real[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), 2)
    own = np.prod(found[:, 2:] - found[:, :2], 1)[:, None]
    union = np.where(crowd, own, own + np.prod(real[:, 2:] - real[:, :2], 1) - shared)
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def judge(found: Boxes, real: Boxes, area: tuple[float, float]
          ) -> tuple[np.ndarray, np.ndarray, int]:
    """Match the detections of one image, best first, with its boxes, for each overlap.

    Returns true (10, D), counted (10, D), bool, in the order of falling score, and how many boxes
    are to be found. A detection takes the free box it overlaps most; one that counts before one
    that does not (crowds, and boxes of another size). Unmatched detections of another size do
    not count. Source: evaluateImg in pycocotools' definition of the metric.
    """
    crowd = np.zeros(len(real.corners), bool) if real.crowd is None else real.crowd.astype(bool)
    sizes = real.areas if real.areas is not None else \
        np.prod(real.corners[:, 2:] - real.corners[:, :2], 1)
    ignored = crowd | (sizes < area[0]) | (sizes > area[1])
    assert found.scores is not None
    order = np.argsort(-found.scores, kind="mergesort")[:MOST_DETECTIONS]
    corners = found.corners[order]
    overlap = overlaps(corners, real.corners, crowd)
    own = np.prod(corners[:, 2:] - corners[:, :2], 1)
    other_size = (own < area[0]) | (own > area[1])
    true = np.zeros((len(OVERLAPS), len(order)), bool)
    counted = np.tile(~other_size, (len(OVERLAPS), 1))
    for level, least in enumerate(OVERLAPS):
        free = np.ones(len(ignored), bool)
        for index in range(len(order)):
            box = _take(overlap[index], free, ignored, least)
            if box is not None:
                free[box] = crowd[box]
                true[level, index] = counted[level, index] = not ignored[box]
    return true, counted, int((~ignored).sum())


def _take(overlap: np.ndarray, free: np.ndarray, ignored: np.ndarray, least: float) -> int | None:
    """The box a detection takes; of equal overlaps the later one, as in pycocotools."""
    for group in (~ignored, ignored):
        open_boxes = np.flatnonzero(free & group & (overlap >= min(least, 1 - 1e-10)))
        if len(open_boxes):
            best = overlap[open_boxes]
            return int(open_boxes[np.flatnonzero(best == best.max())[-1]])
    return None


def class_average_precision(images: Sequence[tuple[Boxes, Boxes]],
                            area: tuple[float, float] = AREAS["all"]) -> np.ndarray:
    """(10,) average precision of one class at each overlap; NaN if there is nothing to find.

    images  detections and ground truth of each image
    The precision is the best at that recall or more, at recalls 0, 0.01, ..., 1.
    """
    judged = [judge(found, real, area) for found, real in images]
    positives = sum(count for _, _, count in judged)
    if not positives:
        return np.full(len(OVERLAPS), np.nan)
    scores = np.concatenate([-np.sort(-np.asarray(found.scores), kind="mergesort")
                             [:MOST_DETECTIONS] for found, _ in images])
    order = np.argsort(-scores, kind="mergesort")
    true = np.concatenate([true for true, _, _ in judged], 1)[:, order]
    counted = np.concatenate([counted for _, counted, _ in judged], 1)[:, order]
    result = np.zeros(len(OVERLAPS))
    for level in range(len(OVERLAPS)):
        right = np.cumsum(true[level][counted[level]])
        if not len(right):
            continue
        precision = right / np.arange(1, len(right) + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        index = np.searchsorted(right / positives, RECALLS, side="left")
        result[level] = np.append(envelope, 0)[index].mean()
    return result


def summary(classes: Mapping[str, Sequence[tuple[Boxes, Boxes]]]) -> dict[str, float]:
    """COCO's six figures of precision over all classes: AP, AP50, AP75, APsmall, APmedium, APlarge.

    classes  by class, detections and ground truth of each image
    A class without boxes (of that size) does not count; NaN if no class has any.
    """
    by_area = {name: np.array([class_average_precision(images, area)
                               for images in classes.values()]).reshape(-1, len(OVERLAPS))
               for name, area in AREAS.items()}
    values = {"AP": by_area["all"], "AP50": by_area["all"][:, :1], "AP75": by_area["all"][:, 5:6],
              **{f"AP{name}": by_area[name] for name in ("small", "medium", "large")}}
    return {name: float(array[~np.isnan(array)].mean()) if (~np.isnan(array)).any() else np.nan
            for name, array in values.items()}
