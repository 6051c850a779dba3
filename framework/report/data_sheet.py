"""Pictures as a net gets them, with their boxes, masks or labels drawn."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from framework.data.records.label_map import read
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.report.draw_boxes import class_color

Array = NDArray[Any]
SMALLEST_SIDE = 300          # smaller pictures are enlarged by a whole factor
SHEET_COLUMNS = 4
_GAP = 6


def show_layer(spec: LayerSpec, phase: str, prefix: str, options: argparse.Namespace) -> None:
    kind: Any = LAYERS[spec.type]        # Any: a PictureSource, whose __init__ takes options
    source = kind(spec, DataOptions(seed=options.seed))
    names = _names(spec)
    drawn: list[Array] = []
    batches = source.batches()
    try:
        while len(drawn) < options.count:
            tops = source.to_device(next(batches), torch.device("cpu"))
            drawn += _draw_batch(source, [top.numpy() for top in tops], names)
    finally:
        batches.close()
        source.close()
    drawn = drawn[:options.count]
    stem = f"{prefix}{phase.lower()}_{spec.name}".replace("/", "_")
    for index, picture in enumerate(drawn):
        _save(options.show / f"{stem}_{index:03d}.png", picture)
    _save(options.show / f"{stem}.png", sheet(drawn))
    print(f"{options.show / stem}.png and {stem}_000.png ...: the first {len(drawn)} pictures of "
          f"{phase}, layer '{spec.name}' ({spec.type})")


def _names(spec: LayerSpec) -> dict[int, str]:
    path = spec.proto.annotated_data_param.label_map_file
    if not path or not Path(path).exists():
        return {}
    return {item.label: item.display_name or item.name for item in read(path).item}


def _draw_batch(source: Any, tops: list[Array], names: dict[int, str]) -> list[Array]:
    """A picture for each item of a batch. Any: a PictureSource."""
    labels = tops[1] if len(tops) > 1 else None
    pictures = []
    for index, planes in enumerate(tops[0]):
        picture = visible(planes, source.mean)
        if labels is None:
            pictures.append(picture)
        elif labels.ndim == 4 and labels.shape[:2] == (1, 1) and labels.shape[3] == 8:
            rows = labels[0, 0]
            pictures.append(draw_boxes(picture, rows[rows[:, 0] == index], names))
        elif labels.ndim == 4 and labels.shape[2:] == tops[0].shape[2:]:
            pictures.append(np.hstack([picture, _colored(labels[index, 0])]))
        else:
            label = int(labels.reshape(len(tops[0]), -1)[index, 0])
            pictures.append(_caption(_enlarged(picture), names.get(label, str(label))))
    return pictures


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


def draw_boxes(picture: Array, rows: Array, names: dict[int, str]) -> Array:
    """The picture, perhaps enlarged, with label rows (n, 8) of AnnotatedData drawn; a `difficult`
    box has its name in brackets."""
    picture = _enlarged(picture)
    height, width = picture.shape[:2]
    for row in rows:
        label, color = int(row[1]), class_color(int(row[1]))
        corners = np.rint(row[3:7] * [width, height, width, height]).astype(int)
        x1, y1, x2, y2 = np.minimum(corners, [width - 1, height - 1] * 2).tolist()
        cv2.rectangle(picture, (x1, y1), (x2, y2), (0, 0, 0), 3)
        cv2.rectangle(picture, (x1, y1), (x2, y2), color, 1)
        name = names.get(label, str(label))
        place = (x1 + 3, min(max(y1 + 12, 12), height - 3))
        _write(picture, f"({name})" if row[7] else name, place, 0.4, color)
    return picture


def _enlarged(picture: Array) -> Array:
    factor = max(1, -(-SMALLEST_SIDE // max(picture.shape[:2])))
    if factor == 1:
        return picture.copy()
    size = picture.shape[1] * factor, picture.shape[0] * factor
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST))


def _caption(picture: Array, text: str) -> Array:
    _write(picture, text, (4, 16), 0.5, (255, 255, 255))
    return picture


def _write(picture: Array, text: str, place: tuple[int, int], scale: float,
           color: tuple[int, int, int]) -> None:
    """Letters with a dark rim; thicker ones would be wider and stand elsewhere."""
    rim = [(x, y, (0, 0, 0)) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]
    for x, y, ink in [*rim, (0, 0, color)]:
        cv2.putText(picture, text, (place[0] + x, place[1] + y), cv2.FONT_HERSHEY_SIMPLEX, scale,
                    ink, 1, cv2.LINE_AA)


def _colored(marks: Array) -> Array:
    """A label map in colours: 0 black, 255 (to be ignored) white."""
    table = np.array([class_color(label) for label in range(256)], np.uint8)
    table[0], table[255] = 0, 255
    return np.asarray(table[np.clip(marks, 0, 255).astype(np.uint8)])


def sheet(pictures: Sequence[Array]) -> Array:
    """All pictures on one, in rows of SHEET_COLUMNS."""
    tall, wide = (max(picture.shape[axis] for picture in pictures) + _GAP for axis in (0, 1))
    columns = min(SHEET_COLUMNS, len(pictures))
    whole = np.full((tall * -(-len(pictures) // columns) + _GAP, wide * columns + _GAP, 3), 255,
                    np.uint8)
    for index, picture in enumerate(pictures):
        y, x = _GAP + index // columns * tall, _GAP + index % columns * wide
        whole[y:y + picture.shape[0], x:x + picture.shape[1]] = picture
    return whole


def _save(path: Path, picture: Array) -> None:
    if not cv2.imwrite(str(path), picture):
        raise DataError(f"{path}: cannot be written")
