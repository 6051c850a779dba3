"""Hypercolumns: the features of several maps at points of an image."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.ops.regions import sample_bilinear


@layer
class HyperColumns(Layer):
    """Hypercolumns: bilinear samples of all feature maps at points of the first bottom's plane.

    Bottoms: normals (N, K, H, W), no gradient; maps (N, C, h, w) of that plane, each by the whole
             factor s = H / h rounded down smaller: point p is at (p - (s - 1) / 2) / s of it, or
             at the border.
    Tops:    columns (N * M, sum of C, 1, 1), the points of an image side by side; the values of
             the first bottom there, (N * M, K).
    With is_train (default, in both phases) M is sample_num, points drawn anew in each forward from
    those where a value of the first bottom is not invalid_condition and none is NaN; else every
    skip_ratio-th point in rows, where skip_ratio is made smaller until it divides H * W.
    An image without sample_num such points has zeros for the rest, where the original shifts the
    points of the images after it.
    Errors:  SpecError for other shapes, for more samples than points, and a skip_ratio below 1.
    Source:  hypercolumns_layer.cpp of JiangQH/caffe; Bansal et al. 2016.
    """

    num_bottoms = (2, None)
    num_tops = (2, 2)
    no_gradient_bottoms = (0,)
    no_onnx_form = "its points are drawn anew, or all of the image's"

    def __init__(self, spec: LayerSpec, normals: Shape, *maps: Shape):
        super().__init__(spec)
        honour(spec, "hypercolumns_param", "is_train sample_num skip_ratio invalid_condition")
        param = spec.proto.hypercolumns_param
        if any(len(x) != 4 or x[0] != normals[0] for x in (normals, *maps)):
            raise spec.error("bottom", f"has the shapes {normals} and {list(maps)}; they must be "
                             "(N, K, H, W) and (N, C, h, w)")
        self.scales = [normals[2] // x[2] for x in maps]
        if min(self.scales) < 1:
            raise spec.error("bottom", f"has maps higher than the first one, {normals}")
        self.points = normals[2] * normals[3]
        self.is_random, self.invalid = param.is_train, param.invalid_condition
        if param.skip_ratio < 1:
            raise spec.error("hypercolumns_param.skip_ratio", f"is {param.skip_ratio}; it must be "
                             "at least 1")
        self.step = next(step for step in range(min(param.skip_ratio, self.points), 0, -1)
                         if self.points % step == 0)
        self.num = param.sample_num if param.is_train else self.points // self.step
        if not 1 <= self.num <= self.points:
            raise spec.error("hypercolumns_param.sample_num", f"is {self.num}; the plane has "
                             f"{self.points} points")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        normals, *maps = bottoms
        rows = normals[0] * self.num
        return [(rows, sum(x[1] for x in maps), 1, 1), (rows, normals[1])]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, Tensor]:
        normals, maps = bottoms[0].detach(), bottoms[1:]
        index, counts = self._draw(normals) if self.is_random else self._every(normals)
        item = torch.arange(len(normals), device=index.device).repeat_interleave(self.num)
        row, column = (index // normals.shape[3]).flatten(), (index % normals.shape[3]).flatten()
        columns = [sample_bilinear(x, item, *(self._place(at, scale, size)[:, None].to(x.dtype)
                                              for at, size in ((row, x.shape[2]),
                                                               (column, x.shape[3]))))
                   for x, scale in zip(maps, self.scales, strict=True)]
        here = normals.flatten(2).gather(2, index[:, None].expand(-1, normals.shape[1], -1))
        counts = counts.reshape(-1, 1)
        values = here.transpose(1, 2).flatten(0, 1).where(counts, 0)
        return torch.cat(columns, 1).where(counts[:, :, None, None], 0), values

    def _every(self, normals: Tensor) -> tuple[Tensor, Tensor]:
        """Each `step`-th point of every image, (N, M), and that all count."""
        index = torch.arange(0, self.points, self.step, device=normals.device)
        index = index.expand(len(normals), -1)
        return index, torch.ones_like(index, dtype=torch.bool)

    def _draw(self, normals: Tensor) -> tuple[Tensor, Tensor]:
        """Points of each image in a random order, (N, M), and which of them are valid."""
        flat = normals.flatten(2)
        valid = (flat != self.invalid).any(1) & ~flat.isnan().any(1)
        keys = torch.rand(valid.shape, device=normals.device).where(valid, -1)
        keys, index = keys.topk(self.num, dim=1)
        return index, keys >= 0

    @staticmethod
    def _place(at: Tensor, scale: int, size: int) -> Tensor:
        """Where pixels are on an axis of a map, in its cells."""
        return ((at.double() - (scale - 1) / 2) / scale).clamp(0, size - 1)
