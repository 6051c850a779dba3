"""A cut of maps into four parts of their height (PS, of Person-Re-ID)."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph

PARTS = 4


@layer
class PS(Layer):
    """Cut maps into four parts of their height, one below another.

    Bottom: x (N, C, H, W), H at least 4.
    Tops:   three of (N, C, b, W), b = floor(H / 4), and one of (N, C, H - 3 b, W). No gradient goes
            back from the last one.
    Where 4 does not divide H, the original writes the last parts of all maps over one another: each
    begins b rows after that before it, a later one wins, and rows at the end of the blob are 0. So
    is it here.
    Errors: SpecError for a bottom without four axes, or of a smaller height.
    Source: split_person_layer.cpp of sanpingzhou/Person-Re-ID.
    """

    num_tops = (PARTS, PARTS)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) != 4 or x[2] < PARTS:
            raise spec.error("bottom", f"has the shape {tuple(x)}; PS takes (N, C, H, W) with a "
                             f"height of at least {PARTS}")
        self.rows = x[2] // PARTS
        self.last = x[2] - (PARTS - 1) * self.rows

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        rows, last = self.rows, x[:, :, (PARTS - 1) * self.rows:].detach()
        tops = [x[:, :, index * rows:(index + 1) * rows].contiguous() for index in range(PARTS - 1)]
        return (*tops, self._overwritten(last))

    def _overwritten(self, last: Tensor) -> Tensor:
        """The last parts (N, C, L, W) as the original has them in its blob."""
        if self.last == self.rows:
            return last.contiguous()
        num_maps = last.shape[0] * last.shape[1]
        place = torch.arange(num_maps * self.last, device=last.device)
        of_map = (place // self.rows).clamp(max=num_maps - 1)
        row = place - of_map * self.rows
        source = of_map * self.last + row.clamp(max=self.last - 1)
        found = last.reshape(num_maps * self.last, -1).index_select(0, source)
        return torch.where((row < self.last)[:, None], found, 0).reshape(last.shape)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.last != self.rows:
            raise self.spec.error("bottom", f"has a height that {PARTS} does not divide: the "
                                  "original then writes over its last parts, which ONNX cannot")
        return [graph.cut(bottoms[0], 2, index * self.rows, (index + 1) * self.rows)
                for index in range(PARTS)]
