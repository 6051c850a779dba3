"""WindowData: object and background windows of images, in a fixed proportion (R-CNN)."""

from __future__ import annotations

from framework.data.augment import random_sizes
from framework.data.loading.window_items import WindowItems, read_windows
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, layer
from framework.layers.data.image_source import ImageSource, transformation, warn_of_idle_fields

IDLE = (*random_sizes.NVIDIA, *random_sizes.INTEL, "bgr2rgb", "pad")   # of transform_param


@layer
class WindowData(ImageSource):
    """Batches of windows, drawn at random, resized to crop_size.

    Tops:   windows (batch_size, channels, crop_size, crop_size), (pixel - mean) * scale, and 0
            outside the image; classes (batch_size,), 0 for background.
    Errors: SpecError for settings that cannot be followed; DataError for an unusable window file.
    Source: WindowDataParameter in caffe.proto; BVLC window_data_layer.cpp.
    """

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
                               param.bg_threshold)
        items = WindowItems(windows, transformation(spec, idle=self.idle_fields), param.batch_size,
                            int(param.batch_size * param.fg_fraction), param.context_pad,
                            param.crop_mode == "square")
        self.is_finished_early = True
        self.start(items, param.batch_size, num_records=len(windows.images))
