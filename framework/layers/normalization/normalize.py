"""L2 normalization over channels (Normalize) of SSD, ParseNet and NormFace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set
from framework.proto import FillerParameter, LayerParameter, has_field

UNIT_EPS = 1e-6         # of happynear's form


class ScaledUnit(torch.autograd.Function):
    """L2 normalization: y = scale * x / norm, norm = sqrt(sum(x^2) + eps) over `axes`.

    scale broadcasts against x. The gradient of x is not the derivative where scales differ: it
    applies the scale last, scale * (g - x * sum(x * g) / norm^2) / norm, as published training did.
    That of scale, sum(g * x / norm), is the derivative.
    Source: normalize_layer.cpp Backward_cpu, weiliu89/caffe branch ssd.
    """

    @staticmethod
    def forward(
        x: Tensor, scale: Tensor, axes: tuple[int, ...], eps: float
    ) -> tuple[Tensor, Tensor]:
        norm = ((x * x).sum(axes, keepdim=True) + eps).sqrt()
        return x * (scale / norm), norm

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: tuple[Tensor, Tensor]) -> None:
        # Any: the context and the tuple of arguments are autograd's
        x, scale, ctx.axes, _ = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(x, scale, output[1])

    @staticmethod
    def backward(
        ctx: Any, grad: Tensor, _: Tensor | None
    ) -> tuple[Tensor, Tensor, None, None]:
        x, scale, norm = ctx.saved_tensors
        product = x * grad
        grad_x = (grad - x * (product.sum(ctx.axes, keepdim=True) / norm**2)) * (scale / norm)
        grad_scale = (product / norm).sum_to_size(scale.shape)
        return grad_x, grad_scale, None, None


@layer
@layer("MyNormalize")
class Normalize(Layer):
    """L2 (or L1) normalization of each item, or of each of its positions; two projects' layers.

    SSD's (and ParseNet's), with `norm_param`, or `my_norm_param` as MyNormalize:
    Bottom: x (N, C, n1, ...).
    Top:    y = scale * x / sqrt(sum(x^2) + eps), in the shape of x, the sum over C and, with
            `across_spatial`, over all positions.
    Blobs:  scale: () with `channel_shared`, else (C,); scale_filler, 1 without it; not learned
            with ParseNet's `fix_scale: true`.
    The backward of x is not the derivative where scales differ, see ScaledUnit.

    happynear's (caffe-windows, NormFace), with `normalize_param`:
    Bottom: x (N, C, H, W), or fewer axes.
    Top:    y = x / norm (N, C, H, W), always 4 axes; norm (N, 1, H, W) if named,
            sqrt(sum(x^2) + 1e-6), or sum(|x|) + 1e-6 for `normalize_type: "L1"`, the sums over C.
            norm has a gradient only with `bp_norm`.
    Blobs:  none.
    Errors: SpecError with one axis, or with both messages.
    Source: normalize_layer.cpp of weiliu89/caffe branch ssd, and of happynear/caffe-windows.
    """

    reads = ("norm_param", "my_norm_param")
    pointwise = True
    num_tops = (1, 2)
    scale: Tensor
    needs_float32 = True

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        if proto.HasField("normalize_param"):
            return ()
        param = proto.my_norm_param if proto.type == "MyNormalize" else proto.norm_param
        return (not (is_set(param, "fix_scale") and param.fix_scale),)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; Normalize needs at least 2 axes (N, C)")
        name = "my_norm_param" if spec.type == "MyNormalize" else "norm_param"
        self.form: ScaledForm | UnitForm
        if not spec.proto.HasField("normalize_param"):
            self.form = self.read_scaled(name, x[1])
            return
        if has_field(spec.proto, name):
            raise spec.error("normalize_param", f"and {name} are both given: happynear's "
                             "layer has the first, SSD's the second")
        self.form = read_unit(spec)

    def read_scaled(self, name: str, num_channels: int) -> ScaledForm:
        """SSD's form, by the message `name`, and its blob."""
        spec = self.spec
        param = getattr(spec.proto, name)
        honour(spec, name, "across_spatial scale_filler channel_shared eps fix_scale")
        if len(spec.tops) == 2:
            raise spec.error("top", "has two blobs; only happynear's Normalize, with "
                             "normalize_param, has the norm as the second")
        one = FillerParameter(type="constant", value=1)
        self.add_blob("scale", () if param.channel_shared else (num_channels,),
                      param.scale_filler if is_set(param, "scale_filler") else one,
                      learned=not (is_set(param, "fix_scale") and param.fix_scale))
        return ScaledForm(param.across_spatial, param.eps)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        is_scaled = isinstance(self.form, ScaledForm)
        return [bottoms[0]] if is_scaled else super().top_shapes(*bottoms)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        if isinstance(self.form, UnitForm):
            return self.form.tops(x)
        return self.form.top(x, self.scale)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if isinstance(self.form, UnitForm):
            return self.form.to_onnx(graph, bottoms)
        return self.form.to_onnx(graph, bottoms, self.scale)


