"""Video clip augmentation: one crop, one size and one mirroring for all frames of a clip.

Source: data_transformer.cpp of facebook/C3D v1.1 (VideoTransform) and of yjxiong/caffe, branch
action_recog, whose fields multi_scale, scale_ratios, max_distort, fix_crop, more_fix_crop and
is_flow are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.augment.mean import Mean
from framework.data.records.images import BadRecord, Pixels
from framework.data.records.mean_file import read_mean_blob
from framework.errors import DataError
from framework.proto import TransformationParameter
from framework.system.arrays import Floats
from framework.weights.blob import describe

DEFAULT_RATIOS = (1.0, 0.875, 0.75, 0.66)
NEAR = 3        # a crop whose side differs by less from crop_size takes crop_size


@dataclass(frozen=True)
class Layout:
    """How the frames of a clip are arranged in one array.

    channels    of a frame: 3, or 1 for a frame in grey; a frame of flow is two of 1
    num_frames  all images of a clip
    is_volume   channel by channel, each with all frames (C3D); else frame by frame
    """

    channels: int
    num_frames: int
    is_volume: bool

    @property
    def num_planes(self) -> int:
        """Channels of all images of a clip."""
        return self.channels * self.num_frames

    def stack(self, frames: Sequence[Pixels]) -> Pixels:
        """Frames (height, width, channels) as (planes, height, width). BadRecord if they differ."""
        sizes = [frame.shape[:2] for frame in frames]
        for index, (height, width) in enumerate(sizes):
            if (height, width) != sizes[0]:
                raise BadRecord(f"its frame {index} is {width} x {height}, the first one "
                                f"{sizes[0][1]} x {sizes[0][0]}; new_height and new_width would "
                                "take both")
        axes = (3, 0, 1, 2) if self.is_volume else (0, 3, 1, 2)
        return np.stack(frames).transpose(axes).reshape(self.num_planes, *sizes[0])


class ClipTransformer:
    """A transform_param, ready to work on the planes of clips.

    param     TransformationParameter
    is_train  random crops in TRAIN, central ones in TEST
    """

    def __init__(self, param: TransformationParameter, is_train: bool, layout: Layout):
        self.param = param
        self.is_train = is_train
        self.mean = read_clip_mean(param, layout)

    def __call__(self, planes: Pixels, draws: Draws) -> Pixels:
        """Planes (planes, height, width) uint8 cropped and mirrored; float32 with a mean_file.

        Raises BadRecord for a clip smaller than the crop or of another size than the mean_file.
        """
        mean = self.mean.image
        if mean is not None and mean.shape != planes.shape:
            raise BadRecord(f"the clip has the shape {describe(planes.shape)}, the mean_file "
                            f"{describe(mean.shape)}; they must be the same")
        crop = self.choose_crop(planes.shape[1], planes.shape[2], draws)
        is_mirrored = self.param.mirror and draws.below(2) == 1
        part = self._cut(planes, crop)
        if is_mirrored and self.param.is_flow:
            part = part.copy()
            part[::2] = 255 - part[::2]         # every second plane is x: its sign changes
        if mean is not None:
            part = (part - self._cut(mean, crop)) * np.float32(self.mean.scale)
        return part[:, :, ::-1] if is_mirrored else part

    def choose_crop(self, height: int, width: int, draws: Draws) -> Rectangle:
        """What is cut from frames of that size; it is then resized if it is not crop_size."""
        size = self.param.crop_size
        if not size:
            return Rectangle(0, 0, width, height)
        if size > height or size > width:
            raise BadRecord(f"its frames are {width} x {height}, smaller than the crop of "
                            f"{size} x {size}")
        if not self.is_train:
            return Rectangle((width - size) // 2, (height - size) // 2, size, size)
        crop_height = crop_width = size
        if self.param.multi_scale:
            sizes = crop_sizes(min(height, width), size, self.param)
            crop_height, crop_width = sizes[draws.below(len(sizes))]
        if self.param.fix_crop:
            offsets = crop_offsets(height - crop_height, width - crop_width,
                                   self.param.more_fix_crop)
            y, x = offsets[draws.below(len(offsets))]
        else:
            y = draws.below(height - crop_height + 1)
            x = draws.below(width - crop_width + 1)
        return Rectangle(x, y, crop_width, crop_height)

    def _cut(self, planes: Pixels, crop: Rectangle) -> Pixels:
        part = planes[:, crop.y:crop.y + crop.height, crop.x:crop.x + crop.width]
        size = self.param.crop_size
        if not size or (crop.height, crop.width) == (size, size):
            return part
        return np.stack([cv2.resize(plane, (size, size), interpolation=cv2.INTER_LINEAR)
                         for plane in part])


def crop_sizes(base: int, size: int, param: TransformationParameter) -> list[tuple[int, int]]:
    """All (height, width) that multi_scale draws from: pairs of scale_ratios, `max_distort` or
    less apart in their list, of the frames' shorter side `base`."""
    ratios = param.scale_ratios or DEFAULT_RATIOS
    sides = [int(np.float32(base) * np.float32(ratio)) for ratio in ratios]
    sides = [size if abs(side - size) < NEAR else side for side in sides]
    sizes = []
    for row, height in enumerate(sides):
        first = max(row - param.max_distort, 0)
        sizes += [(height, width) for width in sides[first:row + param.max_distort + 1]]
    return sizes


