"""Batch normalization with scale and shift of the segmentation projects SegNet and PSPNet."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.normalization.batch_norm import by_batch_onnx
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set
from framework.ops.normalisation import by_batch, by_stored
from framework.proto import FillerParameter, LayerParameter, enum_name

SEGNET = ("scale_filler", "shift_filler", "bn_mode", "var_eps")
PSPNET = ("slope_filler", "bias_filler", "frozen", "momentum", "eps")


@layer
class BN(Layer):
    """Batch normalization with scale and shift; two projects' layers, told apart by the fields.

    Bottom: x (N, C, n1, ...).
    Top:    y in the shape of x; with SegNet's, if named, also mean and variance (1, C, 1, 1) of
            the batch, without gradient.
    SegNet's (alexgkendall/caffe-segnet, ENet, DeconvNet): `scale_filler`, `shift_filler`,
            `bn_mode`, and weiliu89's `var_eps` (1e-9 without it).
            Blobs: scale and shift (1, C, 1, 1). LEARN: the batch's statistics in both phases;
            INFERENCE: y = scale * x + shift, the statistics having been folded in by a script.
    PSPNet's (hszhao/PSPNet, yjxiong's and happynear's forks): `slope_filler`, `bias_filler`,
            `momentum`, `eps`, `frozen`.
            Blobs: slope, bias, running mean, running variance, all (1, C, 1, 1). TRAIN: the
            batch's statistics, running = m * running + (1 - m) * batch's, m the momentum, no
            correction of the variance; TEST: the running ones. `frozen` takes those in TRAIN
            too, and neither slope nor bias learns.
    Errors: SpecError if the fields are of both or of neither, or of another project.
    Source: bn_layer.cpp of the projects named.
    """

    pointwise = True
    keeps_shape = True
    num_tops = (1, 3)
    scale: Tensor
    shift: Tensor
    mean: Tensor
    variance: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        param = proto.bn_param
        if any(is_set(param, field) for field in SEGNET):
            return (True, True)
        return (not param.frozen,) * 2 + (False,) * 2

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "bn_param", " ".join(SEGNET + PSPNET))
        param = spec.proto.bn_param
        segnet = [field for field in SEGNET if is_set(param, field)]
        pspnet = [field for field in PSPNET if is_set(param, field)]
        if bool(segnet) == bool(pspnet):
            found = f"{segnet[0]} and {pspnet[0]}" if segnet else "no field that tells them apart"
            raise spec.error("bn_param", f"has {found}; BN is either SegNet's, with "
                             f"{', '.join(SEGNET)}, or PSPNet's, with {', '.join(PSPNET)}")
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; BN needs at least 2 axes (N, C)")
        if pspnet and len(spec.tops) > 1:
            raise spec.error("top", "has more than one blob; only SegNet's BN has them")
        self.is_segnets = bool(segnet)
        self.frozen = param.frozen
        shape = (1, x[1], 1, 1)
        if self.is_segnets:
            self.mode = enum_name(param, "bn_mode")
            self.eps = param.var_eps if is_set(param, "var_eps") else 1e-9
            self.add_blob("scale", shape, param.scale_filler)
            self.add_blob("shift", shape, param.shift_filler)
        else:
            self.momentum = param.momentum
            self.eps = param.eps
            self.add_blob("scale", shape, param.slope_filler, learned=not self.frozen)
            self.add_blob("shift", shape, param.bias_filler, learned=not self.frozen)
            self.add_blob("mean", shape, learned=False)
            start = FillerParameter(value=float(self.frozen))
            self.add_blob("variance", shape, start, learned=False)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        scale, shift = self.scale.reshape(-1), self.shift.reshape(-1)
        if self.is_segnets:
            return self.segnets(x, scale, shift)
        if self.frozen or self.spec.phase == "TEST":
            mean, variance = self.mean.reshape(-1), self.variance.reshape(-1)
            return by_stored(x, scale, shift, mean, variance, self.eps)
        y, mean, variance = by_batch(x, scale, shift, self.eps, self.mean.reshape(-1))
        with torch.no_grad():
            num_values = x.numel() // x.shape[1]
            for blob, batch in ((self.mean, mean),
                                (self.variance, variance * ((num_values - 1) / num_values))):
                blob.mul_(self.momentum).add_(batch.reshape(blob.shape), alpha=1 - self.momentum)
        return y

    def segnets(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The tops of SegNet's layer; scale and shift (C,)."""
        if self.mode == "LEARN":
            y, mean, variance = by_batch(x, scale, shift, self.eps, scale.detach())
            num_values = x.numel() // x.shape[1]
            variance = variance * ((num_values - 1) / num_values)
        else:
            mean, variance = torch.zeros_like(scale), torch.zeros_like(scale)
            axes = (1,) * (x.dim() - 2)
            y = torch.addcmul(shift.reshape(-1, *axes), x, scale.reshape(-1, *axes)).to(x.dtype)
        tops = (y, *(one.detach().reshape(1, -1, 1, 1) for one in (mean, variance)))
        return tops[: len(self.spec.tops)] if len(self.spec.tops) > 1 else y

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if len(self.spec.tops) > 1:
            raise self.spec.error("top", "has several blobs; BN has an ONNX form with one only")
        factors = self.channel_factors()
        if factors is None:
            blobs = (self.scale.reshape(-1), self.shift.reshape(-1))
            return [by_batch_onnx(graph, bottoms[0], *blobs, self.eps)]
        dims = (-1, *(1,) * (len(graph.shape(bottoms[0])) - 2))
        y = graph.add("Mul", bottoms[0], graph.floats(factors[0].reshape(dims), "factor"))
        return [graph.add("Add", y, graph.floats(factors[1].reshape(dims), "summand"))]

    def channel_factors(self) -> tuple[Tensor, Tensor] | None:
        scale, shift = (one.detach().double().reshape(-1) for one in (self.scale, self.shift))
        if self.is_segnets:
            return None if self.mode == "LEARN" or len(self.spec.tops) > 1 else (scale, shift)
        mean, variance = (one.detach().double().reshape(-1) for one in (self.mean, self.variance))
        factor = scale * (variance + self.eps).rsqrt()
        return factor, shift - mean * factor
