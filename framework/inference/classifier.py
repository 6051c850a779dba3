"""Image classification: the net's input from an image, and the best classes of its Softmax."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from framework.data.augment import resizing
from framework.data.convert.datum import read_image
from framework.data.records.exif import orientation_of, pixels_as_shown
from framework.data.records.images import BadRecord
from framework.errors import DataError
from framework.inference.engines import run_net
from framework.layers.loss.softmax import Softmax
from framework.net.image_transform import ImageTransform, Mean, read_transform
from framework.net.net import Net
from framework.system.arrays import Floats, Levels


class Classifier:
    """How images go into a net with one image input, and one output that is a Softmax's.

    mean, scale, size  instead of the net's, as in `Detector`

    An image is resized as the `resize_param` of the input says, else to the net's input; a larger
    one is cropped in the middle, as in Caffe's TEST phase; then mean and scale are applied.
    """

    def __init__(self, net: Net, mean: Mean | None = None,
                 scale: float | None = None, size: tuple[int, int] | None = None):
        self.net = net
        self.input = net.given_names[0]
        self.output = net.outputs[0]
        self.shape = net.shapes[self.input][1:]
        transform = read_transform(net, self.input, mean, scale)
        self.param = transform.param
        self.scale = transform.scale
        self.size = size
        self.mean = self._middle_mean(transform)

    def _middle_mean(self, transform: ImageTransform) -> Floats:
        """What to subtract, to be broadcast over (height, width, channels)."""
        mean = transform.mean_array()
        if mean.ndim == 1:
            return mean
        channels, height, width = self.shape
        if mean.shape[2] != channels or mean.shape[0] < height or mean.shape[1] < width:
            raise DataError(f"{transform.mean}: is {mean.transpose(2, 0, 1).shape}, the net takes "
                            f"{tuple(self.shape)}")
        middle: Floats = _middle(mean, height, width)
        return middle

    def __call__(self, path: Path) -> Floats:
        """The score of each class for an image file, turned as its EXIF orientation says.

        DataError for a file that is not an image.
        """
        content, image = read_image(path)
        pixels = pixels_as_shown(image, orientation_of(content))
        inputs = {self.input: self.prepare(pixels)[None]}
        scores: Floats = run_net(self.net, inputs, [self.output])[self.output][0].reshape(-1)
        return scores

    def prepare(self, image: Levels) -> Floats:
        """(channels, height, width) of an image (height, width, 3), uint8 in BGR.

        DataError if it is smaller than the net's input after its resizing.
        """
        channels, height, width = self.shape
        if channels == 1:
            grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
            image = np.asarray(grey, np.uint8).reshape(*image.shape[:2], 1)
        try:
            pixels = self._resized(image)
        except BadRecord as error:
            raise DataError(str(error)) from None
        if pixels.shape[0] < height or pixels.shape[1] < width:
            raise DataError(f"the image, resized, has {pixels.shape[1]} x {pixels.shape[0]} "
                            f"pixels; the net takes {width} x {height}")
        values = _middle(pixels, height, width).astype(np.float32)
        values = (values - self.mean) * np.float32(self.scale)
        return np.ascontiguousarray(values.transpose(2, 0, 1))

    def _resized(self, image: Levels) -> Levels:
        if self.size is None and self.param.HasField("resize_param"):
            mode = resizing.interpolation(self.param.resize_param)
            return resizing.resize(image, self.param.resize_param, mode)
        height, width = self.size or self.shape[1:]
        return resizing.resize_plain(image, width, height, cv2.INTER_LINEAR)


def is_classifier(net: Net) -> bool:
    """Whether a net has one input, for images, and one output, (N, classes), of a Softmax."""
    inputs = [net.shapes[name] for name in net.given_names]
    if len(inputs) != 1 or len(inputs[0]) != 4 or inputs[0][1] not in (1, 3):
        return False
    if len(net.outputs) != 1:
        return False
    made_by = [step.layer for step in net.layers if net.outputs[0] in step.tops]
    shape = net.shapes[net.outputs[0]]
    return bool(made_by) and isinstance(made_by[-1], Softmax) and made_by[-1].axis == 1 \
        and len(shape) >= 2 and all(side == 1 for side in shape[2:])


def _middle(pixels: Any, height: int, width: int) -> Any:
    """Rows and columns in the middle. Any: of levels or of floats.

    Source: DataTransformer::Transform of BVLC Caffe, crop_size in the TEST phase.
    """
    top = (pixels.shape[0] - height) // 2
    left = (pixels.shape[1] - width) // 2
    return pixels[top:top + height, left:left + width]
