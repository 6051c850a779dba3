"""Columns of the boxes of a data set, and of the detections in its images, for evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Array

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """The boxes to find, of all images and classes.

    images   (G,) number of the image, from 0
    classes  (G,) number of the class, from 0
    boxes    (G, 4) x, y, width, height in pixels
    areas    (G,) by which COCO sorts boxes into small, medium and large; not always width times
             height: COCO's own are those of the outlines
    crowd    (G,) a crowd takes any number of detections, and none of them counts
    difficult  (G,) boxes that VOC's rules neither ask for nor count against a detection
    """

    images: Indices
    classes: Indices
    boxes: Doubles
    areas: Doubles
    crowd: Flags
    difficult: Flags


@dataclass(frozen=True)
class Found:
    """Detections of all images and classes.

    images   (D,) number of the image, from 0
    classes  (D,) number of the class, from 0
    boxes    (D, 4) x, y, width, height in pixels
    scores   (D,)
    """

    images: Indices
    classes: Indices
    boxes: Doubles
    scores: Doubles

    def ranked(self, most: int | None = None) -> Found:
        """Sorted by class, then image, then falling score; equal scores stay in their order.

        most  how many of each class are kept in an image, the best ones
        """
        order = np.argsort(-self.scores, kind="stable")
        group = _groups(self.classes, self.images)
        order = order[np.argsort(group[order], kind="stable")]
        if most is not None:
            order = order[_positions(group[order]) < most]
        return Found(self.images[order], self.classes[order], self.boxes[order],
                     self.scores[order])


def by_class_and_image(truth: Truth) -> Truth:
    """Boxes sorted by class, then image; otherwise in their order."""
    order = np.argsort(_groups(truth.classes, truth.images), kind="stable")
    return Truth(truth.images[order], truth.classes[order], truth.boxes[order],
                 truth.areas[order], truth.crowd[order], truth.difficult[order])


def class_starts(classes: Indices, num_classes: int) -> list[int]:
    """Where each class begins in sorted `classes`, and the end of the last one."""
    return np.searchsorted(classes, np.arange(num_classes + 1)).tolist()


def _groups(classes: Indices, images: Indices) -> Indices:
    """One number for each pair of class and image, in their order."""
    return classes * (int(images.max(initial=0)) + 1) + images


def _positions(group: Array) -> Indices:
    """0, 1, 2, ... within each run of equal numbers."""
    index = np.arange(len(group))
    begins = np.append(True, group[1:] != group[:-1])[:len(group)]
    return index - np.maximum.accumulate(np.where(begins, index, 0))
