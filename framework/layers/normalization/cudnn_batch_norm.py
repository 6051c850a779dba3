"""CuDNNBatchNorm: batch normalization with scale and shift, of the GENet project."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.ops.normalisation import by_batch, by_stored
from framework.proto import FillerParameter, LayerParameter

LEAST_EPS = 1e-5        # cuDNN's


@layer
class CuDNNBatchNorm(Layer):
    """Batch normalization with scale and shift: 4 blobs, running averages without a factor.

    Bottom: x (N, C, n1, ...).
    Top:    y in the shape of x.
    Blobs:  scale, bias, running mean, running variance, all (1, C, 1, 1).
    TRAIN: the batch's statistics, running = m * running + (1 - m) * batch's, m the momentum, the
    variance with N - 1; TEST: the running ones. `frozen` takes those in TRAIN too, and neither
    scale nor bias learns. An eps below 1e-5 counts as that.
    Errors: SpecError for a bottom of fewer than two axes.
    Source: CuDNNBatchNormParameter; cudnn_batch_norm_layer.cpp and .cu of hujie-frank/GENet.
    """

    pointwise = True
    keeps_shape = True
    scale: Tensor
    bias: Tensor
    mean: Tensor
    variance: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (not proto.cudnn_batch_norm_param.frozen,) * 2 + (False,) * 2

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "cudnn_batch_norm_param", "frozen momentum eps scale_filler bias_filler")
        param = spec.proto.cudnn_batch_norm_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it needs at least 2 axes (N, C)")
        self.frozen = param.frozen
        self.momentum = param.momentum
        self.eps = max(param.eps, LEAST_EPS)
        shape = (1, x[1], 1, 1)
        self.add_blob("scale", shape, param.scale_filler, learned=not self.frozen)
        self.add_blob("bias", shape, param.bias_filler, learned=not self.frozen)
        self.add_blob("mean", shape, learned=False)
        self.add_blob("variance", shape, FillerParameter(value=float(self.frozen)), learned=False)

    def forward(self, x: Tensor) -> Tensor:
        scale, bias, mean, variance = (blob.reshape(-1) for blob in self.blobs)
        if self.frozen or self.spec.phase == "TEST":
            return by_stored(x, scale, bias, mean, variance, self.eps)
        y, mean, variance = by_batch(x, scale, bias, self.eps, mean)
        with torch.no_grad():
            for blob, batch in ((self.mean, mean), (self.variance, variance)):
                blob.mul_(self.momentum).add_(batch.reshape(blob.shape), alpha=1 - self.momentum)
        return y

    def freeze(self) -> None:
        """Take the running averages as they are, as `frozen` does."""
        self.frozen = True

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        factor, summand = self.channel_factors()
        dims = (-1, *(1,) * (len(graph.shape(bottoms[0])) - 2))
        y = graph.add("Mul", bottoms[0], graph.floats(factor.reshape(dims), "factor"))
        return [graph.add("Add", y, graph.floats(summand.reshape(dims), "summand"))]

    def channel_factors(self) -> tuple[Tensor, Tensor]:
        scale, bias, mean, variance = (blob.detach().double().reshape(-1) for blob in self.blobs)
        factor = scale * (variance + self.eps).rsqrt()
        return factor, bias - mean * factor
