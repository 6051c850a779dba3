"""Dynamic network surgery: weights with masks that training prunes and splices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.masked_blobs import MaskedBlobs, need_bias
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.filters import FIELDS, convolutions_onnx, convolved, read_geometry
from framework.layers.vision.inner_product import rows_by
from framework.ops.losses import StraightThrough
from framework.proto import FillerParameter

PRUNED, SPLICED = 0.9, 1.1      # alpha_low and alpha_high of the layers that have no such fields
FIELDS_OF_MASKS = "gamma power iter_stop c_rate weight_mask_filler bias_mask_filler"


class Surgery(MaskedBlobs):
    """What both layers share: a weight, a bias, and a mask of each.

    In each forward of TRAIN before the iteration iter_stop, with the chance (1 + gamma *
    iteration)^-power, a mask of 1 becomes 0 where |value| is at most alpha_low of the threshold,
    and one of 0 becomes 1 where it is above alpha_high of it. The threshold is max(mean + c_rate *
    deviation, 0), of the |values| of weight and bias at the first such forward. The gradient of
    all values, also of masked ones, is that of what they become.
    """

    masks_in: ClassVar[str]             # the message of their settings
    measures_masked: ClassVar[bool] = True      # what a mask hides does not count for the threshold
    last_by_default: ClassVar[float | None] = None      # iter_stop, if not that of the message
    iteration: Tensor
    threshold: Tensor

    def add_masked(self, weight: Shape, bias: Shape,
                   fillers: tuple[FillerParameter, FillerParameter]) -> None:
        """Make the four blobs; `fillers`: of the first two."""
        self.surgery = getattr(self.spec.proto, self.masks_in)
        has_parts = hasattr(self.surgery, "alpha_low")
        honour(self.spec, self.masks_in,
               FIELDS_OF_MASKS + (" alpha_low alpha_high" if has_parts else ""))
        self.parts = (self.surgery.alpha_low, self.surgery.alpha_high) if has_parts \
            else (PRUNED, SPLICED)
        self.add_blobs(weight, bias, fillers, self.surgery)
        self.last = self.surgery.iter_stop
        if self.last_by_default is not None and not self.surgery.HasField("iter_stop"):
            self.last = self.last_by_default
        self.register_buffer("iteration", torch.tensor(0.0), persistent=False)
        # below 0: not known yet
        self.register_buffer("threshold", torch.tensor(-1.0), persistent=False)

    def note_progress(self, iteration: int, last: int) -> None:
        self.iteration.fill_(iteration)

    def masked(self) -> tuple[Tensor, Tensor]:
        """Weight and bias as they count, after the surgery of this forward."""
        if self.spec.phase == "TRAIN" and torch.is_grad_enabled() and not self.weight.is_meta:
            with torch.no_grad():
                self._operate()
        weight, bias = ((StraightThrough.apply(values, values.detach() * mask))
                        for values, mask in ((self.weight, self.weight_mask),
                                             (self.bias, self.bias_mask)))
        return weight, bias

    def _operate(self) -> None:
        param = self.surgery
        self.threshold.copy_(torch.where(self.threshold < 0, self._first_threshold(),
                                         self.threshold))
        chance = (1 + param.gamma * self.iteration) ** -param.power
        goes = (chance > torch.rand_like(chance)) & (self.iteration < self.last)
        for values, mask in ((self.weight, self.weight_mask), (self.bias, self.bias_mask)):
            size = values.abs()
            pruned = goes & (mask == 1) & (size <= self.parts[0] * self.threshold)
            spliced = goes & (mask == 0) & (size > self.parts[1] * self.threshold)
            mask.copy_(torch.where(pruned, 0, torch.where(spliced, 1, mask)))

    def _first_threshold(self) -> Tensor:
        blobs = [self.weight, self.bias]
        if self.measures_masked:
            blobs = [self.weight * self.weight_mask, self.bias * self.bias_mask]
        values = torch.cat([blob.flatten() for blob in blobs])
        count = (values != 0).sum().clamp(min=1)
        mean = values.abs().sum() / count
        variance = values.square().sum() / count - mean.square()
        return (mean + self.surgery.c_rate * variance.clamp(min=0).sqrt()).clamp(min=0)


class MaskedConvolution(Surgery):
    """Convolution by masked weights; the settings of the masks are in `masks_in`."""

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        param = spec.proto.convolution_param
        self.geometry = at = read_geometry(spec, *bottoms)
        need_bias(spec, "convolution_param", param.bias_term)
        shape = (at.num_output, at.channels // at.group, *at.kernel)
        self.add_masked(shape, (at.num_output,), (param.weight_filler, param.bias_filler))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return sum(self.weight[0].numel() * math.prod(top) for top in tops)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        weight, bias = self.masked()
        tops = tuple(convolved(x, weight, bias, self.geometry) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        masked = self.with_blobs(weight=self.weight * self.weight_mask,
                                 bias=self.bias * self.bias_mask)
        return convolutions_onnx(graph, "Conv", masked, self.geometry, bottoms)


class MaskedProduct(Surgery):
    """Fully connected layer of masked weights; the settings of the masks are in `masks_in`."""

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "inner_product_param", "num_output bias_term weight_filler bias_filler axis")
        param = spec.proto.inner_product_param
        self.axis, shape = rows_by(spec, x)
        need_bias(spec, "inner_product_param", param.bias_term)
        self.add_masked(shape, shape[:1], (param.weight_filler, param.bias_filler))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(bottoms[0][self.axis:])

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.masked()
        return F.linear(x.flatten(self.axis), weight, bias)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = graph.reshape(bottoms[0], [0] * self.axis + [math.prod(self.weight.shape[1:])])
        weight = graph.floats((self.weight * self.weight_mask).t(), "weight")
        product = graph.add("MatMul", x, weight)
        return [graph.add("Add", product, graph.floats(self.bias * self.bias_mask, "bias"))]


@layer
class CConvolution(MaskedConvolution):
    """Convolution with masks on its weight and bias, which training prunes and splices.

    Bottom: any number of x (N, C, H, W), equal in shape.
    Top:    one for each bottom, as of Convolution.
    Blobs:  weight (num_output, C / group, kernel_h, kernel_w); bias (num_output,); a mask of each,
            filled by weight_mask_filler and bias_mask_filler: 0 without one.
    The masks change in TRAIN as dynamic network surgery says: where |value| is at most 0.9 of a
    threshold a 1 becomes 0, where it is above 1.1 of it a 0 becomes 1; the threshold is the mean
    of |values| and c_rate deviations at the first forward, and each forward before iter_stop does
    it with the chance (1 + gamma * iteration)^-power. Masked values still have a gradient.
    Errors: SpecError as for Convolution, and without a bias.
    Source: compress_conv_layer.cpp of alex-tolstov/sparseconv, from
            yiwenguo/Dynamic-Network-Surgery, Guo et al. 2016. A run that goes on measures its
            threshold anew; there it is 0 then.
    """

    reads = ("convolution_param", "cconvolution_param")
    masks_in = "cconvolution_param"


@layer
class CInnerProduct(MaskedProduct):
    """Fully connected layer with masks on its weight and bias, which training prunes and splices.

    Bottom: x (d0, ..., dn).
    Top:    y (d0, ..., d[axis-1], num_output).
    Blobs:  weight (num_output, K), K the numbers from `axis` on; bias (num_output,); a mask of
            each. The masks are those of CConvolution, but for an iter_stop of 8000 without one.
    Errors: SpecError if num_output is 0, and without a bias.
    Source: compress_inner_product_layer.cpp of alex-tolstov/sparseconv, from
            yiwenguo/Dynamic-Network-Surgery, Guo et al. 2016; what a mask hides counts for the
            threshold, which in CConvolution it does not.
    """

    reads = ("inner_product_param", "cinner_product_param")
    masks_in = "cinner_product_param"
    measures_masked = False
    last_by_default = 8000.0


@layer
class DNSConvolution(MaskedConvolution):
    """CConvolution whose parts of the threshold are alpha_low and alpha_high: network surgery.

    Bottom, top, blobs: as of CConvolution.
    Errors: SpecError as for CConvolution.
    Source: dns_conv_layer.cu of 32l/Neural-Network-Model-Compressing; its CPU writes tops and
            deviations that are not meant.
    """

    reads = ("convolution_param", "dns_convolution_param")
    masks_in = "dns_convolution_param"


@layer
class DNSInnerProduct(MaskedProduct):
    """CInnerProduct whose parts of the threshold are alpha_low and alpha_high: network surgery.

    Bottom, top, blobs: as of CInnerProduct; iter_stop is 1000000 without one.
    Errors: SpecError as for CInnerProduct.
    Source: dns_inner_product_layer.cu of 32l/Neural-Network-Model-Compressing.
    """

    reads = ("inner_product_param", "dns_inner_product_param")
    masks_in = "dns_inner_product_param"
    last_by_default = 1000000.0
