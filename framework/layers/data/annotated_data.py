"""AnnotatedData: images with boxes, from an LMDB."""

from __future__ import annotations

import logging
import os

import torch
from torch import Tensor

from framework.data.augment import random_sizes
from framework.data.augment.joined import Joining
from framework.data.augment.masks import MaskForm
from framework.data.augment.sampler import check_samplers
from framework.data.augment.yolo import ROWS, sizes_of
from framework.data.loading.items import DatabaseItems
from framework.data.records.database import open_database
from framework.data.records.label_map import mask_values, object_labels, read
from framework.data.records.records import BadRecord, Decoding, parse
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.first_records import database_path, look_at_first
from framework.layers.data.image_source import RESHAPING, ImageSource, color_of, transformation
from framework.layers.data.yolo_grids import (
    GRID_FIELDS,
    asks_for_grids,
    check_grids,
    grid_shapes,
    refuse_grids,
)
from framework.proto import AnnotatedDataParameter, AnnotatedDatum

IDLE = (*random_sizes.NVIDIA, "bgr2rgb")   # of transform_param: neither branch stretches boxes
MAKE = ("tools/convert_dataset makes it from a folder in VOC's layout (VOC 2007 and 2012: "
        "tools/convert_dataset datasets/voc0712.yaml data/VOC0712 --root VOCdevkit), "
        "tools/convert_annoset from a list of images and their annotations")


