"""Spatial transformers: maps sampled over a grid that numbers for each item move."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.flow.optical_flow import bilinear, bilinear_in_zeros
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, check_four_axes, honour, within
from framework.proto import has_field

STATED = "theta_1_1 theta_1_2 theta_1_3 theta_2_1 theta_2_2 theta_2_3"
FACTORS = "theta_1_1 theta_2_2"             # those of a translation
# Numbers of an item, by the transform, of mikuhatsune/e2e_face
MOVES = {"translation": 2, "translation_scaling": 4, "projective": 8}


@layer
class SpatialTransformer(Layer):
    """Spatial transformer: sample each map over a grid that an affine matrix moves.

    Bottoms: x (N, C, H, W); the six numbers of the matrix, row by row, of each item (N, ...), less
             those that `theta_1_1` to `theta_2_3` state.
    Top:     (N, C, output_H, output_W), the sizes of x without the fields. Cell (i, j) reads the
             point (row, column) = matrix @ (2 i / output_H - 1, 2 j / output_W - 1, 1), where -1 is
             cell 0 and 1 cell H or W; bilinearly, cells outside of the map being 0.
    With `to_compute_dU: false` x gets no gradient.
    Other transforms, of mikuhatsune/e2e_face, move points (u, v) = (column, row), where -1 is the
    first cell and 1 the last one, of the top and of x, and points beyond x read its border:
    "translation" (u theta_1_1 + t1, v theta_2_2 + t2), "translation_scaling" (u t1 + t2,
    v t3 + t4), "projective" the matrix of t1 to t8 and 1, row by row, over its third number.
    Errors:  SpecError for another transform or sampler, or another number of numbers; for a top of
             one row or column, which e2e_face divides by.
    Source:  SpatialTransformerParameter; st_layer.cu of daerduoCarey/SpatialTransformerLayer;
             spatial_transformer_layer.cu of mikuhatsune/e2e_face; Jaderberg et al. 2015.
    """

    reads = ("st_param",)
    num_bottoms = (2, 2)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, theta: Shape):
        super().__init__(spec)
        param = spec.proto.st_param
        self.kind = param.transform_type
        if self.kind not in ("affine", *MOVES):
            raise spec.error("st_param.transform_type", f"is '{self.kind}'; it must be one of "
                             f"affine, {', '.join(MOVES)}")
        stated = STATED if self.kind == "affine" else \
            FACTORS if self.kind == "translation" else ""
        honour(spec, "st_param", "transform_type sampler_type output_H output_W to_compute_dU "
               f"{stated}")
        if param.sampler_type != "bilinear":
            raise spec.error("st_param.sampler_type", f"is '{param.sampler_type}'; only "
                             "'bilinear' is known")
        check_four_axes(spec, x, "bottom[0]")
        self.size = (param.output_H if param.HasField("output_H") else x[2],
                     param.output_W if param.HasField("output_W") else x[3])
        within(spec, "st_param.output_H", self.size, 1 if self.kind == "affine" else 2,
               LARGEST_STEP)
        self.stated = [getattr(param, name) if has_field(param, name) else None
                       for name in stated.split()]
        missing = MOVES.get(self.kind, self.stated.count(None))
        if theta[0] != x[0] or math.prod(theta[1:]) != missing:
            raise spec.error("bottom[1]", f"has the shape {tuple(theta)}; it must hold {missing} "
                             f"numbers for each of {x[0]} items")
        self.learns_map = param.to_compute_dU

    def forward(self, x: Tensor, theta: Tensor) -> Tensor:
        if not self.learns_map:
            x = x.detach()
        if self.kind != "affine":
            return self._moved(x, theta)
        given = iter(theta.flatten(1).unbind(1))
        matrix = torch.stack([next(given) if value is None else theta.new_full((len(theta),), value)
                              for value in self.stated], 1).reshape(-1, 2, 3)
        high, wide = (torch.arange(size, device=x.device, dtype=theta.dtype) / size * 2 - 1
                      for size in self.size)
        grid = torch.stack(torch.broadcast_tensors(high[:, None], wide, high.new_ones(())), -1)
        points = torch.einsum("nkc,hwc->nkhw", matrix, grid)
        rows, columns = ((points[:, axis] + 1) / 2 * x.shape[2 + axis] for axis in (0, 1))
        return bilinear_in_zeros(x, rows, columns)

    def _moved(self, x: Tensor, theta: Tensor) -> Tensor:
        """By one of MOVES."""
        down, along = (torch.linspace(-1, 1, size, device=x.device, dtype=theta.dtype)
                       for size in self.size)
        t = theta.flatten(1).T[..., None, None]
        v, u = down[:, None], along
        if self.kind == "translation":
            wide, high = (1.0 if factor is None else factor for factor in self.stated)
            u, v = wide * u + t[0], high * v + t[1]
        elif self.kind == "translation_scaling":
            u, v = u * t[0] + t[1], v * t[2] + t[3]
        else:
            third = u * t[6] + v * t[7] + 1
            u, v = (u * t[0] + v * t[1] + t[2]) / third, (u * t[3] + v * t[4] + t[5]) / third
        points = torch.broadcast_tensors(v, u)
        rows, columns = (((point + 1) / 2 * (size - 1)).clamp(0, size - 1)
                         .expand(len(x), *self.size)
                         for point, size in zip(points, x.shape[2:], strict=True))
        return bilinear(x, rows, columns)
