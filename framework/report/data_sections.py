"""The sections of a report about the data: labels, boxes, and a batch as the net sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError
from matplotlib.axes import Axes

from framework.data.records.database import open_database
from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import DataError
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.layers.data.annotated_data import AnnotatedData
from framework.layers.data.image_source import ImageSource
from framework.proto import AnnotatedDatum
from framework.report import figures
from framework.report.data_sheet import visible
from framework.report.page import Chart, Section, Table
from framework.report.photos import label_rows, sheet_chart
from framework.system.arrays import Array

MOST_RECORDS = 20_000       # that are read for the statistics
MOST_IMAGES = 16            # of the batch that is shown
SIDES = np.geomspace(0.01, 1, 31)
ASPECTS = np.geomspace(1 / 8, 8, 31)


@dataclass
class Labels:
    """The boxes of the training records: labels, widths and heights in parts of the image."""

    num_records: int = 0
    num_read: int = 0
    labels: list[int] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    sizes: list[tuple[float, float]] = field(default_factory=list)


def label_section(source: str, counts: Mapping[int, int], full: Mapping[int, str],
                  shown: Mapping[int, str]) -> Section:
    """Counts of the boxes to train and test on, and sizes of those to train on.

    source  of the training data; "" if the net has none
    counts  of the test boxes by label
    """
    labels = read_labels(source) if source else Labels()
    trained = dict(zip(*np.unique(np.array(labels.labels, int), return_counts=True), strict=True))
    images = np.unique(np.column_stack([labels.labels, labels.images]), axis=0) \
        if labels.labels else np.zeros((0, 2), int)
    every = sorted({*map(int, trained), *counts})
    rows = [[f"{label} {full.get(label, '')}".strip(), str(trained.get(label, 0)),
             str(int((images[:, 0] == label).sum())), str(counts.get(label, 0))]
            for label in every]
    part = "" if labels.num_read == labels.num_records else \
        f" (counted in the first {labels.num_read:,})"
    section = Section("Labels", [f"{labels.num_records:,} records to train on{part} have "
                                 f"{len(labels.labels):,} boxes; {sum(counts.values()):,} boxes "
                                 "are there to test on."],
                      tables=[Table("Boxes by class", ["label and class", "training boxes",
                                                       "training images", "test boxes"], rows)])
    if labels.labels:
        bars = {shown.get(label, f"class {label}"): float(trained.get(label, 0)) for label in every}
        sizes = np.clip(np.array(labels.sizes), 1e-6, None)
        section.charts = [
            Chart("labels", figures.bars("Training boxes", "number", bars),
                  "Bars of the training boxes of each class; the numbers are in the table"),
            Chart("box_sizes", figures.histogram(
                "Size of the training boxes", "side of a square as large, in parts of the image",
                "boxes", np.sqrt(sizes.prod(1)), SIDES),
                f"Sizes of the training boxes, half of them above "
                f"{np.median(np.sqrt(sizes.prod(1))):.2f} of the image's side"),
            Chart("box_aspects", figures.histogram(
                "Form of the training boxes", "width over height, in parts of the image", "boxes",
                sizes[:, 0] / sizes[:, 1], ASPECTS),
                f"Width over height of the training boxes, half of them above "
                f"{np.median(sizes[:, 0] / sizes[:, 1]):.2f}")]
    return section


def read_labels(source: str) -> Labels:
    """The boxes of a database of annotated records; records that cannot be read have none."""
    database = open_database(source, "")
    found = Labels(len(database), min(len(database), MOST_RECORDS))
    for index in range(found.num_read):
        try:
            record = AnnotatedDatum.FromString(database.read(index))
        except (DataError, DecodeError):        # the loader has named it
            continue
        for group in record.annotation_group:
            for annotation in group.annotation:
                box = annotation.bbox
                found.labels.append(group.group_label)
                found.images.append(index)
                found.sizes.append((box.xmax - box.xmin, box.ymax - box.ymin))
    return found


def training_layer(net: NetSpec) -> LayerSpec | None:
    """The data layer of a TRAIN net that makes images."""
    return next((spec for spec in net.layers
                 if issubclass(LAYERS.get(spec.type, object), ImageSource)), None)


def training_source(spec: LayerSpec | None) -> str:
    """The database of a data layer with annotated records; "" if it is another layer."""
    is_annotated = spec is not None and issubclass(LAYERS[spec.type], AnnotatedData)
    return spec.proto.data_param.source if spec is not None and is_annotated else ""


def batch_section(spec: LayerSpec, shown: Mapping[int, str], seed: int) -> Section:
    """The first images of the training data as the net sees them, with their boxes or labels."""
    kind: Any = LAYERS[spec.type]        # Any: an ImageSource, whose __init__ takes options
    source = kind(spec, DataOptions(seed=seed))
    batches = source.batches()
    images: list[Array] = []
    labels: list[Any] = []              # Any: rows of boxes, or one number
    try:
        while len(images) < MOST_IMAGES:
            tops = [top.numpy() for top in source.to_device(next(batches), torch.device("cpu"))]
            images += [visible(planes, source.mean) for planes in tops[0]]
            labels += _labels(tops)
    finally:
        batches.close()
        source.close()

    def draw(index: int, place: Axes) -> None:
        own = labels[index]
        if isinstance(own, np.ndarray):
            label_rows(place, own, shown)
        elif own is not None:
            place.set_title(shown.get(own, str(own)), fontsize=8, y=0.9, color="white",
                            backgroundcolor="black")

    images = images[:MOST_IMAGES]
    words, marks = "", ""
    if isinstance(labels[0], np.ndarray):
        words, marks = " Boxes are those that it learns from.", ", with their boxes"
    elif labels[0] is not None:
        marks = ", with their classes"
    return Section("What the net sees", [
        f"Training images after the augmentation, their mean and scale taken back.{words}"],
        [sheet_chart("batch", images, draw, f"The first {len(images)} training images as the net "
                     f"sees them{marks}")])


def _labels(tops: list[Array]) -> list[Any]:
    """Of each image its rows (n, 8), its number, or None."""
    count = len(tops[0])
    if len(tops) < 2:
        return [None] * count
    if tops[1].ndim == 4 and tops[1].shape[:2] == (1, 1) and tops[1].shape[3] == 8:
        rows = tops[1][0, 0]
        return [rows[rows[:, 0] == index] for index in range(count)]
    if tops[1].size == count:
        return tops[1].reshape(-1).astype(int).tolist()
    return [None] * count