@layer
class AnnotatedData(ImageSource):
    """Batches of images with their boxes, augmented, from an LMDB of AnnotatedDatum records.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            boxes (1, 1, rows, 8): item, label, instance, xmin, ymin, xmax, ymax, difficult, or one
            row of -1; classes (batch_size,) if the records have no annotation type;
            masks (batch_size, M, h, w), 0 to 1, if there is a third top; or with `instance_masks:
            true` masks (rows, height, width), 0 or 1, of the boxes, in their order;
            with `image_info: true` as the last one im_info (batch_size, 3): height, width and
            scale of each image. Images may then differ in size, as FIT_SMALL_SIZE makes them: what
            they lack on the right and below of the largest of their batch is 0, and boxes are in
            parts of the image, not of the batch.
    Order:  the database's, modulo its size; with `shuffle: true` a new one in every epoch, by the
            seed alone: resuming, workers and ranks do not change it.
    Steps:  distort, expand, sample, resize, noise, crop, mirror.
    Errors: SpecError for settings that cannot be followed; DataError if the database is absent,
            empty, a LevelDB or not an LMDB, or if more than 5 % of its records are bad.
    MobileNet-YOLO's fields: `yolo_data_type: 1` gives boxes (batch_size, 1, 300, 5): class from 0
    on, centre x and y, width, height, zeros after the last one; without `train_diffcult` those
    that are difficult are left out. It, or a given yolo_data_jitter, cuts a window of at least 1 -
    jitter of each side, unless there are batch_samplers. Of several resize_params one is drawn by
    `prob` every 10 batches, the same on all ranks; the first gives the shapes before that.
    Masks are made of the label map in a record's `seg_label`, cut and mirrored as the image was:
    one of all that is lighter than 100, or with `single_class: false` one for each label_id of
    label_map_file from 1 on, whose n-th item is for pixels of value n (YoloSegLabel). They are of
    seg_resize_height x seg_resize_width, or of the image's size over seg_scales.
    `mosaic_prob` and `mixup_prob` are how often a record is joined with others, drawn by the seed,
    before all steps: four in the quarters of one image, or two blended, with the boxes of all.
    Synopsys' `caffe_yolo: true`, whose tops are images and for each `side` of data_param labels
    (batch_size, 7 side side), is known by shape only.
    A record without boxes is an image of the background: its item has no row.
    Source: AnnotatedDataParameter in caffe.proto; annotated_data_layer.cpp of weiliu89/caffe (ssd)
            and of eric612/MobileNet-YOLO.
    """

    reads = ("transform_param", "data_param")
    list_param = "data_param"
    gives_boxes = True
    num_tops = (1, 4)
    idle_fields = IDLE
    fork_fields = frozenset([*RESHAPING, *GRID_FIELDS, "transform_param.resize_param_more",
                             "transform_param.resize_param.longest_side", *(
        f"annotated_data_param.{name}"
        for name in ("image_info", "instance_masks", "yolo_data_type", "yolo_data_jitter",
                     "train_diffcult", "single_class", "seg_scales", "seg_resize_height",
                     "seg_resize_width", "mosaic_prob", "mixup_prob", "mixup_alpha"))])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images = images_and_labels(spec, size)[0]
        if asks_for_grids(spec):
            return grid_shapes(spec, images)
        boxes = (images[0], 1, ROWS, 5) if _gives_yolo_rows(spec) else (1, 1, images[0], 8)
        masks: list[Shape] = []
        if has_masks(spec) and spec.proto.annotated_data_param.instance_masks:
            masks.append((images[0], *images[2:]))
        elif has_masks(spec):
            form = mask_form(spec, is_assumed=True)
            masks.append((images[0], form.num_masks, *form.size_for(*images[2:])))
        info: list[Shape] = [(images[0], 3)] * spec.proto.annotated_data_param.image_info
        return [images, *[boxes] * (len(spec.tops) > 1), *masks, *info]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        if asks_for_grids(spec):
            check_grids(spec)
            return
        _joining(spec)
        check_samplers(spec.proto.annotated_data_param.batch_sampler, spec.error)
        batch_size = spec.proto.data_param.batch_size
        has_info = spec.proto.annotated_data_param.image_info
        if has_info and len(spec.tops) < 3 or len(spec.tops) > 3 + has_info:
            raise spec.error("annotated_data_param.image_info", f"is {str(has_info).lower()}, and "
                             f"there are {len(spec.tops)} tops; they must be images, boxes, "
                             "perhaps masks, and with image_info: true the sizes of the images")
        if has_info and (_gives_yolo_rows(spec) or spec.proto.transform_param.pad):
            raise spec.error("annotated_data_param.image_info", "cannot be true together with "
                             "yolo_data_type: 1, or transform_param.pad")
        if spec.proto.annotated_data_param.instance_masks:
            _check_masks(spec)
        if batch_size != 1 and not has_info and any(one.resize_mode == one.FIT_SMALL_SIZE
                                   for one in sizes_of(spec.proto.transform_param)):
            raise spec.error("data_param.batch_size", f"is {batch_size}; it must be 1 with "
                             "resize_mode FIT_SMALL_SIZE, whose images differ in size, unless "
                             "annotated_data_param.image_info is true, which pads them")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        refuse_grids(spec)
        data = spec.proto.data_param
        annotated = spec.proto.annotated_data_param
        has_label = len(spec.tops) > 1
        self.has_info = annotated.image_info
        self.pad = spec.proto.transform_param.pad
        items = DatabaseItems(
            database_path(spec),
            transformation(spec, annotated.batch_sampler, self.idle_fields, jitter(annotated)),
            Decoding(color_of(spec)), annotated=True,
            labels=None if has_masks(spec) and not annotated.instance_masks else _labels(annotated),
            num_labels=int(has_label), yolo_rows=_gives_yolo_rows(spec),
            with_difficult=annotated.train_diffcult,
            masks=mask_form(spec) if has_masks(spec) and not annotated.instance_masks else None,
            has_outlines=annotated.instance_masks, pads=self.has_info, make=MAKE,
            joining=_joining(spec))
        items = look_at_first(spec, items)
        items.has_boxes = has_label and (annotated.HasField("anno_type") or _has_type(spec, items))
        if items.joining is not None and not items.has_boxes:
            raise spec.error("annotated_data_param.mosaic_prob", "and mixup_prob need records with "
                             "boxes, and a top for them")
        if items.has_outlines and not items.has_boxes:
            raise DataError(f"{spec.place()}: the first record of {items.path} has no annotation "
                            "type, so that it has no boxes whose masks instance_masks could give")
        rows = (data.batch_size, 1, ROWS, 5) if items.yolo_rows and items.has_boxes else None
        self.start(items, data.batch_size, rows, shuffle=data.shuffle or annotated.shuffle,
                   skip=data.rand_skip)
        if items.has_outlines:      # as many masks as there are boxes
            self.top_shapes[2] = (self.top_shapes[1][2], *self.top_shapes[0][2:])

    def to_device(self, batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
        """As of every image layer; with image_info the padding is 0 after the mean, not before."""
        tops = super().to_device(batch, device)
        if not self.has_info:
            return tops
        pixels, info = tops[0], tops[-1]
        rows, columns = (torch.arange(size, device=device) for size in pixels.shape[2:])
        inside = (rows < info[:, :1])[:, None, :, None] & (columns < info[:, 1:2])[:, None, None]
        return (torch.where(inside, pixels, 0), *tops[1:])


def _check_masks(spec: LayerSpec) -> None:
    """SpecError unless the boxes' masks can follow what is done with the image."""
    transform = spec.proto.transform_param
    if not has_masks(spec):
        raise spec.error("annotated_data_param.instance_masks", "is true, and there is no top of "
                         "masks, between the boxes and the image sizes")
    resizes = sizes_of(transform)
    for name, is_given in (
            ("crop_size", transform.crop_size or transform.crop_h or transform.crop_w),
            ("geometry_param", transform.HasField("geometry_param")),
            ("rotate", transform.rotate), ("pad", transform.pad),
            ("resize_param.resize_mode", any(one.resize_mode == one.FIT_LARGE_SIZE_AND_PAD
                                             for one in resizes))):
        if is_given:
            raise spec.error(f"transform_param.{name}", "cannot be given together with "
                             "annotated_data_param.instance_masks, as masks do not follow it")


def has_masks(spec: LayerSpec) -> bool:
    """Whether there is a top of masks: the third that is not im_info."""
    return len(spec.tops) - spec.proto.annotated_data_param.image_info > 2


def _joining(spec: LayerSpec) -> Joining | None:
    """Mosaic and mixup, if they are wanted. SpecError for settings that cannot be followed."""
    param = spec.proto.annotated_data_param
    for name in ("mosaic_prob", "mixup_prob"):
        value = getattr(param, name)
        if not 0 <= value <= 1:
            raise spec.error(f"annotated_data_param.{name}", f"is {value:g}; it must be from 0 to "
                             "1")
    if not param.mosaic_prob and not param.mixup_prob:
        return None
    if not param.mixup_alpha > 0:
        raise spec.error("annotated_data_param.mixup_alpha", f"is {param.mixup_alpha:g}; it must "
                         "be above 0")
    if has_masks(spec):
        raise spec.error("annotated_data_param.mosaic_prob", "and mixup_prob cannot be given with "
                         "a top of masks")
    return Joining(param.mosaic_prob, param.mixup_prob, param.mixup_alpha)


def _gives_yolo_rows(spec: LayerSpec) -> bool:
    """Whether boxes are rows of each item. SpecError for a type that is not known."""
    kind = spec.proto.annotated_data_param.yolo_data_type
    if kind not in (0, 1):
        raise spec.error("annotated_data_param.yolo_data_type", f"is {kind}; it must be 0 or 1")
    return kind == 1


def mask_form(spec: LayerSpec, is_assumed: bool = False, is_single: bool = False) -> MaskForm:
    """How the masks of a third top are made. SpecError for settings that cannot be followed.

    is_assumed  the label map may be absent: there is one mask then
    is_single   there is one mask, whatever `single_class` says
    """
    param = spec.proto.annotated_data_param
    size = (param.seg_resize_height, param.seg_resize_width)
    if param.seg_scales < 1:
        raise spec.error("annotated_data_param.seg_scales", f"is {param.seg_scales}; it must be "
                         "at least 1")
    if is_single or param.single_class or is_assumed and not os.path.exists(param.label_map_file):
        values = None
    else:
        values = mask_values(param.label_map_file)
    return MaskForm(values, size if all(size) else None, param.seg_scales)


def jitter(param: AnnotatedDataParameter) -> float:
    """The jitter of windows; 0 where samplers cut them, or nothing asks for MobileNet-YOLO's way.

    There the default of 0.3 holds for every net; here it must be asked for, since SSD's nets have
    neither field.
    """
    asked = param.yolo_data_type == 1 or param.HasField("yolo_data_jitter")
    return param.yolo_data_jitter if asked and not param.batch_sampler else 0.0


def _has_type(spec: LayerSpec, items: DatabaseItems) -> bool:
    """Does the first record have an annotation type?"""
    database = open_database(items.path, items.make)
    try:
        return bool(parse(AnnotatedDatum(), database.read(0)).HasField("type"))
    except BadRecord:
        return True


def _labels(param: AnnotatedDataParameter) -> frozenset[int] | None:
    """The labels that boxes may have, from label_map_file.

    The original never opens that file here, so its absence is not an error.
    """
    if not param.label_map_file:
        return None
    if not os.path.exists(param.label_map_file):
        logging.getLogger("framework.data").warning(
            "label_map_file %s is absent: the labels are not checked", param.label_map_file)
        return None
    return object_labels(read(param.label_map_file))
