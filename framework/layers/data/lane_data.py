"""LaneData: images with the points of lanes, and masks of their lines, from an LMDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Window
from framework.data.augment.masks import MaskForm
from framework.data.loading.batches import Item
from framework.data.loading.items import AugmentedRecords
from framework.data.records.records import BadRecord, Decoding, Record, datum_image, parse
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.annotated_data import AnnotatedData, jitter, mask_form
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.first_records import database_path
from framework.layers.data.image_source import ImageSource, color_of, transformation
from framework.proto import AnnotatedDatum
from framework.system.arrays import Array, Floats

LANES, POINTS = 5, 64       # room for them in the label of an item
OUTSIDE = -1                # in place of the lane's number


@layer
class LaneData(ImageSource):
    """Batches of images with lanes: their points, and a mask of lines through them.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            points (batch_size, 5, 64, 3): x and y in parts of the window that is seen, and the
            number of the lane, -1 for points outside of it and where there is none;
            a mask (batch_size, 1, h, w), 1 on a line of one pixel through the points inside.
    A record's annotation_group is a lane, and its points are taken in the reverse of their order.
    transform_param and the fields of annotated_data_param for windows and masks are as in
    AnnotatedData. A mirror turns the image and the mask but not the points, as in the original.
    Errors: SpecError for settings that cannot be followed; DataError if the database is absent or
            empty, or if more than 5 % of its records are bad.
    Source: lane_data_layer.cpp of eric612/MobileNet-YOLO, where rows without a point hold those of
            batches before.
    """

    reads = ("transform_param", "data_param")
    num_tops = (1, 3)
    idle_fields = AnnotatedData.idle_fields
    unread = AnnotatedData.unread
    fork_fields = AnnotatedData.fork_fields - {"annotated_data_param.image_info",
                                               "annotated_data_param.instance_masks"}

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images = images_and_labels(spec, size)[0]
        masks = (images[0], 1, *mask_form(spec, is_single=True).size_for(*images[2:]))
        shapes: list[Shape] = [images, (images[0], LANES, POINTS, 3), masks]
        return shapes[:len(spec.tops)]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        AnnotatedData.check_fields(spec)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        data, annotated = spec.proto.data_param, spec.proto.annotated_data_param
        moves = transformation(spec, annotated.batch_sampler, self.idle_fields, jitter(annotated))
        items = LaneItems(database_path(spec), moves, Decoding(color_of(spec)), len(spec.tops) - 1,
                          mask_form(spec, is_single=True), make="a script of its project makes it")
        self.start(items, data.batch_size, (data.batch_size, LANES, POINTS, 3)
                   if len(spec.tops) > 1 else None, data.shuffle, data.rand_skip)


@dataclass
class LaneItems(AugmentedRecords):
    """Records of an LMDB: an AnnotatedDatum each, whose annotations are points.

    num_labels  0; 1: points; 2: the mask too
    """

    num_labels: int
    form: MaskForm

    def item(self, index: int, draws: Draws) -> Item:
        message = parse(AnnotatedDatum(), self.database.read(index))
        lanes = [np.array([(point.lanes.x, point.lanes.y) for point in group.annotation],
                          np.float32).reshape(-1, 2)[::-1] for group in message.annotation_group]
        longest = max(map(len, lanes), default=0)
        if len(lanes) > LANES or longest > POINTS:
            raise BadRecord(f"it has {len(lanes)} lanes of up to {longest} points; there is room "
                            f"for {LANES} of {POINTS}")
        record = Record(datum_image(message.datum, self.decoding), None, 0)
        sample = self.transformer.sample(record, draws)
        lanes = [_seen(lane, sample.window) for lane in lanes]
        height, width = self.form.size_for(*sample.pixels.shape[:2])
        mask = line_mask(lanes, height, width)
        if sample.is_mirrored:
            mask = mask[:, ::-1]
        return Item((sample.pixels,), boxes=point_rows(lanes), masks=mask[None])

    def tops(self, items: Sequence[Item]) -> list[Array]:
        points = np.stack([item.boxes for item in items if item.boxes is not None])
        masks = np.stack([item.masks for item in items if item.masks is not None])
        return [points, masks][:self.num_labels]


def _seen(lane: Floats, window: Window) -> Floats:
    """The points of a lane (n, 2) in parts of the window."""
    low, high = window[:2], window[2:]
    points: Floats = (lane - low) / (high - low)
    return points


def _is_inside(points: Floats) -> Array:
    inside: Array = np.logical_and.reduce((points >= 0) & (points <= 1), axis=1)
    return inside


def point_rows(lanes: Sequence[Floats]) -> Floats:
    """(LANES, POINTS, 3): x, y and the number of the lane, OUTSIDE for those that are not seen."""
    rows = np.zeros((LANES, POINTS, 3), np.float32)
    rows[:, :, 2] = OUTSIDE
    for number, points in enumerate(lanes):
        rows[number, :len(points), :2] = points
        rows[number, :len(points), 2] = np.where(_is_inside(points), number, OUTSIDE)
    return rows


def line_mask(lanes: Sequence[Floats], height: int, width: int) -> Floats:
    """(height, width) float32: 1 on lines of one pixel from point to point of those inside."""
    if min(height, width) < 1:
        raise BadRecord(f"its mask would have {width} x {height} pixels")
    mask = np.zeros((height, width), np.uint8)
    for points in lanes:
        size = np.array([width, height], np.float32)
        cells = (points[_is_inside(points)] * size).astype(np.int32)
        if len(cells) > 1:
            cv2.polylines(mask, [cells[:, None]], False, 1)
    return mask.astype(np.float32)
