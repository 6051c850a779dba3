"""Object detection with a trained net: preprocess images, forward, boxes in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.data.augment import geometry, resizing
from framework.data.convert.datum import read_image
from framework.data.records.mean_file import read_mean_image
from framework.definition.prototxt import Document
from framework.errors import CaffeError, DataError
from framework.evaluation.detection import Detection
from framework.net.trained import class_names, trained_net
from framework.proto import ResizeParameter

Floats = NDArray[np.float32]
Image = NDArray[Any] | str | Path       # Any: of uint8, else it is refused
Images = Image | Sequence[Image]


class Detector:
    """A net with DetectionOutput, or another layer that gives rows like it, from images to boxes.

    model    a deploy net, or a test net: its data layer is not opened, but its transform_param
             says size, mean and scale (so may the Input layer of a deploy net)
    mean     values a channel (one counts for all), or the path of a mean file; instead of the net's
    scale    factor after the subtraction of the mean; instead of the net's
    size     (height, width) that images are resized to; instead of the net's

    Raises CaffeError if the net has no such layer, or not one input for images.
    """

    def __init__(
        self,
        model: str | Path | Document,
        weights: str | Path,
        device: str | torch.device = "cpu",
        mean: Sequence[float] | str | Path | None = None,
        scale: float | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.net = trained_net(model, weights, device).optimize_for_inference()
        self.input = self._image_input()
        self.output = self._detection_blob()
        data = next(spec for spec in self.net.spec.layers if self.input in spec.tops)
        self.transform = data.proto.transform_param
        self.says_transform = data.proto.HasField("transform_param")
        self.names = class_names(self.net)
        self.num_channels = self.net.shapes[self.input][1]
        self.resize = self._resize_param(size)
        self.scale = self.transform.scale if scale is None else scale
        self.mean = self._mean(mean)

    def _image_input(self) -> str:
        """The input of 1 or 3 channels; label blobs are (1, 1, rows, 8), too low for an image."""
        inputs = [name for name in self.net.given_names if len(self.net.shapes[name]) == 4]
        images = [
            name
            for name in inputs
            if self.net.shapes[name][1] in (1, 3) and min(self.net.shapes[name][2:]) > 8
        ]
        if len(images) != 1:
            raise CaffeError(
                f"{self.net.spec.path}: the inputs for images are {', '.join(images) or 'none'}"
                "; detection needs one, of 1 or 3 channels"
            )
        return images[0]

    def _detection_blob(self) -> str:
        found = [
            step.tops[0] for step in self.net.layers if step.layer.gives_detections
        ]
        if len(found) != 1:
            raise CaffeError(
                f"{self.net.spec.path}: has {len(found)} layers that give detections, as "
                "DetectionOutput does; it must be one"
            )
        return found[0]

    def _resize_param(self, size: tuple[int, int] | None) -> ResizeParameter:
        if size is None and self.transform.HasField("resize_param"):
            return self.transform.resize_param
        height, width = size or self.net.shapes[self.input][2:]
        return ResizeParameter(resize_mode=ResizeParameter.WARP, height=height, width=width)

    def _mean(self, mean: Sequence[float] | str | Path | None) -> Floats:
        """What to subtract, to be broadcast over (height, width, channels)."""
        if mean is None:
            mean = self.transform.mean_file or list(self.transform.mean_value) or [0.0]
        if isinstance(mean, str | Path):
            return np.ascontiguousarray(read_mean_image(mean).transpose(1, 2, 0))
        if len(mean) not in (1, self.num_channels):
            raise DataError(
                f"{len(mean)} mean values are given; it must be one, or {self.num_channels}"
            )
        return np.array(mean, np.float32)

    def prepare(self, image: NDArray[Any]) -> Floats:
        """An image as the net takes it: (channels, height, width), resized, mean and scale done.

        image  uint8 (height, width, 3) in BGR, or (height, width) in grey
        """
        image = image.reshape(*image.shape[:2], -1)
        if image.shape[2] != self.num_channels:
            code = cv2.COLOR_BGR2GRAY if self.num_channels == 1 else cv2.COLOR_GRAY2BGR
            image = cv2.cvtColor(image, code).reshape(*image.shape[:2], -1)
        mode = resizing.interpolation(self.resize)
        pixels = resizing.resize(image, self.resize, mode).astype(np.float32)
        if self.mean.ndim == 3 and self.mean.shape != pixels.shape:
            raise DataError(f"the mean file is {self.mean.shape}, the net takes {pixels.shape}")
        values = (pixels - self.mean) * np.float32(self.scale)
        return np.ascontiguousarray(values.transpose(2, 0, 1))

    def detect(
        self, images: Images, threshold: float = 0.0
    ) -> list[list[Detection]]:
        """The boxes of each image with at least this score, best first, cut to the image.

        images  arrays as `prepare` takes them, paths of image files, or one array (number, height,
                width, channels); one image alone gives a list of one. CaffeError for other things.
        """
        pixels = [_as_image(image) for image in _as_several(images)]
        found: list[list[Detection]] = [[] for _ in pixels]
        inputs = [self.prepare(image) for image in pixels]
        for shape in dict.fromkeys(array.shape for array in inputs):
            chosen = [index for index, array in enumerate(inputs) if array.shape == shape]
            for row in self._rows(np.stack([inputs[index] for index in chosen])):
                if row[1] >= 0 and row[2] >= threshold:
                    index = chosen[int(row[0])]
                    corners = self._to_pixels(row[3:], *pixels[index].shape[:2])
                    found[index].append(Detection(int(row[1]), float(row[2]), corners))
        for entries in found:
            entries.sort(key=lambda entry: -entry.score)
        return found

    def _rows(self, batch: Floats) -> Floats:
        """The rows of DetectionOutput for a batch: item, label, score, corners (n, 7)."""
        blobs: dict[str, Tensor] = {self.input: torch.from_numpy(batch).to(self.net.device)}
        for name in self.net.given_names:
            if name != self.input:  # labels, which nothing but an evaluation reads
                shape = self.net.shapes[name]
                blobs[name] = torch.full(shape, -1.0, device=self.net.device)
        with torch.inference_mode():
            rows = self.net.run(blobs, [self.output])[self.output]
        return np.asarray(rows.reshape(-1, 7).cpu().numpy(), np.float32)

    def _to_pixels(
        self, corners: Floats, height: int, width: int
    ) -> tuple[float, float, float, float]:
        """Convert corners from parts of the net's input, padding included, to image pixels."""
        window = geometry.resized_window(self.resize, width, height)
        low = window[:2]
        extent = window[2:] - low
        x1, y1, x2, y2 = ((corners.reshape(2, 2) - low) / extent).clip(0, 1).ravel().tolist()
        return x1 * width, y1 * height, x2 * width, y2 * height


def _as_several(images: Any) -> Sequence[Any]:  # Any: whatever a caller has
    """The images as a sequence; one alone becomes the only one of it."""
    if isinstance(images, str | Path) or (isinstance(images, np.ndarray) and images.ndim != 4):
        return [images]
    if not isinstance(images, Sequence | np.ndarray):
        raise CaffeError(f"detect takes images, and was given a {type(images).__name__}")
    return list(images)


def _as_image(image: Any) -> NDArray[Any]:  # Any: an array, or the path of a file
    """The pixels of an image file or array. CaffeError for anything but an image."""
    if isinstance(image, str | Path):
        return read_image(Path(image))[1]
    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3) or image.dtype != np.uint8 \
            or (image.ndim == 3 and image.shape[2] not in (1, 3)):
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else \
            type(image).__name__
        raise CaffeError(f"an image must be a path or a uint8 array (height, width, 3) in BGR or "
                         f"(height, width) in grey; it is {found}")
    return image
