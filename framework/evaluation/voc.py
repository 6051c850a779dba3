"""VOC's mean average precision from columns of boxes and detections."""

from __future__ import annotations

import numpy as np

from framework.evaluation.average_precision import average_precision
from framework.evaluation.columns import Found, Truth, by_class_and_image, class_starts


def evaluate(truth: Truth, found: Found, num_classes: int, version: str = "11point",
             threshold: float = 0.5) -> tuple[float, list[float]]:
    """Mean average precision, and that of each class.

    A detection takes the box of its class that it overlaps most: from `threshold` on it is true if
    it is the first with that box, else false; on a difficult box it does not count. A class without
    boxes has precision 0 and counts in the mean, as in Solver::TestDetection. Widths are
    x2 - x1, as in DetectionEvaluate without a size file.
    Source: VOC's development kit; detection_evaluate_layer.cpp of weiliu89/caffe branch ssd.
    """
    # lazy: numba costs 0.25 s
    from framework.evaluation import voc_loops as loops

    truth = by_class_and_image(truth)
    found = found.ranked()
    starts = class_starts(found.classes, num_classes)
    real_starts = class_starts(truth.classes, num_classes)
    precisions = []
    for number in range(num_classes):
        own = slice(starts[number], starts[number + 1])
        real = slice(real_starts[number], real_starts[number + 1])
        difficult = truth.difficult[real]
        status = loops.match_class(found.images[own], found.boxes[own], truth.images[real],
                                   truth.boxes[real], difficult, threshold)
        counted = status != loops.NOT_COUNTED
        precisions.append(average_precision(
            found.scores[own][counted], status[counted] == loops.TRUE, int((~difficult).sum()),
            version))
    return float(np.mean(precisions)) if precisions else 0.0, precisions
