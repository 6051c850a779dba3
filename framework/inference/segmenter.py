"""Segmentation of images: the class of each pixel, in the size of the image."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from framework.inference.classifier import Classifier
from framework.inference.engines import run_net
from framework.inference.images import as_pixels
from framework.net.image_transform import Mean
from framework.net.net import Net
from framework.system.arrays import Floats, Levels


class Segmenter:
    """A net with one image input and one output of scores (1, classes, height, width).

    mean, scale, size  instead of the net's, as in `Detector`
    """

    def __init__(self, net: Net, mean: Mean | None = None, scale: float | None = None,
                 size: tuple[int, int] | None = None):
        self.net = net
        self.inputs = Classifier(net, mean, scale, size)
        self.num_classes = int(net.shapes[net.outputs[0]][1])

    def __call__(self, image: str | Path | Levels) -> Levels:
        """The classes (height, width) of an image file, or of levels as `colours_of` takes them.

        They are of the stored pixels, whatever the EXIF orientation says. The scores are resized
        to the image before the best one is taken. DataError for what cannot be read.
        """
        pixels = colours_of(image)
        inputs = {self.inputs.input: self.inputs.prepare(pixels)[None]}
        output = self.inputs.output
        scores: Floats = run_net(self.net, inputs, [output])[output][0]
        return best_classes(scores, pixels.shape[0], pixels.shape[1])


def colours_of(image: str | Path | Levels) -> Levels:
    """The pixels (height, width, 3) in BGR of an image file, or of BGR or grey levels."""
    pixels = as_pixels(image)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return np.asarray(pixels, np.uint8)


def best_classes(scores: Floats, height: int, width: int) -> Levels:
    """The class of the best score (classes, h, w) in each pixel of height x width; of equal ones
    the first. Scores are resized bilinearly, one class after the other."""
    best = np.full((height, width), -np.inf, np.float32)
    labels = np.zeros((height, width), np.uint8)
    for label, plane in enumerate(scores):
        resized = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
        is_better = resized > best
        labels[is_better] = label
        np.maximum(best, resized, out=best)
    return labels


def is_segmenter(net: Net) -> bool:
    """Whether a net has one image input, and one output of scores for each of its pixels."""
    shapes = [net.shapes[name] for name in (*net.given_names, *net.outputs)]
    if len(net.given_names) != 1 or len(net.outputs) != 1 or any(len(one) != 4 for one in shapes):
        return False
    image, scores = shapes
    return image[1] in (1, 3) and 2 <= scores[1] <= 255 and scores[2] > 1 and scores[3] > 1
