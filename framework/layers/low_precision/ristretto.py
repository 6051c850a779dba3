"""Ristretto's convolution and fully connected layers, computed with short numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.onnx_reasons import SHORT_NUMBERS
from framework.layers.params import honour, within
from framework.layers.vision.filters import FIELDS, Filters, convolved, deconvolved, read_geometry
from framework.layers.vision.inner_product import Product
from framework.ops.losses import StraightThrough
from framework.ops.number_formats import fixed_point, minifloat, power_of_two
from framework.proto import LayerParameter, enum_name

USUAL_FRACTION = 16     # bits after the point
MOST_BITS = 64
MOST_SHIFT = 126        # bits after the point or before it, as far as a float32 reaches
Trim = Callable[[Tensor, bool], Tensor]


class Words:
    """How quantization_param trims bottoms, weights and tops.

    A trimmed tensor gets the gradient of what was trimmed, unchanged (straight-through).
    """

    def __init__(self, spec: LayerSpec):
        honour(spec, "quantization_param", "precision rounding_scheme bw_layer_in bw_layer_out "
               "bw_params fl_layer_in fl_layer_out fl_params mant_bits exp_bits exp_min exp_max")
        self.tests = spec.phase == "TEST"
        self.draws = enum_name(spec.proto.quantization_param, "rounding_scheme") == "STOCHASTIC"
        precision = enum_name(spec.proto.quantization_param, "precision")
        self.with_bias = precision != "INTEGER_POWER_OF_2_WEIGHTS"
        if precision == "MINIFLOAT":
            self.bottom = self.weight = self.top = _minifloat(spec)
            return
        self.bottom, self.top = _fixed_point(spec, "layer_in"), _fixed_point(spec, "layer_out")
        self.weight = _fixed_point(spec, "params") if self.with_bias else _power_of_two(spec)

    def learned(self, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Weight and bias of a forward; in TRAIN they are rounded by chance."""
        draws = self.draws or not self.tests
        weight = _trimmed(weight, self.weight, draws)
        if bias is not None and self.with_bias:
            bias = _trimmed(bias, self.weight, draws)
        return weight, bias

    def entering(self, x: Tensor) -> Tensor:
        """A bottom of a forward: trimmed in TEST alone."""
        return _trimmed(x, self.bottom, self.draws) if self.tests else x

    def leaving(self, y: Tensor) -> Tensor:
        """A top of a forward: trimmed in TEST alone."""
        return _trimmed(y, self.top, self.draws) if self.tests else y


def _trimmed(x: Tensor, trim: Trim, draws: bool) -> Tensor:
    trimmed: Tensor = StraightThrough.apply(x, trim(x.detach(), draws))
    return trimmed


def _fixed_point(spec: LayerSpec, what: str) -> Trim:
    param = spec.proto.quantization_param
    bits, fractions = getattr(param, f"bw_{what}"), getattr(param, f"fl_{what}")
    within(spec, f"quantization_param.bw_{what}", [bits], 1, MOST_BITS)
    within(spec, f"quantization_param.fl_{what}", fractions, -MOST_SHIFT, MOST_SHIFT)
    if len(fractions) > 1:
        raise spec.error(f"quantization_param.fl_{what}", f"is given {len(fractions)} times; a "
                         "layer of Ristretto takes one number")
    fraction = fractions[0] if fractions else USUAL_FRACTION
    return lambda x, draws: fixed_point(x, bits, fraction, draws)


def _minifloat(spec: LayerSpec) -> Trim:
    param = spec.proto.quantization_param
    within(spec, "quantization_param.mant_bits", [param.mant_bits], 0, 23)
    within(spec, "quantization_param.exp_bits", [param.exp_bits], 1, 8)
    mantissa, exponent = param.mant_bits, param.exp_bits
    return lambda x, draws: minifloat(x, mantissa, exponent, draws)


def _power_of_two(spec: LayerSpec) -> Trim:
    param = spec.proto.quantization_param
    within(spec, "quantization_param.exp_max", [param.exp_max], -MOST_SHIFT, MOST_SHIFT)
    within(spec, "quantization_param.exp_min", [param.exp_min], -MOST_SHIFT, param.exp_max)
    lowest, highest = param.exp_min, param.exp_max
    return lambda x, draws: power_of_two(x, lowest, highest, draws)


@layer("ConvolutionRistretto")
@layer("DeconvolutionRistretto")
class ConvolutionRistretto(Filters):
    """Convolution, or transposed convolution, with short numbers (Ristretto).

    Bottom: any number of x, equal in shape, as in Convolution and Deconvolution.
    Top:    one for each bottom, as there.
    Blobs:  as there; they stay exact, and each forward trims them.
    In TEST bottoms, blobs and tops are trimmed by `quantization_param`: to `bw_` bits of which
    `fl_` come after the point (DYNAMIC_FIXED_POINT), to floats of `mant_bits` and `exp_bits`
    (MINIFLOAT), or the weights to powers of two from `exp_min` to `exp_max`, bottoms and tops to
    fixed point, and the bias not at all. In TRAIN only the blobs are, rounded up or down by
    chance, and gradients pass the trimming unchanged. The numbers are those of the original's GPU
    code; it also writes a trimmed bottom back into its blob, which other readers of the blob then
    see.
    Errors: SpecError as in Convolution, and for words that are too long.
    Source: QuantizationParameter; conv_ristretto_layer.cpp, deconv_ristretto_layer.cpp and
            base_ristretto_layer.cu of pmgysel/caffe; Gysel et al. 2016.
    """

    reads = ("convolution_param", "quantization_param")
    no_onnx_form = SHORT_NUMBERS

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        param = proto.convolution_param
        return window_map(param, transposed=_is_transposed(proto.type), axis=param.axis)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        self.words = Words(spec)
        self.transposed = _is_transposed(spec.type)
        kind = "ConvTranspose" if self.transposed else "Conv"
        self.geometry = at = read_geometry(spec, *bottoms, kind=kind)
        filters = (at.num_output, at.channels // at.group)
        if self.transposed:
            filters = (at.channels, at.num_output // at.group)
        self.add_weights((*filters, *at.kernel), (at.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        places = bottoms if self.transposed else tops
        return sum(self.weight[0].numel() * math.prod(place) for place in places)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        weight, bias = self.words.learned(self.weight, self.bias)
        compute = partial(deconvolved if self.transposed else convolved, weight=weight, bias=bias,
                          at=self.geometry)
        tops = tuple(self.words.leaving(compute(self.words.entering(x))) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]


@layer
class FcRistretto(Product):
    """Fully connected layer with short numbers (Ristretto).

    Bottom: x (d0, ..., dn).
    Top:    y (d0, ..., d[axis-1], num_output).
    Blobs:  weight (num_output, K), or (K, num_output) if `transpose`; bias (num_output,) unless
            `bias_term: false`.  K = d[axis] * ... * dn.
    Trimmed as ConvolutionRistretto says.
    Errors: SpecError if num_output is 0, and for words that are too long.
    Source: QuantizationParameter; fc_ristretto_layer.cpp of pmgysel/caffe.
    """

    reads = ("inner_product_param", "quantization_param")
    no_onnx_form = ConvolutionRistretto.no_onnx_form

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.words = Words(spec)
        self.add_product(x)

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.words.learned(self.weight, self.bias)
        return self.words.leaving(self.product(self.words.entering(x), weight, bias))


def _is_transposed(kind: str) -> bool:
    return kind.startswith("De")
