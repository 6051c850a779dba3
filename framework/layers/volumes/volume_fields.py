"""Fields in cubes, channels last (FPNN): turned at random, their gradients, probes along lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import LARGEST_STEP, honour, within
from framework.ops.losses import StraightThrough
from framework.proto import FillerParameter

GRID = 8            # cells of a cube along each side, in one of which each probe has its centre
AXES = "xyz"
PROBES = "field_probing_param"
MOVES = "transform_3d_param"


def check_cube(spec: LayerSpec, index: int, shape: Shape) -> None:
    """SpecError unless bottom `index` is a cube of at least 2: (N, D, D, D) or (N, D, D, D, C)."""
    if len(shape) not in (4, 5) or len({*shape[1:4]}) != 1 or shape[1] < 2:
        raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(shape)}; it must "
                         "be (N, D, D, D) or (N, D, D, D, C), D at least 2")


def check_fields(spec: LayerSpec, fields: Sequence[Shape]) -> None:
    """SpecError unless the first bottoms are cubes, of one number and size."""
    for index, shape in enumerate(fields):
        check_cube(spec, index, shape)
        if shape[:4] != fields[0][:4]:
            raise spec.error("bottom", f"has the shapes {[tuple(one) for one in fields]}; fields "
                             "must be of one number and size")


def channels_last(field: Tensor) -> Tensor:
    return field if field.dim() == 5 else field[..., None]


def interpolate(field: Tensor, points: Tensor) -> Tensor:
    """Trilinear interpolation of a field (N, D, D, D, C) at points (P, 3): (N, P, C).

    points  indices along the three axes; those outside count as the border. Their gradient is that
            of the cell, outside that of the nearest one, where grid_sample's is 0.
    """
    num, size = field.shape[0], field.shape[1]
    inside = points + (points.clamp(0, size - 1) - points).detach()
    base = inside.detach().floor().clamp(0, size - 2)
    part = (inside - base)[..., None, :]
    corners = torch.cartesian_prod(*[torch.arange(2, device=field.device)] * 3)
    weights = torch.where(corners.bool(), part, 1 - part).prod(-1)
    index = base.long()[..., None, :] + corners
    flat = (index[..., 0] * size + index[..., 1]) * size + index[..., 2]
    values = field.reshape(num, size**3, field.shape[4])[:, flat]
    return (values * weights[..., None].to(values.dtype)).sum(2)


@layer
class Transform3D(Layer):
    """Turn, scale and move fields at random, in TRAIN and TEST: the same for all fields.

    Bottoms: fields (N, D, D, D) or (N, D, D, D, C); labels, one for each of the N. No gradient.
    Tops:    `num_transformations` = T copies of each item of the fields, (N T, D, D, D[, C]);
             labels (N T,); if wanted the matrices (N T, 12), three rows of four.
    A copy's value at a point p from the centre is the field's, interpolated, at t + s R p, or
    `pad_value`, one for each field, outside of the cube. R is a product of rotations by angles in
    degrees about the three axes, that of the axis which `order` names first the first to act;
    without an order it is drawn. All is drawn for each copy and forward, evenly between the limits.
    Errors:  SpecError for fields that are not cubes of one size, for another number of tops or
             pad_values, and for an order that is not of three axes.
    Source:  Transform3DParameter; transform_3d_layer.cpp of yangyanli/caffe, branch field_probing;
             Li et al. 2016.
    """

    reads = (MOVES,)
    num_bottoms = (2, None)
    num_tops = (2, None)
    no_onnx_form = "it turns fields at random"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        self.no_gradient_bottoms = tuple(range(len(bottoms)))
        limits = [f"{side}_{what}_{axis}" for side in ("min", "max")
                  for what in ("rotation", "translation", "scaling") for axis in AXES]
        honour(spec, MOVES, " ".join([*limits, "num_transformations pad_value order"]))
        param = spec.proto.transform_3d_param
        for name in limits:
            within(spec, f"{MOVES}.{name}", (getattr(param, name),), -LARGEST_STEP, LARGEST_STEP)
        self.limits = [getattr(param, name) for name in limits]
        self.times, = within(spec, f"{MOVES}.num_transformations", (param.num_transformations,), 1,
                             LARGEST_STEP)
        fields, labels = bottoms[:-1], bottoms[-1]
        check_fields(spec, fields)
        if len(spec.tops) not in (len(bottoms), len(bottoms) + 1):
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be "
                             f"{len(bottoms)}, as the bottoms, or one more for the matrices")
        if len(param.pad_value) != len(fields):
            raise spec.error(f"{MOVES}.pad_value", f"is given {len(param.pad_value)} times; there "
                             f"are {len(fields)} fields")
        if math.prod(labels) != fields[0][0]:
            raise spec.error("bottom", f"'{spec.bottoms[-1]}' has the shape {tuple(labels)}; it "
                             f"must hold {fields[0][0]} labels")
        self.pads = list(param.pad_value)
        self.order = param.order.lower()
        if self.order and (len(self.order) != 3 or not set(self.order) <= set(AXES)):
            raise spec.error(f"{MOVES}.order", f"is '{param.order}'; it must be three of x, y, z")

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        *fields, labels = (bottom.detach() for bottom in bottoms)
        num, size = fields[0].shape[:2]
        matrices = self._draw(num * self.times, fields[0])
        steps = torch.arange(size, device=fields[0].device, dtype=matrices.dtype)
        middle = (size - 1) / 2
        grid = torch.cartesian_prod(steps, steps, steps) - middle
        points = grid @ matrices[:, :, :3].mT + matrices[:, :, 3][:, None] + middle
        outside = ((points < 0) | (points >= size)).any(-1)
        places = (points.flip(-1) * (2 / (size - 1)) - 1).reshape(num, self.times, size, size, size,
                                                                  3)
        tops = []
        for field, pad in zip(fields, self.pads, strict=True):
            planes = channels_last(field).movedim(-1, 1).to(places.dtype)
            copies = torch.stack([F.grid_sample(planes, places[:, turn], padding_mode="border",
                                                align_corners=True)
                                  for turn in range(self.times)], 1)
            values = copies.movedim(2, -1).reshape(num * self.times, size**3, -1)
            values = values.masked_fill(outside[..., None], pad)
            tops.append(values.reshape(-1, *field.shape[1:]).to(field.dtype))
        tops.append(labels.reshape(-1).repeat_interleave(self.times))
        if len(self.spec.tops) > len(bottoms):
            tops.append(matrices.flatten(1))
        return tuple(tops)

    def _draw(self, num: int, like: Tensor) -> Tensor:
        """Matrices (num, 3, 4)."""
        kind = torch.promote_types(like.dtype, torch.float32)
        low, high = like.new_tensor(self.limits, dtype=kind).reshape(2, 9)
        drawn = low + (high - low) * torch.rand(num, 9, device=like.device, dtype=kind)
        turns = torch.stack([_rotation(drawn[:, axis] * (math.pi / 180), axis)
                             for axis in range(3)], 1)
        if self.order:
            index = torch.tensor([AXES.index(axis) for axis in reversed(self.order)],
                                 device=like.device).expand(num, 3)
        else:
            index = torch.rand(num, 3, device=like.device).argsort(1)
        turns = turns[torch.arange(num, device=like.device)[:, None], index]
        first, second, third = turns.unbind(1)
        whole = drawn[:, 6:, None] * (first @ second @ third)
        return torch.cat([whole, drawn[:, 3:6, None]], 2)


def _rotation(angle: Tensor, axis: int) -> Tensor:
    """Rotations (N, 3, 3) by angles in radians about one axis, by the right-hand rule."""
    cosine, sine = angle.cos(), angle.sin()
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    rows = [[one, zero, zero], [zero, cosine, -sine], [zero, sine, cosine]]
    moved = [[rows[(row - axis) % 3][(column - axis) % 3] for column in range(3)]
             for row in range(3)]
    return torch.stack([torch.stack(row, 1) for row in moved], 1)


@layer
class GradientField(Layer):
    """Direction in which a field grows, at the middle of its cells: the gradient at length 1.

    Bottom: field (N, D, D, D) or (N, D, D, D, C). No gradient.
    Top:    (N, D, D, D, 3 C): of each channel the derivative along the three axes of the trilinear
            interpolation, half a step after each point, at the end on the border. Only the first
            channel's are brought to length 1, as in the original.
    Errors: SpecError for a field that is not a cube.
    Source: gradient_field_layer.cpp of yangyanli/caffe, branch field_probing; Li et al. 2016.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = "it is made from data of training"

    def __init__(self, spec: LayerSpec, field: Shape):
        super().__init__(spec)
        check_cube(spec, 0, field)

    def forward(self, field: Tensor) -> Tensor:
        whole = channels_last(field.detach())
        parts = []
        for axis in range(1, 4):
            part = whole
            for other in range(1, 4):
                part = _differences(part, other) if other == axis else _means(part, other)
            parts.append(part)
        slopes = torch.stack(parts, -1)
        lengths = slopes.square().sum(-1, keepdim=True).sqrt()
        lengths = torch.cat([lengths[..., :1, :], torch.ones_like(lengths[..., 1:, :])], -2)
        return (slopes / lengths.where(lengths > 0, 1)).flatten(-2)


