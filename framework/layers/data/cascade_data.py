"""Data layers of cascade-rcnn: EvalData, and DetectionData by its shapes only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from framework.data.loading.scenes import Scene, read_scenes
from framework.data.records.image_size import TooLarge, check_size
from framework.data.records.images import MAX_FILE_BYTES
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, Source, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.proto import TransformationParameter
from framework.system.regular import read_regular
from framework.system.rounding import c_round

STEP = 32       # sides of inputs are multiples of it
NUMBERS = 7     # of a box: label, ignored, difficult, x1, y1, x2, y2
TRANSFORM = [field.name for field in TransformationParameter.DESCRIPTOR.fields]


@layer
class EvalData(Source):
    """Images in the order of a window file, each with its boxes.

    Tops:   image (batch_size, 3, H, W), (pixel - mean) * scale, BGR; boxes (G, 8, 1, 1): item,
            x1, y1, x2, y2 in the input's pixels, label, ignored, difficult, or one row of -1; if
            wanted height and width of the input (batch_size, 2, 1, 1).
    An image becomes resize_width x resize_height, or its shorter side short_size and no side
    above long_size; then both sides the nearest multiple of 32. The window file has for each
    image `# index`, path, channels, height, width, the number of its boxes and a line for each:
    label, ignored, difficult, x1, y1, x2, y2; the number of regions of no interest, and those.
    Errors: SpecError for settings that cannot be followed; DataError for an unusable file.
    Meaning: zhaoweicai/cascade-rcnn eval_data_layer.cpp.
    """

    reads = ("transform_param",)
    unread = frozenset(f"transform_param.{name}" for name in TRANSFORM
                       if name not in ("mean_value", "scale"))
    num_tops = (2, 3)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        """Images, boxes of eight numbers, height and width of each input."""
        param = spec.proto.eval_data_param
        width, height = _stated_size(param, "resize_width", "short_size") or size[::-1]
        tops: list[Shape] = [(param.batch_size, 3, height, width), (1, 8, 1, 1),
                             (param.batch_size, 2, 1, 1)]
        return tops[:len(spec.tops)]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        param = self.param = spec.proto.eval_data_param
        self.fixed = param.HasField("resize_width") and param.HasField("resize_height")
        self.by_side = param.HasField("short_size") and param.HasField("long_size")
        if param.batch_size < 1 or (param.batch_size > 1 and not self.fixed):
            raise spec.error("eval_data_param.batch_size", f"is {param.batch_size}; it must be at "
                             "least 1, and 1 without resize_width and resize_height")
        means = list(spec.proto.transform_param.mean_value)
        if len(means) not in (0, 1, 3):
            raise spec.error("transform_param.mean_value", f"is given {len(means)} times; it must "
                             "be once or 3 times")
        self.mean = np.array(means or [0], np.float32)
        self.scale = spec.proto.transform_param.scale
        self.scenes = read_scenes(param.source, param.root_folder, NUMBERS)
        height, width = self._size(self.scenes[0].height, self.scenes[0].width)
        boxes = sum(len(scene.boxes) for scene in self._batch(0))
        shapes: list[Shape] = [(param.batch_size, 3, height, width), (max(boxes, 1), 8, 1, 1),
                               (param.batch_size, 2, 1, 1)]
        self.top_shapes = shapes[:len(spec.tops)]

    def _batch(self, index: int) -> list[Scene]:
        batch_size = self.param.batch_size
        first = (index * self.options.world_size + self.options.rank) * batch_size
        return [self.scenes[(first + item) % len(self.scenes)] for item in range(batch_size)]

    def _size(self, height: int, width: int) -> tuple[int, int]:
        param = self.param
        if self.fixed:
            height = param.resize_height
            width = param.resize_width
        elif self.by_side:
            factor = param.short_size / min(height, width)
            height, width = (min(c_round(side * factor), param.long_size)
                             for side in (height, width))
        return c_round(height / STEP) * STEP, c_round(width / STEP) * STEP

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        index = start
        while True:
            images = []
            boxes = []
            sizes = []
            for item, scene in enumerate(self._batch(index)):
                image, factors = self._read(scene)
                images.append(image)
                sizes.append(image.shape[1:])
                boxes += [[item, *np.multiply(corners, factors * 2), label, ignored, difficult]
                          for label, ignored, difficult, *corners in scene.boxes]
            rows = np.array(boxes or [[-1.0] * 8], np.float32)
            tops = (np.stack(images), rows[:, :, None, None],
                    np.array(sizes, np.float32)[:, :, None, None])
            yield tuple(torch.from_numpy(top) for top in tops[:len(self.spec.tops)])
            index += 1

    def _read(self, scene: Scene) -> tuple[np.ndarray, tuple[float, float]]:
        """The input (3, H, W), and its width and height over the image's."""
        try:
            content = read_regular(scene.path, MAX_FILE_BYTES)
            check_size(content)
            image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        except (OSError, TooLarge, cv2.error) as error:
            raise DataError(f"{self.spec.place()}: {scene.path} cannot be read as an image: "
                            f"{error}") from None
        if image is None:
            raise DataError(f"{self.spec.place()}: {scene.path} cannot be read as an image")
        height, width = image.shape[:2]
        high, wide = self._size(height, width)
        if (high, wide) != (height, width):
            image = cv2.resize(image, (wide, high), interpolation=cv2.INTER_LINEAR)
        pixels = (image.astype(np.float32) - self.mean) * np.float32(self.scale)
        return pixels.transpose(2, 0, 1), (wide / width, high / height)


@layer
class DetectionData(Source):
    """Images and, for each map of anchors, the targets of each anchor: known by shape only.

    With meta_source (ivancanull) images (N, 3, net_height, net_width), or one channel without
    is_color, and boxes (N, 5 * max_bboxes, 1, 1).
    Its choices of scales, crops and labels are not implemented; the net can be inspected without
    data, and run by callers who give its blobs.
    Errors: SpecError whenever data are requested.
    Meaning: zhaoweicai/cascade-rcnn detection_data_layer.cpp, and that of
            ivancanull/DeepZ-Caffe-Yolo.
    """

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        """Images, six planes for each map of anchors, boxes of eight numbers."""
        param = spec.proto.detection_data_param
        if param.HasField("meta_source"):
            batch = param.batch_size or 1
            return [(batch, 3 if param.is_color else 1, param.net_height, param.net_width),
                    (batch, 5 * param.max_bboxes, 1, 1)]
        width, height = _stated_size(param, "crop_width", "crop_short_size") \
            or _stated_size(param, "resize_width", "short_size") or size[::-1]
        maps = [(param.batch_size, 2 + param.coord_num, *(math.floor(side / stride + 0.5)
                                                          for side in (height, width)))
                for stride in param.stride]
        boxes: list[Shape] = [(1, 8, 1, 1)] * param.output_gt_boxes
        return [(param.batch_size, 3, height, width), *maps, *boxes]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        raise spec.error("type", "'DetectionData' is known by the shapes of its tops only; its "
                         "images and labels are not made here")


def _stated_size(param: Any, *names: str) -> tuple[int, int] | None:
    """Width and height by the first pair of fields that is given; the short side is the width."""
    for name in names:
        if param.HasField(name):
            other = name.replace("short", "long").replace("width", "height")
            return getattr(param, name), getattr(param, other)
    return None
