"""Gradient reversal (GradientScaler) of domain-adversarial training."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set
from framework.ops.losses import GivenSlopes


@layer
class GradientScaler(Layer):
    """Gradient reversal: the top is the bottom, the gradient is multiplied by -coefficient.

    Bottom: x (...).
    Top:    as x.
    The coefficient goes from lower_bound to upper_bound: with height = upper_bound - lower_bound
    it is 2 * height / (1 + exp(-alpha * p)) - height + lower_bound, p = min(1, iteration /
    max_iter). With threshold_iter it is 0 up to that iteration, and
    p = min(1, (iteration - threshold_iter) / (threshold_iter + max_iter)) after it. It is 1 where
    no solver counts iterations. With scale_factor the gradient is multiplied by that, always.
    Errors: SpecError for bounds in the wrong order, a max_iter below 1, and scale_factor beside
            other fields. A negative alpha, which only the original's debug build refuses, is in
            published nets.
    Source: GradientScalerParameter; gradient_scaler_layer.cpp of ddtm/caffe as in
            maga33/TransferNet, with threshold_iter in BOBrown/JADF-caffe; Ganin and Lempitsky
            2015. scale_factor: yuhuayc/da-faster-rcnn.
    """

    fork_fields = frozenset(["gradient_scaler_param.scale_factor"])

    keeps_shape = True
    pointwise = True
    coefficient: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "gradient_scaler_param",
               "lower_bound upper_bound alpha max_iter threshold_iter scale_factor")
        param = spec.proto.gradient_scaler_param
        self.is_fixed = is_set(param, "scale_factor")
        if self.is_fixed and len(param.ListFields()) > 1:
            raise spec.error("gradient_scaler_param.scale_factor", "is the whole factor; other "
                             "fields have no effect beside it")
        if param.lower_bound > param.upper_bound:
            raise spec.error("gradient_scaler_param.lower_bound", f"is {param.lower_bound:g}; it "
                             f"must not be above upper_bound, {param.upper_bound:g}")
        if not param.max_iter >= 1:
            raise spec.error("gradient_scaler_param.max_iter", f"is {param.max_iter:g}; it must "
                             "be at least 1")
        self.waits = is_set(param, "threshold_iter")
        first = -param.scale_factor if self.is_fixed else 1.0
        self.register_buffer("coefficient", torch.tensor(first), persistent=False)

    def note_progress(self, iteration: int, last: int) -> None:
        if self.is_fixed:
            return
        param = self.spec.proto.gradient_scaler_param
        since = iteration - param.threshold_iter
        if self.waits and since <= 0:
            self.coefficient.fill_(0.0)
            return
        progress = min(1.0, since / (param.threshold_iter + param.max_iter))
        height = param.upper_bound - param.lower_bound
        self.coefficient.fill_(2 * height / (1 + math.exp(-param.alpha * progress)) - height
                               + param.lower_bound)

    def forward(self, x: Tensor) -> Tensor:
        return GivenSlopes.apply(x, -self.coefficient, x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Identity", bottoms[0])]


@layer
class GradientSilent(Layer):
    """The bottom, without a gradient unless a second one lets it pass.

    Bottoms: x (...); if given, one that has a gradient let pass where its first number is not 0
             (need_backprop of the nets: 0 for images of the target domain).
    Top:     as x. Without the second bottom the gradient of x is 0. The original reads the second
             on GPUs only; its CPU lets nothing pass.
    Source:  gradient_silent_layer.cpp and .cu of yuhuayc/da-faster-rcnn, He-Zhenwei/MAF and
             ivalab/affordanceNet_DA; Chen et al. 2018.
    """

    num_bottoms = (1, 2)
    keeps_shape = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, *passes: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor, passes: Tensor | None = None) -> Tensor:
        if passes is None:
            return x.detach()
        return torch.where(passes.detach().reshape(-1)[0] != 0, x, x.detach())

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Identity", bottoms[0])]
