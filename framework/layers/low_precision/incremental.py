"""Incremental network quantization: each training makes a part of the weights powers of two."""

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
from framework.layers.params import at_least, honour
from framework.layers.vision.filters import FIELDS, convolutions_onnx, convolved, read_geometry
from framework.layers.vision.inner_product import rows_by
from framework.proto import FillerParameter

NONE_LEFT = 1.1920929e-07       # FLT_EPSILON: what is at most so large counts as pruned away


class Incremental(MaskedBlobs):
    """What both layers share: a weight, a bias, and a mask of each, 0 where a value is quantized.

    Before the first iteration of a training the largest values whose mask is 1 become powers of
    two, until the part `portion[1]` of the values is quantized, of which `portion[0]` was before,
    and their masks become 0. No update moves them from then on.
    """

    settings_in: ClassVar[str]      # the message of the portions

    def add_quantized(self, weight: Shape, bias: Shape,
                      fillers: tuple[FillerParameter, FillerParameter]) -> None:
        """Make the four blobs; `fillers`: of the first two."""
        spec, name = self.spec, self.settings_in
        param = getattr(spec.proto, name)
        honour(spec, name, "portion num_quantum_values weight_mask_filler bias_mask_filler")
        at_least(spec, f"{name}.num_quantum_values", (param.num_quantum_values,), 1)
        if len(param.portion) < 2:
            raise spec.error(f"{name}.portion", f"is given {len(param.portion)} times; it must be "
                             "2: the parts that are quantized before and after")
        self.before, self.after = param.portion[:2]
        if not 0 <= self.before < 1 or not self.before <= self.after <= 1:
            raise spec.error(f"{name}.portion", f"is {self.before:g} and {self.after:g}; they must "
                             "be from 0 to below 1, and from the first to 1")
        self.num_powers = param.num_quantum_values
        self.is_quantized = False
        self.add_blobs(weight, bias, fillers, param)

    def update_mask(self, name: str) -> Tensor | None:
        return {"weight": self.weight_mask, "bias": self.bias_mask}.get(name)

    def note_progress(self, iteration: int, last: int) -> None:
        if iteration or self.is_quantized:
            return
        self.is_quantized = True
        with torch.no_grad():
            for name in ("weight", "bias"):
                self._quantize(name, getattr(self, name), getattr(self, f"{name}_mask"))

    def _quantize(self, name: str, values: Tensor, mask: Tensor) -> None:
        sizes = values.abs().double()
        highest = self._highest_power(name, sizes[mask == 1], sizes[mask == 0])
        if self.after == 0 or highest is None:
            return
        free = sizes[mask == 1].flatten().sort().values
        ever = _rounded(len(free) / (1 - self.before))
        kept = _rounded(ever * (1 - self.after))
        if kept >= len(free):
            return
        chosen = (mask == 1) & (sizes >= free[kept])
        powers = _power(sizes)
        quantized = torch.where(powers > highest - self.num_powers, 2.0 ** powers, 0)
        values.copy_(torch.where(chosen, quantized.to(values.dtype) * values.sign(), values))
        mask.copy_(torch.where(chosen, 0, mask))

    def _highest_power(self, name: str, free: Tensor, quantized: Tensor) -> int | None:
        """Of two, for values of these sizes; None if all values were pruned."""
        largest = float(free.max()) if len(free) else -1.0
        largest_before = float(quantized.max()) if len(quantized) else -1.0
        if not (math.isfinite(largest) and math.isfinite(largest_before)):
            raise self.spec.error(f"{self.settings_in}.portion", f"cannot quantize the {name}: it "
                                  "has values that are not finite")
        if largest < 0 and 0 <= largest_before <= NONE_LEFT:
            return None
        if largest <= NONE_LEFT:
            raise self.spec.error(f"{self.settings_in}.portion", f"finds nothing in the {name} to "
                                  "quantize: no value other than 0 whose mask is 1; start from "
                                  "trained weights")
        highest = int(_power(torch.tensor(largest, dtype=torch.float64)))
        if largest_before <= NONE_LEFT:
            return highest
        power = math.log(largest_before) / math.log(2)
        found = int(math.copysign(_rounded(abs(power)), power))
        if found < highest:
            raise self.spec.error(f"{self.settings_in}.portion", f"quantizes the {name} to powers "
                                  f"of two up to 2^{found}, the largest that is quantized already; "
                                  f"others have grown to {largest:.7g}")
        return found


