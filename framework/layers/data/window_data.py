"""Windows of images: of objects and background (WindowData, R-CNN), and in groups."""

from __future__ import annotations

from dataclasses import replace

from framework.data.augment import random_sizes
from framework.data.augment.mean import Mean, read_mean
from framework.data.loading.window_groups import GroupItems, GroupSettings, read_groups
from framework.data.loading.window_items import WindowItems, read_windows
from framework.data.records.records import BadRecord
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.image_source import ImageSource, transformation, warn_of_idle_fields
from framework.layers.params import honour, times

IDLE = (*random_sizes.NVIDIA, *random_sizes.INTEL, "bgr2rgb", "pad")   # of transform_param


@layer
class WindowData(ImageSource):
    """Batches of windows, drawn at random, resized to crop_size.

    Tops:   windows (batch_size, channels, crop_size, crop_size), (pixel - mean) * scale, and 0
            outside the image; classes (batch_size,), 0 for background.
    With `shuffle: false` all windows come in the order of the file instead, also those that are
    neither of objects nor of background, with their class; fg_fraction has no effect.
    Errors: SpecError for settings that cannot be followed; DataError for an unusable window file.
    Source: WindowDataParameter in caffe.proto; BVLC window_data_layer.cpp; for `shuffle` that of
            Robert0812/deepsaldet, where it is false by default.
    """

    fork_fields = frozenset(["window_data_param.shuffle"])
    reads = ("transform_param",)
    list_param = "window_data_param"
    num_tops = (2, 2)
    idle_fields = IDLE

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        param = spec.proto.window_data_param
        size = spec.proto.transform_param.crop_size
        if size == 0:
            raise spec.error("transform_param.crop_size", "is missing; windows need a size")
        if 2 * param.context_pad >= size:
            raise spec.error("window_data_param.context_pad", f"is {param.context_pad}; twice of "
                             f"it must be less than crop_size {size}")
        if param.crop_mode not in ("warp", "square"):
            raise spec.error("window_data_param.crop_mode", f"is '{param.crop_mode}'; it must be "
                             "'warp' or 'square'")

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        warn_of_idle_fields(spec)
        param = spec.proto.window_data_param
        windows = read_windows(param.source, param.root_folder, param.fg_threshold,
                               param.bg_threshold, param.shuffle)
        items = WindowItems(windows, transformation(spec, idle=self.idle_fields), param.batch_size,
                            int(times(param.batch_size, param.fg_fraction)), param.context_pad,
                            param.crop_mode == "square", not param.shuffle)
        self.is_finished_early = True
        self.start(items, param.batch_size,
                   num_records=len(windows.images) if param.shuffle else None)


@layer
class GenericWindowData(ImageSource):
    """Batches of groups of windows, one of each of several images, with numbers for each group.

    Tops:   the crops of a group as channels of one image (batch_size, images * channels,
            crop_size, crop_size), (pixel - mean) * scale, channels 3 or, with is_gray, 1; the
            numbers (batch_size, numbers, 1, 1).
    Groups come in the order of the file. What of a window, with its context_pad, is within the
    image is stretched to the crop. With random_crop crop_size pixels from anywhere in the image
    are taken instead; with max_jitter windows are moved in TRAIN, and then end at the image's
    lower side, as in the original. All images of a group have one draw. `scale` and `mirror` are
    those of generic_window_data_param; without random_crop and max_jitter the original ends at
    `mirror`.
    Errors: SpecError for settings that cannot be followed; DataError for an unusable window file.
    Source: GenericWindowDataParameter; generic_window_data_layer.cpp, crop_data_layer.cpp of
            pulkitag/caffe; Agrawal et al. 2015.
    """

    reads = ("transform_param",)
    list_param = "generic_window_data_param"
    num_tops = (2, 2)
    idle_fields = IDLE

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        super().check_fields(spec)
        honour(spec, "generic_window_data_param", "source scale batch_size crop_size mirror "
               "context_pad crop_mode root_folder random_crop is_gray max_jitter")
        param = spec.proto.generic_window_data_param
        if param.crop_size == 0:
            raise spec.error("generic_window_data_param.crop_size", "is missing; windows need a "
                             "size")
        if 2 * param.context_pad >= param.crop_size:
            raise spec.error("generic_window_data_param.context_pad", f"is {param.context_pad}; "
                             f"twice of it must be less than crop_size {param.crop_size}")

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.generic_window_data_param
        images = (param.batch_size or 1, 1 if param.is_gray else 3, param.crop_size,
                  param.crop_size)
        return [images, (images[0], 1, 1, 1)]

    @classmethod
    def may_be(cls, spec: LayerSpec, top: str, shape: Shape) -> bool:
        images, labels = cls.assumed_shapes(spec)
        if top == spec.tops[0]:
            return len(shape) == 4 and shape[1] % images[1] == 0 and shape[2:] == images[2:]
        return shape[:1] == labels[:1]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        warn_of_idle_fields(spec)
        transformation(spec, idle=self.idle_fields)     # checks its fields
        param = spec.proto.generic_window_data_param
        groups = read_groups(param.source, param.root_folder)
        mean = replace(read_mean(spec.proto.transform_param), scale=param.scale)
        try:
            mean.by_channel(1 if param.is_gray else 3)
        except BadRecord as error:
            raise spec.error("transform_param.mean_value", f"does not fit: {error}") from None
        settings = GroupSettings(param.crop_size, param.context_pad, param.crop_mode == "square",
                                 param.random_crop, param.max_jitter * (spec.phase == "TRAIN"),
                                 param.mirror, param.is_gray)
        self.is_finished_early = True
        labels = (param.batch_size, len(groups[0].labels), 1, 1)
        self.start(GroupItems(groups, settings, mean), param.batch_size, labels, mean=Mean())
