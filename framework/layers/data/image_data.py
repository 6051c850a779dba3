"""ImageData: images from files, named in a list with their classes."""

from __future__ import annotations

import logging

import cv2

from framework.data.augment import turning
from framework.data.loading.batches import Groups
from framework.data.loading.class_order import ClassOrder
from framework.data.loading.items import FileItems
from framework.data.records.list_file import numbered_lines
from framework.data.records.records import Decoding
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels, states_size
from framework.layers.data.image_source import (
    APPEARANCE,
    RESHAPING,
    ImageSource,
    decoded,
    new_size,
    transformation,
    warn_of_idle_fields,
)
from framework.layers.data.multi_label_data import Entry, MultiLabelItems, read_label_list

LABEL_COUNTS = ("image_data_param.label_dim", "image_data_param.num_of_labels",
                "image_data_param.label", "image_data_param.img_num",
                "image_data_param.label_num")
CROPS_OF_POINTS = ("image_data_param.rate_height", "image_data_param.rate_width")
TURNING = tuple(f"transform_param.{name}" for name in turning.FIELDS)


@layer
@layer("LabelData")
class ImageData(ImageSource):
    """Batches of images from a list of files.

    Tops:   images (batch_size, channels, height, width), (pixel - mean) * scale, BGR;
            classes (batch_size,); with label_dim or num_of_labels above 1, (batch_size, label_dim),
            numbers of which each line has as many, as in thuml/HashNet.
    With `images_per_class` K a batch is of batch_size / K classes drawn anew, with K images of each
    side by side: for losses on pairs and triplets. `shuffle` and rand_skip then do not count, and
    classes of one image are left out, which the log names.
    `new_height` and `new_width` resize the image first, or `new_dim` its shorter side (with
    `bicubic` by cubic interpolation), as in ethanhe42/caffe-pro; min_height and min_width enlarge a
    smaller one (LisaAnne/lisa-caffe-public, Intel). `random_blur` and `max_degree`,
    `min_scale`, `max_scale` blur, rotate and scale it then, in both phases; `max_rotation_angle`,
    `min_side`, `max_color_shift`, `contrast_brightness_adjustment` and `smooth_filtering` as
    twtygqyy/caffe-augmentation does.
    LabelData, StevenHickson/caffe's for label maps, gives what ImageData does elsewhere.
    `label: false` (nets of Tyler-D/DeBlurNet) says that there is no top for labels.
    With rate_height or rate_width (CamlinZ/face_alignment), which crop around the points of each
    line, it is known by the shapes of its tops only: labels (batch_size, points of a line).
    Errors: SpecError for settings that cannot be followed; DataError if the list is absent, empty
            or has a line that is not `path label`, or if more than 5 % of the images are bad.
    Source: ImageDataParameter in caffe.proto; BVLC image_data_layer.cpp; ethanhe42/caffe-pro's and
            thuml/HashNet's; data_transformer.cpp of qingnianzhi/kaggle_drivers;
            label_data_layer.cpp of StevenHickson/caffe; num_of_labels is what KaijunGao's
            Scene-Parsing-and-Path-Planning calls label_dim, and label_num what chenbinghui1's
            Hybrid-Attention-based-Decoupled-Metric-Learning does.
    """

    reads = ("image_data_param", "transform_param")
    list_param = "image_data_param"
    num_tops = (1, 2)
    idle_fields = ("flow",)     # which changes records of Data, in LisaAnne/lisa-caffe-public
    unread = frozenset(["image_data_param.label_type"])
    fork_fields = frozenset((*RESHAPING, *TURNING, *APPEARANCE, *CROPS_OF_POINTS, *LABEL_COUNTS,
                             "image_data_param.images_per_class"))

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        points = list(spec.tops[1:]) if _crops_points(spec) else []
        return points if states_size(spec) else [*spec.tops[:1], *points]

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, *labels = images_and_labels(spec, size)
        if spec.type != "LabelData":
            images = decoded(spec, images)
        num = _num_labels(spec)
        return [images, *((images[0], num) if num > 1 else shape for shape in labels)]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        param = spec.proto.image_data_param
        new_size(spec, cls.list_param)
        if param.short_side:
            raise spec.error("image_data_param.short_side", "is not supported; use "
                             "transform_param.resize_param")
        if (param.min_height > 0) != (param.min_width > 0):
            raise spec.error("image_data_param.min_height", "and min_width go together; only one "
                             "is given")
        if param.new_dim and param.new_height:
            raise spec.error("image_data_param.new_dim", "is given together with new_height and "
                             "new_width; give one of the two")
        if _num_labels(spec) > 1 and (param.new_dim or param.min_height or len(spec.tops) == 1
                                      or spec.proto.transform_param.bgr2rgb):
            raise spec.error(_count_field(spec), "is above 1, which needs a top for labels, and "
                             "works neither with new_dim nor with bgr2rgb nor with min_height")
        _check_groups(spec)
        if param.img_num != 1:
            raise spec.error("image_data_param.img_num", f"is {param.img_num}; lines of several "
                             "images are not read here")
        if not param.label and len(spec.tops) > 1:
            raise spec.error("image_data_param.label", "is false, but there is a top for labels: "
                             f"'{spec.tops[1]}'")
        if spec.proto.transform_param.bgr2rgb and not param.is_color:
            raise spec.error("transform_param.bgr2rgb", "needs images in colour, but is_color is "
                             "false")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        if _crops_points(spec):
            raise spec.error("image_data_param.rate_height", "and rate_width crop around points; "
                             "the layer is known by the shapes of its tops only, and its data are "
                             "not read here")
        warn_of_idle_fields(spec)
        param = spec.proto.image_data_param
        self.pad = spec.proto.transform_param.pad
        is_rgb = spec.proto.transform_param.bgr2rgb
        size = new_size(spec, self.list_param)
        num_labels = _num_labels(spec)
        if num_labels > 1:
            self.start(MultiLabelItems(self._labelled(num_labels), param.root_folder,
                                       transformation(spec, idle=self.idle_fields),
                                       Decoding(param.is_color), size),
                       param.batch_size, (param.batch_size, num_labels),
                       shuffle=param.shuffle, skip=param.rand_skip)
            return
        entries = read_list(spec, param.source)
        items = FileItems(entries, param.root_folder, transformation(spec, idle=self.idle_fields),
                          Decoding(param.is_color), size, len(spec.tops) - 1, is_rgb,
                          param.new_dim, cv2.INTER_CUBIC if param.bicubic else cv2.INTER_LINEAR,
                          (param.min_height, param.min_width))
        groups = Groups([label for _, label in entries], param.images_per_class) \
            if param.images_per_class else None
        self.start(items, param.batch_size, shuffle=param.shuffle, skip=param.rand_skip,
                   groups=groups)
        order = self.maker.open()
        if isinstance(order, ClassOrder) and order.single:
            shown = ", ".join(f"{label:g}" for label in order.single[:5])
            logging.getLogger("framework.data").warning(
                "%s: classes with one image in %s are left out: %d, the first of them %s",
                spec.place(), param.source, len(order.single), shown)

    def _labelled(self, num_labels: int) -> list[Entry]:
        """The lines of the list, of `num_labels` labels each."""
        path = self.spec.proto.image_data_param.source
        entries = read_label_list(self.spec, path)
        if len(entries[0][1]) != num_labels:
            raise self.spec.error(_count_field(self.spec), f"is {num_labels}; the lines of "
                                  f"'{path}' have {len(entries[0][1])} labels")
        return entries


