"""DetectNetTransformation: images augmented with their boxes, and a grid of targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.data.detectnet_targets import Box, Grid
from framework.layers.params import honour, plain
from framework.system.arrays import Array
from framework.system.rounding import c_round

BOX_NUMBERS = 16            # of a box in the labels
NO_CHANGE = 1.0 - 1.0 / 255     # a saturation from here on stays


class Changes(NamedTuple):
    """What is done to one image. Sizes are (width, height), angles in degrees."""

    hue: float
    saturation: float
    flip: bool
    size: tuple[int, int]
    rotation: float
    offset: tuple[int, int]


@layer
class DetectNetTransformation(Layer):
    """DetectNet augmentation: flip, resize, rotate, crop and recolour images with their boxes.

    Bottoms: images (N, 3, H, W), BGR, 0 to 255; labels (N, 1, R, 16): a row with the number of
             boxes and 16, then a row for each: x, y, width, height in pixels, angle, class,
             scenario, rotation, truncated, occlusion, three sizes, three positions.
    Tops:    images (N, 3, image_size_y, image_size_x), less mean_value; a grid of targets (N, 8 +
             classes, image_size_y / stride, image_size_x / stride): 1 where there is an object,
             x1, y1, x2, y2 of its box relative to the cell's corner, 1 / width, 1 / height, the
             object's norm, and 1 at its class (`object_class` maps the labels' classes; those not
             mapped are left out; class 1 is 0 without any).
    TRAIN draws hue_rotation_prob and so on, TEST resizes the image to the size of the top. The
    numbers are those of torch's own generator. No gradient. It runs on the CPU, in OpenCV, and
    cannot be part of a compiled or exported graph.
    Errors:  SpecError for bottoms that do not fit, and for a mean_file, which is not supported;
             DataError for labels that are not finite or have another number of boxes.
    Source:  detectnet_transform_layer.cpp of NVIDIA/caffe (0.15).
    """

    reads = ("transform_param", "detectnet_groundtruth_param", "detectnet_augmentation_param")
    num_bottoms = (2, 2)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it draws images and labels for training"

    def __init__(self, spec: LayerSpec, images: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "detectnet_augmentation_param", "crop_prob shift_x shift_y scale_prob "
               "scale_min scale_max flip_prob rotation_prob max_rotate_degree hue_rotation_prob "
               "hue_rotation desaturation_prob desaturation_max")
        honour(spec, "transform_param", "mean_value")
        self.param = plain(spec.proto.detectnet_augmentation_param)
        self.grid = Grid(spec)
        if len(images) != 4 or images[1] != 3:
            raise spec.error("bottom", f"has the shape {tuple(images)}; it must be (N, 3, H, W)")
        if len(labels) != 4 or labels[:2] != (images[0], 1):
            raise spec.error("bottom[1]", f"has the shape {tuple(labels)}; it must be "
                             f"({images[0]}, 1, R, {BOX_NUMBERS})")
        mean = list(spec.proto.transform_param.mean_value)
        if len(mean) not in (0, 1, 3):
            raise spec.error("transform_param.mean_value", f"is given {len(mean)} times; it must "
                             "be once or 3 times")
        self.mean = np.array(mean * 3 if len(mean) == 1 else mean or [0.0] * 3, np.float32) / 255

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        width, height = self.grid.image
        num = bottoms[0][0]
        return [(num, 3, height, width), (num, *self.grid.shape)]

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if index != 1:
            return None
        labels = torch.zeros(tuple(shapes[1]))
        labels[:, 0, 0, 1] = BOX_NUMBERS        # no box, and how long the rows of boxes are
        return labels

    @uncompiled
    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        pixels = images.detach().float().cpu().numpy().transpose(0, 2, 3, 1)
        rows = labels.detach().double().cpu().numpy()[:, 0]
        tops = [self._item(image, row) for image, row in zip(pixels, rows, strict=True)]
        found = [np.stack(parts) for parts in zip(*tops, strict=True)]
        return (torch.from_numpy(found[0].transpose(0, 3, 1, 2).copy()).to(images),
                torch.from_numpy(found[1]).to(images))

    def _item(self, image: Array, rows: Array) -> tuple[Array, Array]:
        height, width = image.shape[:2]
        self._check(rows)
        boxes = [Box(float(row[0]), float(row[1]), float(row[2]), float(row[3]), int(row[5]),
                     float(row[8])) for row in rows[1:1 + int(rows[0, 0])]]
        changes = self._draw(width, height)
        pixels = self._change(np.ascontiguousarray(image) / np.float32(255), changes)
        moved = [self._move(box, width, height, changes) for box in boxes]
        return pixels * np.float32(255), self.grid.targets(moved)

    def _check(self, rows: Array) -> None:
        """DataError unless the first row tells how many boxes follow, and all are numbers."""
        blob = f"{self.spec.place()}: blob '{self.spec.bottoms[1]}'"
        if rows.shape[1] != BOX_NUMBERS:
            raise DataError(f"{blob} has rows of {rows.shape[1]} numbers; they must have "
                            f"{BOX_NUMBERS}")
        if not np.isfinite(rows).all():
            raise DataError(f"{blob} has NaN or an infinite number")
        if not 0 <= rows[0, 0] < len(rows) or rows[0, 1] != BOX_NUMBERS:
            raise DataError(f"{blob} begins an item with {rows[0, 0]:g} boxes of {rows[0, 1]:g} "
                            f"numbers; it has room for {len(rows) - 1} of {BOX_NUMBERS}")

    def _draw(self, width: int, height: int) -> Changes:
        param = self.param
        if self.spec.phase != "TRAIN":
            return Changes(0, 1, False, self.grid.image, 0, (0, 0))
        chance = iter(torch.rand(12).tolist())

        def happens(probability: float) -> bool:
            return next(chance) <= probability

        hue = (next(chance) - 0.5) * 2 * param.hue_rotation if happens(
            param.hue_rotation_prob) else 0.0
        saturation = 1 - next(chance) * param.desaturation_max if happens(
            param.desaturation_prob) else 1.0
        flip = happens(param.flip_prob)
        size = (width, height)
        if happens(param.scale_prob):
            scale = param.scale_min + (param.scale_max - param.scale_min) * next(chance)
            size = (c_round(width * scale), c_round(height * scale))
        rotation = (next(chance) - 0.5) * 2 * param.max_rotate_degree if happens(
            param.rotation_prob) else 0.0
        before = _rotated_size(size, rotation) if rotation else size
        part, shift = (0.5, 0.5), (0, 0)
        if happens(param.crop_prob):
            part, shift = (next(chance), next(chance)), (param.shift_x, param.shift_y)
        offset = tuple(c_round(share * (whole - kept + moved) - moved // 2)
                       for share, whole, kept, moved
                       in zip(part, before, self.grid.image, shift, strict=True))
        return Changes(max(min(hue, 180), -180), saturation, flip, size, rotation,
                       (offset[0], offset[1]))

    def _change(self, image: Array, changes: Changes) -> Array:
        """The image (height, width, 3), 0 to 1, as it is in the top."""
        if changes.hue or changes.saturation < NO_CHANGE:
            hsv: Array = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
            hsv[..., 0] += changes.hue
            hsv[..., 1] *= changes.saturation if changes.saturation < NO_CHANGE else 1
            image = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
        image = image - self.mean
        if changes.flip:
            image = cv2.flip(image, 1)
        if changes.size != image.shape[1::-1]:
            image = cv2.resize(image, changes.size, interpolation=cv2.INTER_CUBIC)
        if changes.rotation:
            bounds = _rotated_size(image.shape[1::-1], changes.rotation)
            image = cv2.warpAffine(image, _turn(image.shape[1::-1], changes.rotation), bounds,
                                   dst=np.zeros((bounds[1], bounds[0], 3), np.float32),
                                   flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
        width, height = self.grid.image
        x, y = changes.offset
        result = np.zeros((height, width, 3), np.float32)
        part = image[max(y, 0):max(y + height, 0), max(x, 0):max(x + width, 0)]
        below, right = max(-y, 0), max(-x, 0)
        result[below:below + part.shape[0], right:right + part.shape[1]] = part
        return result

    def _move(self, box: Box, width: int, height: int, changes: Changes) -> Box:
        if changes.flip:
            box = box._replace(x=width - box.x - box.width - 1)
        if changes.size != (width, height):
            across, down = changes.size[0] / width, changes.size[1] / height
            box = box._replace(x=box.x * across, y=box.y * down, width=box.width * across,
                               height=box.height * down)
        if changes.rotation:
            matrix = _turn(changes.size, changes.rotation)
            x, y = matrix @ [box.x + box.width / 2, box.y + box.height / 2, 1]
            box = box._replace(x=x - box.width / 2, y=y - box.height / 2)
        return box._replace(x=box.x - changes.offset[0], y=box.y - changes.offset[1])


def _bounds(center: tuple[float, float], size: tuple[int, int], angle: float
            ) -> tuple[int, int, int, int]:
    """x, y, width, height of the whole pixels around a turned rectangle, as OpenCV has them."""
    points = cv2.boxPoints((center, size, angle))
    low, high = np.floor(points.min(0)), np.ceil(points.max(0))
    return (int(low[0]), int(low[1]), int(high[0] - low[0] + 1), int(high[1] - low[1] + 1))


def _rotated_size(size: tuple[int, ...], angle: float) -> tuple[int, int]:
    """Width and height of the image after a rotation."""
    center = (float(size[0] // 2), float(size[1] // 2))
    return _bounds(center, (size[0], size[1]), angle)[2:]


def _turn(size: tuple[int, ...], angle: float) -> Any:     # Any: OpenCV's arrays
    """The affine matrix (2, 3) of the rotation, into the bounds of the result."""
    plane = (size[0], size[1])
    center = (size[0] / 2, size[1] / 2)
    left, top, *_ = _bounds(center, plane, angle)
    source = cv2.boxPoints((center, plane, 0))[:3]
    target = cv2.boxPoints(((center[0] - left, center[1] - top), plane, angle))[:3]
    return cv2.getAffineTransform(source, target)
