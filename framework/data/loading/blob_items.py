"""Clips with a truth for each voxel, from files that hold one blob each.

Source: load_blob_from_binary and load_blob_from_uint8_binary in image_io.cpp, and the data layers
of video_segmentation and video_with_voxel_truth, of facebook/C3D v1.0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from framework.data.augment.clip_transform import Layout, read_clip_mean
from framework.data.augment.draws import Draws
from framework.data.augment.mean import Mean
from framework.data.loading.batches import Item
from framework.data.records.images import failing_as_bad
from framework.data.records.records import BadRecord
from framework.proto import TransformationParameter
from framework.system.arrays import Array, Floats
from framework.system.regular import read_regular

NUM_AXES = 5            # items, channels, frames, height, width
MAX_BYTES = 1 << 31


def read_blob(path: str, is_bytes: bool) -> Array:
    """The blob of a file, (channels, frames, height, width): five sizes as int32, then the values.

    is_bytes  values are uint8, else float32
    Raises BadRecord for a file that is absent or is not such a blob of one item.
    """
    try:
        content = read_regular(path, MAX_BYTES)
    except OSError as error:
        raise BadRecord(str(error)) from None
    if len(content) < 4 * NUM_AXES:
        raise BadRecord(f"it has {len(content)} bytes; a blob begins with five sizes of 4")
    shape = tuple(int(size) for size in np.frombuffer(content, "<i4", NUM_AXES))
    kind = np.dtype("u1" if is_bytes else "<f4")
    wanted = 4 * NUM_AXES + math.prod(shape) * kind.itemsize
    if shape[0] != 1 or min(shape) < 1 or len(content) != wanted:
        raise BadRecord(f"it has {len(content)} bytes and begins with the sizes {shape}; with one "
                        f"item of {kind.name} these would be {wanted} bytes")
    return np.frombuffer(content, kind, offset=4 * NUM_AXES).reshape(shape[1:])


@dataclass(frozen=True)
class TruthForm:
    """How the truth of a voxel is read.

    channels  the last ones of a blob
    scale     factor, unless there are bounds
    bounds    least and greatest value, which become 0 and 1; None: no bounds
    is_flow   the first channel is the motion along x, which changes its sign in a mirror
    """

    channels: int = 1
    scale: float = 1.0
    bounds: tuple[float, float] | None = None
    is_flow: bool = False

    def values(self, truth: Floats, is_mirrored: bool) -> Floats:
        if is_mirrored and self.is_flow:
            truth = truth.copy()
            truth[0] = -truth[0]
        if self.bounds is None:
            return truth * np.float32(self.scale)
        low, high = (np.float32(bound) for bound in self.bounds)
        return np.clip((truth - low) / (high - low), 0, 1)


@dataclass
class BlobItems:
    """Clips of blob files: two planes each, all frames of the images, and those of the truth.

    param     TransformationParameter, as bytes: scale, mean, crop_size, mirror
    is_train  random crops in TRAIN, central ones in TEST
    """

    paths: Sequence[str]
    param: bytes
    is_train: bool
    is_bytes: bool
    truth: TruthForm
    _mean: dict[tuple[int, int], Mean] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:       # Any: the fields
        return {**self.__dict__, "_mean": {}}

    def open(self) -> None:
        self.transform = TransformationParameter.FromString(self.param)

    def size(self) -> int:
        return len(self.paths)

    def name(self, index: int) -> str:
        return self.paths[index]

    def channels(self, blob: Array) -> int:
        """Of the images of a blob. BadRecord if the truth leaves none."""
        count = len(blob) - self.truth.channels
        if count < 1:
            raise BadRecord(f"it has {len(blob)} channels, {self.truth.channels} of the truth; "
                            "none is left for images")
        return count

    def item(self, index: int, draws: Draws) -> Item:
        with failing_as_bad():
            blob = read_blob(self.paths[index], self.is_bytes)
            count = self.channels(blob)
            clip = self._subtract(blob[:count])
            truth = blob[count:].astype(np.float32)
            size = self.transform.crop_size
            if size:
                y, x = self._corner(blob, size, draws)
                is_mirrored = self.transform.mirror and draws.below(2) == 1
                step = -1 if is_mirrored else 1
                clip, truth = (part[:, :, y:y + size, x:x + size][..., ::step]
                               for part in (clip, truth))
                truth = self.truth.values(truth, is_mirrored)
            return Item(tuple(_plane(part) for part in (clip, truth)))

    def _subtract(self, clip: Array) -> Floats:
        """(value - mean) * scale, float32."""
        channels, frames, *size = clip.shape
        if (channels, frames) not in self._mean:
            layout = Layout(channels, frames, is_volume=True)
            self._mean[channels, frames] = read_clip_mean(self.transform, layout)
        mean = self._mean[channels, frames]
        planes = clip.reshape(-1, *size).astype(np.float32)
        if mean.image is not None and mean.image.shape != planes.shape:
            raise BadRecord(f"it has the shape {planes.shape}, the mean_file {mean.image.shape}; "
                            "they must be the same")
        if mean.image is not None:
            planes = planes - mean.image
        elif mean.values:
            planes = planes - np.array(mean.values, np.float32)[:, None, None]
        return (planes * np.float32(mean.scale)).reshape(clip.shape)

    def _corner(self, blob: Array, size: int, draws: Draws) -> tuple[int, int]:
        """Of the crop. At random the last row and column are not reached, as in the original."""
        room = [side - size for side in blob.shape[2:]]
        if min(room) < 0:
            raise BadRecord(f"its frames are {blob.shape[3]} x {blob.shape[2]}, smaller than the "
                            f"crop of {size} x {size}")
        if self.is_train:
            return draws.below(max(room[0], 1)), draws.below(max(room[1], 1))
        return room[0] // 2, room[1] // 2

    def tops(self, items: Sequence[Item]) -> list[Array]:
        return []

    def found_bad(self) -> dict[int, str]:
        return {}


def _plane(part: Floats) -> Floats:
    """(channels, frames, height, width) as (height, width, channels * frames)."""
    plane: Floats = part.reshape(-1, *part.shape[2:]).transpose(1, 2, 0)
    return plane
