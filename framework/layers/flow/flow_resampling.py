"""FlowNet's resizing: Resample by a filter, Downsample without NaN, Accum of several maps."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, honour, within
from framework.ops.regions import round_half_away
from framework.proto import enum_name

MOST_NAN = 0.5      # share of the known weight from which Downsample gives NaN


def _top_size(spec: LayerSpec, name: str, fields: tuple[str, str], bottoms: tuple[Shape, ...]
              ) -> tuple[int, int]:
    """Height and width of the top: the second bottom's, else of the fields; SpecError below 1."""
    for index, shape in enumerate(bottoms):
        if len(shape) != 4:
            raise spec.error(f"bottom[{index}]", f"has the shape {tuple(shape)}; {spec.type} takes "
                             "(N, C, H, W)")
    if len(bottoms) == 2:
        return bottoms[1][2], bottoms[1][3]
    param = getattr(spec.proto, name)
    for field in fields:
        within(spec, f"{name}.{field}", (getattr(param, field),), 1, LARGEST_STEP)
    return getattr(param, fields[0]), getattr(param, fields[1])


@layer
class Resample(Layer):
    """Resizing by a filter (NEAREST, LINEAR, CUBIC), which is wider where a map shrinks.

    Bottoms: x (N, C, H, W); if wanted a map of the size that the top gets.
    Top:     (N, C, height, width), or where neither is given `factor` times H and W, rounded down.
             Column j reads the point j * fx + fy / 2 - 1 / 2, with fx = W / width and fy = H /
             height, row i the point i * fy + fx / 2 - 1 / 2: the sum of the cells, each weighed by
             the triangle or Catmull-Rom's cubic of its distance, over the sum of the weights; 0
             where no cell has one. With `antialias`, if an axis shrinks, the distances are divided
             by fx and fy. NEAREST reads the cell at the rounded point.
    Errors:  SpecError for AREA and a size below 1.
    Source:  ResampleParameter; resample_layer.cu of lmb-freiburg/flownet2, which reads no factor
             (w3sip/mo_problem sizes by it). Its backward pass ends the program; here it is the
             derivative.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, *like: Shape):
        super().__init__(spec)
        honour(spec, "resample_param", "antialias width height type factor")
        param = spec.proto.resample_param
        self.kind = enum_name(param, "type")
        if self.kind == "AREA":
            raise spec.error("resample_param.type", "is AREA; it must be NEAREST, LINEAR or CUBIC")
        self.antialias = param.antialias
        self.factor = 0.0
        if param.HasField("factor") and not (like or param.height or param.width):
            self.factor = param.factor
            if not 0 < self.factor <= LARGEST_STEP:
                raise spec.error("resample_param.factor", f"is {self.factor:g}; it must be above 0 "
                                 f"and at most {LARGEST_STEP}")
            self.size = self._scaled(x)
        else:
            self.size = _top_size(spec, "resample_param", ("height", "width"), (x, *like))

    def _scaled(self, x: Shape) -> tuple[int, int]:
        high, wide = (max(int(size * self.factor), 1) for size in x[2:])
        return high, wide

    def forward(self, x: Tensor, *like: Tensor) -> Tensor:
        high, wide = self._scaled(tuple(x.shape)) if self.factor else self.size
        if like:
            high, wide = like[0].shape[2:]
        steps = (x.shape[2] / high, x.shape[3] / wide)
        # each axis begins half a step of the other one in, as in the original
        rows = torch.arange(high, device=x.device, dtype=x.dtype) * steps[0] + steps[1] / 2 - 0.5
        columns = torch.arange(wide, device=x.device, dtype=x.dtype) * steps[1] + steps[0] / 2 - 0.5
        if self.kind == "NEAREST":
            row, column = (round_half_away(points).long().clamp(0, size - 1)
                           for points, size in zip((rows, columns), x.shape[2:], strict=True))
            return x[:, :, row][:, :, :, column]
        softens = self.antialias and max(steps) > 1
        down, along = (self._weights(points, size, step if softens else 1.0) for points, size, step
                       in zip((rows, columns), x.shape[2:], steps, strict=True))
        top: Tensor = down @ x @ along.t()
        return top

    def _weights(self, points: Tensor, size: int, stretch: float) -> Tensor:
        """(points, size): the weight of each cell for each point; they sum to 1, or all are 0."""
        cells = torch.arange(size, device=points.device, dtype=points.dtype)
        distance = (points[:, None] - cells).abs() / stretch
        if self.kind == "LINEAR":
            weights = (1 - distance).clamp(min=0)
        else:
            near = distance * distance * (1.5 * distance - 2.5) + 1
            far = distance * (distance * (-0.5 * distance + 2.5) - 4) + 2
            weights = torch.where(distance <= 1, near, torch.where(distance < 2, far, 0))
        total = weights.sum(1, keepdim=True)
        return weights / torch.where(total == 0, 1, total)


@layer
class Downsample(Layer):
    """Shrinking of maps by weighted means that leave NaN out.

    Bottoms: x (N, C, H, W), of at least 2 x 2 cells; if wanted a map of the size that the top gets.
    Top:     (N, C, top_height, top_width), corners at corners: the mean of the cells around a
             point, each weighed by 1 - distance / step along both axes, step = (W - 1) /
             (top_width - 1) and likewise for rows. NaN adds nothing, and where its weight is more
             than half of the weight of the others the top is NaN. Of the same size: x.
    Errors:  SpecError for a top of fewer than 2 cells along an axis.
    Source:  DownsampleParameter; downsample_layer.cu of lmb-freiburg/flownet2. Its backward pass
             ends the program; here it is the derivative.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, *like: Shape):
        super().__init__(spec)
        honour(spec, "downsample_param", "top_height top_width")
        self.size = _top_size(spec, "downsample_param", ("top_height", "top_width"), (x, *like))
        if self.size != tuple(x[2:]) and min(*self.size, *x[2:]) < 2:
            raise spec.error("downsample_param.top_height", f"and top_width are {self.size[0]} and "
                             f"{self.size[1]}, of a bottom of {x[2]} x {x[3]}; each must be at "
                             "least 2")

    def forward(self, x: Tensor, *like: Tensor) -> Tensor:
        size = tuple(like[0].shape[2:]) if like else self.size
        if size == tuple(x.shape[2:]):
            return x
        down, along = (self._weights(x, cells, points)
                       for cells, points in zip(x.shape[2:], size, strict=True))
        unknown = x.isnan()
        weight = down @ (~unknown).to(x.dtype) @ along.t()
        lost = down @ unknown.to(x.dtype) @ along.t()
        # a divisor of 0 would make the gradient of the whole map NaN
        top = down @ x.where(~unknown, 0) @ along.t() / weight.where(weight > 0, 1)
        return top.where(lost <= MOST_NAN * weight, math.nan)

    def _weights(self, x: Tensor, cells: int, points: int) -> Tensor:
        step = (cells - 1) / (points - 1)
        at = torch.arange(points, device=x.device, dtype=x.dtype)[:, None] * step
        distance = (at - torch.arange(cells, device=x.device, dtype=x.dtype)).abs()
        return (1 - distance / step).clamp(min=0)


