"""VoxelSoftmaxLoss of C3D: a class for each cell of each frame of a clip."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.ops.losses import log_loss, precise


@layer
class VoxelSoftmaxLoss(Layer):
    """Softmax cross-entropy of each voxel (cell of a frame), over the number of voxels.

    Bottoms: scores (N, C, length, height, width); labels (N, 1, length, height, width). No
             gradient goes to labels.
    Top:     the loss ().
    A label of C or more costs nothing, yet its gradient is the original's: the softmax itself,
    which draws all scores of that voxel together. Each loss is at most 87.3365 (-log FLT_MIN).
    Errors:  SpecError for shapes that do not fit; DataError for a negative label.
    Source:  voxel_wise_softmax_loss_layer.cpp of facebook/C3D v1.0, VOXEL_SOFTMAX_LOSS; Tran et
             al. 2016.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        if len(scores) < 3 or tuple(labels) != (scores[0], 1, *scores[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; they "
                             "must be (N, C, length, height, width) and (N, 1, length, height, "
                             "width)")
        self.check = IndexCheck(spec, 1, labels, scores[1])

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        x = precise(scores)
        labels = labels.detach()
        labels = self.check.require(labels, labels > -1)[:, 0]
        outside = labels >= x.shape[1]
        cost = log_loss(x, labels.where(~outside, 0).long(), 1)
        # of the value 0, with the softmax as its gradient
        total = x.logsumexp(1)
        cost = torch.where(outside, total - total.detach(), cost)
        return cost.sum() / labels.numel()
