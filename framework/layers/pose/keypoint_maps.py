"""Loss and accuracy of maps around points of which some cannot be seen (hhy5277)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops.losses import precise

NEARLY = 1e-6       # how far from -1 the first value of a map is, whose point can be seen


def _check_maps(spec: LayerSpec, x: Shape, target: Shape) -> None:
    if len(x) != 4 or tuple(x) != tuple(target):
        raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(target)}; both must be "
                         "(N, C, H, W), alike")


@layer
class KeypointL2Loss(Layer):
    """Squared (L2) loss of maps; one whose target begins with a number below 0 counts nothing.

    Bottoms: maps and their target (N, C, H, W).
    Top:     the loss (): half the sum of (maps - target)^2, over N.
    Errors:  SpecError for bottoms that differ in shape.
    Source:  keypoint_L2_loss_layer.cpp of hhy5277/car_keypoint_caffe.
    """

    num_bottoms = (2, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        _check_maps(spec, x, target)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        target = precise(target)
        seen = target.detach()[:, :, :1, :1] >= 0
        difference = torch.where(seen, precise(x) - target, 0)
        return difference.square().sum() / (2 * x.shape[0])


@layer
class KeypointAcc(Layer):
    """Share of the points that can be seen whose largest value is near that of the target.

    Bottoms: maps and their target (N, C, H, W); a target that begins with -1 is of a point that
             cannot be seen.
    Tops:    the share (), 0 if none can be seen; if wanted that of each of the C points (C,). The
             distance is in parts of the map's width and height, and near is below `metric`.
    Errors:  SpecError for bottoms that differ in shape.
    Source:  KeypointAccParameter, whose axis is not read; keypoint_acc_layer.cpp of
             hhy5277/car_keypoint_caffe.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True
    no_onnx_form = "it takes true points, which a deploy net does not have"

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return bottoms[0] if index else None

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        honour(spec, "keypoint_acc_param", "metric")
        self.metric = spec.proto.keypoint_acc_param.metric
        _check_maps(spec, x, target)

    def forward(self, x: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        seen = (target.detach()[:, :, 0, 0] + 1).abs() > NEARLY
        gaps = [one - other for one, other in zip(_peaks(x), _peaks(target), strict=True)]
        near = (gaps[0].square() + gaps[1].square() < self.metric ** 2) & seen
        right, number = near.to(x.dtype).sum(0), seen.to(x.dtype).sum(0)
        share = right.sum() / number.sum().clamp(min=1)
        return (share, right / number.clamp(min=1))[:len(self.spec.tops)]


def _peaks(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column (N, C) of the first largest value of each map, in parts of its size."""
    height, width = maps.shape[2:]
    cell = maps.detach().flatten(2).argmax(2)
    return (torch.div(cell, width, rounding_mode="floor") / height).to(maps.dtype), \
        ((cell % width) / width).to(maps.dtype)
