"""The grid of targets that DetectNet learns from: coverage of cells by the middles of boxes.

Source: detectnet_coverage.hpp and detectnet_coverage_rectangular.cpp of NVIDIA/caffe (0.15).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from framework.definition.spec import LayerSpec
from framework.layers.params import check_sizes, honour, plain
from framework.proto import enum_name
from framework.system.arrays import Array

TINY = 1.1920929e-07        # FLT_EPSILON
NUM_TARGETS = 8             # before those of the classes


class Box(NamedTuple):
    """A box in pixels, with its class in the labels and how much of it was cut off before."""

    x: float
    y: float
    width: float
    height: float
    label: int
    truncated: float


class Grid:
    """The cells of an image and what detectnet_groundtruth_param says of them.

    image  (width, height) in pixels
    shape  of the targets: (8 + classes, rows, columns)
    """

    def __init__(self, spec: LayerSpec):
        field = "detectnet_groundtruth_param"
        honour(spec, field, "stride scale_cvg gridbox_type max_cvg_len min_cvg_len "
               "image_size_x image_size_y obj_norm crop_bboxes object_class")
        param = spec.proto.detectnet_groundtruth_param
        self.param = plain(param)
        check_sizes(spec, field, "stride image_size_x image_size_y")
        self.at_least = enum_name(param, "gridbox_type") == "GRIDBOX_MIN"
        self.classes = {one.src: one.dst for one in param.object_class} or {1: 0}
        self.image = (param.image_size_x, param.image_size_y)
        columns, rows = (round(size / param.stride) for size in self.image)
        self.shape = (NUM_TARGETS + max(self.classes.values()) + 1, rows, columns)

    def targets(self, boxes: list[Box]) -> Array:
        """The targets of one image, of self.shape; later boxes replace earlier ones."""
        found = np.zeros(self.shape)
        for box in boxes:
            cut = self._cut(box) if self.param.crop_bboxes else box
            if box.label in self.classes and cut.width * cut.height >= TINY:
                self._fill(found, cut)
        return found

    def _cut(self, box: Box) -> Box:
        """The part of a box that is inside of the image; without any part it is empty."""
        x1, y1 = max(box.x, 0), max(box.y, 0)
        x2 = min(box.x + box.width, self.image[0])
        y2 = min(box.y + box.height, self.image[1])
        if x2 <= x1 or y2 <= y1:
            return box._replace(x=0, y=0, width=0, height=0)
        return box._replace(x=x1, y=y1, width=x2 - x1, height=y2 - y1)

    def _covered(self, box: Box) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2 of the part of a box, around its middle, that counts as the object."""
        sizes = []
        for whole in (box.width, box.height):
            size = whole * self.param.scale_cvg
            if self.at_least:
                size = min(whole, max(self.param.min_cvg_len, size))
            else:
                size = min(self.param.max_cvg_len, size)
            sizes.append(size)
        x, y = box.x + box.width / 2, box.y + box.height / 2
        return x - sizes[0] / 2, y - sizes[1] / 2, x + sizes[0] / 2, y + sizes[1] / 2

    def _fill(self, found: Array, box: Box) -> None:
        """Write a box to all cells that its covered part overlaps."""
        stride = self.param.stride
        x1, y1, x2, y2 = self._covered(box)
        area = (x2 - x1) * (y2 - y1)
        norm = max(0.0 if self.param.obj_norm else 1.0, stride**2 / area if area else math.inf)
        _, num_rows, num_columns = self.shape
        rows = np.arange(max(math.floor(y1 / stride), 0), min(math.ceil(y2 / stride), num_rows))
        columns = np.arange(max(math.floor(x1 / stride), 0),
                            min(math.ceil(x2 / stride), num_columns))
        down = np.minimum(y2, (rows + 1) * stride) - np.maximum(y1, rows * stride)
        across = np.minimum(x2, (columns + 1) * stride) - np.maximum(x1, columns * stride)
        share = down.clip(0)[:, None] * across.clip(0) / stride**2
        row, column = np.nonzero(share > TINY)
        y, x = rows[row], columns[column]
        found[NUM_TARGETS:, y, x] = 0
        found[NUM_TARGETS + self.classes[box.label], y, x] = 1
        found[0, y, x] = 1
        found[1, y, x], found[3, y, x] = (edge - x * stride for edge in (box.x, box.x + box.width))
        found[2, y, x], found[4, y, x] = (edge - y * stride
                                          for edge in (box.y, box.y + box.height))
        found[5, y, x], found[6, y, x] = 1 / box.width, 1 / box.height
        found[7, y, x] = norm
