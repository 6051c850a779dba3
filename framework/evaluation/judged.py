"""What each detection of a data set overlaps, and whether it is right by VOC's rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.evaluation.average_precision import average_precision
from framework.evaluation.columns import Doubles, Flags, Found, Indices, Truth
from framework.system.arrays import Levels

FALSE, TRUE, NOT_COUNTED = 0, 1, 2


@dataclass(frozen=True)
class Judged:
    """Detections, best first in the whole data set, beside the boxes that they overlap most.

    truth, found         as they were given; `found` sorted by falling score
    own_box, own_iou     (D,) the box of its class that a detection overlaps most, and how much;
                         -1 and 0 if it overlaps none
    other_box, other_iou (D,) the same of the boxes of other classes
    status   (D,) TRUE, FALSE, or NOT_COUNTED on a difficult box
    finder   (G,) the detection that is true for a box; -1: it was not found
    """

    truth: Truth
    found: Found
    own_box: Indices
    own_iou: Doubles
    other_box: Indices
    other_iou: Doubles
    status: Levels
    finder: Indices
    threshold: float

    def precision_of_class(self, number: int, version: str) -> float:
        """Average precision of a class."""
        own = (self.found.classes == number) & (self.status != NOT_COUNTED)
        return average_precision(self.found.scores[own], self.status[own] == TRUE,
                                 self.positives(number), version)

    def positives(self, number: int) -> int:
        """The boxes of a class that are to be found."""
        return int(((self.truth.classes == number) & ~self.truth.difficult).sum())


def judge(truth: Truth, found: Found, threshold: float = 0.5) -> Judged:
    """Match detections and boxes.

    A detection takes the box of its class that it overlaps most: from `threshold` on it is true if
    it is the first with that box, else false; on a difficult box it does not count.
    Source: VOC's development kit; as `voc.evaluate`, which gives the precisions alone.
    """
    order = np.lexsort((found.images, -found.scores))       # equal scores by image
    found = Found(found.images[order], found.classes[order], found.boxes[order],
                  found.scores[order])
    count = len(order)
    own_box, other_box = np.full((2, count), -1, np.int64)
    own_iou, other_iou = np.zeros((2, count))
    for detections, boxes in _by_image(found.images, truth.images):
        overlap = iou(found.boxes[detections], truth.boxes[boxes])
        same = found.classes[detections][:, None] == truth.classes[boxes]
        for kind, best_box, best_iou in ((same, own_box, own_iou), (~same, other_box, other_iou)):
            chosen = np.where(kind, overlap, 0)
            best = chosen.argmax(1)
            value = chosen[np.arange(len(best)), best]
            best_iou[detections] = value
            best_box[detections] = np.where(value > 0, boxes[best], -1)
    hit = own_iou >= threshold
    difficult = hit & truth.difficult[own_box] if len(truth.difficult) else hit
    finder = first_of(own_box, hit & ~difficult, len(truth.images))
    status = np.zeros(count, np.uint8)
    status[difficult] = NOT_COUNTED
    status[finder[finder >= 0]] = TRUE
    return Judged(truth, found, own_box, own_iou, other_box, other_iou, status, finder, threshold)


def first_of(boxes: Indices, chosen: Flags, count: int) -> Indices:
    """(count,) the first of the chosen detections that has each box; -1: none."""
    finder = np.full(count, -1, np.int64)
    index = np.flatnonzero(chosen)[::-1]
    finder[boxes[index]] = index        # of several the last assignment stays, the best detection
    return finder


def iou(found: Doubles, real: Doubles) -> Doubles:
    """(D, G) intersection over union of boxes x, y, width, height; 0 where both are empty."""
    low = np.maximum(found[:, None, :2], real[:, :2])
    high = np.minimum(found[:, None, :2] + found[:, None, 2:], real[:, :2] + real[:, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    union = found[:, 2:].prod(1)[:, None] + real[:, 2:].prod(1) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _by_image(images: Indices, real_images: Indices) -> list[tuple[Indices, Indices]]:
    """The detections and the boxes of each image that has both, each in their order."""
    order = np.argsort(images, kind="stable")
    real_order = np.argsort(real_images, kind="stable")
    both = np.intersect1d(images, real_images)

    def parts(order: Indices, values: Indices) -> list[Indices]:
        begin = np.searchsorted(values[order], both, "left")
        end = np.searchsorted(values[order], both, "right")
        return [order[low:high] for low, high in zip(begin, end, strict=True)]

    return list(zip(parts(order, images), parts(real_order, real_images), strict=True))
