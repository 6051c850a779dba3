"""Consistency of joints in two images with the optical flow between them: ConsistencyLoss."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.ops.by_item import by_item
from framework.ops.losses import precise

COORDINATES = 4         # x and y in the first image, x and y in the second


@layer
class ConsistencyLoss(Layer):
    """Absolute (L1) loss of joints in a second image that are not where the flow takes them.

    Bottoms: joints (N, 4 J, ...): x and y in the first image, then in the second, in pixels of the
             flow; flow (N, 2, H, W), dx and dy, without gradient.
    Top:     the loss (): the sum of |first + flow - second| over N. The flow is the mean of that at
             the pixels of both joints, cut to whole pixels of the map; its dy for the second is
             read in the row of the first, as in the original.
    Errors:  SpecError for another shape of joints or flow.
    Source:  consistency_loss_layer.cpp of qxcv's Caffe, for qxcv/joint-regressor.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        flow = bottoms[1]
        return (flow[0], 2, *flow[2:]) if index and len(flow) == 4 else None

    def __init__(self, spec: LayerSpec, joints: Shape, flow: Shape):
        super().__init__(spec)
        if len(joints) < 2 or joints[1] % COORDINATES or not math.prod(joints[1:]):
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(joints)}; it "
                             "must be (N, 4 J, ...), x and y of J joints in two images")
        if len(flow) != 4 or flow[0] != joints[0] or flow[1] != 2:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(flow)}; it must "
                             f"be ({joints[0]}, 2, H, W)")

    def forward(self, joints: Tensor, flow: Tensor) -> Tensor:
        places = by_item(precise(joints), joints.shape[1] // COORDINATES,
                                         COORDINATES, -1)
        flow = flow.detach().to(places.dtype)
        height, width = flow.shape[2:]
        x1, y1, x2, y2 = places.detach().nan_to_num().unbind(2)
        columns = [x.clamp(0, width - 1).long().flatten(1) for x in (x1, x2)]
        rows = [y.clamp(0, height - 1).long().flatten(1) for y in (y1, y2)]
        across, down = flow.flatten(2).unbind(1)
        dx = _mean_at(across, rows, columns, width)
        dy = _mean_at(down, [rows[0], rows[0]], columns, width)
        moved = places[:, :, :2] + torch.stack([dx, dy], 1).reshape(
            len(places), 2, *x1.shape[1:]).transpose(1, 2)
        return (moved - places[:, :, 2:]).abs().sum() / len(joints)


def _mean_at(values: Tensor, rows: list[Tensor], columns: list[Tensor], width: int) -> Tensor:
    """The mean of a map (N, H * W) at two pixels each, (N, P)."""
    first, second = (values.gather(1, row * width + column)
                     for row, column in zip(rows, columns, strict=True))
    return 0.5 * first + 0.5 * second
