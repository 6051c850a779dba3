"""The shapes that data layers declare in their text, for nets whose data are not at hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.layers.data.clip_settings import frame_planes, has_segments

Size = tuple[int, int]
ASSUMED_SIZES: tuple[Size, ...] = ((224, 224), (32, 280), (32, 32), (28, 28))
"""Height and width of images whose net text does not say: ImageNet's usual crop, a line of text,
small images. A look at a net takes the first that the net can be built with."""


KNOWN_SIZES = {"mnist_siamese": (2, 28, 28), "mnist": (1, 28, 28), "cifar": (3, 32, 32)}
"""Channels, height and width of data sets by what stands in the path of their records; the first
that fits."""


def declared_shapes(spec: LayerSpec, assumed: Size = ASSUMED_SIZES[0]) -> list[Shape]:
    """The shapes of a data layer's tops as far as its text says; the rest is assumed.

    Assumed are 3 channels and an image of the size `assumed`, or those of a data set in
    KNOWN_SIZES; one label, one box an image.
    """
    return DECLARED.get(spec.type, _images)(spec, assumed)


def _images(spec: LayerSpec, assumed: Size) -> list[Shape]:
    """Images, then one label an item: Data, ImageData, WindowData, HDF5Data, ..."""
    batch, known = _batch_size(spec), _known_size(spec)
    height, width = _image_size(spec) or (known[1:] if known else assumed)
    images = (batch, known[0] if known else _channels(spec), height, width)
    labels: list[Shape] = [(batch,)] * (len(spec.tops) - 1)
    return [images, *labels]


def _annotated(spec: LayerSpec, assumed: Size) -> list[Shape]:
    return [_images(spec, assumed)[0], *[(1, 1, _batch_size(spec), 8)] * (len(spec.tops) - 1)]


def _memory(spec: LayerSpec, assumed: Size) -> list[Shape]:
    param = spec.proto.memory_data_param
    images: Shape = (param.batch_size, param.channels, param.height, param.width)
    images = tuple(param.dim) or images     # the whole shape in BVLC's branch opencl
    labels: Shape = (images[0], *(1 for _ in images[1:]))
    return [images, labels][:len(spec.tops)]


def _video(spec: LayerSpec, assumed: Size) -> list[Shape]:
    """Frames, or with a list clips or segments (see VideoData); then labels."""
    batch, channels, height, width = _images(spec, assumed)[0]
    length = _first(spec, "new_length")
    if has_segments(spec):
        parts = spec.proto.video_data_param.num_segments * max(length, 1)
        frames: Shape = (batch, parts * frame_planes(spec), height, width)
    else:
        frames = (batch, 3, length, height, width) if length else (batch, channels, height, width)
    labels = (batch, _first(spec, "num_of_labels")) if _first(spec, "use_multiple_label") \
        else (batch,)
    return [frames, *[labels] * (len(spec.tops) - 1)]


def _dense(spec: LayerSpec, assumed: Size) -> list[Shape]:
    """Images, then label maps of one channel and the same size."""
    images = _images(spec, assumed)[0]
    part = spec.proto.dense_image_data_param.label_divide_factor
    size = (side // part for side in images[2:])
    return [images, *[(images[0], 1, *size)] * (len(spec.tops) - 1)]


def _segmented(spec: LayerSpec, assumed: Size) -> list[Shape]:
    """As _dense, then height and width of each image."""
    images, *labels = _dense(spec, assumed)
    return [images, *labels[:1], (images[0], 1, 1, 2)][:len(spec.tops)]


def _cascade_training(spec: LayerSpec, assumed: Size) -> list[Shape]:
    """DetectionData: images, six planes for each map of anchors, boxes of eight numbers."""
    param = spec.proto.detection_data_param
    width, height = _cascade_size(param, "crop_width", "crop_short_size") \
        or _cascade_size(param, "resize_width", "short_size") or assumed[::-1]
    maps = [(param.batch_size, 2 + param.coord_num, *(math.floor(side / stride + 0.5)
                                                      for side in (height, width)))
            for stride in param.stride]
    boxes: list[Shape] = [(1, 8, 1, 1)] * param.output_gt_boxes
    return [(param.batch_size, 3, height, width), *maps, *boxes]


def _cascade_test(spec: LayerSpec, assumed: Size) -> list[Shape]:
    """EvalData: images, boxes of eight numbers, height and width of each input."""
    param = spec.proto.eval_data_param
    width, height = _cascade_size(param, "resize_width", "short_size") \
        or assumed[::-1]
    tops: list[Shape] = [(param.batch_size, 3, height, width), (1, 8, 1, 1),
                         (param.batch_size, 2, 1, 1)]
    return tops[:len(spec.tops)]


def _cascade_size(param: Message, *names: str) -> tuple[int, int] | None:
    """Width and height by the first pair of fields that is given; the short side lies across."""
    for name in names:
        if param.HasField(name):
            other = name.replace("short", "long").replace("width", "height")
            return getattr(param, name), getattr(param, other)
    return None


def _params(spec: LayerSpec) -> list[Any]:
    """The param messages that are given: `data_param`, `transform_param`, ... Any: those."""
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
    if tuple(spec.tops) == ("label",):      # a database of label maps beside that of images
        return 1
    if transform.force_gray or len(transform.mean_value) == 1 and not transform.force_color:
        return 1
    return 3


def _known_size(spec: LayerSpec) -> tuple[int, int, int] | None:
    paths = " ".join(str(param.source) for param in _params(spec)
                     if "source" in param.DESCRIPTOR.fields_by_name).lower()
    return next((size for name, size in KNOWN_SIZES.items() if name in paths), None)


def _image_size(spec: LayerSpec) -> tuple[int, int] | None:
    """Height and width that the text gives; None if it gives none."""
    crop = _first(spec, "crop_size")
    if crop:
        return crop, crop
    resize = spec.proto.transform_param.resize_param
    height = resize.height or _first(spec, "new_height", "crop_h")
    width = resize.width or _first(spec, "new_width", "crop_w")
    if not height and not width:
        return None
    return height or width, width or height


DECLARED: dict[str, Callable[[LayerSpec, Size], list[Shape]]] = {
    "AnnotatedData": _annotated, "MemoryData": _memory, "DenseImageData": _dense,
    "ImageLabelmapData": _dense, "ImageSegData": _segmented, "WindowSegData": _segmented,
    "DetectionData": _cascade_training, "EvalData": _cascade_test,
    "VideoData": _video,
}
