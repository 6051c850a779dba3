"""Regions from the anchors of feature maps: decode, rank, suppress (MS-CNN, Cascade R-CNN)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from framework.layers.onnx_graph import OnnxGraph
from framework.layers.rcnn.box_statistics import adjusted
from framework.layers.rcnn.regions_onnx import (
    adjusted_onnx,
    best_onnx,
    grid,
    or_else_onnx,
    rows_onnx,
)
from framework.layers.ssd.detection_onnx import LOWEST, kept_onnx
from framework.ops import nms

Anchors = list[tuple[int, int]]     # width and height


@dataclass(frozen=True)
class Regression:
    """How offsets move anchors: offset * deviation + mean, cut to shift and growth."""

    mean: list[float]
    deviation: list[float]
    shift: float
    growth: float

    def decode(self, offsets: Tensor, anchors: Anchors, stride: int) -> tuple[Tensor, Tensor]:
        """First corner and size, (N, A, H, W, 2) each, in pixels, of offsets (N * A, 4, H, W)."""
        height, width = offsets.shape[2:]
        moves = offsets.unflatten(0, (-1, len(anchors))).movedim(2, -1)     # (N, A, H, W, 4)
        moves = adjusted(moves, self.mean, self.deviation)
        field = moves.new_tensor(anchors)[:, None, None]
        rows = (torch.arange(height, device=moves.device, dtype=moves.dtype) + 0.5) * stride
        columns = (torch.arange(width, device=moves.device, dtype=moves.dtype) + 0.5) * stride
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        shift = moves[..., :2].clamp(-self.shift, self.shift)
        size = field * moves[..., 2:].clamp(-self.growth, self.growth).exp()
        return shift * field + torch.stack([x, y], -1) - size / 2, size

    def decode_onnx(self, graph: OnnxGraph, offsets: str, cells: tuple[int, int],
                    anchors: Anchors, stride: int) -> tuple[str, str]:
        """As `decode`, (N, A * H * W, 2) each; cells  (H, W)"""
        height, width = cells
        moves = graph.reshape(offsets, [-1, len(anchors), 4, height, width])
        moves = graph.add("Transpose", moves, perm=[0, 1, 3, 4, 2])
        moves = graph.reshape(moves, [-1, len(anchors) * height * width, 4])
        moves = adjusted_onnx(graph, moves, self.mean, self.deviation)
        sides = torch.tensor(anchors, dtype=torch.float32)
        field = graph.floats(sides.repeat_interleave(height * width, 0)[None])
        centre = grid(height, width, stride, 0.5).reshape(-1, 2).repeat(len(anchors), 1)
        shift = graph.add("Clip", graph.cut(moves, 2, 0, 2), graph.floats(-self.shift),
                          graph.floats(self.shift))
        growth = graph.add("Clip", graph.cut(moves, 2, 2, 4), graph.floats(-self.growth),
                           graph.floats(self.growth))
        size = graph.add("Mul", field, graph.add("Exp", growth))
        first = graph.add("Add", graph.add("Mul", shift, field), graph.floats(centre[None]))
        return graph.add("Sub", first, graph.add("Div", size, graph.floats(2.0))), size


@dataclass(frozen=True)
class Ranking:
    """Which regions remain: the `before` best go into the suppression, `most` leave it; 0: all.

    past_end  added to x2 and y2 for the suppression: 1 where pixels are cells
    """

    threshold: float
    before: int
    most: int
    past_end: float = 0.0

    def tops(self, corners: Tensor, scores: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Regions (R, 5, 1, 1): image, corners; with their scores (R, 6, 1, 1); image by image.

        (0, 1, 1, 10, 10) and zeros if there is none.
        corners (N, M, 4); scores, valid (N, M)
        """
        order = scores.masked_fill(~valid, -math.inf).argsort(dim=1, descending=True, stable=True)
        order = order[:, :self.before or None]
        corners = corners.gather(1, order[:, :, None].expand(-1, -1, 4))
        ends = corners + corners.new_tensor([0, 0, self.past_end, self.past_end])
        kept = nms.greedy(ends, valid.gather(1, order), self.threshold, most=self.most or None)
        image, rank = kept.nonzero(as_tuple=True)
        rows = torch.cat([image.to(corners.dtype)[:, None], corners[image, rank],
                          scores.gather(1, order)[image, rank][:, None]], 1)
        if not len(rows):
            regions, rows = rows.new_tensor([[0, 1, 1, 10, 10]]), rows.new_zeros(1, 6)
        else:
            regions = rows[:, :5]
        return regions[:, :, None, None], rows[:, :, None, None]

    def tops_onnx(self, graph: OnnxGraph, corners: str, scores: str, valid: str, total: int
                  ) -> list[str]:
        """As `tops`; total  M"""
        scores = graph.add("Where", valid, scores, graph.floats(LOWEST))
        count = graph.integers([min(self.before or total, total)])
        boxes, best = best_onnx(graph, corners, scores, count)
        ends = boxes
        if self.past_end:
            ends = graph.add("Add", boxes, graph.floats([0.0, 0.0, self.past_end, self.past_end]))
        kept = kept_onnx(graph, ends, best, count, LOWEST, self.threshold, self.most or None)
        image, box, chances = rows_onnx(graph, kept, boxes, best)
        regions = graph.add("Concat", image, box, axis=1)
        scored = graph.add("Concat", regions, graph.add("Unsqueeze", chances, graph.integers([1])),
                           axis=1)
        lone = torch.tensor([[0.0, 1, 1, 10, 10]])
        tops = [or_else_onnx(graph, regions, graph.floats(lone)),
                or_else_onnx(graph, scored, graph.floats(torch.zeros(1, 6)))]
        return [graph.add("Unsqueeze", top, graph.integers([2, 3])) for top in tops]
