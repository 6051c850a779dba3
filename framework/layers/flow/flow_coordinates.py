"""Layers of LiteFlowNet that warp by coordinates: Grid and Warp, here CoordinateWarp."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.flow.optical_flow import bilinear_in_zeros
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes


@layer
class Grid(Layer):
    """Coordinates of cells: column and row of each.

    Bottom: x (N, C, H, W), of which the size counts. Top: (N, 2, H, W), without gradient.
    Errors: SpecError for another number of axes.
    Source: grid_layer.cpp of twhui/LiteFlowNet.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        check_four_axes(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (torch.arange(size, device=x.device, dtype=x.dtype) for size in x.shape[2:])
        both = torch.stack(torch.meshgrid(rows, columns, indexing="ij")[::-1])
        return both.expand(len(x), -1, -1, -1).clone()


@layer
class CoordinateWarp(Layer):
    """Warping of images by coordinates: each cell of the top reads x at its column and row.

    Bottoms: x (N, C, H, W); columns and rows (N, 2, H, W), in cells, as Grid's plus a flow.
    Top:     as x, read bilinearly; cells outside of x are 0.
    It is the Warp of a net that has a Grid; in other nets Warp takes a flow.
    Errors:  SpecError for other shapes.
    Source:  warp_layer.cu of twhui/LiteFlowNet; Hui et al. 2018.
    """

    num_bottoms = (2, 2)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, places: Shape):
        super().__init__(spec)
        if len(x) != 4 or tuple(places) != (x[0], 2, *x[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(places)}; they must "
                             "be (N, C, H, W) and (N, 2, H, W)")

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        columns, rows = places.unbind(1)
        return bilinear_in_zeros(x, rows, columns)
