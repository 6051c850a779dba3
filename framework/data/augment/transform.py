"""Image augmentation (transform_param): from a record's image and boxes to those of a batch.

`order` lists the steps. Source: data_transformer.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from framework.data.augment import (
    appearance,
    distortion,
    noise,
    perspective,
    random_sizes,
    resizing,
    steps,
    turning,
    yolo,
)
from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.augment.mean import Mean
from framework.data.augment.order import Order
from framework.data.augment.steps import Sample
from framework.data.records.image_size import FLAG, max_pixels
from framework.data.records.records import Pixels, Record
from framework.proto import BatchSampler, TransformationParameter
from framework.system.arrays import Floats

MAX_EXPAND_RATIO = 100          # of a side: SSD has 4


class Transformer:
    """A transform_param (and batch_samplers), ready to work on images.

    param      TransformationParameter
    is_train   random crops in TRAIN, central ones in TEST
    samplers   BatchSampler messages of an AnnotatedData layer
    jitter     of MobileNet-YOLO's windows, in place of samplers; 0: none
    Not for several threads at once: it keeps memory for decoded and expanded images.
    """

    def __init__(self, param: TransformationParameter, is_train: bool, mean: Mean,
                 samplers: Sequence[BatchSampler] = (), jitter: float = 0):
        self.param = param
        self._sizes = yolo.sizes_of(param)
        self._order = Order(param, is_train, mean, samplers, jitter)
        self.use_size(0)

    def use_size(self, number: int) -> None:
        """Resize from now on by the resize_param of this number, where there are several."""
        resize_param = self._sizes[number] if self._sizes else None
        self.view_steps = self._order.view(resize_param)
        self._boxed_steps = self._order.boxed(resize_param)
        self._plain_steps = self._order.plain(resize_param)
        self._paired_steps = self._order.paired(resize_param)

    def start_batch(self, seed: int, batch_index: int) -> None:
        """Take the size of a batch, where there are several."""
        if len(self._sizes) > 1:
            probabilities = [size.prob for size in self._sizes]
            self.use_size(yolo.choose_size(probabilities, seed, batch_index))

    def __call__(self, record: Record, draws: Draws) -> tuple[Pixels, Floats | None]:
        """The image (height, width, channels) and boxes for the batch.

        The pixels are uint8, still without mean and scale; or float32, with a mean_file's mean and
        scale applied; or float32 without, if the record holds floats. They may be in memory that
        the next call uses. Raises BadRecord.
        """
        sample = self.sample(record, draws)
        return sample.pixels, sample.boxes

    def sample(self, record: Record, draws: Draws) -> Sample:
        """As a call: all that the steps left, the window and the mirror too."""
        image = record.image
        sample = Sample(record.boxes, Rectangle(0, 0, image.width, image.height), image)
        return steps.run(self._boxed_steps, sample, draws)

    def without_boxes(self, pixels: Pixels, draws: Draws) -> Pixels:
        """As a call, for the layers that neither distort nor expand: Data, ImageData, ..."""
        return self.plain_sample(pixels, draws).pixels

    def plain_sample(self, pixels: Pixels, draws: Draws) -> Sample:
        """As `without_boxes`: all that the steps left, the crop and the mirror too."""
        height, width = pixels.shape[:2]
        sample = Sample(None, Rectangle(0, 0, width, height), pixels=pixels)
        return steps.run(self._plain_steps, sample, draws)

    def pair(self, pixels: Pixels, marks: Pixels, draws: Draws,
             ignore_label: int) -> tuple[Pixels, Pixels]:
        """Augment an image and its label map (height, width, 1) alike.

        What a crop lacks is added on the right and below, in the mean's colour and `ignore_label`.
        Raises BadRecord.
        """
        height, width = pixels.shape[:2]
        sample = Sample(None, Rectangle(0, 0, width, height), pixels=pixels, marks=marks,
                        ignore_label=ignore_label)
        steps.run(self._paired_steps, sample, draws)
        assert sample.marks is not None
        return sample.pixels, sample.marks


def check_transform(param: TransformationParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for settings of a transform_param that cannot be followed."""
    if param.force_color and param.force_gray:
        raise error("transform_param.force_gray", "cannot be set together with force_color")
    if param.HasField("mean_file") and param.mean_value:
        raise error("transform_param.mean_file", "cannot be given together with mean_value")
    for field, values in (("mean_value", param.mean_value), ("scale", [param.scale])):
        for value in values:
            if not math.isfinite(value):
                raise error(f"transform_param.{field}", f"is {value:g}; it must be a finite number")
    if param.HasField("resize_param"):
        for one in yolo.sizes_of(param):
            resizing.check_resize(one, error)
        yolo.check_sizes(param, error)
    if param.HasField("noise_param"):
        noise.check_noise(param.noise_param, error)
    if param.HasField("geometry_param"):
        perspective.check_geometry(param.geometry_param, error)
    turning.check_turning(param, error)
    appearance.check_appearance(param, error)
    if param.HasField("distort_param"):
        distortion.check_distortion(param.distort_param, error)
    if param.HasField("expand_param") \
            and not 1 < param.expand_param.max_expand_ratio <= MAX_EXPAND_RATIO:
        raise error("transform_param.expand_param.max_expand_ratio",
                    f"is {param.expand_param.max_expand_ratio:g}; it must be above 1, and at most "
                    f"{MAX_EXPAND_RATIO}")
    _check_crop(param, error)
    random_sizes.check_stretching(param, error)


def _check_crop(param: TransformationParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error` for a crop of more pixels than an image may have."""
    for field, height, width in (("crop_size", param.crop_size, param.crop_size),
                                 ("crop_h", param.crop_h, param.crop_w)):
        if height * width > max_pixels():
            raise error(f"transform_param.{field}", f"makes images of {width} x {height} pixels, "
                        f"more than {max_pixels()}, which {FLAG} allows")
