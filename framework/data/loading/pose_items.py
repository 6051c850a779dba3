"""Pose items: images of people with their joints, and the maps of a pose net.

Source: cpm_data_layer.cpp and cpm_data_transformer.cpp of CMU-Perceptual-Computing-Lab/caffe_train.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment import pose
from framework.data.augment.draws import Draws
from framework.data.loading.batches import Item
from framework.data.loading.items import RecordItems
from framework.data.records.image_size import max_pixels
from framework.data.records.records import BadRecord, Pixels, parse
from framework.proto import CPMTransformationParameter, Datum
from framework.system.arrays import Array, Floats

CHANNELS = 6            # of a record: image, its people, where people without joints are, unused
GREY = 128              # around the image, and the mean


@dataclass
class PoseItems(RecordItems):
    """Records of an LMDB: a Datum of 6 channels each, bytes.

    param     CPMTransformationParameter, as bytes
    is_train  scaled, turned, cropped and mirrored at random; else as they are
    """

    param: bytes
    is_train: bool
    has_labels: bool

    def open(self) -> None:
        super().open()
        self.settings = CPMTransformationParameter.FromString(self.param)
        self.skeleton = pose.SKELETONS[self.settings.num_parts]

    def item(self, index: int, draws: Draws) -> Item:
        datum = parse(Datum(), self.database.read(index))
        cells = datum.height * datum.width
        if datum.channels != CHANNELS or len(datum.data) != CHANNELS * cells or not cells:
            raise BadRecord(f"it has {len(datum.data)} bytes for {datum.channels} channels of "
                            f"{datum.width} x {datum.height}; there must be {CHANNELS} channels")
        planes = np.frombuffer(datum.data, np.uint8).reshape(CHANNELS, datum.height, datum.width)
        image: Pixels = np.ascontiguousarray(planes[:3].transpose(1, 2, 0))
        people = pose.read_people(planes[3:].tobytes(), datum.width, self.settings.np_in_lmdb)
        if self.settings.transform_body_joint:
            people.as_skeleton(self.skeleton)
        if self.settings.gray == 1:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        mask = planes[4]
        if self.is_train:
            image, mask = self._moved(image, mask, people, draws)
        filled = np.full((*image.shape[:2], CHANNELS), GREY, np.uint8)
        filled[:, :, :3] = image
        labels = self._labels(mask, people) if self.has_labels else None
        return Item((filled,), masks=labels)

    def _moved(self, image: Pixels, mask: Pixels, people: pose.People, draws: Draws
               ) -> tuple[Pixels, Pixels]:
        """Scaled, turned, cropped and mirrored, the people with them."""
        param = self.settings
        scale = param.target_dist / people.size
        if draws.uniform(0, 1) <= param.scale_prob:
            scale *= draws.uniform(param.scale_min, param.scale_max)
        height, width = image.shape[:2]
        if not 1 <= height * scale * width * scale <= max_pixels():
            raise BadRecord(f"a size of {people.size:g} would make it {width * scale:.0f} x "
                            f"{height * scale:.0f} pixels")
        image, mask = (cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
                       for one in (image, mask))
        people.scale(scale)
        image, mask = _turned(image, mask, people,
                              draws.uniform(-param.max_rotate_degree, param.max_rotate_degree))
        reach = param.center_perterb_max
        offset = [int(draws.uniform(-reach, reach)) for _ in range(2)]
        centre = np.rint(people.centre + np.array(offset, np.float32)).astype(int)
        size = (param.crop_size_x, param.crop_size_y)
        corner = centre - [side // 2 for side in size]
        image, mask = _cut(image, corner, size, GREY), _cut(mask, corner, size, 255)
        people.shift(-corner.astype(np.float32))
        if draws.uniform(0, 1) <= param.flip_prob:
            image, mask = image[:, ::-1], mask[:, ::-1]
            people.mirror(size[0], self.skeleton if param.transform_body_joint else None)
        return image, mask

    def _labels(self, mask: Pixels, people: pose.People) -> Floats:
        """(2 * (num_parts + 1), rows, columns): weights of all maps, then the maps.

        A joint that is absent has no weight in the original only by its number among all maps.
        """
        stride = self.settings.stride
        grid = (mask.shape[0] // stride, mask.shape[1] // stride)
        shrunk = cv2.resize(mask, None, fx=1 / stride, fy=1 / stride,
                            interpolation=cv2.INTER_CUBIC)[:grid[0], :grid[1]]
        weights = np.repeat(shrunk[None].astype(np.float32) / np.float32(255),
                            self.settings.num_parts + 1, 0)
        absent = np.flatnonzero(people.state[0] == pose.ABSENT)
        weights[absent] = 0
        maps = pose.pose_maps(people, self.skeleton, grid, stride, self.settings.sigma)
        labels: Floats = np.concatenate([weights, maps])
        return labels

    def tops(self, items: Sequence[Item]) -> list[Array]:
        if not self.has_labels:
            return []
        return [np.stack([item.masks for item in items if item.masks is not None])]


def _turned(image: Pixels, mask: Pixels, people: pose.People, degrees: float
            ) -> tuple[Pixels, Pixels]:
    """Turned about the middle on a canvas that holds all of it."""
    height, width = image.shape[:2]
    middle = (width / 2, height / 2)
    matrix = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    corners = cv2.boxPoints((middle, (width, height), degrees))
    low = np.floor(corners.min(0))
    size = (np.ceil(corners.max(0)) - low + 1).astype(int)
    matrix[:, 2] += size / 2 - np.array(middle)
    people.turn(matrix)
    target = (int(size[0]), int(size[1]))
    return (cv2.warpAffine(image, matrix, target, flags=cv2.INTER_CUBIC,
                           borderMode=cv2.BORDER_CONSTANT, borderValue=(GREY,) * 3),
            cv2.warpAffine(mask, matrix, target, flags=cv2.INTER_CUBIC,
                           borderMode=cv2.BORDER_CONSTANT, borderValue=255))


def _cut(pixels: Pixels, corner: Array, size: tuple[int, int], fill: int) -> Pixels:
    """(height, width, ...) from `corner` (x, y) on, `fill` outside; size is (width, height)."""
    part = np.full((size[1], size[0], *pixels.shape[2:]), fill, np.uint8)
    low = np.maximum(corner, 0)
    high = np.minimum(corner + size, (pixels.shape[1], pixels.shape[0]))
    if (high > low).all():
        x, y = low - corner
        seen = pixels[low[1]:high[1], low[0]:high[0]]
        part[y:y + seen.shape[0], x:x + seen.shape[1]] = seen
    return part
