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
    no solver counts iterations.
    Errors: SpecError for bounds in the wrong order, or a max_iter below 1. A negative alpha, which
            only the original's debug build refuses, is in published nets.
    Source: GradientScalerParameter; gradient_scaler_layer.cpp of ddtm/caffe as in
            maga33/TransferNet, with threshold_iter in BOBrown/JADF-caffe; Ganin and Lempitsky
            2015.
    """

    keeps_shape = True
    pointwise = True
    coefficient: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "gradient_scaler_param",
               "lower_bound upper_bound alpha max_iter threshold_iter")
        param = spec.proto.gradient_scaler_param
        if param.lower_bound > param.upper_bound:
            raise spec.error("gradient_scaler_param.lower_bound", f"is {param.lower_bound:g}; it "
                             f"must not be above upper_bound, {param.upper_bound:g}")
        if not param.max_iter >= 1:
            raise spec.error("gradient_scaler_param.max_iter", f"is {param.max_iter:g}; it must "
                             "be at least 1")
        self.waits = is_set(param, "threshold_iter")
        self.register_buffer("coefficient", torch.tensor(1.0), persistent=False)

    def note_progress(self, iteration: int, last: int) -> None:
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