def _means(x: Tensor, axis: int) -> Tensor:
    """Half a step after each point; the last one is on the border."""
    size = x.shape[axis]
    last = x.narrow(axis, size - 1, 1)
    return torch.cat([(x.narrow(axis, 1, size - 1) + x.narrow(axis, 0, size - 1)) / 2, last], axis)


def _differences(x: Tensor, axis: int) -> Tensor:
    size = x.shape[axis]
    steps = x.narrow(axis, 1, size - 1) - x.narrow(axis, 0, size - 1)
    return torch.cat([steps, steps.narrow(axis, size - 2, 1)], axis)


@layer
class FieldProbing(Layer):
    """Field probing: sample fields at learned points, `len_filter` on a line for each filter.

    Bottoms: fields (N, D, D, D) or (N, D, D, D, C), as many as tops. No gradient.
    Tops:    (N, S, S, S, num_filter, len_filter, C), S being num_sliding: the fields, interpolated
             at the points of the filters from the middle of each of S x S x S windows. Points
             outside count as on the border.
    Blobs:   points (num_filter, len_filter, 3), in steps of the field. They begin on lines of drawn
             direction, each half min_span to max_span of the window long, around drawn centres
             within the window and `padding` steps around it. Their gradient is over the number of
             windows and of fields.
    Errors:  SpecError for fields that are not cubes of one size, and numbers below 1; len_filter
             must be at least 2.
    Source:  FieldProbingParameter; field_probing_layer.cpp of yangyanli/caffe, branch
             field_probing; Li et al. 2016.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    no_onnx_form = "ONNX samples no volumes"
    blobs_learn = (True,)
    points: Tensor

    def __init__(self, spec: LayerSpec, *fields: Shape):
        super().__init__(spec)
        self.no_gradient_bottoms = tuple(range(len(fields)))
        honour(spec, PROBES, "num_sliding padding num_filter len_filter min_span max_span")
        param = spec.proto.field_probing_param
        check_fields(spec, fields)
        for name, least in (("num_sliding", 1), ("num_filter", 1), ("len_filter", 2)):
            within(spec, f"{PROBES}.{name}", (getattr(param, name),), least, LARGEST_STEP)
        self.windows, self.size = param.num_sliding, fields[0][1]
        self.spans = param.min_span, param.max_span
        self.padding = param.padding
        self.add_blob("points", (param.num_filter, param.len_filter, 3), FillerParameter())

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0

    def materialise(self, generator: torch.Generator) -> None:
        if self.points.is_meta:
            points = self._lines(generator)
            self.set_blob(0, nn.Parameter(points, self.points.requires_grad))

    def _lines(self, generator: torch.Generator) -> Tensor:
        """The first points, drawn."""
        num, length = self.points.shape[:2]
        step = 1 / (GRID + 2)
        cells = torch.randint(GRID, (num, 3), generator=generator)
        centers = (cells + 1.5) * step + _on_sphere(num, 0, step / 2, generator)
        offsets = _on_sphere(num, *self.spans, generator)
        ends = [_within_cube(centers, sign * offsets) for sign in (1, -1)]
        part = torch.linspace(0, 1, length)[:, None]
        lines = ends[0][:, None] + (ends[1] - ends[0])[:, None] * part
        radius = self.size / (2 * self.windows) + self.padding
        return (lines * 2 - 1) * radius

    def forward(self, *fields: Tensor) -> Tensor | tuple[Tensor, ...]:
        share = self.points / (self.windows**3 * len(fields))
        points: Tensor = StraightThrough.apply(share, self.points.detach())
        step = self.size / self.windows
        starts = (torch.arange(self.windows, device=points.device) + 0.5) * step
        middles = torch.cartesian_prod(starts, starts, starts).to(points.dtype)
        where = (middles[:, None] + points.flatten(0, 1)).reshape(-1, 3)
        tops = []
        for field in fields:
            whole = channels_last(field.detach())
            tops.append(interpolate(whole, where).reshape(
                whole.shape[0], *[self.windows] * 3, *self.points.shape[:2], whole.shape[4]))
        return tops[0] if len(tops) == 1 else tuple(tops)


def _on_sphere(num: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Vectors (num, 3) of even direction, their lengths drawn from `low` to `high`."""
    direction = torch.randn(num, 3, generator=generator)
    length = low + (high - low) * torch.rand(num, 1, generator=generator)
    return F.normalize(direction) * length


