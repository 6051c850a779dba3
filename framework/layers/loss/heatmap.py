"""Squared (L2) loss of maps around joints: EuclideanLossHeatmap."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.ops.losses import GivenSlopes, precise


@layer
class EuclideanLossHeatmap(Layer):
    """Mean squared (L2) loss of maps, whose gradient is the difference, whatever the loss_weight.

    Bottoms: maps and their target (N, C, H, W), which gets no gradient; if wanted the images, which
             the original draws and which have no effect.
    Top:     the loss (): the sum of (maps - target)^2 over N * C * H * W.
    Errors:  SpecError if maps and target differ in items or values.
    Source:  euclidean_loss_heatmap_layer.cpp of tpfister/caffe-heatmap and HongwenZhang's
             ECT-FaceAlignment.
    """

    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, maps: Shape, target: Shape, *images: Shape):
        super().__init__(spec)
        check_same_count(spec, maps, target)
        weights = spec.proto.loss_weight
        self.loss_weight = (weights[0] if weights else 1.0) or 1.0

    def forward(self, maps: Tensor, target: Tensor, *images: Tensor) -> Tensor:
        maps = precise(maps)
        difference = maps.detach() - precise(target.detach()).reshape(maps.shape)
        # the gradient that comes in is the loss_weight, which the original does not look at
        loss: Tensor = GivenSlopes.apply(maps, difference / self.loss_weight,
                                         difference.square().mean())
        return loss