@dataclass(frozen=True)
class ScaledForm:
    """SSD's and ParseNet's form: L2 normalization with a learned scale."""

    across_spatial: bool
    eps: float

    def top(self, x: Tensor, scale: Tensor) -> Tensor:
        """y, in the shape of x (N, C, n1, ...); scale () or (C,)."""
        axes = tuple(range(1, x.dim())) if self.across_spatial else (1,)
        scale = scale.reshape(-1, *(1,) * (x.dim() - 2))
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        return ScaledUnit.apply(wide, scale, axes, self.eps)[0].to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names, scale: Tensor) -> Names:
        x, num_axes = bottoms[0], len(graph.shape(bottoms[0]))
        axes = list(range(1, num_axes)) if self.across_spatial else [1]
        squares = graph.reduce("ReduceSum", graph.add("Mul", x, x), axes, True)
        norm = graph.add("Sqrt", graph.add("Add", squares, graph.floats(self.eps)))
        factors = graph.floats(scale.detach().reshape(-1, *(1,) * (num_axes - 2)), "scale")
        return [graph.add("Mul", graph.add("Div", x, norm), factors)]


@dataclass(frozen=True)
class UnitForm:
    """happynear's form: L2 or L1 normalization over the channels, without a blob."""

    order: str
    with_norm: bool
    norm_learns: bool

    def tops(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """y, and the norm if it is wanted, with 4 axes."""
        x = x.reshape(*x.shape, *(1,) * (4 - x.dim()))
        if self.order == "L2":
            norm = ((x * x).sum(1, keepdim=True) + UNIT_EPS).sqrt()
        else:
            norm = x.abs().sum(1, keepdim=True) + UNIT_EPS
        if not self.with_norm:
            return x / norm
        return x / norm, norm if self.norm_learns else norm.detach()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, num_axes = bottoms[0], len(graph.shape(bottoms[0]))
        if num_axes < 4:
            x = graph.reshape(x, [0] * num_axes + [1] * (4 - num_axes))
        terms = graph.add("Mul", x, x) if self.order == "L2" else graph.add("Abs", x)
        total = graph.reduce("ReduceSum", terms, [1], True)
        total = graph.add("Add", total, graph.floats(UNIT_EPS))
        norm = graph.add("Sqrt", total) if self.order == "L2" else total
        unit = graph.add("Div", x, norm)
        return [unit, norm] if self.with_norm else [unit]


def read_unit(spec: LayerSpec) -> UnitForm:
    """happynear's form, by normalize_param; SpecError if its type is neither L2 nor L1."""
    param = spec.proto.normalize_param
    honour(spec, "normalize_param", "normalize_type bp_norm")
    if param.normalize_type not in ("L2", "L1"):
        raise spec.error("normalize_param.normalize_type",
                         f"is {param.normalize_type!r}; it must be L2 or L1")
    return UnitForm(param.normalize_type, len(spec.tops) == 2, param.bp_norm)
