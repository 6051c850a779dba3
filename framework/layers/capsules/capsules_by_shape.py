"""Capsule layers whose public code gives no sound numbers: known by their shapes only."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.capsules.capsule_windows import SIZES, check_count, read_matrix
from framework.layers.params import check_sizes, honour
from framework.layers.weighted import Weighted

ADDS = "its code adds to what the top held before, which it never sets to 0"


def refusal(layer: Layer, why: str) -> Exception:
    """The error of a forward."""
    return layer.spec.error("type", f"'{layer.spec.type}' is known by its shapes only: {why}")


@layer
class DynamicRouting(Layer):
    """Routing of capsules by agreement: known by shape only.

    Bottom: (N, input_capsule_num, output_capsule_num * output_capsule_dim).
    Top:    (N, output_capsule_num, output_capsule_dim).
    Blobs:  weight (100, output_capsule_num, input_capsule_num).
    Errors: SpecError for sizes of 0, a bottom of another number of values, and at every forward.
    Source: DynamicRoutingParameter; dynamic_routing_layer.cpp of chenzhenhua986/CAFFE-CapsNet,
            whose steps are comments, and whose code of a GPU is not public.
    """

    reads = ("dr_param",)
    blobs_learn = (True,)
    no_onnx_form = "it is known by its shapes only"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        sizes = "input_capsule_num output_capsule_num output_capsule_dim"
        honour(spec, "dr_param", sizes)
        param = spec.proto.dr_param
        check_sizes(spec, "dr_param", sizes)
        self.sizes = (param.output_capsule_num, param.output_capsule_dim)
        check_count(spec, x, param.input_capsule_num * self.sizes[0] * self.sizes[1])
        self.add_blob("weight", (100, self.sizes[0], param.input_capsule_num))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], *self.sizes)]

    @uncompiled
    def forward(self, x: Tensor) -> Tensor:
        raise refusal(self, "the steps of its routing are not in its project's public code")


class _Spread(Layer):
    """What the two layers of windows share: the maps of their top."""

    message: ClassVar[str]
    no_onnx_form = "it is known by its shapes only"

    def read_maps(self) -> None:
        """Check the sizes; `maps`, `cells` and `window` of the top, and `capsule` of the bottom."""
        spec, name = self.spec, self.message
        param = getattr(spec.proto, name)
        check_sizes(spec, name, SIZES)
        height = (param.input_h - 1) * param.stride + param.kh
        width = (param.input_w - 1) * param.stride + param.kw
        self.maps, self.cells = param.output_capsule_num, height * width
        self.window = param.kh * param.kw
        self.capsule = read_matrix(spec, f"{name}.input_capsule_shape",
                                   param.input_capsule_shape.dim)

    @uncompiled
    def forward(self, x: Tensor) -> Tensor:
        raise refusal(self, ADDS)


@layer
class CapsuleDeconvRouting(_Spread):
    """Spread of capsules over windows of larger maps: known by shape only.

    Bottom: (N, ...), input_capsule_num maps of input_h x input_w capsules.
    Top:    (N, output_capsule_num, out_h * out_w, size), out_h = (input_h - 1) * stride + kh, size
            the product of input_capsule_shape.
    Blobs:  weight (input_capsule_num, output_capsule_num * kh * kw).
    Errors: SpecError for sizes of 0 or that do not fit, and at every forward.
    Source: CapsuleDeconvRoutingParameter; capsule_deconv_routing_layer.cpp of
            chenzhenhua986/CAFFE-CapsNet, which adds to what the top held before.
    """

    message = "capsule_deconv_routing_param"
    blobs_learn = (True,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, self.message, f"weight_filler input_capsule_shape {SIZES}")
        self.read_maps()
        param = spec.proto.capsule_deconv_routing_param
        self.size = self.capsule[0] * self.capsule[1]
        check_count(spec, x, param.input_capsule_num * param.input_h * param.input_w * self.size)
        self.add_blob("weight", (param.input_capsule_num, self.maps * self.window),
                      param.weight_filler)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], self.maps, self.cells, self.size)]


@layer
class CapsuleDeconvTransform(_Spread, Weighted):
    """Products of spread capsules with the weights of a window: known by shape only.

    Bottom: (N, ...), as CapsuleDeconvRouting gives: output_capsule_num maps of out_h x out_w
            capsules, (D0, D1) as input_capsule_shape says.
    Top:    (N, output_capsule_num, out_h * out_w, D0 * E1), by output_capsule_shape (D0, E1).
    Blobs:  weight (kh * kw * output_capsule_num, D1, E1); bias, as many as an item of the top,
            unless `bias_term: false`.
    Errors: SpecError for sizes of 0 or that do not fit, and at every forward.
    Source: CapsuleDeconvTransformParameter; capsule_deconv_transform_layer.cpp of
            chenzhenhua986/CAFFE-CapsNet, which adds to what the top held before.
    """

    message = weights_in = "capsule_deconv_transform_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = self.message
        honour(spec, name, "bias_term weight_filler bias_filler input_capsule_shape "
               f"output_capsule_shape {SIZES}")
        self.read_maps()
        param = spec.proto.capsule_deconv_transform_param
        rows, columns = read_matrix(spec, f"{name}.output_capsule_shape",
                                    param.output_capsule_shape.dim)
        if rows != self.capsule[0]:
            raise spec.error(f"{name}.output_capsule_shape", f"begins with {rows}; it must begin "
                             f"with {self.capsule[0]} as input_capsule_shape")
        check_count(spec, x, self.maps * self.cells * self.capsule[0] * self.capsule[1])
        self.size = rows * columns
        self.add_weights((self.window * self.maps, self.capsule[1], columns),
                         (self.maps * self.cells * self.size,))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], self.maps, self.cells, self.size)]
