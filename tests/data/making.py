"""Small databases made for the tests."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import lmdb
import numpy as np
import torch

from framework import parse_net
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.layers.base import DataOptions, Source
from framework.proto import AnnotatedDatum, Datum


def image(seed: int, height: int = 40, width: int = 56, channels: int = 3) -> np.ndarray:
    """Smooth noise: an image whose neighbouring pixels differ little."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    grown = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return grown.reshape(height, width, channels)


def encoded(pixels: np.ndarray, kind: str = ".png") -> bytes:
    return cv2.imencode(kind, pixels)[1].tobytes()


def annotated(content: bytes, boxes, height: int = 40, width: int = 56, **datum) -> bytes:
    """An AnnotatedDatum of (label, xmin, ymin, xmax, ymax) boxes."""
    message = AnnotatedDatum()
    message.type = AnnotatedDatum.BBOX
    message.datum.MergeFrom(Datum(data=content, encoded=True, channels=3, height=height,
                                  width=width, label=-1, **datum))
    groups = {}
    for label, *corners in boxes:
        group = groups.get(label)
        if group is None:
            group = groups[label] = message.annotation_group.add(group_label=label)
        item = group.annotation.add(instance_id=len(group.annotation))
        item.bbox.xmin, item.bbox.ymin, item.bbox.xmax, item.bbox.ymax = corners
        item.bbox.difficult = False
    return message.SerializeToString()


def write_database(path: Path, records) -> Path:
    """An LMDB of the records, with keys in their order."""
    with lmdb.open(str(path), map_size=1 << 26) as environment, \
            environment.begin(write=True) as transaction:
        for index, record in enumerate(records):
            transaction.put(f"{index:08d}_record{index}.jpg".encode(), record)
    return path


def good_records(count: int, size=(40, 56)) -> list[bytes]:
    """Images with one to three boxes each; the first corner tells which record it is."""
    records = []
    for index in range(count):
        boxes = [(1 + extra, (index % 50) / 100, 0.1 * extra, 0.6 + 0.1 * extra, 0.9)
                 for extra in range(1 + index % 3)]
        records.append(annotated(encoded(image(index, *size)), boxes, *size))
    return records


def make_source(text: str, phase: str = "TRAIN", **options) -> Source:
    """The data layer of a net text of one layer."""
    spec = NetSpec(parse_net(text), phase=phase).layers[0]
    return LAYERS[spec.type](spec, DataOptions(**options))


def annotated_net(path: Path, batch_size: int, transform: str = "", annotated: str = "",
                  data: str = "") -> str:
    return (f'layer {{ name: "data" type: "AnnotatedData" top: "data" top: "label" '
            f'transform_param {{ {transform} }} data_param {{ source: "{path}" '
            f'batch_size: {batch_size} backend: LMDB {data} }} '
            f'annotated_data_param {{ {annotated} }} }}')


def records_in(labels: np.ndarray) -> list[int]:
    """Which of `good_records` are at the indices of a batch, by the corner of their first box."""
    rows = labels.reshape(-1, 8)
    places = range(int(rows[:, 0].max()) + 1)
    return [math.floor(rows[rows[:, 0] == place][0, 3] * 100 + 0.5) for place in places]


def write_images(folder, count=4, height=40, width=56):
    for index in range(count):
        cv2.imwrite(str(folder / f"{index}.png"), image(index, height, width))
        marks = np.full((height, width), index, np.uint8)
        marks[:5, :7] = 200 + index
        cv2.imwrite(str(folder / f"{index}_marks.png"), marks)


def finished(source, start=0):
    """The next batch as the net would get it."""
    batches = source.batches(start)
    batch = source.to_device(next(batches), torch.device("cpu"))
    batches.close()
    return [top.numpy() for top in batch]


def planes(seed, height=40, width=56):
    return image(seed, height, width).transpose(2, 0, 1).astype(np.float32)
