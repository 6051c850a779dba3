"""Squared (L2) loss of maps around joints or corners: EuclideanLossHeatmap."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_same_count
from framework.ops.losses import GivenSlopes, precise

ROOM_CORNERS = (0, 8, 14, 20, 24, 28, 34, 38, 42, 44, 46, 48)
"""Of each type of room in a RoomNet the first of its maps, one a corner; then their number."""
BACKGROUND, FAINT = 0.01, 0.2   # a target up to the first is background, whose errors count so much


@layer
class EuclideanLossHeatmap(Layer):
    """Mean squared (L2) loss of maps, whose gradient is the difference, whatever the loss_weight.

    Bottoms: maps and their target (N, C, H, W), which gets no gradient; if wanted the images, which
             the original draws and which have no effect. A third bottom of one number for each item
             is the type of a room, from 0 to 10, which is one of RoomNet.
    Top:     the loss (): the sum of (maps - target)^2 over N * C * H * W.
    In a RoomNet each type has some of the 48 maps of corners, and the others do not count. The
    difference is multiplied by 0.2 where the target is not above 0.01; the loss is the sum of its
    squares over N * 48, and the gradient is the difference times the loss_weight.
    Errors:  SpecError if maps and target differ in items or values, and for other than 48 maps
             with types; DataError for a type that is not from 0 to 10.
    Source:  euclidean_loss_heatmap_layer.cpp of tpfister/caffe-heatmap and HongwenZhang's
             ECT-FaceAlignment; that of FengyangZhang/caffe_roomnet with types.
    """

    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, maps: Shape, target: Shape, *images: Shape):
        super().__init__(spec)
        check_same_count(spec, maps, target)
        self.check = None
        if len(images) == 1 and math.prod(images[0]) == maps[0]:
            if len(maps) != 4 or maps[1] != ROOM_CORNERS[-1]:
                raise spec.error("bottom", f"has the shape {tuple(maps)}; with types of rooms it "
                                 f"must be (N, {ROOM_CORNERS[-1]}, H, W)")
            self.check = IndexCheck(spec, 2, images[0], len(ROOM_CORNERS) - 1,
                                    what="types of rooms")
        weights = spec.proto.loss_weight
        self.loss_weight = (weights[0] if weights else 1.0) or 1.0

    def forward(self, maps: Tensor, target: Tensor, *images: Tensor) -> Tensor:
        maps = precise(maps)
        if self.check is not None:
            return self._of_rooms(self.check, maps, target, images[0])
        difference = maps.detach() - precise(target.detach()).reshape(maps.shape)
        # the gradient that comes in is the loss_weight, which the original does not look at
        loss: Tensor = GivenSlopes.apply(maps, difference / self.loss_weight,
                                         difference.square().mean())
        return loss

    def _of_rooms(self, check: IndexCheck, maps: Tensor, target: Tensor, types: Tensor) -> Tensor:
        target = precise(target.detach()).reshape(maps.shape)
        number = check(types).flatten()
        edges = torch.tensor(ROOM_CORNERS, device=maps.device)
        channel = torch.arange(maps.shape[1], device=maps.device)
        own = (channel >= edges[number, None]) & (channel < edges[number + 1, None])
        difference = (maps.detach() - target) * own[..., None, None]
        difference = torch.where(target <= BACKGROUND, FAINT * difference, difference)
        value = difference.square().sum() / math.prod(maps.shape[:2])
        loss: Tensor = GivenSlopes.apply(maps, difference, value)
        return loss
