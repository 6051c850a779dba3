"""SPMMaxPooling: the largest scores of the regions in each cell of a spatial pyramid."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour, is_set

NOTHING = -1e6      # scores up to it do not count
Cell = tuple[float, float, float, float]


def _squares(sides: int) -> list[Cell]:
    """Left, right, top and bottom of sides * sides cells, column by column."""
    edges = [index / sides for index in range(sides + 1)]
    spans = list(zip(edges, edges[1:], strict=False))
    return [(*across, *down) for across in spans for down in spans]


BANDS: list[Cell] = [(0, 1, 0, 0.33), (0, 1, 0.33, 0.67), (0, 1, 0.67, 1)]
PYRAMIDS = {0: _squares(1), 1: _squares(1) + _squares(2) + BANDS}
"""The cells by spm_type; of all others FINE."""
FINE = _squares(1) + _squares(2) + _squares(4)


@layer
class SPMMaxPooling(Layer):
    """Spatial pyramid of regions: for each cell the largest score of those with their centre in it.

    Bottoms: x (R, C), scores of regions; sizes (N, 2), the width and height of each image; regions
             (R, 5): image, x1, y1, x2, y2 in pixels. Only x has a gradient.
    Top:     (N, cells * C), cell after cell; 0 for a cell without regions. The first of equal
             scores gets the gradient.
    Cells by `spm_type`: 0 the whole image; 1 the whole, its quarters and three bands, one below the
    other, from 0, 0.33 and 0.67 of the height; else the whole, its quarters and 16 squares. Squares
    go column by column. A cell has its left and upper edge, not the others.
    Regions are in order of images: where the number of the image differs from the one before, the
    next image begins. Scores up to -1000000 do not count; of the first region of an image they do
    in the original. Images without regions get 0, where the original leaves what was there.
    Errors:  SpecError for other shapes, or without spm_type. DataError for more images than sizes.
    Source:  SPMMaxPoolingLayer of the Caffe of ppengtang/dpl, spm_layer.cpp; Tang et al. 2017. The
             default of spm_type is not public.
    """

    reads = ("spm_param",)
    num_bottoms = (3, 3)
    no_gradient_bottoms = (1, 2)
    pools_regions = True
    needs_float32 = True
    no_onnx_form = UNWRITTEN
    edges: Tensor

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return ((bottoms[0][0], 5) if index == 2 else (1, 2) if index == 1 else None)

    def __init__(self, spec: LayerSpec, x: Shape, sizes: Shape, regions: Shape):
        super().__init__(spec)
        honour(spec, "spm_param", "spm_type")
        param = spec.proto.spm_param
        if not is_set(param, "spm_type"):
            raise spec.error("spm_param.spm_type", "is missing; it must be 0, 1 or 2")
        rows, *values = x
        if not values or any(size != 1 for size in values[1:]):
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; it must be "
                             "(R, C), scores of regions")
        for index, wanted in ((1, (*sizes[:1], 2)), (2, (rows, 5))):
            given = (sizes, regions)[index - 1]
            if tuple(size for size in given[2:] if size != 1) or tuple(given[:2]) != wanted:
                raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(given)}; "
                                 f"it must be {wanted}")
        cells = PYRAMIDS.get(param.spm_type, FINE)
        self.register_buffer("edges", torch.tensor(cells), persistent=False)
        self.check = IndexCheck(spec, 2, regions, sizes[0], what="images", unit="region",
                                hint=f"'{spec.bottoms[1]}' has too few rows")

    def forward(self, x: Tensor, sizes: Tensor, regions: Tensor) -> Tensor:
        x = x.flatten(1)
        regions = regions.detach().flatten(1)
        image = self._images(regions[:, 0], len(sizes))
        size = sizes.detach().flatten(1)[image]
        across = (regions[:, 1] + regions[:, 3]) / (2 * size[:, 0])
        down = (regions[:, 2] + regions[:, 4]) / (2 * size[:, 1])
        left, right, top, bottom = self.edges.to(across.dtype).unbind(1)
        inside = ((across[:, None] >= left) & (across[:, None] < right)
                  & (down[:, None] >= top) & (down[:, None] < bottom))
        return torch.stack([_largest(x, image.where(inside[:, cell], len(sizes)), len(sizes))
                            for cell in range(inside.shape[1])], 1).flatten(1)

    def _images(self, named: Tensor, num: int) -> Tensor:
        """The number of each region's image: how many times the name changed before."""
        named = named.trunc()
        changes = torch.cat([named[:1] * 0, (named[1:] != named[:-1]).to(named.dtype)])
        image = changes.cumsum(0)
        return self.check.require(image, image < num, num).long()


def _largest(x: Tensor, group: Tensor, num: int) -> Tensor:
    """The largest value of each column in each of `num` groups (num, C), 0 without one.

    group  of each row; `num` for rows of none
    """
    values = x.detach()
    index = group[:, None].expand_as(x)
    rows = torch.arange(len(x), device=x.device)[:, None].expand_as(x)
    start = values.new_full((num + 1, x.shape[1]), NOTHING)
    best = start.scatter_reduce(0, index, values, "amax").gather(0, index)
    none = torch.full_like(start, len(x), dtype=torch.long)
    first = none.scatter_reduce(0, index, rows.where((values == best) & (values > NOTHING), len(x)),
                                "amin")
    return torch.cat([x, x.new_zeros(1, x.shape[1])]).gather(0, first[:num])