@layer
class Accum(Layer):
    """Concatenation of maps of several sizes, each resized bilinearly, corners at corners.

    Bottoms: maps (N, C_i, H_i, W_i); with have_reference the last one gives the size only.
    Top:     (N, sum of C_i, h, w): the reference's size; else top_height and top_width if both are
             above the largest bottom's, where size_divisible_by rounds its size up instead; else
             the largest bottom's height and width.
    Errors:  SpecError for bottoms that differ in items, and a reference without another bottom.
    Source:  AccumParameter; accum_layer.cpp and .cu of lmb-freiburg/flownet2.
    """

    num_bottoms = (1, None)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "accum_param", "top_height top_width size_divisible_by have_reference")
        param = spec.proto.accum_param
        self.has_reference = param.have_reference
        self.no_gradient_bottoms = (len(bottoms) - 1,) if self.has_reference else ()
        self.unit = param.size_divisible_by if param.HasField("size_divisible_by") else 0
        if param.HasField("size_divisible_by"):
            within(spec, "accum_param.size_divisible_by", (self.unit,), 1, LARGEST_STEP)
        self.wanted = param.top_height, param.top_width
        if self.has_reference and len(bottoms) < 2:
            raise spec.error("bottom", "is one; with have_reference there must be two, of which "
                             "the last gives the size")
        for index, shape in enumerate(bottoms):
            if len(shape) != 4 or shape[0] != bottoms[0][0]:
                raise spec.error(f"bottom[{index}]", f"has the shape {tuple(shape)}; it must be "
                                 f"({bottoms[0][0]}, C, H, W)")

    def _size(self, *bottoms: Shape) -> tuple[int, int]:
        if self.has_reference:
            return bottoms[-1][2], bottoms[-1][3]
        largest = max(shape[2] for shape in bottoms), max(shape[3] for shape in bottoms)
        wanted = self.wanted
        if self.unit:
            wanted = (-(-largest[0] // self.unit) * self.unit,
                      -(-largest[1] // self.unit) * self.unit)
        grows = wanted[0] > largest[0] and wanted[1] > largest[1]
        return wanted if grows else largest

    def forward(self, *bottoms: Tensor) -> Tensor:
        size = self._size(*(tuple(bottom.shape) for bottom in bottoms))
        maps = bottoms[:-1] if self.has_reference else bottoms
        return torch.cat([F.interpolate(x, size, mode="bilinear", align_corners=True)
                          for x in maps], 1)
