"""Colours of images in another colour space."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import enum_name

Matrix = tuple[tuple[float, ...], ...]

# of D65, as in the original
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750),
          (0.0193339, 0.1191920, 0.9503041))
FROM_XYZ = ((3.2404542, -1.5371385, -0.4985314), (-0.9692660, 1.8760108, 0.0415560),
            (0.0556434, -0.2040259, 1.0572252))
WHITE = (0.95074, 1.0, 1.08883)
NO_OFFSET = (0.0, 0.0, 0.0)


class Linear(NamedTuple):
    """matrix @ channels + offset."""

    matrix: Matrix
    offset: tuple[float, ...] = NO_OFFSET


class Curve(NamedTuple):
    """y = factor (inner x + shift) ** power + offset above `limit`, else slope x + start."""

    limit: float
    inner: float
    shift: float
    power: float
    factor: float
    offset: float
    slope: float
    start: float


Part = Linear | Curve
LINEAR_LIGHT = Curve(0.04045, 1 / 1.055, 0.055 / 1.055, 2.4, 1, 0, 1 / 12.92, 0)
GAMMA = Curve(0.0031308, 1, 0, 1 / 2.4, 1.055, -0.055, 12.92, 0)
CUBE = Curve(0.206896, 1, 0, 3, 1, 0, 116 / 903.3, -16 / 903.3)
CUBE_ROOT = Curve(0.008867, 1, 0, 1 / 3, 1, 0, 903.3 / 116, 16 / 116)


def _diagonal(x: float, y: float, z: float) -> Matrix:
    return (x, 0, 0), (0, y, 0), (0, 0, z)


RGB_TO_XYZ = (Linear(_diagonal(*[1 / 255] * 3)), LINEAR_LIGHT, Linear(TO_XYZ))
XYZ_TO_RGB = (Linear(FROM_XYZ), GAMMA, Linear(_diagonal(255, 255, 255)))
XYZ_TO_LAB = (Linear(_diagonal(*[1 / one for one in WHITE])), CUBE_ROOT,
              Linear(((0, 116, 0), (500, -500, 0), (0, 200, -200)), (-16, 0, 0)))
LAB_TO_XYZ = (Linear(((1 / 116, 1 / 500, 0), (1 / 116, 0, 0), (1 / 116, 0, -1 / 200)),
                     (16 / 116,) * 3), CUBE, Linear(_diagonal(*WHITE)))
CONVERSIONS: dict[tuple[str, str], tuple[Part, ...]] = {
    ("RGB", "RGB"): (),
    ("RGB", "Gray"): (Linear(TO_XYZ[1:2], (0.0,)),),
    ("Gray", "RGB"): (Linear(((1,),) * 3),),
    ("RGB", "XYZ"): RGB_TO_XYZ,
    ("XYZ", "RGB"): XYZ_TO_RGB,
    ("XYZ", "Lab"): XYZ_TO_LAB,
    ("Lab", "XYZ"): LAB_TO_XYZ,
    ("RGB", "Lab"): (*RGB_TO_XYZ, *XYZ_TO_LAB),
    ("Lab", "RGB"): (*LAB_TO_XYZ, *XYZ_TO_RGB),
}
TURNED = Linear(_diagonal(1, 1, 1)[::-1])      # BGR for RGB and back


@layer
class ColorConv(Layer):
    """Colour space conversion between RGB or BGR of 0 to 255, gray, CIE XYZ and CIELAB.

    Bottom: images (N, 3, H, W) in the space `input`; (N, 1, H, W) of Gray.
    Top:    the same in the space `output`. No gradient: the original aborts where one is asked for.
    Errors: SpecError for another number of channels, or a conversion that the original has not.
    Source: ColorConvParameter; color_conv_layer.cu of richzhang/colorization (after Philipp
            Krähenbühl), whose .cpp converts the first image of a batch alone.
    """

    no_gradient_bottoms = (0,)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "color_conv_param", "input output")
        names = [enum_name(spec.proto.color_conv_param, side) for side in ("input", "output")]
        source, target = ("RGB" if name == "BGR" else name for name in names)
        if (source, target) not in CONVERSIONS:
            known = ", ".join(" to ".join(pair) for pair in CONVERSIONS)
            raise spec.error("color_conv_param.output", f"is {names[1]} from {names[0]}; the "
                             f"conversions are {known}, with BGR in place of RGB too")
        channels = 1 if source == "Gray" else 3
        if len(x) != 4 or x[1] != channels:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, {channels}, H, "
                             "W)")
        self.parts: list[Part] = [*[TURNED] * (names[0] == "BGR"), *CONVERSIONS[source, target],
                                  *[TURNED] * (names[1] == "BGR")]

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = _linear(x, part) if isinstance(part, Linear) else _curve(x, part)
        return x

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        for part in self.parts:
            if isinstance(part, Linear):
                matrix = torch.tensor(part.matrix)[:, :, None, None]
                x = graph.add("Conv", x, graph.floats(matrix), graph.floats(part.offset))
            else:
                x = _curve_onnx(graph, x, part)
        return [x if self.parts else graph.add("Identity", x)]


def _linear(x: Tensor, part: Linear) -> Tensor:
    matrix, offset = (x.new_tensor(one) for one in part)
    return F.conv2d(x, matrix[:, :, None, None], offset)


def _curve(x: Tensor, part: Curve) -> Tensor:
    above = (x.clamp(min=part.limit) * part.inner + part.shift) ** part.power * part.factor
    return torch.where(x > part.limit, above + part.offset, x * part.slope + part.start)


def _curve_onnx(graph: OnnxGraph, x: str, part: Curve) -> str:
    def changed(value: str, factor: float, offset: float) -> str:
        return graph.add("Add", graph.add("Mul", value, graph.floats(factor)),
                         graph.floats(offset))

    limit = graph.floats(part.limit)
    above = changed(graph.add("Max", x, limit), part.inner, part.shift)
    above = changed(graph.add("Pow", above, graph.floats(part.power)), part.factor, part.offset)
    below = changed(x, part.slope, part.start)
    return graph.add("Where", graph.add("Greater", x, limit), above, below)
