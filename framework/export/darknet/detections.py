"""Layers that give the boxes of YOLO as [yolo] and [region], each right after its map.

The sections are added when the map is made: see `add_heads`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from framework.export.darknet.net import DarknetFile, Section
from framework.layers.base import Layer
from framework.layers.yolo.yolo_output import YoloDetectionOutput, Yolov3DetectionOutput


def add_heads(file: DarknetFile) -> None:
    """Add the section of boxes if the last one gives a map that only such a layer reads."""
    last = len(file.sections) - 1
    for value, number in list(file.number.items()):
        reader = file.only_reader(value) if number == last else None
        if reader is not None:
            _add_head(file, value, reader)


def _add_head(file: DarknetFile, value: int, reader: int) -> None:
    layer = file.steps[reader].layer
    if not isinstance(layer, YoloDetectionOutput | Yolov3DetectionOutput) \
            or value in file.heads:
        return
    if not layer.by_class:
        raise file.error(reader, "class_agnostic is true: boxes suppress those of other classes, "
                         "which they do not in Darknet; false is its form")
    position = file.values.bottoms[reader].index(value)
    write = _region if isinstance(layer, YoloDetectionOutput) else _yolo
    file.heads.add(value)
    file.sections.append(write(file, reader, layer, position))


def _region(file: DarknetFile, index: int, layer: Any, position: int) -> Section:
    """Any: a YoloDetectionOutput."""
    param = layer.spec.proto.yolo_detection_output_param
    if len(layer.spec.bottoms) > 1:
        raise file.error(index, "has two maps; Darknet has one [region]")
    return Section("region", {
        "anchors": _joined(param.biases[:2 * param.num_box]), "coords": 4,
        "classes": param.num_classes, "num": param.num_box, "softmax": 1})


def _yolo(file: DarknetFile, index: int, layer: Any, position: int) -> Section:
    """Any: a Yolov3DetectionOutput."""
    param = layer.spec.proto.yolov3_detection_output_param
    number = param.num_box
    mask = list(param.mask)[position * number:(position + 1) * number]
    sides = file.shape(file.values.bottoms[index][position])[2:]
    scale, pixels = param.anchors_scale[position], file.size
    if (scale, len(param.anchors_scale), mask) == (1, 1, list(range(number))) \
            and sides != pixels and len(param.biases) == 2 * number and not param.scale_x_y:
        return Section("region", {"anchors": _joined(param.biases), "coords": 4,
                                  "classes": param.num_classes, "num": number, "softmax": 0})
    if tuple(side * scale for side in sides) != pixels:
        raise file.error(index, f"anchors_scale {scale} with a map of {sides[0]} x {sides[1]} "
                         f"cells for {pixels[0]} x {pixels[1]} pixels; Darknet's anchors are in "
                         "pixels")
    keys: dict[str, Any] = {"mask": _joined(mask), "anchors": _joined(param.biases),
                            "classes": param.num_classes, "num": len(param.biases) // 2}
    zooms = param.scale_x_y
    return Section("yolo", keys | ({"scale_x_y": _text(zooms[position])} if zooms else {}))


def _joined(numbers: Iterable[float]) -> str:
    return ",".join(_text(number) for number in numbers)


def _text(number: float) -> str:
    """The shortest text of a float32."""
    return np.format_float_positional(np.float32(number), trim="-")


def boxes(file: DarknetFile, index: int, layer: Layer) -> None:
    """Nothing is left to write, if each map had its section."""
    missing = [value for value in file.values.bottoms[index] if value not in file.heads]
    if missing:
        raise file.error(index, f"reads '{file.values.names[missing[0]]}', which other layers "
                         "read too, or which no section gives")


