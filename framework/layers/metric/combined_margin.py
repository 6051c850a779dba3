"""CombinedMargin: the margins of SphereFace, ArcFace and CosFace in one."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

EDGE = 1e-4         # how near a cosine comes to -1 or 1, and an angle to pi
STEEPEST = 2.0      # the most that the gradient grows


@layer
class CombinedMargin(Layer):
    """Angular margin (SphereFace, ArcFace, CosFace): cos(m1 * angle + m2) - m3 for the label.

    Bottoms: cosines (N, ...) with C values in each row, as InnerProduct gives them with `normalize`
             of rows of length 1; labels (N,), a negative one for an item without a class.
    Top:     the cosines, the label's replaced: m1 multiplies its angle (SphereFace), m2 is added
             to the angle (ArcFace), m3 taken from the cosine (CosFace). In TEST too, whatever
             `transform_test` says, as in the original: include it in TRAIN only.
    Cosines are cut to 1 - 1e-4 either way, and the changed angle to 0 ... pi - 1e-4, so that the
    label's value never grows. The gradient is the derivative, cut to 0 ... 2.
    Errors:  SpecError if labels are not N.
    Source:  combined_margin_layer.cu of gehaocool/CombinedMargin-caffe (its .cpp cuts nothing);
             Deng et al. 2019, eq. 4.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS

    def __init__(self, spec: LayerSpec, cosines: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "combined_margin_param", "m1 m2 m3")
        param = spec.proto.combined_margin_param
        self.times = param.m1
        self.added = param.m2
        self.taken = param.m3
        check_one_label_an_item(spec, cosines, labels)
        self.check = class_check(spec, labels, math.prod(cosines[1:]), ignore=-1)

    def forward(self, cosines: Tensor, labels: Tensor) -> Tensor:
        rows = precise(cosines).flatten(1)
        numbers, valid = self.check.counted(labels)
        own = F.one_hot(numbers.reshape(-1), rows.shape[1]).bool()
        if valid is not None:
            own = own & valid.reshape(-1, 1)
        cosine = rows.detach().clamp(EDGE - 1, 1 - EDGE)
        angle = (self.times * cosine.acos() + self.added).clamp(0, math.pi - EDGE)
        slope = self.times * angle.sin() / (1 - cosine.square()).sqrt()
        changed = torch.where(own, angle.cos() - self.taken, rows.detach())
        slopes = torch.where(own, slope.clamp(0, STEEPEST), 1)
        top: Tensor = GivenSlopes.apply(rows, slopes, changed)
        return top.reshape(cosines.shape).to(cosines.dtype)
