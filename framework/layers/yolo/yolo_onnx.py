"""Detections from the maps of YOLO as ONNX operators, of static shapes but for the suppression."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from framework.layers.onnx_graph import END, OnnxGraph
from framework.layers.ssd.detection_onnx import kept_onnx


def cells_onnx(graph: OnnxGraph, x: str, num_boxes: int, anchors: Sequence[tuple[float, float]],
               zoom: float = 1.0) -> tuple[str, str]:
    """Corners (N, M, 4) and the other raw numbers (N, M, rest) of maps (N, boxes * numbers, h, w).

    anchors  width and height of each box, in parts of the image
    zoom     factor on the offset of a middle in its cell, about the cell's middle
    """
    _, channels, height, width = graph.shape(x)
    numbers = channels // num_boxes
    cells = graph.reshape(x, [-1, num_boxes, numbers, height, width])
    cells = graph.add("Transpose", cells, perm=[0, 3, 4, 1, 2])
    cells = graph.reshape(cells, [-1, height * width * num_boxes, numbers])
    row = torch.arange(height)[:, None].expand(height, width)
    column = torch.arange(width)[None].expand(height, width)
    place = torch.stack([column, row], -1).flatten(0, 1).repeat_interleave(num_boxes, 0)
    inner = graph.add("Sigmoid", graph.cut(cells, 2, 0, 2))
    if zoom != 1:
        inner = graph.add("Mul", inner, graph.floats(zoom))
    middle = graph.add("Add", inner, graph.floats(place[None].float() - (zoom - 1) / 2))
    middle = graph.add("Div", middle, graph.floats([float(width), float(height)]))
    units = torch.tensor(anchors).repeat(height * width, 1)[None] / 2
    half = graph.add("Mul", graph.add("Exp", graph.cut(cells, 2, 2, 4)), graph.floats(units))
    corners = graph.add("Concat", graph.add("Sub", middle, half), graph.add("Add", middle, half),
                        axis=2)
    return corners, graph.cut(cells, 2, 4, END)


def joined_onnx(graph: OnnxGraph, parts: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    """Corners, objectness and class scores of all maps."""
    if len(parts) == 1:
        return parts[0]
    return tuple(graph.add("Concat", *blobs, axis=1) for blobs in zip(*parts, strict=True))


def best_boxes_onnx(graph: OnnxGraph, corners: str, objects: str, classes: str, score: float,
                    threshold: float) -> str:
    """Rows (1, 1, N * M, 7) by image and falling score; those of no box are (image, -1, ..., -1).

    corners  (N, M, 4); objects (N, M, 1) and classes (N, M, C), whose product is the score
    Labels count from 1.
    """
    last = graph.integers([2])
    most = graph.reduce("ReduceMax", classes, [2], True)
    label = graph.add("ArgMax", classes, axis=2)
    scores = graph.add("Squeeze", graph.add("Mul", objects, most), last)
    count = graph.cut(graph.add("Shape", scores), 0, 1, 2)
    ranked, order = graph.add_several("TopK", 2, scores, count, axis=1)
    index = graph.add("Unsqueeze", order, last)
    wide = graph.add("Concat", index, index, index, index, axis=2)
    boxes = graph.add("GatherElements", corners, wide, axis=1)
    label = graph.add("GatherElements", graph.add("Cast", label, to=1), index, axis=1)
    mask = kept_onnx(graph, boxes, ranked, count, score, threshold)
    value = graph.add("Where", mask, ranked, graph.floats(-1.0))
    _, turn = graph.add_several("TopK", 2, value, count, axis=1)
    found = graph.add("Concat", graph.add("Add", label, graph.floats(1.0)),
                      graph.add("Unsqueeze", ranked, last), boxes, axis=2)
    mask = graph.add("Unsqueeze", mask, last)
    found = graph.add("Where", mask, found, graph.floats(-1.0))
    turn = graph.add("Unsqueeze", turn, last)
    found = graph.add("GatherElements", found, graph.add("Concat", *[turn] * 6, axis=2), axis=1)
    image = graph.add("Unsqueeze", graph.image_numbers(corners), last)
    image = graph.add("Add", graph.add("Mul", turn, graph.integers(0)), image)
    image = graph.add("Cast", image, to=1)
    return graph.reshape(graph.add("Concat", image, found, axis=2), [1, 1, -1, 7])


def boxes_by_class_onnx(graph: OnnxGraph, corners: str, objects: str, classes: str, score: float,
                        threshold: float, sizes: tuple[int, int]) -> str:
    """The same with a suppression for each class: rows (1, 1, N * C * M, 7).

    sizes  M and C
    """
    num_boxes, num_classes = sizes
    count, last = graph.integers([num_boxes]), graph.integers([2])
    scores = graph.add("Transpose", graph.add("Mul", objects, classes), perm=[0, 2, 1])
    lists = graph.reshape(scores, [-1, num_boxes])
    repeated = graph.add("Concat", *[graph.add("Unsqueeze", corners, graph.integers([1]))]
                         * num_classes, axis=1)
    boxes = graph.reshape(repeated, [-1, num_boxes, 4])
    mask = kept_onnx(graph, boxes, lists, count, score, threshold)
    value = graph.add("Where", mask, lists, graph.floats(-1.0))
    value = graph.reshape(value, [-1, num_classes * num_boxes])
    ranked, place = graph.add_several("TopK", 2, value,
                                      graph.integers([num_classes * num_boxes]), axis=1)
    label = graph.add("Div", place, graph.integers(num_boxes))
    box = graph.add("Sub", place, graph.add("Mul", label, graph.integers(num_boxes)))
    box = graph.add("Unsqueeze", box, last)
    box = graph.add("GatherElements", corners, graph.add("Concat", *[box] * 4, axis=2), axis=1)
    label = graph.add("Add", graph.add("Cast", label, to=1), graph.floats(1.0))
    columns = [graph.add("Unsqueeze", column, last) for column in (label, ranked)]
    found = graph.add("Concat", *columns, box, axis=2)
    used = graph.add("Unsqueeze", graph.add("Greater", ranked, graph.floats(-0.5)), last)
    found = graph.add("Where", used, found, graph.floats(-1.0))
    image = graph.add("Add", graph.add("Mul", place, graph.integers(0)),
                      graph.image_numbers(corners))
    image = graph.add("Cast", graph.add("Unsqueeze", image, last), to=1)
    return graph.reshape(graph.add("Concat", image, found, axis=2), [1, 1, -1, 7])
