"""Object detection with a trained net: preprocess images, forward, boxes in pixels."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from framework.data.augment import geometry, resizing
from framework.definition.prototxt import Document
from framework.errors import CaffeError, DataError
from framework.evaluation.detection import Detection
from framework.execution.chains import Step
from framework.inference.engines import check_engine, make_engine
from framework.inference.images import Images, as_pixels, as_several, is_one
from framework.inference.results import Results
from framework.inference.sources import TIMEOUT, Word, find_sources
from framework.inference.stream import Options, stream
from framework.inference.tiles import Tiles
from framework.net.image_transform import Mean, image_blobs, read_transform
from framework.net.reading import read_net
from framework.net.trained import class_names, trained_net
from framework.project.folder import names_of_classes, newest_weights
from framework.project.names import DEPLOY, check_project
from framework.proto import ResizeParameter
from framework.system.arguments import (
    DEVICE,
    FLAG,
    FUNCTION,
    MEAN,
    NUMBER,
    PATH,
    PATHS,
    SIZE,
    TEXT,
    Kind,
    checked,
    either,
    instance,
    or_none,
    whole,
)
from framework.system.arrays import Floats
from framework.system.wording import counted

NMS_THRESHOLD = 0.45
SOURCE = Kind("a path, the number of a camera, or a list of them",
              lambda value: isinstance(value, Word) or (
                  isinstance(value, list | tuple) and len(value) > 0
                  and all(isinstance(word, Word) for word in value)))


class Detector:
    """A net with DetectionOutput, or another layer that gives rows like it, from images to boxes.

    model    a deploy net, or a test net: its data layer is not opened, but its transform_param
             says size, mean and scale (so may the Input layer of a deploy net); or a folder of
             `caffe new`, whose newest weights and class names are taken
    weights  by layer name; of a folder they may be left out
    mean     values a channel (one counts for all), or the path of a mean file; instead of the net's
    scale    factor after the subtraction of the mean; instead of the net's
    size     (height, width) that images are resized to; instead of the net's
    engine   what computes: "torch", or "onnxruntime" or "openvino" on the CPU, by an ONNX export
             that is made at the first use and kept in the user's cache folder

    Raises CaffeError if the net has no such layer, or not one input for images, and if the engine
    is not installed or cannot run the net.

        >>> import framework
        >>> detector = framework.Detector("deploy.prototxt", "ssd.caffemodel")
        >>> detector
        Detector 'quadrants' (deploy.prototxt, ssd.caffemodel): images of 16 x 16, 1 class, torch
        >>> found = detector("image.png", threshold=0.5)
        >>> found.labels, found.boxes.round()
        (array([1]), array([[30., 20., 60., 40.]], dtype=float32))
        >>> [len(one) for one in detector.detect(["image.png", "image.png"], threshold=0.5)]
        [1, 1]
    """

    @checked(model=either(PATH, instance("a Document of read_net", Document)),
             weights=or_none(PATHS), device=DEVICE, mean=or_none(MEAN), scale=or_none(NUMBER),
             size=or_none(SIZE), engine=TEXT)
    def __init__(
        self,
        model: str | Path | Document,
        weights: str | Path | None = None,
        device: str | torch.device = "cpu",
        mean: Mean | None = None,
        scale: float | None = None,
        size: tuple[int, int] | None = None,
        *,
        engine: str = "torch",
    ) -> None:
        check_engine(engine)
        folder = None
        if isinstance(model, str | Path) and os.path.isdir(model):
            check_project(folder := model)
            model = Path(folder, DEPLOY)
            weights = weights or newest_weights(folder)
        if weights is None:
            if not isinstance(model, Document):
                read_net(model)         # which may say that there is no such file
            raise CaffeError(f"{getattr(model, 'path', model)}: the weights are not given; only a "
                             "folder of `caffe new` has its own")
        self.weights = str(weights)
        self.net = trained_net(model, weights, device)
        self.input = self._image_input()
        self.finder = self._finder()
        self.output = self.finder.tops[0]
        self.info = self._info_inputs()
        # the masks of the detections, of Mask R-CNN
        self.masks = [step.tops[0] for step in self.net.layers if step.layer.gives_masks]
        self.transform = read_transform(self.net, self.input, mean, scale)
        self.names = class_names(self.net) or (names_of_classes(folder) if folder else {})
        self.resize = self._resize_param(size)
        self.scale = self.transform.scale
        self.mean = self.transform.mean_array()
        self.engine = make_engine(engine, self.net, [self.output, *self.masks])

    def __repr__(self) -> str:
        """The net and its files, the sizes of its input, the number of classes, the engine."""
        shape = self.net.shapes[self.input]
        proto = self.finder.layer.spec.proto
        number = len(self.names)
        if proto.HasField("detection_output_param"):
            param = proto.detection_output_param
            number = param.num_classes - (0 <= param.background_label_id < param.num_classes)
        size = f"{shape[2]} x {shape[3]}" + (", grey" if self.transform.channels == 1 else "")
        where = f" on {self.net.device}" if self.net.device.type != "cpu" else ""
        return (f"Detector '{self.net.name}' ({self.net.spec.path}, {self.weights}): images of "
                f"{size}, {counted(number, 'class')}, {self.engine.name}{where}")

    def _image_input(self) -> str:
        """The input of 1 or 3 channels; label blobs are (1, 1, rows, 8), too low for an image."""
        images = [
            name
            for name in image_blobs(self.net, self.net.given_names)
            if min(self.net.shapes[name][2:]) > 8
        ]
        if len(images) != 1:
            raise CaffeError(
                f"{self.net.spec.path}: the inputs for images are {', '.join(images) or 'none'}"
                "; detection needs one, of 1 or 3 channels"
            )
        return images[0]

    def _info_inputs(self) -> list[str]:
        """The inputs for height, width and scale of the images, which two-stage detectors have."""
        read = {step.bottoms[step.layer.info_bottom] for step in self.net.layers
                if step.layer.info_bottom is not None}
        return [name for name in self.net.given_names if name in read and name != self.input]

    def _finder(self) -> Step:
        """The layer that gives the detections."""
        found = [step for step in self.net.layers if step.layer.gives_detections]
        if len(found) != 1:
            raise CaffeError(
                f"{self.net.spec.path}: has {len(found)} layers that give detections, as "
                "DetectionOutput does; it must be one"
            )
        return found[0]

    def _resize_param(self, size: tuple[int, int] | None) -> ResizeParameter:
        param = self.transform.param
        if size is None and param.HasField("resize_param"):
            return param.resize_param
        height, width = size or self.net.shapes[self.input][2:]
        return ResizeParameter(resize_mode=ResizeParameter.WARP, height=height, width=width)

    @property
    def nms_threshold(self) -> float:
        """The IoU above which the net drops the worse of two boxes; SSD's where it has no NMS."""
        proto = self.finder.layer.spec.proto
        threshold = proto.detection_output_param.nms_param.nms_threshold
        return threshold if 0 < threshold < 1 else NMS_THRESHOLD

    @checked(image=instance("an array", np.ndarray))
    def prepare(self, image: NDArray[Any]) -> Floats:
        """An image as the net takes it: (channels, height, width), resized, mean and scale done.

        image  uint8 (height, width, 3) in BGR, or (height, width) in grey
        """
        image = image.reshape(*image.shape[:2], -1)
        channels = self.transform.channels
        if image.shape[2] != channels:
            code = cv2.COLOR_BGR2GRAY if channels == 1 else cv2.COLOR_GRAY2BGR
            image = cv2.cvtColor(image, code).reshape(*image.shape[:2], -1)
        mode = resizing.interpolation(self.resize)
        pixels = resizing.resize(image, self.resize, mode).astype(np.float32)
        self.transform.check_size(self.mean, pixels.shape)
        values = (pixels - self.mean) * np.float32(self.scale)
        return np.ascontiguousarray(values.transpose(2, 0, 1))

    def __call__(self, images: Images, threshold: float = 0.0) -> Any:
        """The Results of one image alone, or a list of them; as `detect`.

        Any: Results or list[Results], by what was given.
        """
        found = self.detect(images, threshold)
        return found[0] if is_one(images) else found

    @checked(threshold=NUMBER)
    def detect(self, images: Images, threshold: float = 0.0) -> list[Results]:
        """The boxes of each image with at least this score, best first, cut to the image.

        images  arrays as `prepare` takes them, paths of image files, images of PIL, or one array
                (number, height, width, channels); one image alone gives a list of one. CaffeError
                for other things, URLs too. Results keep the pixels of their image.
        """
        pixels = [as_pixels(image) for image in as_several(images)]
        found: list[list[Detection]] = [[] for _ in pixels]
        inputs = [self.prepare(image) for image in pixels]
        for shape in dict.fromkeys(array.shape for array in inputs):
            chosen = [index for index, array in enumerate(inputs) if array.shape == shape]
            rows, masks = self._rows(np.stack([inputs[index] for index in chosen]))
            order = np.flatnonzero((rows[:, 1] >= 0) & (rows[:, 2] >= threshold))
            order = order[np.argsort(-rows[order, 2], kind="stable")]
            for item, index in enumerate(chosen):
                own = order[rows[order, 0] == item]
                found[index] = self._detections(rows[own], pixels[index].shape,
                                                masks[own] if masks is not None else None)
        return [Results(entries, image, self.names)
                for entries, image in zip(found, pixels, strict=True)]

    @checked(source=SOURCE, threshold=NUMBER, batch=whole(1), track=FLAG, timeout=NUMBER,
             tiles=or_none(instance("Tiles", Tiles)), on_error=or_none(FUNCTION))
    def stream(
        self,
        source: Word | Sequence[Word],
        threshold: float = 0.0,
        *,
        batch: int = 1,
        track: bool = False,
        tiles: Tiles | None = None,
        timeout: float = TIMEOUT,
        on_error: Callable[[DataError], None] | None = None,
    ) -> Generator[Results]:
        """Yield the Results of each image or frame; their `origin` says file, frame and time.

        source     a path, folder, pattern ("photos/**/*.jpg"), video file, number of a camera,
                   rtsp:// URL or "-" for standard input, or several of them
        batch      frames that are computed together
        track      number the objects over the frames: `Results.tracks`
        tiles      detect in tiles of each image, as `framework.inference.tiles` says
        timeout    seconds that a stream may take to answer
        on_error   called with the DataError of what cannot be read, and the rest goes on; without
                   it the error is raised

        Frames are decoded ahead in a thread. Of a camera or a stream the newest frame is taken:
        others are left out, and their numbers are missing.

            >>> import framework
            >>> detector = framework.Detector("deploy.prototxt", "ssd.caffemodel")
            >>> for found in detector.stream("*.png", threshold=0.5):
            ...     print(found.origin.file, found.labels, found.boxes.round())
            image.png [1] [[30. 20. 60. 40.]]
        """
        words = [source] if isinstance(source, Word) else source
        options = Options(threshold, batch, track, tiles, timeout)
        return stream(self.detect, self.nms_threshold, find_sources(words), options, on_error)

    def _rows(self, batch: Floats) -> tuple[Floats, Floats | None]:
        """The rows of DetectionOutput for a batch: item, label, score, corners (n, 7); and their
        masks (n, M, N), if the net gives some."""
        inputs = {self.input: batch}
        for name in self.info:
            # height, width and two scales, of which an input has the first three as a rule
            info = np.ones((len(batch), 4), np.float32)
            info[:, :2] = batch.shape[2:]
            shape = self.net.shapes[name]
            inputs[name] = info[:, :shape[1]].reshape(-1, *shape[1:])
        found = self.engine.run(inputs)
        rows = np.asarray(found[self.output].reshape(-1, 7), np.float32)
        return rows, np.asarray(found[self.masks[0]], np.float32) if self.masks else None

    def _detections(self, rows: Floats, shape: tuple[int, ...], masks: Floats | None
                    ) -> list[Detection]:
        """The rows of DetectionOutput for an image of that shape, and their masks, as objects."""
        corners = self._to_pixels(rows[:, 3:], *shape[:2])
        columns = zip(rows[:, 1].tolist(), rows[:, 2].tolist(), corners.tolist(), strict=True)
        return [Detection(int(label), score, (x1, y1, x2, y2),
                          mask=None if masks is None else masks[index])
                for index, (label, score, (x1, y1, x2, y2)) in enumerate(columns)]

    def _to_pixels(self, corners: Floats, height: int, width: int) -> NDArray[np.float64]:
        """Corners (K, 4) in parts of the net's input, padding included, as image pixels."""
        window = geometry.resized_window(self.resize, width, height)
        low = window[:2]
        extent = window[2:] - low
        shares = ((corners.reshape(-1, 2, 2) - low) / extent).clip(0, 1).astype(np.float64)
        return np.asarray((shares * (width, height)).reshape(-1, 4))
