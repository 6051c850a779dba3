"""Ground truth of a label blob with checked labels, for losses of one-stage detectors."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.layers.index_check import IndexCheck
from framework.ops.ground_truth import GroundTruth, read_ground_truth


def label_check(spec: LayerSpec, bottom: int, label: Shape, num_classes: int, message: str,
                field: str = "num_classes") -> IndexCheck:
    """The bounds check of the labels 1 to num_classes - 1 in rows of 8 numbers.

    message, field  where the prototxt says the number of classes
    Raises SpecError for a blob that is not such rows, and for less than 2 classes.
    """
    if num_classes < 2:
        raise spec.error(f"{message}.{field}", f"is {num_classes}; it must be given, and at "
                         "least 2, as the background counts")
    if math.prod(label) % 8:
        raise spec.error(f"bottom[{bottom}]", f"has the label shape {label}, {math.prod(label)} "
                         "numbers; there must be 8 for each row")
    return IndexCheck(spec, bottom, (math.prod(label) // 8,), num_classes - 1, unit="row", first=1,
                      what="classes besides the background",
                      hint=f"{message}.{field} is too small")


def checked_truth(check: IndexCheck, label: Tensor, num_images: int, use_difficult: bool
                  ) -> GroundTruth:
    """The boxes of a batch; DataError for a label outside of the classes."""
    truth = read_ground_truth(label, num_images, use_difficult)
    inside = (truth.label >= 1) & (truth.label <= check.num)
    inside |= truth.image < 0
    rows = label.detach().reshape(-1, 8)
    if len(rows):           # `truth` has a row even without any
        check.require(rows[:, 1], inside, items=rows[:, 0])
    return GroundTruth(truth.image, truth.label.where(inside, 1), truth.corners)
