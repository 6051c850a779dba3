"""Spatial transformer of volumes: sampled over a grid that twelve numbers for each item move."""

from __future__ import annotations

import math
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, honour, within
from framework.proto import has_field

STATED = ("theta_1_1 theta_1_2 theta_1_3 theta_1_4 theta_2_1 theta_2_2 theta_2_3 theta_2_4 "
          "theta_3_1 theta_3_2 theta_3_3 theta_3_4")
SIDES = "output_D output_H output_W"


@layer
class TridimSpatialTransformer(Layer):
    """Spatial transformer of volumes: sample each map over a grid that an affine matrix moves.

    Bottoms: x (N, C, D, H, W); the twelve numbers of the matrix, row by row, of each item (N, ...),
             less those that `theta_1_1` to `theta_3_4` state.
    Top:     (N, C, output_D, output_H, output_W), the sizes of x without the fields. Cell i, in
             their order, reads the point p = matrix @ grid[i], which is depth (p0 + 1) / 3 * D, row
             (p1 + 1) / 3 * H, column (p2 + 1) / 3 * W; linearly, cells outside of x being 0.
    The grid is what the original's memory holds: it writes three numbers for each cell, 2 (i mod
    output_H) / output_H - 1, the same of output_W and of output_D, and reads four; after the last
    of them it has a 1 and zeros. With `to_compute_dU: false` x gets no gradient. The gradient of
    the matrix is the derivative; the original's takes other factors for it.
    Errors:  SpecError for another transform or sampler, for other than five axes, and for another
             number of numbers.
    Source:  TridimSpatialTransformerParameter; tridim_st_layer.cu of xyyu-callen/caffe-3Dstn, whose
             code without a GPU ends the program.
    """

    reads = ("tridim_st_param",)
    num_bottoms = (2, 2)
    needs_float32 = True
    no_onnx_form = UNWRITTEN
    grid: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, theta: Shape):
        super().__init__(spec)
        field = "tridim_st_param"
        sizes, stated = SIDES.split(), STATED.split()
        honour(spec, field, "transform_type sampler_type to_compute_dU "
               f"{' '.join((*sizes, *stated))}")
        param = spec.proto.tridim_st_param
        for name, only in (("transform_type", "affine"), ("sampler_type", "trilinear")):
            if getattr(param, name) != only:
                raise spec.error(f"{field}.{name}", f"is '{getattr(param, name)}'; only '{only}' "
                                 "is known")
        if len(x) != 5:
            raise spec.error("bottom[0]", f"has the shape {tuple(x)}; it must be (N, C, D, H, W)")
        self.size = tuple(getattr(param, name) if has_field(param, name) else size
                          for name, size in zip(sizes, x[2:], strict=True))
        for name, size in zip(sizes, self.size, strict=True):
            within(spec, f"{field}.{name}", (size,), 1, LARGEST_STEP)
        self.stated = [getattr(param, name) if has_field(param, name) else None for name in stated]
        missing = self.stated.count(None)
        if theta[0] != x[0] or math.prod(theta[1:]) != missing:
            raise spec.error("bottom[1]", f"has the shape {tuple(theta)}; it must hold {missing} "
                             f"numbers for each of {x[0]} items")
        self.learns_map = param.to_compute_dU
        self.register_buffer("grid", self._grid(), persistent=False)

    def _grid(self) -> Tensor:
        """Four numbers of each cell (cells, 4)."""
        depth, height, width = self.size
        cells = torch.arange(math.prod(self.size))
        three = torch.stack([cells % size / size * 2 - 1 for size in (height, width, depth)], 1)
        flat = torch.cat([three.flatten(), torch.ones(1)])
        return F.pad(flat, (0, 4 * len(cells) - len(flat))).reshape(-1, 4)

    def forward(self, x: Tensor, theta: Tensor) -> Tensor:
        if not self.learns_map:
            x = x.detach()
        given = iter(theta.flatten(1).unbind(1))
        matrix = torch.stack([next(given) if value is None else theta.new_full((len(theta),), value)
                              for value in self.stated], 1).reshape(-1, 3, 4)
        points = torch.einsum("nkm,pm->nkp", matrix, self.grid.to(theta.dtype))
        places = [(points[:, axis] + 1) / 3 * x.shape[2 + axis] for axis in range(3)]
        return _trilinear(x, places).reshape(*x.shape[:2], *self.size)


def _trilinear(x: Tensor, places: list[Tensor]) -> Tensor:
    """The values of x (N, C, D, H, W) at points (N, P), linearly; cells outside of x are 0."""
    num, channels = x.shape[:2]
    flat, total = x.flatten(2), x.new_zeros(())
    floors = [place.detach().floor() for place in places]
    for corner in product((0, 1), repeat=3):
        index, weight = torch.zeros_like(places[0], dtype=torch.long), torch.ones_like(places[0])
        for place, floor, step, size in zip(places, floors, corner, x.shape[2:], strict=True):
            cell, part = floor + step, place - floor
            weight = weight * (part if step else 1 - part)
            weight = weight.where((cell >= 0) & (cell < size), 0)
            index = index * size + cell.clamp(0, size - 1).long()
        rows = index[:, None].expand(num, channels, index.shape[1])
        total = total + flat.gather(2, rows) * weight[:, None].to(x.dtype)
    return total
