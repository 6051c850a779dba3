"""Parse `loss_param` (normalization, ignore_label) and check the shapes of labels and targets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.layers.params import honour
from framework.proto import enum_name

BESIDE_IGNORED = frozenset(f"loss_param.{name}" for name in (
    "normalization normalize label_smoothing pre_fixed_normalizer weight_by_label_freqs "
    "class_weighting").split())
"""The fields that layers ignore which read ignore_label alone."""


def normalization(spec: LayerSpec, default: str = "VALID", also: str = "") -> str:
    """The normalization mode by its name; the old `normalize` counts only without it.

    also  fields of loss_param, besides the usual four, that the layer honours
    Raises SpecError for other fields. Source: SoftmaxWithLossLayer::LayerSetUp and the like, BVLC.
    """
    honour(spec, "loss_param",
           f"ignore_label normalization normalize pre_fixed_normalizer {also}")
    param = spec.proto.loss_param
    if param.HasField("normalization"):
        return enum_name(param, "normalization")
    if param.HasField("normalize"):
        return "VALID" if param.normalize else "BATCH_SIZE"
    return default


def ignore_label(spec: LayerSpec) -> int | None:
    """The label whose items add nothing, if one is given."""
    param = spec.proto.loss_param
    return param.ignore_label if param.HasField("ignore_label") else None


def shape_of_labels(scores: Shape, axis: int) -> Shape:
    """The shape that labels have as a rule: one for each position, the classes being on `axis`."""
    axis %= len(scores)
    return (*scores[:axis], 1, *scores[axis + 1:])


def check_labels(spec: LayerSpec, x: Shape, labels: Shape, axis: int) -> None:
    """Raise SpecError unless there is one label for each position of `x` without its class axis."""
    wanted = math.prod(x[:axis]) * math.prod(x[axis + 1:])
    if math.prod(labels) != wanted:
        raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; the scores "
                         f"have the shape {tuple(x)} with classes on axis {axis}, so there must "
                         f"be {wanted} labels")


def check_first_axes(spec: LayerSpec, x: Shape, labels: Shape) -> None:
    """Raise SpecError unless `x` and the labels have as many items.

    Source: BVLC loss_layer.cpp, of all losses.
    """
    if tuple(x[:1]) != tuple(labels[:1]):
        raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; its first "
                         f"axis must be as long as that of '{spec.bottoms[0]}', {tuple(x)}")


def check_one_label_an_item(spec: LayerSpec, x: Shape, labels: Shape) -> None:
    """Raise SpecError unless there is one label for each item of `x`, which has values."""
    if len(x) < 2:
        raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; it must be "
                         "(N, ...), values of each item")
    if math.prod(labels) != x[0]:
        raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it must "
                         f"hold one label for each of the {x[0]} items of '{spec.bottoms[0]}'")


def check_label_weights(spec: LayerSpec, labels: Shape, weights: Sequence[Shape]) -> None:
    """Raise SpecError unless bottom 2, if there is one, has a weight for each label."""
    for shape in weights:
        if math.prod(shape) != math.prod(labels):
            raise spec.error("bottom", f"'{spec.bottoms[2]}' has the shape {tuple(shape)}; there "
                             f"must be a weight for each label of {tuple(labels)}")


def check_same_count(spec: LayerSpec, x: Shape, other: Shape, which: int = 1) -> None:
    """Raise SpecError unless bottom `which`, of shape `other`, has as many items and values."""
    if tuple(x[:1]) != tuple(other[:1]) or math.prod(x) != math.prod(other):
        raise spec.error("bottom", f"'{spec.bottoms[which]}' has the shape {tuple(other)}; it must "
                         f"have as many items and values as '{spec.bottoms[0]}', {tuple(x)}")
