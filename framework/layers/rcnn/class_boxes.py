"""The boxes of each class: regions moved by its offsets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.onnx_graph import OnnxGraph
from framework.layers.rcnn.box_statistics import adjusted
from framework.layers.rcnn.regions_onnx import adjusted_onnx, moved_onnx
from framework.ops.pixel_boxes import moved

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClassBoxes:
    """How regions and offsets give the boxes of the classes.

    columns  which four of a region's offsets, from 0 on, are those of each class; one: of all
    mean, deviation  of the offsets, by bbox_reg_param
    """

    columns: list[int]
    mean: list[float]
    deviation: list[float]

    def decode(self, offsets: Tensor, corners: Tensor, sizes: Tensor) -> Tensor:
        """Boxes (len(columns), R, 4), cut to the images.

        offsets  (R, 4 K)
        corners  (R, 4) of the regions, in pixels
        sizes    (R, 4): width, height, width, height of each region's image
        """
        moves = offsets.unflatten(1, (-1, 4))[:, self.columns].transpose(0, 1)
        moves = adjusted(moves, self.mean, self.deviation)
        return moved(corners, moves).clamp(min=0).minimum(sizes - 1)

    def decode_onnx(self, graph: OnnxGraph, offsets: str, corners: str, sizes: str) -> str:
        """As `decode`."""
        moves = graph.add("Gather", graph.reshape(offsets, [0, -1, 4]),
                          graph.integers(self.columns), axis=1)
        moves = graph.add("Transpose", moves, perm=[1, 0, 2])
        moves = adjusted_onnx(graph, moves, self.mean, self.deviation)
        boxes = graph.add("Concat", *moved_onnx(graph, corners, moves, 2), axis=2)
        edge = graph.add("Sub", sizes, graph.floats(1.0))
        return graph.add("Min", graph.add("Max", boxes, graph.floats(0.0)), edge)


def columns_of(spec: LayerSpec, width: int, num: int, labels: Sequence[int]) -> list[int]:
    """Which four of `width` offsets are those of each label, or [the last four] for all of them.

    The width decides. A cls_aware that says something else is named in the log.
    num  classes, the background too
    """
    param = spec.proto.bbox_reg_param
    fits = width == 4 * num if param.cls_aware else width in (4, 8)
    if param.HasField("cls_aware") and not fits:
        LOG.warning("%s: bbox_reg_param.cls_aware is %s, but there are %d offsets for %d classes, "
                    "by which they are read", spec.place("bbox_reg_param.cls_aware"),
                    str(param.cls_aware).lower(), width, num)
    return list(labels) if width == 4 * num else [width // 4 - 1]


def example_regions_of(items: Tensor) -> Tensor:
    """Regions (R, 5) of 32 pixels, in images of 64; items: (R,)."""
    corner = torch.arange(len(items), dtype=torch.float32) * 7 % 32
    return torch.stack([items, corner, corner, corner + 31, corner + 31], 1)
