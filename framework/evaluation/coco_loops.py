"""Matching of detections and boxes by COCO's rule, and its precision and recall, compiled.

Every sum and product is rounded as pycocotools rounds it, so that thresholds fall alike.
Source: evaluateImg and accumulate of pycocotools/cocoeval.py, bbIou of common/maskApi.c.
"""

from __future__ import annotations

import numpy as np

from framework.evaluation.columns import Doubles, Flags, Indices
from framework.system.arrays import Array, Levels
from framework.system.compiled import compiled_exactly

# What becomes of a detection.
FALSE, TRUE, NOT_COUNTED = 0, 1, 2
# What pycocotools adds to the number of detections, against a division by 0.
EPSILON = np.spacing(1)
HIGHEST_THRESHOLD = 1 - 1e-10


@compiled_exactly
def match_class(images: Indices, boxes: Doubles, real_images: Indices, real: Doubles,
                crowd: Flags, ignored: Flags, outside: Flags, thresholds: Doubles
                ) -> tuple[Levels, Indices]:
    """Match the detections of one class in all images.

    images, boxes     (D,), (D, 4) x, y, width, height; by image, then falling score
    real_images, real, crowd  (G,), (G, 4), (G,) the boxes, by image
    ignored           (A, G) boxes that do not count in each range of areas: crowds, and those of
                      another size
    outside           (A, D) detections whose own size is not of the range
    thresholds        (T,) of the intersection over union
    Returns the status (A, T, D) of each detection, and its rank (D,) in its image, from 0.
    """
    num_ranges = len(ignored)
    status = np.empty((num_ranges, len(thresholds), len(images)), np.uint8)
    for area in range(num_ranges):
        for level in range(len(thresholds)):
            status[area, level] = np.where(outside[area], NOT_COUNTED, FALSE)
    ranks = np.empty(len(images), np.int64)
    start = 0
    real_start = 0
    while start < len(images):
        image = images[start]
        end = start
        while end < len(images) and images[end] == image:
            ranks[end] = end - start
            end += 1
        while real_start < len(real_images) and real_images[real_start] < image:
            real_start += 1
        real_end = real_start
        while real_end < len(real_images) and real_images[real_end] == image:
            real_end += 1
        if real_start < real_end:
            overlap = overlaps(boxes[start:end], real[real_start:real_end],
                               crowd[real_start:real_end])
            # most detections overlap nothing: their rows are looked at once, not 40 times
            near = _rows_from(overlap, thresholds.min())
            for area in range(num_ranges):
                for level in range(len(thresholds)):
                    _match_image(overlap, near, crowd[real_start:real_end],
                                 ignored[area, real_start:real_end], thresholds[level],
                                 status[area, level, start:end])
        start = end
    return status, ranks


@compiled_exactly
def overlaps(boxes: Doubles, real: Doubles, crowd: Flags) -> Doubles:
    """(D, G) intersection over union; over the detection's own area for a crowd."""
    overlap = np.zeros((len(boxes), len(real)))
    for index in range(len(boxes)):
        x, y, width, height = boxes[index]
        for other in range(len(real)):
            real_x, real_y, real_width, real_height = real[other]
            shared_width = min(x + width, real_x + real_width) - max(x, real_x)
            if shared_width <= 0:
                continue
            shared_height = min(y + height, real_y + real_height) - max(y, real_y)
            if shared_height <= 0:
                continue
            shared = shared_width * shared_height
            union = width * height
            if not crowd[other]:
                union = union + real_width * real_height - shared
            overlap[index, other] = shared / union
    return overlap


@compiled_exactly
def _rows_from(overlap: Doubles, least: float) -> Indices:
    """The indices of the rows that have a value of at least `least`."""
    found = np.empty(len(overlap), np.int64)
    count = 0
    for index in range(len(overlap)):
        for value in overlap[index]:
            if value >= least:
                found[count] = index
                count += 1
                break
    return found[:count]


@compiled_exactly
def _match_image(overlap: Doubles, near: Indices, crowd: Flags, ignored: Flags, threshold: float,
                 status: Levels) -> None:
    """Give each detection of `near`, best first, the free box that it overlaps most, and write
    its status; that of a detection without a box stays as it is.

    Of equal overlaps the later box is taken. Boxes that do not count are looked at only if no
    other one is found.
    """
    num_boxes = len(crowd)
    taken = np.zeros(num_boxes, np.bool_)
    for index in near:
        best = min(threshold, HIGHEST_THRESHOLD)
        box = -1
        for ignoring in range(2):
            if box >= 0:
                break
            for other in range(num_boxes):
                if ignored[other] != (ignoring == 1) or taken[other] and not crowd[other]:
                    continue
                if overlap[index, other] >= best:
                    best = overlap[index, other]
                    box = other
        if box >= 0:
            taken[box] = True
            status[index] = NOT_COUNTED if ignored[box] else TRUE


@compiled_exactly
def precision_and_recall(status: Levels, ranks: Indices, order: Indices, positives: int,
                         recalls: Doubles, limits: Indices, precision: Array, recall: Array
                         ) -> None:
    """The curve of one class, range of areas and threshold.

    status, ranks  (D,) as of `match_class`
    order          (D,) the detections by falling score
    positives      how many boxes count, at least 1
    precision      (R,) written: the best precision at each of `recalls` or more
    recall         (M,) written: the recall with the best 1, 10, 100 (`limits`) of each image
    """
    curve = np.empty(len(order))
    reached = np.empty(len(order))
    num_seen = 0
    num_true = 0
    for index in order:
        if status[index] != NOT_COUNTED:
            num_true += status[index] == TRUE
            curve[num_seen] = num_true / (num_seen + 1.0 + EPSILON)
            reached[num_seen] = num_true / positives
            num_seen += 1
    for index in range(num_seen - 2, -1, -1):
        curve[index] = max(curve[index], curve[index + 1])
    index = 0
    for level in range(len(recalls)):
        while index < num_seen and reached[index] < recalls[level]:
            index += 1
        precision[level] = curve[index] if index < num_seen else 0.0
    for part in range(len(limits)):
        count = 0
        for index in range(len(status)):
            count += status[index] == TRUE and ranks[index] < limits[part]
        recall[part] = count / positives
