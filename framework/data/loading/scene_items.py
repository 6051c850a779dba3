"""Scene items: images of a window file, scaled and cropped around a box, and anchor targets.

Source: image_gt_data_layer.cpp of zhaoweicai/mscnn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.anchor_targets import (
    PLANES,
    AnchorMap,
    Area,
    Boxes,
    anchor_targets,
)
from framework.data.augment.draws import Draws
from framework.data.augment.mean import Mean
from framework.data.loading.batches import Item
from framework.data.loading.items import read_image
from framework.data.loading.scenes import Scene
from framework.data.records.image_size import max_pixels
from framework.data.records.records import BadRecord, Decoding, Pixels
from framework.system.arrays import Array, Floats
from framework.system.rounding import c_round

STEPS_AN_OCTAVE = 2
ASPECT_STEP = 0.05
NOISE = 10              # pixels by which a crop moves at most
ENLARGED = 1.5          # images that grow more are cut before they are resized
NO_BOX = (0, 1, 1, 2, 2, 1, 1)


@dataclass(frozen=True)
class SceneForm:
    """What becomes of an image.

    size       height and width of the input
    resized    width and height before all else; None: as the image is
    scales     sizes of boxes in pixels between which images are scaled; None: they are not
    aspects    width over height of boxes between which images are stretched; None: they are not
    least      width and height of boxes that count
    threshold  of overlap, for an anchor to have the label of a box
    """

    maps: tuple[AnchorMap, ...]
    size: tuple[int, int]
    resized: tuple[int, int] | None
    mirror: bool
    scales: tuple[int, int] | None
    aspects: tuple[float, float] | None
    least: tuple[float, float]
    threshold: float
    mean: Mean


@dataclass
class _View:
    """An image on its way: pixels, corners of boxes and regions, and a point (x, y) to look at."""

    pixels: Pixels
    boxes: Floats
    regions: Floats
    centre: Array

    def move(self, factors: Sequence[float] | Array, shift: Sequence[float]) -> None:
        """Scale all corners by factors of x and y, then shift them; the pixels stay."""
        for corners in (self.boxes, self.regions):
            corners *= np.tile(factors, 2).astype(np.float32)
            corners += np.tile(shift, 2).astype(np.float32)
        self.centre = self.centre * factors + shift

    def resize(self, width: int, height: int) -> None:
        if width * height > max_pixels():
            raise BadRecord(f"it would be scaled to {width} x {height} pixels")
        self.pixels = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_LINEAR)


@dataclass
class SceneItems:
    """The images of a window file; boxes are label, ignored, x1, y1, x2, y2."""

    scenes: Sequence[Scene]
    form: SceneForm
    has_boxes: bool

    def open(self) -> None:
        """Nothing to open: the list is in memory, images are opened one by one."""

    def size(self) -> int:
        return len(self.scenes)

    def name(self, index: int) -> str:
        return self.scenes[index].path

    def item(self, index: int, draws: Draws) -> Item:
        scene = self.scenes[index]
        rows = np.array(scene.boxes, np.float32).reshape(-1, 6)
        if not (rows[:, 0] > 0).all():
            raise BadRecord(f"it has a box of label {rows[:, 0].min():g}; labels begin at 1")
        view = _View(read_image(scene.path, Decoding(True)), rows[:, 2:],
                     np.array(scene.regions, np.float32).reshape(-1, 4), np.zeros(2))
        if self.form.mirror and draws.below(2):
            _mirror(view)
        if self.form.resized and self.form.resized != view.pixels.shape[1::-1]:
            factors = np.divide(self.form.resized, view.pixels.shape[1::-1])
            view.resize(*self.form.resized)
            view.move(factors, (0, 0))
        self._scale(view, draws)
        pixels, area = self._crop(view, draws)
        boxes = Boxes(view.boxes, rows[:, 0], (rows[:, 1] != 0) | self._is_small_or_outside(view))
        targets = anchor_targets(self.form.maps, self.form.size, area, boxes, view.regions,
                                 self.form.threshold)
        found = np.concatenate([boxes.corners, boxes.labels[:, None], boxes.ignored[:, None]], 1)
        return Item((pixels,), boxes=found.astype(np.float32),
                    masks=np.concatenate([target.ravel() for target in targets]))

    def _scale(self, view: _View, draws: Draws) -> None:
        """Choose the point to look at, and scale the image so that its box has another size."""
        form = self.form
        height, width = view.pixels.shape[:2]
        if len(view.boxes):
            box = view.boxes[draws.below(len(view.boxes))]
            view.centre = (box[:2] + box[2:]) / 2.0
        else:
            sides = zip((width, height), form.size[::-1], strict=True)
            view.centre = np.array([draws.below(side - wanted + 1) + wanted / 2
                                    if side >= wanted else side / 2 for side, wanted in sides])
            return
        if form.scales is None or not draws.below(2):
            return
        factors = _factors(form.scales, form.aspects, box[2:] - box[:2], draws)
        if factors == (1, 1):
            return
        if max(factors) > ENLARGED:
            _cut_to_what_is_seen(view, factors)
        high, wide = view.pixels.shape[:2]
        view.resize(c_round(wide * factors[0]), c_round(high * factors[1]))
        view.move(factors, (0, 0))

    def _crop(self, view: _View, draws: Draws) -> tuple[Floats, Area]:
        """The input (height, width, 3) float32, 0 where the image is not, and where it is."""
        noise = [draws.below(2 * NOISE) - NOISE for _ in range(2)]
        sources, targets, lengths = [], [], []
        for side, wanted, shift, point in zip(view.pixels.shape[1::-1], self.form.size[::-1],
                                              noise, view.centre, strict=True):
            source = target = 0
            if side < wanted:
                target = min(max(c_round((wanted - side) / 2) + shift, 0), wanted - side)
            elif side > wanted:
                source = c_round(point) + shift - c_round(wanted / 2)
                source = min(max(source, 0), side - wanted)
            sources.append(source)
            targets.append(target)
            lengths.append(min(side, wanted))
        (x, y), (left, top), (width, height) = sources, targets, lengths
        pixels = np.zeros((*self.form.size, 3), np.float32)
        mean = np.array(self.form.mean.by_channel(3) or (0,), np.float32)
        pixels[top:top + height, left:left + width] = \
            (view.pixels[y:y + height, x:x + width] - mean) * np.float32(self.form.mean.scale)
        view.move((1, 1), (left - x, top - y))
        return pixels, Area(left, top, width, height)

    def _is_small_or_outside(self, view: _View) -> Array:
        """(G,) bool: boxes below the least size, or with their centre outside of the input."""
        centre = (view.boxes[:, :2] + view.boxes[:, 2:]) / 2
        outside = (centre < 0) | (centre >= self.form.size[::-1])
        small = view.boxes[:, 2:] - view.boxes[:, :2] + 1 < np.array(self.form.least, np.float32)
        found: Array = np.any(outside | small, axis=1)
        return found

    def tops(self, items: Sequence[Item]) -> list[Array]:
        sizes = [one.size_for(*self.form.size) for one in self.form.maps]
        ends = np.cumsum([PLANES * math.prod(size) for size in sizes])[:-1]
        flat = np.stack([item.masks for item in items if item.masks is not None])
        tops: list[Array] = [part.reshape(-1, PLANES, *size) for part, size
                             in zip(np.split(flat, ends, 1), sizes, strict=True)]
        if self.has_boxes:
            rows = [np.insert(item.boxes, 0, index, 1) for index, item in enumerate(items)
                    if item.boxes is not None]
            found = np.concatenate(rows)
            if not len(found):
                found = np.array([NO_BOX], np.float32)
            tops.append(found[:, :, None, None])
        return tops

    def found_bad(self) -> dict[int, str]:
        return {}


def _mirror(view: _View) -> None:
    view.pixels = np.ascontiguousarray(view.pixels[:, ::-1])
    for corners in (view.boxes, view.regions):
        corners[:, [0, 2]] = view.pixels.shape[1] - corners[:, [2, 0]]


def _factors(scales: tuple[int, int], aspects: tuple[float, float] | None, size: Floats,
             draws: Draws) -> tuple[float, float]:
    """Factors of width and height that give a box of `size` another size within the scales."""
    least, most = scales
    num = c_round(STEPS_AN_OCTAVE * math.log2(most / least) + 1)
    steps = np.arange(num) / STEPS_AN_OCTAVE
    area, areas = float(size.prod()), (least * 2 ** steps) ** 2
    like = np.minimum(area, areas) / np.maximum(area, areas)
    own = steps[like.argmax()] if area > 0 else 0
    wide = high = float(2 ** (steps[draws.below(num)] - own))
    if aspects is None or not draws.below(2):
        return wide, high
    aspect = draws.below(c_round((aspects[1] - aspects[0]) / ASPECT_STEP)) * ASPECT_STEP
    with_width = draws.below(2)
    if area <= 0:
        return wide, high
    stretch = float((aspect + aspects[0]) / (size[0] / size[1]))
    if with_width and least * 0.8 <= size[0] * wide * stretch <= most * 1.2:
        wide *= stretch
    elif not with_width and least * 0.8 <= size[1] * high / stretch <= most * 1.2:
        high /= stretch
    return wide, high


def _cut_to_what_is_seen(view: _View, factors: tuple[float, float]) -> None:
    """Cut an image that grows to 1.2 times its own size after that, around the centre."""
    corner, lengths = [], []
    for side, factor, point in zip(view.pixels.shape[1::-1], factors, view.centre, strict=True):
        length = min(c_round(1.2 * side / factor), side)
        start = max(c_round(point - length * 0.5), 0)
        corner.append(min(start, side - length))
        lengths.append(length)
    (x, y), (width, height) = corner, lengths
    view.pixels = view.pixels[y:y + height, x:x + width]
    view.move((1, 1), (-x, -y))