def _check_groups(spec: LayerSpec) -> None:
    """SpecError if images_per_class does not fit the rest."""
    param = spec.proto.image_data_param
    name = "image_data_param.images_per_class"
    if param.images_per_class and (param.images_per_class == 1
                                   or param.batch_size % param.images_per_class):
        raise spec.error(name, f"is {param.images_per_class}; it must be 2 or more and divide "
                         f"batch_size, {param.batch_size}")
    if param.images_per_class and (_num_labels(spec) > 1 or len(spec.tops) == 1):
        raise spec.error(name, "needs a top for labels, and one label a line")


def _num_labels(spec: LayerSpec) -> int:
    param = spec.proto.image_data_param
    return max(param.label_dim, param.num_of_labels, param.label_num)


def _count_field(spec: LayerSpec) -> str:
    param = spec.proto.image_data_param
    names = ("label_dim", "num_of_labels", "label_num")
    return "image_data_param." + max(names, key=lambda name: getattr(param, name))


def _crops_points(spec: LayerSpec) -> bool:
    param = spec.proto.image_data_param
    return param.rate_height > 0 or param.rate_width > 0


def read_list(spec: LayerSpec, path: str) -> list[tuple[str, float]]:
    """The lines of an ImageData list: a path, which may hold blanks, and a label."""
    if not path:
        raise spec.error("image_data_param.source", "is missing; it names a list of images")
    entries = []
    for number, line in numbered_lines(path, f"{spec.place()}: "):
        name, _, label = line.rstrip().rpartition(" ")
        try:
            entries.append((name, float(int(label))))
        except ValueError:
            raise DataError(f"{path}:{number}: '{line.strip()}' is not `path label`, the label a "
                            "whole number") from None
    return entries