def crop_offsets(spare_height: int, spare_width: int, has_more: bool) -> list[tuple[int, int]]:
    """The (y, x) that fix_crop draws from: the corners and the centre; more_fix_crop adds the
    middles of the sides and of the quarters. All are multiples of a fourth of what is left."""
    quarters = [(0, 0), (0, 4), (4, 0), (4, 4), (2, 2)]
    if has_more:
        quarters += [(0, 2), (4, 2), (2, 0), (2, 4), (1, 1), (1, 3), (3, 1), (3, 3)]
    down = spare_height // 4
    across = spare_width // 4
    return [(row * down, column * across) for row, column in quarters]


@dataclass(frozen=True)
class ClipTransformation:
    """The settings of a ClipTransformer, as bytes, since messages cannot be sent to workers."""

    param: bytes
    is_train: bool
    layout: Layout

    def open(self) -> ClipTransformer:
        """The transformer, in the process that uses it."""
        param = TransformationParameter.FromString(self.param)
        return ClipTransformer(param, self.is_train, self.layout)


def read_clip_mean(param: TransformationParameter, layout: Layout) -> Mean:
    """Mean and scale with a value, or an image, for each plane of a clip.

    One mean_value is for all planes; several repeat: they are those of the channels of a frame,
    or of several successive frames. DataError if their number, or the mean_file, does not fit.
    """
    if param.HasField("mean_file"):
        return Mean((), read_mean_clip(param.mean_file, layout), param.scale)
    values = tuple(param.mean_value)
    # In a volume all frames of a channel follow each other, so that values repeat by channel.
    period = layout.channels if layout.is_volume else layout.num_planes
    if len(values) > 1 and (len(values) > period or period % len(values)):
        raise DataError(f"mean_value is given {len(values)} times; for clips of {layout.num_planes}"
                        f" planes it must be once, or for parts of {period} of them")
    values *= layout.channels if layout.is_volume and len(values) == 1 else 1
    if layout.is_volume:
        return Mean(tuple(np.repeat(values, layout.num_frames).tolist()), None, param.scale)
    return Mean(values * (layout.num_planes // max(len(values), 1)), None, param.scale)


def read_mean_clip(path: str, layout: Layout) -> Floats:
    """The mean of a BlobProto file, (planes, height, width). DataError if it cannot be used.

    Its axes are channels, frames, height, width for a volume, else planes, height, width, and ones
    before them. C3D v1.0's own BlobProto is known too.
    """
    blob = read_mean_blob(path)
    wanted = (layout.channels, layout.num_frames) if layout.is_volume else (layout.num_planes,)
    axes = len(wanted) + 2
    shape = (1,) * (axes - len(blob.shape)) + tuple(blob.shape)
    if shape[-axes:-2] != wanted or set(shape[:-axes]) - {1}:
        raise DataError(f"{path}: the mean_file has the shape {describe(blob.shape)}; it must be "
                        f"1 x {describe(wanted)} x height x width")
    return blob.values.astype(np.float32).reshape(layout.num_planes, *shape[-2:])
