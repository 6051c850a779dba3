"""Mean subtraction and scaling: mean_value, mean_file and scale of transform_param.

Source: TransformationParameter in caffe.proto; data_transformer.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.data.records.mean_file import read_mean_image
from framework.data.records.records import BadRecord, Pixels
from framework.proto import TransformationParameter
from framework.system.arrays import Floats
from framework.system.wording import counted


@dataclass(frozen=True)
class Mean:
    """mean and scale of a transform_param: (pixel - mean) * scale.

    values  () for none, else one for all channels or one for each
    image   (channels, height, width) float32 of a mean_file, or None
    """

    values: tuple[float, ...] = ()
    image: Floats | None = None
    scale: float = 1.0

    @property
    def is_plain(self) -> bool:
        """Is the mean the same at every pixel? Then batches can stay in bytes until the device."""
        return self.image is None

    def fill(self, channels: int) -> tuple[float, ...]:
        """What an expanded image is filled with, for each channel; 0 without a mean.

        Of a mean_file it is the average, since its size seldom is that of the expanded image;
        the original demands that it is.
        """
        if self.image is not None:
            return tuple(float(value) for value in self.image.mean((1, 2)))
        return self.by_channel(channels) or (0.0,) * channels

    def by_channel(self, channels: int) -> tuple[float, ...]:
        """The mean values, one a channel; () for none. Raises BadRecord if they do not fit."""
        if len(self.values) not in (0, 1, channels):
            raise BadRecord(f"the image has {counted(channels, 'channel')}, but mean_value is "
                            f"given {len(self.values)} times")
        return self.values * channels if len(self.values) == 1 else self.values

    def subtract_image(self, pixels: Pixels, x: int, y: int, height: int, width: int) -> Pixels:
        """(crop - mean) * scale of a crop at (x, y) of an image of that size.

        The mean image must have that size (BVLC's data_transformer.cpp), or that of the crop
        (Transform of a cv::Mat in that of weiliu89/caffe). Returns float32.
        """
        assert self.image is not None
        mean = self.image
        if mean.shape[1:] == (height, width):
            mean = mean[:, y:y + pixels.shape[0], x:x + pixels.shape[1]]
        if mean.shape != (pixels.shape[2], *pixels.shape[:2]):
            raise BadRecord(f"the image has shape {(pixels.shape[2], height, width)}, the "
                            f"mean_file {self.image.shape}; they must be the same")
        result: Pixels = (pixels - mean.transpose(1, 2, 0)) * np.float32(self.scale)
        return result

    def subtract_middle(self, pixels: Pixels) -> Pixels:
        """(crop - mean) * scale with the middle of the mean image, wherever the crop was.

        For crops of images that were stretched at random, or have another size than the mean
        image: BVLC's and SSD's branches end with the latter, NVIDIA's takes the middle for all.
        Returns float32. Raises BadRecord if the mean image is smaller than the crop.
        Source: apply_mean_scale_mirror in data_transformer.cpp of NVIDIA/caffe.
        """
        assert self.image is not None
        height, width, channels = pixels.shape
        y = (self.image.shape[1] - height) // 2
        x = (self.image.shape[2] - width) // 2
        if min(y, x) < 0 or self.image.shape[0] != channels:
            raise BadRecord(f"the crop has shape {(channels, height, width)}, the mean_file "
                            f"{self.image.shape}; it must be as large, with as many channels")
        mean = self.image[:, y:y + height, x:x + width]
        result: Pixels = (pixels - mean.transpose(1, 2, 0)) * np.float32(self.scale)
        return result


def read_mean(param: TransformationParameter) -> Mean:
    """The mean and scale of a TransformationParameter. DataError for an unusable mean_file."""
    image = read_mean_image(param.mean_file) if param.HasField("mean_file") else None
    return Mean(tuple(param.mean_value), image, param.scale)
