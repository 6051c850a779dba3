"""Image items: records of a database or files of a list, augmented for a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np

from framework.data.augment import yolo
from framework.data.augment.draws import Draws
from framework.data.augment.joined import Joining
from framework.data.augment.masks import MaskForm
from framework.data.augment.mean import read_mean
from framework.data.augment.resizing import resize_plain
from framework.data.augment.steps import Sample
from framework.data.augment.transform import Transformer
from framework.data.loading.batches import Item
from framework.data.records import images, records
from framework.data.records.boxes import INSTANCE
from framework.data.records.database import Database, open_database
from framework.data.records.outlines import View
from framework.data.records.records import BadRecord, Decoding, Record
from framework.proto import BatchSampler, TransformationParameter
from framework.system.arrays import Array, Floats
from framework.system.regular import read_regular


@dataclass(frozen=True)
class Transformation:
    """The settings of a Transformer, as bytes, since messages cannot be sent between processes."""

    param: bytes
    is_train: bool
    samplers: tuple[bytes, ...] = ()
    jitter: float = 0

    def open(self) -> Transformer:
        param = TransformationParameter.FromString(self.param)
        samplers = [BatchSampler.FromString(content) for content in self.samplers]
        return Transformer(param, self.is_train, read_mean(param), samplers, self.jitter)


@dataclass
class RecordItems:
    """Records of a database: the base of all items that are one.

    make  how to make the database, for the message where it is absent
    """

    path: str
    make: str = field(default="", kw_only=True)
    _database: Database | None = field(default=None, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:       # Any: the fields
        return {**self.__dict__, "_database": None}

    def open(self) -> None:
        """Open the database, in the process that reads it."""
        self._database = open_database(self.path, self.make)

    def size(self) -> int:
        """The number of records."""
        return len(self.database)

    def name(self, index: int) -> str:
        """The key of a record, for messages about it."""
        return self.database.name(index)

    @property
    def database(self) -> Database:
        """The database, once it is open."""
        assert self._database is not None
        return self._database

    def found_bad(self) -> dict[int, str]:
        """No record was found bad beforehand."""
        return {}


@dataclass
class AugmentedRecords(RecordItems):
    """Records of a database whose images go through a Transformer."""

    transformation: Transformation
    decoding: Decoding
    _transformer: Transformer | None = field(default=None, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:       # Any: the fields
        return {**super().__getstate__(), "_transformer": None}

    def open(self) -> None:
        super().open()
        self._transformer = self.transformation.open()

    @property
    def transformer(self) -> Transformer:
        """The Transformer, once the database is open."""
        assert self._transformer is not None
        return self._transformer

    def start_batch(self, seed: int, index: int) -> None:
        """Take what all items of a batch have in common: their size."""
        self.transformer.start_batch(seed, index)


@dataclass
class DatabaseItems(AugmentedRecords):
    """Images of an LMDB.

    annotated  AnnotatedDatum records, else Datum
    has_boxes  the label top holds boxes, else one class an item
    labels     those a box may have; None: any
    num_labels  0 or 1 label tops
    yolo_rows   boxes as MobileNet-YOLO's losses read them; with_difficult: the difficult ones too
    masks       how the masks of a third top are made; None: there is none
    joining     mosaic and mixup; None: each record is an image of its own
    has_outlines  a top of masks of the boxes
    pads        images may differ in size, and a last top says the size and scale of each
    """

    annotated: bool = False
    has_boxes: bool = False
    labels: frozenset[int] | None = None
    num_labels: int = 1
    yolo_rows: bool = False
    with_difficult: bool = True
    masks: MaskForm | None = None
    has_outlines: bool = False
    pads: bool = False
    joining: Joining | None = None
    _left_out: dict[int, str] = field(default_factory=dict, init=False, repr=False)

    def found_bad(self) -> dict[int, str]:
        """Records that were drawn for mosaic and mixup, and could not be read."""
        return self._left_out

    def _other(self, draws: Draws) -> Record:
        """A record drawn anew, the next good one if it is bad. BadRecord if there is none."""
        first = draws.below(self.size())
        for at in range(first, first + self.size()):
            index = at % self.size()
            try:
                with images.failing_as_bad():
                    record = self.record(index)
                    return Record(images.DecodedImage(record.pixels), record.boxes, record.label)
            except BadRecord as reason:
                self._left_out[index] = str(reason)
        raise BadRecord("no record can be joined with it")

    def record(self, index: int) -> Record:
        """A record as it is stored. Raises BadRecord."""
        content = self.database.read(index)
        if not self.annotated:
            return records.read_datum(content, self.decoding)
        record = records.read_annotated(content, self.decoding, self.labels, self.has_boxes,
                                        self.has_outlines)
        if self.yolo_rows and record.boxes is not None and len(record.boxes) > yolo.ROWS:
            raise BadRecord(f"it has {len(record.boxes)} boxes; yolo_data_type: 1 has room for "
                            f"{yolo.ROWS}")
        return record

    def item(self, index: int, draws: Draws) -> Item:
        """A record, augmented. Raises BadRecord."""
        record = self.record(index)
        if not self.annotated:
            pixels = self.transformer.without_boxes(record.pixels, draws)
            return Item((pixels,), None, record.label)
        if self.joining is not None:
            joined = self.joining(record, lambda: self._other(draws), draws)
            fits = joined.boxes is not None and len(joined.boxes) <= yolo.ROWS
            record = joined if fits or not self.yolo_rows else record
        masks = None
        if self.has_outlines:
            record, instances = numbered(record)
            sample = self.transformer.sample(record, draws)
            masks = outline_masks(record, sample)
            if sample.boxes is not None:
                sample.boxes[:, INSTANCE] = instances[sample.boxes[:, INSTANCE].astype(int)]
        else:
            sample = self.transformer.sample(record, draws)
        if self.masks is not None:
            masks = self.masks.planes(record.marks, sample.window, sample.is_mirrored,
                                      sample.pixels.shape[:2])
        height, width = sample.pixels.shape[:2]
        return Item((sample.pixels,), sample.boxes, record.label, size=(height, width),
                    masks=masks, scale=height / sample.view.height)

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """The label top of a batch: boxes, rows, or a class for each item."""
        if not self.num_labels:
            return []
        tops: list[Array] = []
        if not self.has_boxes:
            tops.append(classes(items))
        elif self.yolo_rows:
            tops.append(yolo.yolo_rows([item.boxes for item in items], self.with_difficult))
        else:
            tops.append(label_rows(items))
        if self.masks is not None:
            tops.append(np.stack([item.masks for item in items if item.masks is not None]))
        if self.has_outlines:
            tops.append(padded_masks(items))
        if self.pads:
            tops.append(np.array([(*item.size, item.scale) for item in items], np.float32))
        return tops


@dataclass
class ListedItems:
    """Files of a list: the base of FileItems and PairItems.

    files   paths, to be appended to `root`, and what the list says of each
    """

    files: Sequence[tuple[str, Any]]
    root: str
    transformation: Transformation
    _transformer: Transformer | None = field(default=None, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_transformer": None}

    def open(self) -> None:
        """Make the transformer, in the process that uses it."""
        self._transformer = self.transformation.open()

    def size(self) -> int:
        """The number of files."""
        return len(self.files)

    def name(self, index: int) -> str:
        """The path of a file, for messages about it."""
        return self.root + self.files[index][0]

    def found_bad(self) -> dict[int, str]:
        """No file was found bad beforehand."""
        return {}


@dataclass
class FileItems(ListedItems):
    """Images in files, each with a class.

    files   paths, to be appended to `root`, and labels
    new_size  (width, height) to resize to before anything else; None: as it is
    short_side, interpolation  the shorter side's size to resize to instead, if not 0, and how
    smallest  (height, width): without new_size a smaller image is enlarged, see `enlarged_size`
    is_rgb  the channels are reordered to RGB before all that follows, mean_value too
    """

    files: Sequence[tuple[str, float]]
    decoding: Decoding
    new_size: tuple[int, int] | None = None
    num_labels: int = 1
    is_rgb: bool = False
    short_side: int = 0
    interpolation: int = cv2.INTER_LINEAR
    smallest: tuple[int, int] = (0, 0)

    def item(self, index: int, draws: Draws) -> Item:
        """An image, resized and augmented. Raises BadRecord."""
        assert self._transformer is not None
        path, label = self.files[index]
        pixels = read_image(self.root + path, self.decoding)
        height, width = pixels.shape[:2]
        if self.short_side:
            size = size_by_short_side(height, width, self.short_side)
            pixels = resize_plain(pixels, *size, self.interpolation)
        elif self.new_size is not None:
            pixels = resize_plain(pixels, *self.new_size, cv2.INTER_LINEAR)
        elif height < self.smallest[0] or width < self.smallest[1]:
            size = enlarged_size(height, width, *self.smallest)
            pixels = resize_plain(pixels, *size, cv2.INTER_LINEAR)
        if self.is_rgb:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        return Item((self._transformer.without_boxes(pixels, draws),), None, label)

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """The classes of a batch."""
        return [classes(items)] if self.num_labels else []


def enlarged_size(height: int, width: int, min_height: int, min_width: int) -> tuple[int, int]:
    """(width, height) of an image of which a side is too small: the one that lacks more gets its
    least size, the other one follows, rounded half up, and may stay too small.

    Source: ReadImageToCVMat (io.cpp) of LisaAnne/lisa-caffe-public and of Intel.
    """
    if min_width - width > min_height - height:
        ratio = np.float32(height) / np.float32(width)
        return min_width, int(np.float32(min_width) * ratio + np.float32(0.5))
    ratio = np.float32(width) / np.float32(height)
    return int(np.float32(min_height) * ratio + np.float32(0.5)), min_height


def size_by_short_side(height: int, width: int, short_side: int) -> tuple[int, int]:
    """(width, height) after a resize to `short_side`, the longer side rounded half up.

    The factor is a float32, as in ReadImageToCVMat of ethanhe42/caffe-pro (io.cpp).
    """
    factor = np.float32(short_side) / np.float32(min(height, width))
    longer = math.floor(float(factor * np.float32(max(height, width))) + 0.5)
    return (short_side, longer) if height >= width else (longer, short_side)


def read_image(path: str, decoding: Decoding) -> images.Pixels:
    """The pixels of an image file. BadRecord if it is absent or cannot be decoded."""
    try:
        content = read_regular(path, images.MAX_FILE_BYTES)
    except OSError as error:
        raise BadRecord(f"the file cannot be read: {error.strerror or error}") from None
    return images.decode(content, decoding)


def numbered(record: Record) -> tuple[Record, Floats]:
    """The record with the number of each box, from 0, as its instance; and the instances it had."""
    assert record.boxes is not None
    boxes = record.boxes.copy()
    boxes[:, INSTANCE] = np.arange(len(boxes))
    return replace(record, boxes=boxes), record.boxes[:, INSTANCE]


def outline_masks(record: Record, sample: Sample) -> Array:
    """The masks (n, height, width), 0 or 1, of the boxes that a sample kept.

    The instances of its boxes are their numbers in the record.
    """
    height, width = sample.pixels.shape[:2]
    view = View(sample.view.x, sample.view.y, sample.view.width, sample.view.height, width, height,
                sample.is_mirrored)
    assert sample.boxes is not None
    size = (record.image.height, record.image.width)
    masks = np.zeros((len(sample.boxes), height, width), np.uint8)
    for mask, number in zip(masks, sample.boxes[:, INSTANCE].astype(int), strict=True):
        mask[:] = record.outlines[number].mask(view, size)
    return masks


def padded_masks(items: Sequence[Item]) -> Array:
    """The masks (rows, height, width) of all boxes in their order, of the largest item's size.

    One of zeros if no item has a box.
    """
    height, width = np.max([item.size for item in items], axis=0)
    counts = [0 if item.masks is None else len(item.masks) for item in items]
    masks = np.zeros((max(sum(counts), 1), height, width), np.uint8)
    start = 0
    for item, count in zip(items, counts, strict=True):
        if count:
            masks[start:start + count, :item.size[0], :item.size[1]] = item.masks
        start += count
    return masks


def classes(items: Sequence[Item]) -> Array:
    """The class of each item, (items,) float32."""
    return np.array([item.label for item in items], np.float32)


def label_rows(items: Sequence[Item]) -> Array:
    """(1, 1, rows, 8) float32: item, label, instance, xmin, ymin, xmax, ymax, difficult.

    One row of -1 if no item has a box. Source: annotated_data_layer.cpp of weiliu89/caffe (ssd).
    """
    boxes = [np.empty((0, 7), np.float32) if item.boxes is None else item.boxes for item in items]
    counts = [len(of_item) for of_item in boxes]
    if not sum(counts):
        return np.full((1, 1, 1, 8), -1, np.float32)
    rows = np.empty((1, 1, sum(counts), 8), np.float32)
    rows[..., 0] = np.repeat(np.arange(len(items)), counts)
    np.concatenate(boxes, out=rows[0, 0, :, 1:])
    return rows
