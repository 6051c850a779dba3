"""What the layers of learned duplicate removal share: the lists of boxes that they work on."""

from __future__ import annotations

import math

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.layers.params import at_least

FIELD = "duplicate_removal_param"
NO_BOX = -1.0       # the item of a row that fills up a list


def list_shape(spec: LayerSpec) -> tuple[int, int]:
    """Lists of each image, one for each class but the background, and boxes in each."""
    param = spec.proto.duplicate_removal_param
    at_least(spec, f"{FIELD}.num_classes", [param.num_classes], 2)
    at_least(spec, f"{FIELD}.first_n", [param.first_n], 1)
    return param.num_classes - 1, param.first_n


def check_lists(spec: LayerSpec, scores: Shape, regions: Shape) -> tuple[int, int]:
    """As `list_shape`. SpecError for rows that are not those of RankedBoxes."""
    num_labels, length = list_shape(spec)
    rows = scores[0]
    if len(scores) != 2 or math.prod(regions) != 5 * rows or rows % (num_labels * length):
        raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(regions)}; they "
                         f"must be (K, T) and (K, 5), K a multiple of {num_labels} classes x "
                         f"{length} boxes: rows as RankedBoxes gives them")
    return num_labels, length
