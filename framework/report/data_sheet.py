"""Contact sheets of images as a net gets them, with their boxes, masks or labels drawn."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from framework.data.records.label_map import names_by_label, read
from framework.definition.spec import LayerSpec
from framework.inference.draw_boxes import class_color
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.system.atomic import write_file

Array = NDArray[Any]
SMALLEST_SIDE = 300          # smaller images are enlarged by a whole factor
SHEET_COLUMNS = 4
_GAP = 6


def show_layer(spec: LayerSpec, phase: str, prefix: str, options: argparse.Namespace) -> None:
    """Write the first `count` images of a data layer into the folder `show`, and a sheet of all.

    prefix  of the files' names
    """
    kind: Any = LAYERS[spec.type]        # Any: an ImageSource, whose __init__ takes options
    source = kind(spec, DataOptions(seed=options.seed))
    names = class_names(spec)
    drawn: list[Array] = []
    batches = source.batches()
    try:
        while len(drawn) < options.count:
            tops = source.to_device(next(batches), torch.device("cpu"))
            drawn += draw_batch(source, [top.numpy() for top in tops], names)
    finally:
        batches.close()
        source.close()
    drawn = drawn[:options.count]
    stem = f"{prefix}{phase.lower()}_{spec.name}".replace("/", "_")
    for index, image in enumerate(drawn):
        _save(options.show / f"{stem}_{index:03d}.png", image)
    _save(options.show / f"{stem}.png", sheet(drawn))
    print(f"{options.show / stem}.png and {stem}_000.png ...: the first {len(drawn)} images of "
          f"{phase}, layer '{spec.name}' ({spec.type})")


def class_names(spec: LayerSpec) -> dict[int, str]:
    path = spec.proto.annotated_data_param.label_map_file
    if not path or not os.path.exists(path):
        return {}
    return names_by_label(read(path))


def draw_batch(source: Any, tops: list[Array], names: dict[int, str]) -> list[Array]:
    """An image for each item of a batch. Any: an ImageSource."""
    labels = tops[1] if len(tops) > 1 else None
    images = []
    for index, planes in enumerate(tops[0]):
        image = visible(planes, source.mean)
        if labels is None:
            images.append(image)
        elif labels.ndim == 4 and labels.shape[:2] == (1, 1) and labels.shape[3] == 8:
            rows = labels[0, 0]
            images.append(draw_boxes(image, rows[rows[:, 0] == index], names))
        elif labels.ndim == 4 and labels.shape[2:] == tops[0].shape[2:]:
            images.append(np.hstack([image, _colored(labels[index, 0])]))
        else:
            label = int(labels.reshape(len(tops[0]), -1)[index, 0])
            images.append(_caption(_enlarged(image), names.get(label, str(label))))
    return images


def visible(planes: Array, mean: Any) -> Array:
    """(channels, height, width) of a net's input -> BGR bytes: mean and scale taken back.

    mean  framework.data.augment.mean.Mean (Any: it is only looked at)
    """
    pixels = planes.transpose(1, 2, 0) / (mean.scale or 1)
    channels = pixels.shape[2]
    if mean.image is not None:
        image = mean.image.transpose(1, 2, 0)
        same = image.shape == pixels.shape
        pixels = pixels + (image if same else image.mean((0, 1)))
    else:
        pixels = pixels + np.array(mean.by_channel(channels) or (0,) * channels)
    pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(pixels if channels == 3 else np.repeat(pixels[:, :, :1], 3, 2))


def draw_boxes(image: Array, rows: Array, names: dict[int, str]) -> Array:
    """The image, perhaps enlarged, with label rows (n, 8) of AnnotatedData drawn; a `difficult`
    box has its name in brackets."""
    image = _enlarged(image)
    height, width = image.shape[:2]
    for row in rows:
        label = int(row[1])
        color = class_color(label)
        corners = np.rint(row[3:7] * [width, height, width, height]).astype(int)
        x1, y1, x2, y2 = np.minimum(corners, [width - 1, height - 1] * 2).tolist()
        cv2.rectangle(image, (x1, y1), (x2, y2), (0, 0, 0), 3)
        cv2.rectangle(image, (x1, y1), (x2, y2), color, 1)
        name = names.get(label, str(label))
        place = (x1 + 3, min(max(y1 + 12, 12), height - 3))
        _write(image, f"({name})" if row[7] else name, place, 0.4, color)
    return image


def _enlarged(image: Array) -> Array:
    factor = max(1, -(-SMALLEST_SIDE // max(image.shape[:2])))
    if factor == 1:
        return image.copy()
    size = image.shape[1] * factor, image.shape[0] * factor
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_NEAREST))


def _caption(image: Array, text: str) -> Array:
    _write(image, text, (4, 16), 0.5, (255, 255, 255))
    return image


def _write(image: Array, text: str, place: tuple[int, int], scale: float,
           color: tuple[int, int, int]) -> None:
    """Write letters with a dark rim: the text at all eight offsets, since OpenCV's thicker
    letters would be wider than those inside."""
    rim = [(x, y, (0, 0, 0)) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]
    for x, y, ink in [*rim, (0, 0, color)]:
        cv2.putText(image, text, (place[0] + x, place[1] + y), cv2.FONT_HERSHEY_SIMPLEX, scale,
                    ink, 1, cv2.LINE_AA)


def _colored(marks: Array) -> Array:
    """A label map in colours: 0 black, 255 (to be ignored) white."""
    table = np.array([class_color(label) for label in range(256)], np.uint8)
    table[0] = 0
    table[255] = 255
    return np.asarray(table[np.clip(marks, 0, 255).astype(np.uint8)])


def sheet(images: Sequence[Array]) -> Array:
    """All images on one, in rows of SHEET_COLUMNS."""
    tall, wide = (max(image.shape[axis] for image in images) + _GAP for axis in (0, 1))
    columns = min(SHEET_COLUMNS, len(images))
    whole = np.full((tall * -(-len(images) // columns) + _GAP, wide * columns + _GAP, 3), 255,
                    np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        y = _GAP + row * tall
        x = _GAP + column * wide
        whole[y:y + image.shape[0], x:x + image.shape[1]] = image
    return whole


def _save(path: Path, image: Array) -> None:
    write_file(path, cv2.imencode(path.suffix, image)[1].tobytes())
