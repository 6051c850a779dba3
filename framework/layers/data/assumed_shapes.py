"""The shapes that data layers declare in their text, for nets whose data are not at hand."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from framework.definition.spec import LayerSpec

Shape = tuple[int, ...]
Size = tuple[int, int]
ASSUMED_SIZES: tuple[Size, ...] = ((224, 224), (32, 280), (32, 32), (28, 28), (360, 480),
                                  (256, 256), (128, 128), (299, 299), (321, 321), (416, 416),
                                  (473, 473), (713, 713))
"""Height and width of images whose net text does not say: ImageNet's usual crop, a line of text,
small images, CamVid's streets, powers of 2, Inception's, DeepLab's, YOLO's, PSPNet's two. A look at
a net takes the first that the net can be built with."""

FRAMES = 16     # of a clip whose length only files know, as in C3D's nets

KNOWN_SIZES = {"mnist_siamese": (2, 28, 28), "mnist": (1, 28, 28), "cifar": (3, 32, 32),
               "modelnet40_df": (64, 64, 64)}
"""Channels, height and width of data sets by what is in the path of their records; the first
that fits."""

_SIZE_IN_NAME = re.compile(r"(?<![0-9a-z])([1-9]\d{1,3})x([1-9]\d{1,3})(?![0-9a-z])")


def as_video(x: Shape) -> Shape | None:
    """Images as clips of FRAMES frames, for layers that take nothing else."""
    return (*x[:2], FRAMES, *x[2:]) if len(x) == 4 else None


def images_and_labels(spec: LayerSpec, assumed: Size) -> list[Shape]:
    """Images, then one label an item: what a data layer makes that says nothing else.

    As far as the text says; the rest is assumed: 3 channels and images of the size `assumed`, or
    those of a data set in KNOWN_SIZES, or as wide and high as the records' name says.
    """
    batch, known = batch_size(spec), _known_size(spec)
    height, width = _image_size(spec) or (known[1:] if known else _named_size(spec) or assumed)
    images = (batch, known[0] if known else _channels(spec), height, width)
    labels: list[Shape] = [(batch,)] * (len(spec.tops) - 1)
    return [images, *labels]


def _params(spec: LayerSpec) -> list[Any]:
    """The param messages that are given: `data_param`, `transform_param`, ..."""
    return [value for field, value in spec.proto.ListFields()
            if field.message_type is not None and not field.is_repeated]


def first(spec: LayerSpec, *names: str) -> int:
    """The first of the fields `names` that any param message gives, or 0."""
    for name in names:
        for message in _params(spec):
            field = message.DESCRIPTOR.fields_by_name.get(name)
            if field is not None and not field.is_repeated and message.HasField(name):
                return int(getattr(message, name))
    return 0


def batch_size(spec: LayerSpec) -> int:
    return first(spec, "batch_size") or 1


def _channels(spec: LayerSpec) -> int:
    transform = spec.proto.transform_param
    if not spec.proto.image_data_param.is_color:
        return 1
    if tuple(spec.tops) == ("label",):      # a database of label maps beside that of images
        return 1
    if transform.force_gray:
        return 1
    # of a list all images are decoded in colour; records have their own channels
    listed = spec.proto.HasField("image_data_param") or transform.force_color
    return 1 if len(transform.mean_value) == 1 and not listed else 3


def _known_size(spec: LayerSpec) -> tuple[int, int, int] | None:
    paths = " ".join(str(param.source) for param in _params(spec)
                     if "source" in param.DESCRIPTOR.fields_by_name).lower()
    return next((size for name, size in KNOWN_SIZES.items() if name in paths), None)


def _named_size(spec: LayerSpec) -> Size | None:
    """Height and width of images whose database has them in its name, as depth_74x54_lmdb."""
    name = PurePath(spec.proto.data_param.source.lower()).name.replace("_", " ")
    found = _SIZE_IN_NAME.search(name)
    return (int(found[2]), int(found[1])) if found else None


def states_size(spec: LayerSpec) -> bool:
    """Whether the text gives the height and width of the images."""
    return _image_size(spec) is not None


def _image_size(spec: LayerSpec) -> tuple[int, int] | None:
    """Height and width that the text gives; None if it gives none."""
    crop = first(spec, "crop_size")
    if crop:
        return crop, crop
    transform = spec.proto.transform_param
    if transform.crop_h and transform.crop_w:
        return transform.crop_h, transform.crop_w
    resize = transform.resize_param
    height = resize.height or first(spec, "new_height", "crop_h")
    width = resize.width or first(spec, "new_width", "crop_w")
    if not height and not width:
        return None
    return height or width, width or height
