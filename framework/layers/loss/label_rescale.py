"""LabelSpecificRescale: the label's value of each row grows or shrinks while training."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import class_check
from framework.layers.params import honour, plain
from framework.ops.losses import StraightThrough


@layer
class LabelSpecificRescale(Layer):
    """Class-specific scaling: multiply each row's value of its label, and those of other classes.

    Bottoms: x (N, ...) with C values in each row; labels (N,).
    Tops:    x with the label's value times positive_weight and the others times negative_weight;
             if wanted, positive_weight (1,).
    TEST copies unless `rescale_test`. With positive_weight_base, in TRAIN, positive_weight =
    base * (1 + gamma * iteration)^-power, cut to positive_weight_min and _max where they are
    given; `iteration` counts the forwards. `for_ip` takes only labels' values above 0, `bias_fix`
    adds 1 - positive_weight to them, `power_on_positive` takes sign(x) |x|^positive_weight
    instead, and `do_backward: false` passes the gradient on as it is.
    Errors:  SpecError if labels are not N.
    Source:  LabelSpecificRescaleParameter; label_specific_rescale.cpp and .cu of
             happynear/caffe-windows.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = "it takes labels, which a deploy net does not have"
    iteration: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "label_specific_rescale_param", "positive_weight negative_weight "
               "rescale_test for_ip "
               "positive_weight_base gamma power positive_weight_min positive_weight_max "
               "iteration bias_fix power_on_positive do_backward")
        param = spec.proto.label_specific_rescale_param
        self.param = plain(param)
        if math.prod(labels) != x[0]:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must hold one label for each of the {x[0]} items")
        self.check = class_check(spec, labels, math.prod(x[1:]))
        self.low = param.positive_weight_min if param.HasField("positive_weight_min") else None
        self.high = param.positive_weight_max if param.HasField("positive_weight_max") else None
        self.moves = param.HasField("positive_weight_base") and spec.phase == "TRAIN"
        self.register_buffer("iteration", torch.tensor(float(param.iteration)), persistent=False)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        param = self.param
        weight = self._weight(x)
        if self.spec.phase == "TEST" and not param.rescale_test:
            top = x
        else:
            own = F.one_hot(self.check(labels).reshape(-1), math.prod(x.shape[1:])).bool()
            top = self._scaled(x, own.reshape(x.shape), weight)
            if not param.do_backward:
                top = StraightThrough.apply(x, top.detach())
        return (top, weight.reshape(1)) if len(self.spec.tops) == 2 else top

    def _scaled(self, x: Tensor, own: Tensor, weight: Tensor) -> Tensor:
        param = self.param
        if param.power_on_positive:
            # 1 in place of the others: a power of 0 would have a gradient of NaN
            label = x.sign() * x.abs().where(own, 1) ** weight
        else:
            label = x * weight + (1 - weight if param.bias_fix else 0)
        chosen = own & (x > 0) if param.for_ip else own
        return torch.where(chosen, label, torch.where(own, x, x * param.negative_weight))

    def _weight(self, x: Tensor) -> Tensor:
        param = self.param
        if not self.moves:
            return x.new_tensor(param.positive_weight)
        if torch.is_grad_enabled() and not x.is_meta:
            with torch.no_grad():
                self.iteration.add_(1)
        weight = param.positive_weight_base * (1 + param.gamma * self.iteration) ** -param.power
        if self.low is not None or self.high is not None:
            weight = weight.clamp(self.low, self.high)
        return weight.to(x.dtype)
