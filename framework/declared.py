"""The shapes that data layers declare in their text, for nets whose data are not at hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from framework.layer import Shape
from framework.spec import LayerSpec

ASSUMED_SIZE = 224      # of a picture whose net text does not say; ImageNet's usual crop


def declared_shapes(spec: LayerSpec) -> list[Shape]:
    """The shapes of a data layer's tops as far as its text says; the rest is assumed.

    Assumed are 3 channels, a picture of 224 x 224, one label, one box an image.
    """
    return DECLARED.get(spec.type, _pictures)(spec)


def _pictures(spec: LayerSpec) -> list[Shape]:
    """Pictures, then one label an item: Data, ImageData, WindowData, HDF5Data, ..."""
    batch = _batch_size(spec)
    height, width = _picture_size(spec)
    pictures = (batch, _channels(spec), height, width)
    labels: list[Shape] = [(batch,)] * (len(spec.tops) - 1)
    return [pictures, *labels]


def _annotated(spec: LayerSpec) -> list[Shape]:
    return [_pictures(spec)[0], *[(1, 1, _batch_size(spec), 8)] * (len(spec.tops) - 1)]


def _memory(spec: LayerSpec) -> list[Shape]:
    param = spec.proto.memory_data_param
    pictures: Shape = (param.batch_size, param.channels, param.height, param.width)
    pictures = tuple(param.dim) or pictures     # the whole shape in BVLC's branch opencl
    labels: Shape = (pictures[0], *(1 for _ in pictures[1:]))
    return [pictures, labels][:len(spec.tops)]


def _dense(spec: LayerSpec) -> list[Shape]:
    """Pictures, then label maps of one channel and the same size."""
    pictures = _pictures(spec)[0]
    return [pictures, *[(pictures[0], 1, *pictures[2:])] * (len(spec.tops) - 1)]


def _cascade_training(spec: LayerSpec) -> list[Shape]:
    """DetectionData: pictures, six planes for each map of anchors, boxes of eight numbers."""
    param = spec.proto.detection_data_param
    width, height = _cascade_size(param, "crop_width", "crop_short_size") \
        or _cascade_size(param, "resize_width", "short_size") or (ASSUMED_SIZE, ASSUMED_SIZE)
    maps = [(param.batch_size, 2 + param.coord_num, *(math.floor(side / stride + 0.5)
                                                      for side in (height, width)))
            for stride in param.stride]
    boxes: list[Shape] = [(1, 8, 1, 1)] * param.output_gt_boxes
    return [(param.batch_size, 3, height, width), *maps, *boxes]


def _cascade_test(spec: LayerSpec) -> list[Shape]:
    """EvalData: pictures, boxes of eight numbers, height and width of each input."""
    param = spec.proto.eval_data_param
    width, height = _cascade_size(param, "resize_width", "short_size") \
        or (ASSUMED_SIZE, ASSUMED_SIZE)
    tops: list[Shape] = [(param.batch_size, 3, height, width), (1, 8, 1, 1),
                         (param.batch_size, 2, 1, 1)]
    return tops[:len(spec.tops)]


def _cascade_size(param: Any, *names: str) -> tuple[int, int] | None:
    """Width and height by the first pair of fields that is given; the short side lies across."""
    for name in names:
        if param.HasField(name):
            other = name.replace("short", "long").replace("width", "height")
            return getattr(param, name), getattr(param, other)
    return None


def _params(spec: LayerSpec) -> list[Any]:
    """The param messages that are given: `data_param`, `transform_param`, ..."""
    return [value for field, value in spec.proto.ListFields()
            if field.message_type is not None and not field.is_repeated]


def _first(spec: LayerSpec, *names: str) -> int:
    """The first of the fields `names` that any param message gives, or 0."""
    for name in names:
        for message in _params(spec):
            field = message.DESCRIPTOR.fields_by_name.get(name)
            if field is not None and not field.is_repeated and message.HasField(name):
                return int(getattr(message, name))
    return 0


def _batch_size(spec: LayerSpec) -> int:
    return _first(spec, "batch_size") or 1


def _channels(spec: LayerSpec) -> int:
    transform = spec.proto.transform_param
    if transform.force_gray or len(transform.mean_value) == 1 and not transform.force_color:
        return 1
    return 3


def _picture_size(spec: LayerSpec) -> tuple[int, int]:
    crop = _first(spec, "crop_size")
    if crop:
        return crop, crop
    resize = spec.proto.transform_param.resize_param
    height = resize.height or _first(spec, "new_height", "crop_h") or ASSUMED_SIZE
    return height, resize.width or _first(spec, "new_width", "crop_w") or ASSUMED_SIZE


DECLARED: dict[str, Callable[[LayerSpec], list[Shape]]] = {
    "AnnotatedData": _annotated, "MemoryData": _memory, "DenseImageData": _dense,
    "ImageLabelmapData": _dense, "ImageSegData": _dense,
    "DetectionData": _cascade_training, "EvalData": _cascade_test,
}
