"""DenseNet's dense block as one layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.proto import LayerParameter

EPSILON = 1e-5
MOST_STEPS = 1000
BOTTLENECK = 4      # channels between, for each that a step adds


@layer
class DenseBlock(Layer):
    """Dense block: steps of batch norm, ReLU and convolution, each concatenated to its input.

    Bottom: x (N, C, H, W).
    Top:    (N, C + numTransition * growthRate, H, W).
    Blobs:  for each of the T = numTransition steps, grouped by kind: filters (growthRate,
            C', 3, 3), applied upside down and left to right as in the original (cuDNN's
            CONVOLUTION mode); scales, biases, running means and variances (1, C', 1, 1), C' = C +
            step * growthRate; with use_BC then 1 x 1 filters to 4 * growthRate channels, and the
            same four of those; at the end one number, not used. Statistics are not learned.
    In TRAIN the statistics are those of the batch; running ones take moving_average_fraction of
    it (variances unbiased). initChannel is taken from the bottom. With use_dropout each step
    drops dropout_amount of its values in TRAIN.
    Errors: SpecError for other filter sizes, pads or strides than the 3, 1, 1 it has, and for
            more than 1000 steps (the largest published block has 64).
    Source: senlinuc/caffe_ocr DenseBlock_layer.cu (Tongcheng Li); Huang et al. 2017.
    """

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        param = proto.denseblock_param
        steps = min(param.numTransition, MOST_STEPS)
        part = (True,) * 3 * steps + (False,) * 2 * steps     # filters, scales, biases; statistics
        return part * (1 + param.use_BC) + (False,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.denseblock_param
        for field, value in (("pad_h", 1), ("pad_w", 1), ("conv_verticalStride", 1),
                             ("conv_horizentalStride", 1), ("filter_H", 3), ("filter_W", 3)):
            if getattr(param, field) != value:
                raise spec.error(f"denseblock_param.{field}", f"is {getattr(param, field)}; only "
                                 f"{value} is supported")
        if param.numTransition > MOST_STEPS:
            raise spec.error("denseblock_param.numTransition", f"is {param.numTransition}; it must "
                             f"be at most {MOST_STEPS}")
        self.steps = param.numTransition
        self.narrow = param.use_BC
        self.is_trained = spec.phase == "TRAIN"
        self.fraction = param.moving_average_fraction
        self.dropped = param.dropout_amount if param.use_dropout else 0.0
        growth = param.growthRate
        inputs = [x[1] + step * growth for step in range(self.steps)]
        between = [BOTTLENECK * growth] * self.steps
        for step, channels in enumerate(between if self.narrow else inputs):
            self.add_blob(f"filter{step}", (growth, channels, 3, 3), param.Filter_Filler)
        self._add_normalisation("", inputs)
        if self.narrow:
            for step, channels in enumerate(inputs):
                self.add_blob(f"narrow_filter{step}", (between[0], channels, 1, 1),
                              param.Filter_Filler)
            self._add_normalisation("narrow_", between)
        self.add_blob("unused", (1,), learned=False)

    def _add_normalisation(self, prefix: str, channels: list[int]) -> None:
        param = self.spec.proto.denseblock_param
        one = type(param.Filter_Filler)(type="constant", value=1)
        for kind, filler, learned in (("scale", param.BN_Scaler_Filler, True),
                                      ("bias", param.BN_Bias_Filler, True),
                                      ("mean", None, False), ("variance", one, False)):
            for step, number in enumerate(channels):
                self.add_blob(f"{prefix}{kind}{step}", (1, number, 1, 1), filler, learned)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        x = bottoms[0]
        return super().multiply_adds(bottoms, tops) * math.prod(x[2:])

    def freeze(self) -> None:
        """Run as in TEST."""
        self.is_trained = False

    def forward(self, x: Tensor) -> Tensor:
        for step in range(self.steps):
            y = self._normalise(x, "", step).relu()
            if self.narrow:
                y = F.conv2d(y, getattr(self, f"narrow_filter{step}"))
                y = self._normalise(y, "narrow_", step).relu()
            y = F.conv2d(y, getattr(self, f"filter{step}").flip(2, 3), padding=1)
            if self.dropped and self.is_trained:
                y = F.dropout(y, self.dropped)
            x = torch.cat([x, y], 1)
        return x

    def _normalise(self, x: Tensor, prefix: str, step: int) -> Tensor:
        scale, bias, mean, variance = (getattr(self, f"{prefix}{kind}{step}").flatten()
                                       for kind in ("scale", "bias", "mean", "variance"))
        return F.batch_norm(x, mean, variance, scale, bias, self.is_trained, self.fraction,
                            EPSILON)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        for step in range(self.steps):
            y = self._normalise_onnx(graph, x, "", step)
            if self.narrow:
                name = f"narrow_filter{step}"
                y = graph.add("Conv", y, graph.floats(getattr(self, name), name))
                y = self._normalise_onnx(graph, y, "narrow_", step)
            name = f"filter{step}"
            filters = graph.floats(getattr(self, name).flip(2, 3), name)
            x = graph.add("Concat", x, graph.add("Conv", y, filters, pads=[1, 1, 1, 1]), axis=1)
        return [x]

    def _normalise_onnx(self, graph: OnnxGraph, x: str, prefix: str, step: int) -> str:
        """`_normalise` in TEST, and the ReLU after it."""
        names = [f"{prefix}{kind}{step}" for kind in ("scale", "bias", "mean", "variance")]
        blobs = [graph.floats(getattr(self, name).flatten(), name) for name in names]
        return graph.add("Relu", graph.add("BatchNormalization", x, *blobs, epsilon=EPSILON))