def _within_cube(centers: Tensor, offsets: Tensor) -> Tensor:
    """centers + offsets, or where that leaves the cube from 0 to 1 the point on its surface."""
    room = torch.where(offsets > 0, 1 - centers, centers) / offsets.abs().clamp(min=1e-12)
    return centers + offsets * room.amin(1, keepdim=True).clamp(max=1)


@layer
class DotProduct(Layer):
    """Sum over the points and channels of each filter, times weights: one number for each filter.

    Bottoms: x (N, S, S, S, F, L, C), as FieldProbing makes it; as many tops, with the same blobs.
    Tops:    (N, S, S, S, F): the sum over L and C of x times the weights, and a bias.
    Blobs:   weight (S, S, S, F, L, C), bias (S, S, S, F), or with `share_weights` (F, L, C) and
             (F,). Their gradient is over the number of tops.
    Errors:  SpecError for bottoms of other shapes.
    Source:  DotProductParameter; dot_product_layer.cpp of yangyanli/caffe, branch field_probing.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    no_onnx_form = "FieldProbing, which makes what it reads, has none"
    blobs_learn = (True, True)
    weight: Tensor
    bias: Tensor

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "dot_product_param", "weight_filler bias_filler share_weights")
        param = spec.proto.dot_product_param
        x = bottoms[0]
        if len(x) != 7 or {tuple(shape) for shape in bottoms} != {tuple(x)}:
            raise spec.error("bottom", f"has the shapes {[tuple(shape) for shape in bottoms]}; "
                             "they must be one, (N, S, S, S, F, L, C)")
        shape = tuple(x[4:] if param.share_weights else x[1:])
        self.add_blob("weight", shape, param.weight_filler)
        self.add_blob("bias", shape[:-2], param.bias_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return sum(math.prod(shape) for shape in bottoms)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        weight, bias = (StraightThrough.apply(blob / len(bottoms), blob.detach())
                        for blob in (self.weight, self.bias))
        letters = "nabcflk,flk->nabcf" if weight.dim() == 3 else "nabcflk,abcflk->nabcf"
        tops = tuple(torch.einsum(letters, x, weight) + bias for x in bottoms)
        return tops[0] if len(tops) == 1 else tops
