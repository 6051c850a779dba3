"""Rows of detections, of boxes in pixels that remain of each image and class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from framework.layers.onnx_graph import OnnxGraph
from framework.layers.rcnn.regions_onnx import FLOAT, INT64, rows_onnx
from framework.ops.detections import rows_without_box
from framework.ops.ranking import rank_within

PAST_END = [0.0, 0.0, 1.0, 1.0]     # pixels are cells: what their corners count less than the edge


@dataclass(frozen=True)
class Found:
    """Detected boxes: image (D,), number of the label (D,), score (D,), corners (D, 4) in pixels.
    """

    image: Tensor
    index: Tensor
    score: Tensor
    corners: Tensor


def detection_rows(found: Found, labels: Sequence[int], info: Tensor, most: int
                   ) -> tuple[Tensor, Tensor]:
    """Rows (1, 1, D, 7) as of DetectionOutput, and the boxes as regions (D, 5) in pixels.

    info  (N, 3) height, width, scale of each image
    most  stay of each image, those of the highest scores; -1: all
    By image and, of each, in the order given. Without any, a row (image, -1, ...) and a region
    (image, 0, ...) for each image.
    """
    image, index, score, box = found.image, found.index, found.score, found.corners
    if most >= 0:
        best = rank_within(image, score) < most
        image, index, score, box = (part[best] for part in (image, index, score, box))
    turn = image.argsort(stable=True)
    image, index, score, box = (part[turn] for part in (image, index, score, box))
    label = score.new_tensor(labels)[index]
    whole = info[image][:, [1, 0, 1, 0]].to(box)
    rows = torch.cat([image[:, None].to(box), label[:, None], score[:, None],
                      (box + box.new_tensor(PAST_END)) / whole], 1)
    regions = torch.cat([rows[:, :1], box], 1)
    if not len(rows):
        rows = rows_without_box(rows, len(info))
        regions = torch.cat([rows[:, :1], rows.new_zeros(len(info), 4)], 1)
    return rows[None, None], regions


def detection_rows_onnx(graph: OnnxGraph, kept: str, boxes: str, scores: str, size: str,
                        labels: Sequence[int], num_tops: int) -> list[str]:
    """As `detection_rows`, from the boxes (N * labels, R, 4) that are kept; size (N, 4) of images.
    """
    place, box, score = rows_onnx(graph, kept, boxes, scores)
    number = graph.add("Cast", graph.reshape(place, [-1]), to=INT64)
    owner = graph.add("Div", number, graph.integers(len(labels)))
    index = graph.add("Sub", number, graph.add("Mul", owner, graph.integers(len(labels))))
    label = graph.add("Gather", graph.floats([float(label) for label in labels]), index, axis=0)
    last = graph.integers([1])
    first = graph.add("Unsqueeze", graph.add("Cast", owner, to=FLOAT), last)
    parts = graph.add("Div", graph.add("Add", box, graph.floats(PAST_END)),
                      graph.add("Gather", size, owner, axis=0))
    rows = graph.add("Concat", first, graph.add("Unsqueeze", label, last),
                     graph.add("Unsqueeze", score, last), parts, axis=1)
    # without a detection a row for each image
    images = graph.add("Cast", numbers_onnx(graph, size), to=FLOAT)
    count = graph.cut(graph.add("Shape", images), 0, 0, 1)
    blank = graph.add("Sub", graph.add("Mul", images, graph.floats(0.0)), graph.floats(1.0))
    found = graph.cut(graph.add("Shape", rows), 0, 0, 1)
    stop = graph.add("Where", graph.add("Greater", found, graph.integers([0])), found, count)

    def or_blank(rows: str, blanks: list[str]) -> str:
        both = graph.add("Concat", rows, graph.add("Concat", images, *blanks, axis=1), axis=0)
        return graph.add("Slice", both, graph.integers([0]), stop)

    tops = [graph.reshape(or_blank(rows, [blank] * 6), [1, 1, -1, 7])]
    if num_tops > 1:
        nothing = graph.add("Add", blank, graph.floats(1.0))
        regions = graph.add("Concat", first, box, axis=1)
        tops.append(or_blank(regions, [nothing] * 4))
    return tops


def numbers_onnx(graph: OnnxGraph, info: str) -> str:
    """0, 1, ... for each image, int64 (N, 1); the batch of the first blob, regions, is another."""
    zero = graph.integers(0)
    count = graph.add("Gather", graph.add("Shape", info), zero, axis=0)
    return graph.reshape(graph.add("Range", zero, count, graph.integers(1)), [-1, 1])