def _power(sizes: Tensor) -> Tensor:
    """The power of two of values from 3/4 to 3/2 of it."""
    return torch.floor(torch.log(4.0 * sizes / 3.0) / math.log(2))


def _rounded(number: float) -> int:
    return math.floor(number + 0.5)


@layer
class INQConvolution(Incremental):
    """Convolution whose weights training makes powers of two, part by part: incremental
    quantization.

    Bottom: any number of x (N, C, H, W), equal in shape.
    Top:    one for each bottom, as of Convolution.
    Blobs:  weight (num_output, C / group, kernel_h, kernel_w); bias (num_output,); a mask of each,
            0 where a value is quantized, filled by weight_mask_filler and bias_mask_filler: 0
            without one. A file of weights may have the first two alone.
    Before the first iteration of a training, for weight and bias by themselves, the largest values
    whose mask is 1 become 2^k or -2^k for |value| from 3/4 to 3/2 of 2^k, or 0 below the lowest of
    num_quantum_values powers; the highest one is that of the largest value, or of the largest one
    that was quantized before. portion: the parts of the values quantized before and after; as many
    change as make up the second, counted from those that are left. Their masks become 0, and no
    update moves them. A run that goes on quantizes nothing.
    Errors: SpecError as for Convolution, without a bias, and for portions that are not two in
            order; when training starts, where nothing is left to quantize, or values have grown
            above the highest power.
    Source: inq_conv_layer.cpp, net.cpp and sgd_solver.cpp of 32l/Neural-Network-Model-Compressing;
            Zhou et al. 2017. The original masks the updates of SGD; here so do those of all
            solvers but AdamW and LAMB, which are refused.
    """

    reads = ("convolution_param", "inq_convolution_param")
    settings_in = "inq_convolution_param"
    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        param = spec.proto.convolution_param
        self.geometry = at = read_geometry(spec, *bottoms)
        shape = (at.num_output, at.channels // at.group, *at.kernel)
        need_bias(spec, "convolution_param", param.bias_term)
        self.add_quantized(shape, (at.num_output,), (param.weight_filler, param.bias_filler))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return sum(self.weight[0].numel() * math.prod(top) for top in tops)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops = tuple(convolved(x, self.weight, self.bias, self.geometry) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return convolutions_onnx(graph, "Conv", self, self.geometry, bottoms)


@layer
class INQInnerProduct(Incremental):
    """Fully connected layer whose weights training makes powers of two, part by part.

    Bottom: x (d0, ..., dn).
    Top:    y (d0, ..., d[axis-1], num_output).
    Blobs:  weight (num_output, K), or (K, num_output) if `transpose`; bias (num_output,); a mask of
            each. Quantized as INQConvolution says.
    Errors: SpecError if num_output is 0, without a bias, and as for INQConvolution.
    Source: inq_inner_product_layer.cpp of 32l/Neural-Network-Model-Compressing.
    """

    reads = ("inner_product_param", "inq_inner_product_param")
    settings_in = "inq_inner_product_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "inner_product_param", "num_output bias_term weight_filler bias_filler axis "
               "transpose")
        param = spec.proto.inner_product_param
        self.axis, shape = rows_by(spec, x)
        self.transpose = param.transpose
        need_bias(spec, "inner_product_param", param.bias_term)
        self.add_quantized(shape[::-1] if self.transpose else shape, shape[:1],
                           (param.weight_filler, param.bias_filler))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * math.prod(bottoms[0][self.axis:])

    def forward(self, x: Tensor) -> Tensor:
        rows = self.weight.t() if self.transpose else self.weight
        return F.linear(x.flatten(self.axis), rows, self.bias)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        columns = self.weight if self.transpose else self.weight.t()
        x = graph.reshape(bottoms[0], [0] * self.axis + [columns.shape[0]])
        product = graph.add("MatMul", x, graph.floats(columns, "weight"))
        return [graph.add("Add", product, graph.floats(self.bias, "bias"))]
