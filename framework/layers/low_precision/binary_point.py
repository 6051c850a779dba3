"""Layers whose numbers have few bits and a binary point that is found (Xilinx DNNDK, Vitis AI)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.normalization.normalize import ScaledForm
from framework.layers.normalization.scale import broadcast_axes, spread
from framework.layers.onnx_reasons import SHORT_NUMBERS
from framework.layers.params import honour, is_set, within
from framework.layers.vision.filters import FIELDS, Filters, convolved, read_geometry
from framework.layers.vision.inner_product import Product
from framework.ops.binary_points import cut_to_grid, found_point, on_grid
from framework.ops.losses import StraightThrough
from framework.proto import FillerParameter, LayerParameter, enum_name

MOST_BITS = 24          # a float32 holds no more
FARTHEST_KEPT = 256     # points that are counted reach from -256 to 255
OF_WEIGHTS = ("OVER_FLOW", "DIFF_S")


class Grid:
    """The settings of fixed_param, and what they do to weights."""

    def __init__(self, spec: LayerSpec, weights: bool = True):
        honour(spec, "fixed_param", "enable fixed_method bit_width" +
               ("" if weights else " follow_data_layer"))
        param = spec.proto.fixed_param
        self.enabled, self.method = param.enable, enum_name(param, "fixed_method")
        self.bits, = within(spec, "fixed_param.bit_width", [param.bit_width], 1, MOST_BITS)
        if weights and self.method not in OF_WEIGHTS:
            raise spec.error("fixed_param.fixed_method", f"is {self.method}; weights take one of "
                             f"{', '.join(OF_WEIGHTS)}")

    def of(self, *blobs: Tensor | None) -> list[Tensor | None]:
        """Each blob on the grid that is found for it; without a gradient."""
        return [blob if blob is None or not self.enabled else
                on_grid(blob.detach(), self.bits, found_point(blob.detach(), self.bits,
                                                              self.method)) for blob in blobs]


def by_exact(value: Tensor, exact: Tensor) -> Tensor:
    """The value, with the gradients that exact weights give, as in the original."""
    sloped: Tensor = StraightThrough.apply(exact, value.detach())
    return sloped


@layer
class FixedNeuron(Layer):
    """Activations of few bits: the nearest multiples of a power of two that is found in them.

    Bottom: x, any shape.
    Top:    y, the same shape: x in steps of 2^-point, cut to `bit_width` bits with a sign; halves
            go up. With `follow_data_layer` halves go outwards in TRAIN, and in TEST numbers go
            towards 0 and are not cut.
    Blobs:  point (1,), which TEST takes.
    In TRAIN each forward finds a point by `fixed_method` (see framework.ops.binary_points), and the
    blob is the one that was found most often, of several the smallest; OVER_FLOW computes with
    that of this forward, the others with the blob. Before the first forward in TRAIN it is 0.
    `enable: false` gives x. The gradient goes on unchanged.
    Errors: SpecError for another bit_width than 1 to 24.
    Source: FixedParameter; fixed_neuron_layer.cpp of Xilinx's Caffe, where its solver may end the
            search for points.
    """

    reads = ("fixed_param",)
    keeps_shape = True
    pointwise = True
    no_onnx_form = SHORT_NUMBERS
    blobs_learn = (False,)
    point: Tensor
    counts: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.grid = Grid(spec, weights=False)
        self.follows = spec.proto.fixed_param.follow_data_layer
        self.finds = spec.phase == "TRAIN"
        self.add_blob("point", (1,), learned=False)
        if self.finds:
            self.register_buffer("counts", torch.zeros(2 * FARTHEST_KEPT, dtype=torch.int64),
                                 persistent=False)

    def freeze(self) -> None:
        """Take the stored point, and keep it."""
        self.finds = False

    def forward(self, x: Tensor) -> Tensor:
        if not self.grid.enabled:
            return x.clone()
        values = x.detach()
        found = self._found(values) if self.finds and x.numel() else self.point[0].floor()
        if self.follows and self.spec.phase == "TEST":
            short = cut_to_grid(values, found)
        else:
            short = on_grid(values, self.grid.bits, found, halves_up=not self.follows)
        fixed: Tensor = StraightThrough.apply(x, short)
        return fixed

    def _found(self, values: Tensor) -> Tensor:
        """The point of this forward in TRAIN, which is noted."""
        found = found_point(values, self.grid.bits, self.grid.method)
        if self.counts.is_meta:
            return found
        with torch.no_grad():
            index = (found.nan_to_num() + FARTHEST_KEPT).clamp(0, 2 * FARTHEST_KEPT - 1).long()
            # of values that are nan there is no point
            self.counts.add_(F.one_hot(index, 2 * FARTHEST_KEPT) * ~found.isnan())
            usual = self.counts.argmax() - FARTHEST_KEPT
            self.point.copy_(usual.reshape(1))
        return found if self.grid.method == "OVER_FLOW" else usual.to(values.dtype)


@layer
class ConvolutionFixed(Filters):
    """Convolution whose weights and biases have few bits, as FixedNeuron's activations.

    Bottom: any number of x, equal in shape, as in Convolution.
    Top:    one for each bottom, as in Convolution.
    Blobs:  as in Convolution; they stay exact. Each forward finds a point for the weight and one
            for the bias by `fixed_method`, OVER_FLOW or DIFF_S, and computes with them in
            `bit_width` bits, halves outwards; `enable: false` leaves them exact.
    Gradients are those of the exact weights, as in the original.
    Errors: SpecError as in Convolution, and for other methods.
    Source: FixedParameter; conv_fixed_layer.cpp of Xilinx's Caffe (DNNDK, Vitis AI).
    """

    reads = ("convolution_param", "fixed_param")
    no_onnx_form = SHORT_NUMBERS

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        self.grid = Grid(spec)
        self.geometry = read_geometry(spec, *bottoms)
        self.add_filters()

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        weight, bias = self.grid.of(self.weight, self.bias)
        assert weight is not None       # only a bias can be missing
        tops = tuple(by_exact(convolved(x.detach(), weight, bias, self.geometry),
                              convolved(x, self.weight, self.bias, self.geometry))
                     if torch.is_grad_enabled() else convolved(x, weight, bias, self.geometry)
                     for x in bottoms)
        return tops if len(tops) > 1 else tops[0]


@layer
class InnerProductFixed(Product):
    """Fully connected layer whose weights and biases have few bits, as in ConvolutionFixed.

    Bottom: x (d0, ..., dn).
    Top:    y (d0, ..., d[axis-1], num_output).
    Blobs:  as in InnerProduct; they stay exact.
    Gradients are those of the exact weights, as in the original.
    Errors: SpecError if num_output is 0, and for other methods than OVER_FLOW and DIFF_S.
    Source: FixedParameter; inner_product_fixed_layer.cpp of Xilinx's Caffe (DNNDK, Vitis AI).
    """

    reads = ("inner_product_param", "fixed_param")
    no_onnx_form = SHORT_NUMBERS

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.grid = Grid(spec)
        self.add_product(x)

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.grid.of(self.weight, self.bias)
        assert weight is not None       # only a bias can be missing
        value = self.product(x.detach(), weight, bias)
        return by_exact(value, self.product(x, self.weight, self.bias)) \
            if torch.is_grad_enabled() else value


@layer
class ScaleFixed(Layer):
    """Scale whose factors and biases have few bits, as in ConvolutionFixed.

    Bottom: x (d0, ..., dn).
    Top:    y = x * scale + bias, in the shape of x; both broadcast from `axis` on.
    Blobs:  as in Scale of one bottom; they stay exact.
    Gradients are those of the exact blobs.
    Errors: SpecError as in Scale, and for other methods than OVER_FLOW and DIFF_S.
    Source: FixedParameter; as conv_fixed_layer.cpp and normalize_fixed_layer.cpp of Xilinx's Caffe
            treat their blobs; in nets that DNNDK writes.
    """

    reads = ("scale_param", "fixed_param")
    keeps_shape = True
    pointwise = True
    elementwise = True
    no_onnx_form = SHORT_NUMBERS
    scale: Tensor
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * (1 + proto.scale_param.bias_term)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "scale_param", "axis num_axes filler bias_term bias_filler")
        self.grid = Grid(spec)
        param = spec.proto.scale_param
        self.axis, shape = broadcast_axes(spec, "scale_param", (x,))
        one = FillerParameter(type="constant", value=1)
        self.add_blob("scale", shape, param.filler if is_set(param, "filler") else one)
        if param.bias_term:
            self.add_blob("bias", shape, param.bias_filler)
        else:
            self.bias = None

    def forward(self, x: Tensor) -> Tensor:
        scale, bias = self.grid.of(self.scale, self.bias)
        assert scale is not None        # only a bias can be missing
        value = self._scaled(x.detach(), scale, bias)
        return by_exact(value, self._scaled(x, self.scale, self.bias)) \
            if torch.is_grad_enabled() else value

    def _scaled(self, x: Tensor, scale: Tensor, bias: Tensor | None) -> Tensor:
        y = x * spread(scale, self.axis, x)
        return (y if bias is None else y + spread(bias, self.axis, x)).to(x.dtype)


@layer
class NormalizeFixed(Layer):
    """SSD's L2 normalization whose factors have few bits, as in ConvolutionFixed.

    Bottom: x (N, C, n1, ...).
    Top:    y = scale * x / sqrt(sum(x^2) + eps), in the shape of x, as in Normalize.
    Blobs:  scale, () with `channel_shared`, else (C,); it stays exact.
    Gradients are those of the exact blob, as in the original.
    Errors: SpecError with one axis, and for other methods than OVER_FLOW and DIFF_S.
    Source: FixedParameter; normalize_fixed_layer.cpp of Xilinx's Caffe (DNNDK, Vitis AI).
    """

    reads = ("norm_param", "fixed_param")
    pointwise = True
    keeps_shape = True
    needs_float32 = True
    no_onnx_form = SHORT_NUMBERS
    blobs_learn = (True,)
    scale: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "norm_param", "across_spatial scale_filler channel_shared eps")
        self.grid = Grid(spec)
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; it must have at least 2 axes (N, C)")
        param = spec.proto.norm_param
        one = FillerParameter(type="constant", value=1)
        self.add_blob("scale", () if param.channel_shared else (x[1],),
                      param.scale_filler if is_set(param, "scale_filler") else one)
        self.form = ScaledForm(param.across_spatial, param.eps)

    def forward(self, x: Tensor) -> Tensor:
        scale, = self.grid.of(self.scale)
        assert scale is not None        # it is a blob
        value = self.form.top(x.detach(), scale)
        return by_exact(value, self.form.top(x, self.scale)) if torch.is_grad_enabled() else value
