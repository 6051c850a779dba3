"""Matching of detections and boxes by VOC's rule, compiled."""

from __future__ import annotations

import numpy as np

from framework.evaluation.columns import Doubles, Flags, Indices
from framework.system.arrays import Levels
from framework.system.compiled import compiled_exactly

# What becomes of a detection.
FALSE, TRUE, NOT_COUNTED = 0, 1, 2


@compiled_exactly
def match_class(images: Indices, boxes: Doubles, real_images: Indices, real: Doubles,
                difficult: Flags, threshold: float) -> Levels:
    """(D,) what becomes of the detections of one class.

    images, boxes  (D,), (D, 4) x, y, width, height; by image, then falling score
    real_images, real, difficult   (G,), (G, 4), (G,) the boxes, by image
    """
    status = np.zeros(len(images), np.uint8)
    taken = np.zeros(len(real), np.bool_)
    start = 0
    for index in range(len(images)):
        while start < len(real) and real_images[start] < images[index]:
            start += 1
        x, y, width, height = boxes[index]
        best = 0.0
        box = -1
        other = start
        while other < len(real) and real_images[other] == images[index]:
            real_x, real_y, real_width, real_height = real[other]
            shared_width = min(x + width, real_x + real_width) - max(x, real_x)
            shared_height = min(y + height, real_y + real_height) - max(y, real_y)
            if shared_width > 0 and shared_height > 0:
                shared = shared_width * shared_height
                overlap = shared / (width * height + real_width * real_height - shared)
                if overlap > best:
                    best = overlap
                    box = other
            other += 1
        if box >= 0 and best >= threshold:
            if difficult[box]:
                status[index] = NOT_COUNTED
            elif not taken[box]:
                taken[box] = True
                status[index] = TRUE
    return status
