"""Softmax loss and accuracy of viewpoints that are points of a sphere: known by shape only."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS


class _OfPoints(Layer):
    """Scores of the points, and one point for each item."""

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], 1) if index == 1 and bottoms[0] else None

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape, *others: Shape):
        super().__init__(spec)
        check_one_label_an_item(spec, scores, labels)

    @uncompiled
    def forward(self, *bottoms: Tensor) -> Tensor:
        raise self.spec.error("type", f"'{self.spec.type}' is known by its shapes only: which "
                              "points of its sphere are near each other is not known here")


@layer
class SoftmaxWithSphereLoss(_OfPoints):
    """Softmax loss of points of a sphere, those near the label's being right too: by shape only.

    Bottoms: scores (N, ...), one for each of 2352 points in the original; labels, one an item; if
             wanted a third one. No gradient goes to the last two.
    Tops:    the loss (); if wanted the probabilities in the shape of the scores.
    Errors:  SpecError for several labels an item, and at every forward.
    Source:  SoftmaxWithSphereLossParameter and softmax_sphere_loss_layer.hpp of
             trainsn/caffe-vp-sel, whose .cpp with the table of neighbours could not be read.
    """

    loss = True
    num_bottoms = (2, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (1, 2)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(), bottoms[0]]
        return shapes[:len(self.spec.tops)]


@layer
class AccuracySphere(_OfPoints):
    """Share of the items whose best point of a sphere is near the label's: known by shape only.

    Bottoms: scores (N, ...) and labels as in SoftmaxWithSphereLoss. No gradient goes to either.
    Top:     the share ().
    Errors:  SpecError for several labels an item, and at every forward.
    Source:  AccuracySphereParameter and accuracy_sphere_layer.hpp of trainsn/caffe-vp-sel, whose
             .cpp with the table of neighbours could not be read.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]
