"""Image transform of a trained net: the mean and scale that the layer of its images names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from framework.data.records.mean_file import read_mean_image
from framework.errors import DataError
from framework.net.net import Net
from framework.proto import TransformationParameter
from framework.system.arrays import Floats

Mean = Sequence[float] | str | Path     # values a channel (one counts for all), or a mean file


def image_blobs(net: Net, names: Iterable[str]) -> list[str]:
    """Those of the blobs `names` that images may be: (N, C, H, W) with 1 or 3 channels."""
    return [name for name in names
            if len(net.shapes[name]) == 4 and net.shapes[name][1] in (1, 3)]


@dataclass(frozen=True)
class ImageTransform:
    """What is done with the pixels of a net's images: (pixel - mean) * scale.

    param     the transform_param of the layer that gives the images
    is_given  whether that layer has one
    channels  of the images
    mean      as it was said: values a channel (one counts for all), or the path of a mean file
    """

    param: TransformationParameter
    is_given: bool
    channels: int
    mean: Mean
    scale: float

    def mean_array(self) -> Floats:
        """What to subtract: (1,), (C,), or (H, W, C) of a mean file. DataError if it does not fit.
        """
        if isinstance(self.mean, str | Path):
            return np.ascontiguousarray(read_mean_image(self.mean).transpose(1, 2, 0))
        if len(self.mean) not in (1, self.channels):
            raise DataError(f"{len(self.mean)} mean values are given; it must be one, or "
                            f"{self.channels}")
        return np.array(self.mean, np.float32)

    def check_size(self, mean: Floats, shape: tuple[int, ...]) -> None:
        """DataError for a mean file of another size than the images, `shape` (H, W, C)."""
        if mean.ndim == 3 and mean.shape != shape:
            raise DataError(f"{self.mean}: the mean is {mean.shape[0]} x {mean.shape[1]} of "
                            f"{mean.shape[2]} channels; the net takes {shape[0]} x {shape[1]} of "
                            f"{shape[2]}")


def read_transform(net: Net, blob: str, mean: Mean | None = None, scale: float | None = None
                   ) -> ImageTransform:
    """The transform of the input `blob`; `mean` and `scale` replace the net's."""
    spec = next(spec for spec in net.spec.layers if blob in spec.tops)
    param = spec.proto.transform_param
    if mean is None:
        mean = param.mean_file or list(param.mean_value) or [0.0]
    if scale is None:
        scale = param.scale
    return ImageTransform(param, spec.proto.HasField("transform_param"), net.shapes[blob][1], mean,
                          scale)
