"""Run a test net over its data, and keep its detections and the images that it errs in most."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from framework.data.augment.geometry import resized_window
from framework.errors import CaffeError
from framework.evaluation.columns import Doubles, Found, Indices, Truth
from framework.evaluation.judged import FALSE, judge
from framework.net.net import Net
from framework.report.data_sheet import visible
from framework.report.worst import Worst
from framework.solver.collected_detections import CollectedDetections
from framework.solver.testing import Scores, score
from framework.system.arrays import Array

NUM_PLAIN = 8           # other images that are kept, to measure the speed with


@dataclass(frozen=True)
class Photo:
    """An image, how badly the net errs in it, and its boxes.

    badness  the sum of the scores of false detections, and for each box of 1 - the score of the
             detection that found it, or 1
    number   of the image, in the order of the data
    image    BGR, as the net saw it, in the form of the original
    marked   (G, 5) class, x, y, width, height in parts of the image
    found    (D, 7) the same with the score, and whether it is false
    """

    badness: float
    number: int
    image: Array
    marked: Doubles
    found: Doubles


@dataclass
class DetectionRun:
    """What a test net gave for all of its data.

    scores       its own outputs
    truth, found  boxes in parts of the image
    worst        the images with the most errors, the worst first
    images       some images, to measure the speed with
    seconds      of the run, reading included
    """

    scores: Scores
    labels: list[int]
    num_images: int
    truth: Truth
    found: Found
    worst: list[Photo]
    images: list[Array]
    seconds: float


def run_detections(net: Net, batches: int, version: str) -> DetectionRun:
    """Score a net over `batches` batches. CaffeError if it gives no detections to look at."""
    keeper = _Keeper(net)
    start = time.perf_counter()
    scores = score(net, batches, version, after_batch=lambda index, outputs: keeper.add())
    seconds = time.perf_counter() - start
    assert scores is not None
    truth, found = keeper.columns()
    if not len(truth.images):
        raise CaffeError(f"{net.spec.path}: its test data have no boxes, so there is nothing to "
                         "report on")
    return DetectionRun(scores, list(keeper.collected.layer.classes), keeper.num_images, truth,
                        found, keeper.worst.ranked(), keeper.images, seconds)


class _Keeper:
    def __init__(self, net: Net):
        self.net = net
        self.collected = CollectedDetections(net)
        self.source, self.tops = self._source()
        self.most = self.source.num_items or 0
        self.worst: Worst[Photo] = Worst()
        self.images: list[Array] = []

    def _source(self) -> tuple[Any, tuple[str, ...]]:
        """The data layer that makes images and boxes. Any: an ImageSource, by what is asked."""
        for source, tops in self.net.sources:
            is_image = len(self.net.shapes[tops[0]]) == 4 and hasattr(source, "mean")
            if is_image and self.collected.step.bottoms[1] in tops:
                return source, tuple(tops)
        raise CaffeError(f"{self.net.spec.path}: no data layer gives images and the boxes of "
                         "DetectionEvaluate, so there is nothing to show")

    @property
    def num_images(self) -> int:
        """Images that came, once each: the last batch may begin the data again."""
        seen = self.collected.images_seen
        return min(seen, self.most) if self.most else seen

    def add(self) -> None:
        """Take the batch that the net has just run."""
        first = self.collected.num_images
        self.collected.add()
        truth, found = self._in_parts(*self.collected.columns(-1))
        judged = judge(truth, found)
        blob = self.net.blobs[self.tops[0]]
        asked = ~truth.difficult
        scores = np.append(judged.found.scores, 0.0)
        false = judged.status == FALSE
        for item, number in enumerate(range(first, self.collected.num_images)):
            if number >= self.num_images:
                continue
            boxes = (truth.images == number)
            own = judged.found.images == number
            bad = float((1 - scores[judged.finder[boxes & asked]]).sum()
                        + judged.found.scores[own & false].sum())
            if not self.worst.takes(bad):
                continue
            planes = blob[item].float().cpu().numpy()
            photo = Photo(bad, number, self._image(planes, number),
                          np.column_stack([truth.classes, truth.boxes])[boxes],
                          np.column_stack([judged.found.classes, judged.found.boxes,
                                           judged.found.scores, false])[own])
            if len(self.images) < NUM_PLAIN:
                self.images.append(photo.image)
            self.worst.add(bad, number, photo)

    def columns(self) -> tuple[Truth, Found]:
        """All boxes and detections, of each image once."""
        truth, found = self._in_parts(*self.collected.columns())
        real = truth.images < self.num_images
        own = found.images < self.num_images
        return (Truth(truth.images[real], truth.classes[real], truth.boxes[real],
                      truth.areas[real], truth.crowd[real], truth.difficult[real]),
                Found(found.images[own], found.classes[own], found.boxes[own], found.scores[own]))

    def _in_parts(self, truth: Truth, found: Found) -> tuple[Truth, Found]:
        """Boxes in parts of the image: the overlaps are those in pixels."""
        boxes = truth.boxes / self._sizes(truth.images)
        return (Truth(truth.images, truth.classes, boxes, boxes[:, 2:].prod(1), truth.crowd,
                      truth.difficult),
                Found(found.images, found.classes, found.boxes / self._sizes(found.images),
                      found.scores))

    def _sizes(self, images: Indices) -> Doubles:
        """(n, 4) width, height, width, height of images."""
        if self.collected.names:
            sizes = np.asarray(self.collected.sizes, float)[images % len(self.collected.names)]
        else:
            sizes = np.tile(np.array(self.collected.input_size, float), (len(images), 1))
        return np.tile(sizes[:, ::-1], 2)

    def _image(self, planes: Array, number: int) -> Array:
        """The image as the net saw it, without padding, in the form that the original has."""
        image = visible(planes, self.source.mean)
        if not self.collected.names:
            return image
        height, width = image.shape[:2]
        own_width, own_height = self._sizes(np.array([number]))[0, :2]
        transform = self.source.spec.proto.transform_param
        if transform.HasField("resize_param"):
            window = resized_window(transform.resize_param, int(own_width), int(own_height))
            x1, y1, x2, y2 = np.rint(window * [width, height, width, height]).astype(int).tolist()
            image = image[y1:y2, x1:x2]
        scale = max(width, height) / max(own_width, own_height)
        size = max(round(own_width * scale), 1), max(round(own_height * scale), 1)
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
