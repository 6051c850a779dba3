"""Segmentation data: images and label maps of lists, whole or in windows."""

from __future__ import annotations

import dataclasses
import logging

import numpy as np

from framework.data.augment import random_sizes
from framework.data.loading.pair_items import PairItems
from framework.data.records.label_image import GREY, SIGNATURE
from framework.data.records.list_file import numbered_lines
from framework.data.records.records import Pixels
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.data.image_source import (
    SIZES_OF_IMAGE_DATA,
    ImageSource,
    checked_param,
    new_size,
    transformation,
)
from framework.layers.params import check_sizes, is_set
from framework.proto import DenseImageDataParameter, enum_name
from framework.system.wording import shortened

Pair = tuple[str, str]
PixelWindow = tuple[int, int, int, int]     # x1, y1, x2, y2, last pixels included
ROTATION = frozenset(("transform_param.max_rotation_angle", "transform_param.apply_probability"))


@layer
class ImageLabelmapData(ImageSource):
    """Images and drawings of their edges, 1 where the drawing is lighter than half.

    Tops:   images (batch_size, channels, height, width); edges (batch_size, 1, height, width), or
            with `normalize: false` the drawing's levels from 0 to 255.
    Errors: SpecError for settings that cannot be followed; DataError for unusable lists.
    Source: image_labelmap_data_layer.cpp of s9xie/hed and yun-liu/RCF; that of zerowfz/caffe_dss
            for normalize, which is false there where it is not given.
    """

    reads = ("transform_param", "image_data_param")
    list_param = "image_data_param"
    unread = frozenset((*SIZES_OF_IMAGE_DATA, "image_data_param.label_type"))
    fork_fields = frozenset((*ROTATION, "image_data_param.normalize"))
    num_tops = (2, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        return _images_and_maps(spec, size)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        _check(spec)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        param = spec.proto.image_data_param
        items = PairItems(read_pairs(spec, param.source), param.root_folder, transformation(spec),
                          param.is_color, new_size=new_size(spec, self.list_param),
                          is_edge_map=True, keeps_levels=not param.normalize)
        self.start(items, param.batch_size, shuffle=param.shuffle, skip=param.rand_skip)


@layer
class DenseImageData(ImageSource):
    """Images and label maps, whose grey levels are the labels.

    Tops:   images (batch_size, channels, height, width); labels (batch_size, 1, height, width).
    With `label_divide_factor` f label maps are resized to new_height / f and new_width / f.
    Errors: SpecError for settings that cannot be followed, of label_divide_factor those that cut or
            turn images; DataError for unusable lists.
    The image and its labels are mirrored and cropped alike, which the original refuses.
    Source: dense_image_data_layer.cpp of alexgkendall/caffe-segnet, jolibrain/caffe and
            TimoSaemann/caffe-enet.
    """

    reads = ("transform_param",)
    list_param = "dense_image_data_param"
    fork_fields = ROTATION | {"dense_image_data_param.label_divide_factor"}
    num_tops = (2, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        return _images_and_maps(spec, size)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.dense_image_data_param
        for name in ("rotate", "one_hot_nclasses"):
            if getattr(param, name):
                raise spec.error(f"dense_image_data_param.{name}", "is not supported: leave it out")
        _check(_with_old_fields(spec, param))
        if param.label_divide_factor != 1:
            _check_divided(_with_old_fields(spec, param), param)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        self.check_fields(spec)
        param = spec.proto.dense_image_data_param
        super().__init__(_with_old_fields(spec, param), options)
        spec = self.spec
        items = PairItems(read_pairs(spec, param.source), param.root_folder, transformation(spec),
                          param.is_color, new_size=new_size(spec, self.list_param),
                          label_part=param.label_divide_factor)
        self.start(items, param.batch_size, shuffle=param.shuffle, skip=param.rand_skip)


@layer
class ImageSegData(ImageSource):
    """Images, label maps of any origin, and the sizes of the images.

    Tops:   images (batch_size, channels, height, width); labels (batch_size, 1, height, width):
            a label map's grey levels, the image's one label, or ignore_label everywhere, by
            `label_type`; sizes (batch_size, 1, 1, 2): height, width, at most those of the batch.
            With `has_label: false` the images alone, and a line names an image only.
    transform_param changes both alike: resize_param, scale_factors, of which one is drawn,
    max_rotation_angle (either way, with apply_probability; the label map by its nearest pixels),
    crop, padded with ignore_label, and mirror. distort_param (colours) and noise_param (blur)
    change the image alone. So in all layers of this file.
    Errors: SpecError for settings that cannot be followed; DataError for unusable lists.
    Source: image_seg_data_layer.cpp of DeepLab (v2) and hszhao/PSPNet; the fields of the rotation,
            of which there the canvas grows, kevinlin311tw/caffe-augmentation.
    """

    reads = ("transform_param", "image_data_param")
    list_param = "image_data_param"
    unread = frozenset(SIZES_OF_IMAGE_DATA)
    fork_fields = ROTATION | {"image_data_param.has_label"}
    num_tops = (1, 3)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, *labels = _images_and_maps(spec, size)
        return [images, *labels[:1], (images[0], 1, 1, 2)][:len(spec.tops)]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        _check(spec)
        has_label = spec.proto.image_data_param.has_label
        if has_label == (len(spec.tops) == 1):
            raise spec.error("top", f"is given {len(spec.tops)} times; with image_data_param."
                             f"has_label {str(has_label).lower()} it must be "
                             f"{'from 2 to 3' if has_label else 'once'}")
        if spec.proto.transform_param.HasField("mean_file"):
            raise spec.error("transform_param.mean_file", f"is not taken by {spec.type}: use "
                             "mean_value")
        ignored = spec.proto.image_data_param.ignore_label
        if not 0 <= ignored <= 255:
            raise spec.error("image_data_param.ignore_label", f"is {ignored}; label maps hold 0 to "
                             "255")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        param = spec.proto.image_data_param
        kind = enum_name(param, "label_type") if param.has_label else "NONE"
        files, windows = self.read_files(param.source, kind)
        if kind == "PIXEL":
            warn_of_colours(spec, param.root_folder + files[0][1])
        items = PairItems(files, param.root_folder, transformation(spec), param.is_color, kind,
                          param.ignore_label, new_size(spec, self.list_param),
                          has_sizes=len(spec.tops) > 2, windows=windows,
                          has_labels=param.has_label)
        self.start(items, param.batch_size, shuffle=param.shuffle, skip=param.rand_skip,
                   label_shape=(param.batch_size, 1, 1, 2) if items.has_sizes else None)

    def read_files(self, path: str, kind: str) -> tuple[list[Pair], list[PixelWindow] | None]:
        """The pairs of the list and the windows of their images; None: all of each."""
        return read_pairs(self.spec, path, kind), None


@layer
class WindowSegData(ImageSegData):
    """Windows of images and of their label maps.

    Tops:   as ImageSegData. After the image and its label a line of the list has the window
            x1 y1 x2 y2, last pixels included; beyond the image a window is black and has the
            label ignore_label. Windows are resized to new_width and new_height.
    Errors: SpecError for settings that cannot be followed; DataError for unusable lists.
    Source: window_seg_data_layer.cpp of HyeonwooNoh/caffe (DeconvNet).
    """

    reads = ("transform_param", "image_data_param")

    def read_files(self, path: str, kind: str) -> tuple[list[Pair], list[PixelWindow]]:
        return read_windowed_pairs(self.spec, path, kind)


@layer
class SelectSegBinary(ImageSource):
    """Windows of images, label maps that an image's own numbers replace, and these numbers.

    Tops:   images and labels as of WindowSegData; the numbers (batch_size, label_dim, 1, 1), as
            many as window_cls_data_param.label_dim says, which end a line of the list, after the
            image, its label map and the window.
    A label l of the map becomes the number at l - cls_label_base - 1 of its image, and 0 where
    there is none: 0 and ignore_label stay. So maps show the classes alone that the image is to
    learn. Numbers are from 0 to 255.
    Errors: SpecError for settings that cannot be followed; DataError for unusable lists.
    Source: select_seg_binary_layer.cpp of HyeonwooNoh/caffe (DecoupledNet).
    """

    reads = ("transform_param", "image_data_param", "select_seg_binary_param",
             "window_cls_data_param")
    list_param = "image_data_param"
    unread = frozenset(SIZES_OF_IMAGE_DATA)
    fork_fields = ROTATION
    num_tops = (3, 3)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        images, labels, _ = _images_and_maps(spec, size)
        return [images, labels, (images[0], spec.proto.window_cls_data_param.label_dim, 1, 1)]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        ImageSegData.check_fields(spec)
        check_sizes(spec, "window_cls_data_param", "label_dim")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        param = spec.proto.image_data_param
        kind = enum_name(param, "label_type")
        count = spec.proto.window_cls_data_param.label_dim
        files, windows, numbers = read_numbered_windows(spec, param.source, kind, count)
        items = PairItems(files, param.root_folder, transformation(spec), param.is_color, kind,
                          param.ignore_label, new_size(spec, self.list_param), windows=windows,
                          numbers=numbers,
                          first_class=spec.proto.select_seg_binary_param.cls_label_base)
        self.start(items, param.batch_size, shuffle=param.shuffle, skip=param.rand_skip,
                   label_shape=(param.batch_size, count, 1, 1))


def _images_and_maps(spec: LayerSpec, size: Size) -> list[Shape]:
    """Images, then label maps of one channel and the same size."""
    images = images_and_labels(spec, size)[0]
    part = spec.proto.dense_image_data_param.label_divide_factor
    sides = (side // part for side in images[2:])
    return [images, *[(images[0], 1, *sides)] * (len(spec.tops) - 1)]


def read_windowed_pairs(spec: LayerSpec, path: str, kind: str
                        ) -> tuple[list[Pair], list[PixelWindow]]:
    """The lines of a list, as for `read_pairs` but with x1 y1 x2 y2 at their ends."""
    pairs = []
    windows = []
    for number, line in _lines(spec, path):
        words = line.split()
        windows.append(_window(path, number, line, words[-4:]))
        pairs.append(_pair(path, number, words[:-4], kind))
    return pairs, windows


def read_numbered_windows(spec: LayerSpec, path: str, kind: str, count: int
                          ) -> tuple[list[Pair], list[PixelWindow], Pixels]:
    """As `read_windowed_pairs`, with `count` numbers after each window: (lines, count) uint8."""
    pairs = []
    windows = []
    rows = []
    for number, line in _lines(spec, path):
        words = line.split()
        found = words[-count:]
        if not all(word.isdigit() and int(word) <= 255 for word in found):
            raise DataError(f"{path}:{number}: '{shortened(line.strip())}' does not end with "
                            f"{count} numbers from 0 to 255 (window_cls_data_param.label_dim)")
        rows.append([int(word) for word in found])
        windows.append(_window(path, number, line, words[-count - 4:-count]))
        pairs.append(_pair(path, number, words[:-count - 4], kind))
    return pairs, windows, np.array(rows, np.uint8)


def _window(path: str, number: int, line: str, words: list[str]) -> PixelWindow:
    try:
        x1, y1, x2, y2 = (int(word) for word in words)
    except ValueError:
        raise DataError(f"{path}:{number}: '{shortened(line.strip())}' does not end with x1 y1 x2 "
                        "y2, and the numbers that follow them if there are any") from None
    if x2 < x1 or y2 < y1:
        raise DataError(f"{path}:{number}: the window {x1} {y1} {x2} {y2} is inside out")
    return x1, y1, x2, y2


def read_pairs(spec: LayerSpec, path: str, kind: str = "PIXEL") -> list[Pair]:
    """The lines of a list: an image, followed by what `kind` says."""
    return [_pair(path, number, line.split(), kind) for number, line in _lines(spec, path)]


def _lines(spec: LayerSpec, path: str) -> list[tuple[int, str]]:
    """The lines of a list that are not empty, with their numbers."""
    if not path:
        raise spec.error("source", "is missing; it names a list of images and label maps")
    return numbered_lines(path, f"{spec.place()}: ")


def _pair(path: str, number: int, words: list[str], kind: str) -> Pair:
    is_label = kind != "IMAGE" or (len(words) > 1 and words[1].isdigit())
    if not words or (kind != "NONE" and (len(words) != 2 or not is_label)):
        wanted = "image label" if kind == "IMAGE" else "image label_map"
        raise DataError(f"{path}:{number}: '{' '.join(words)}' is not `{wanted}`")
    return words[0], words[1] if kind != "NONE" else ""


def warn_of_colours(spec: LayerSpec, path: str) -> None:
    """Log that the grey levels of a label map in colours are taken, which hardly ever is meant."""
    try:
        with open(path, "rb") as file:
            head = file.read(len(SIGNATURE) + 18)
    except OSError:
        return              # its record will say so
    if head.startswith(SIGNATURE) and len(head) == len(SIGNATURE) + 18 and head[-1] != GREY:
        logging.getLogger("framework.data").warning(
            "layer '%s' (%s): %s is in colours; their grey levels are taken as labels, as in the "
            "original: tools/convert_dataset makes label maps of the classes", spec.name,
            spec.type, path)


def _check(spec: LayerSpec) -> None:
    """SpecError for what only images without label maps can have in their transform_param."""
    param = spec.proto.transform_param
    for name in ("expand_param", "emit_constraint", "bgr2rgb", "pad", *random_sizes.NVIDIA,
                 *random_sizes.INTEL):
        if random_sizes.is_set(param, name):
            raise spec.error(f"transform_param.{name}", f"is not taken by {spec.type}")
    resize = param.resize_param
    if param.HasField("resize_param") and resize.resize_mode == resize.FIT_LARGE_SIZE_AND_PAD:
        raise spec.error("transform_param.resize_param.resize_mode", "pads, which label maps "
                         "cannot follow; use WARP or FIT_SMALL_SIZE")
    if any(factor <= 0 for factor in param.scale_factors):
        raise spec.error("transform_param.scale_factors", "must be above 0")
    checked_param(spec)


def _check_divided(spec: LayerSpec, param: DenseImageDataParameter) -> None:
    """SpecError unless label maps can be that many times smaller than their images."""
    field, part = "dense_image_data_param.label_divide_factor", param.label_divide_factor
    sizes = (param.new_height, param.new_width)
    if part < 1 or min(sizes) < 1 or any(size % part for size in sizes):
        raise spec.error(field, f"is {part}; it must divide new_height and new_width, which are "
                         f"{sizes[0]} and {sizes[1]}")
    transform = spec.proto.transform_param
    for name in ("crop_size", "crop_h", "crop_w", "resize_param", "scale_factors",
                 "max_rotation_angle"):
        if is_set(transform, name):
            raise spec.error(field, f"is given together with transform_param.{name}, which label "
                             "maps of another size cannot follow")


def _with_old_fields(spec: LayerSpec, param: DenseImageDataParameter) -> LayerSpec:
    """The layer with the fields of dense_image_data_param that belong to transform_param there."""
    proto = type(spec.proto)()
    proto.CopyFrom(spec.proto)
    transform = proto.transform_param
    transform.mirror = transform.mirror or param.mirror
    if param.crop_height and param.crop_width:
        transform.crop_h = param.crop_height
        transform.crop_w = param.crop_width
    if param.HasField("mean_file"):
        transform.mean_file = param.mean_file
    return dataclasses.replace(spec, proto=proto)
