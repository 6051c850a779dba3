"""caffe.Detector: classification of windows of images, as in R-CNN."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from framework.layers.python.blob import Array
from framework.layers.python.protocol import TEST
from framework.pycaffe import io
from framework.pycaffe.net import Net
from framework.pycaffe.preprocessing import make_transformer

SELECTIVE_SEARCH = "selective_search_ijcv_with_python"


class Detector(Net):
    """A net that gives scores for windows of images, each warped to the net's input.

    context_pad  pixels of the net's input, on each side, that show what is around the window
    mean, input_scale, raw_scale, channel_swap   of caffe.io.Transformer
    Source: detector.py of BVLC/caffe; Girshick et al. 2014.
    """

    def __init__(self, model_file: str, pretrained_file: str, mean: Array | None = None,
                 input_scale: float | None = None, raw_scale: float | None = None,
                 channel_swap: Sequence[int] | None = None, context_pad: int | None = None):
        super().__init__(model_file, TEST, weights=pretrained_file)
        name = self.inputs[0]
        self.transformer = make_transformer(
            name, self.blobs[name].shape, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def detect_windows(self, images_windows: Iterable[tuple[str, Iterable[Array]]]
                       ) -> list[dict[str, Any]]:   # Any: of different types by key
        """Scores of windows.

        images_windows  pairs of an image's path and its windows (ymin, xmin, ymax, xmax), pixels
        Returns for each window a dict of `filename`, `window` and `prediction`, its scores.
        """
        found: list[dict[str, Any]] = []
        crops = []
        name = self.inputs[0]
        for path, windows in images_windows:
            image = io.load_image(path).astype(np.float32)
            for window in windows:
                crops.append(self.transformer.preprocess(name, self.crop(image, window)))
                found.append({"window": window, "filename": path})
        if not crops:
            return found
        scores = self.forward_all(None, **{name: np.stack(crops)})[self.outputs[0]]
        for entry, prediction in zip(found, scores, strict=True):
            entry["prediction"] = prediction
        return found

    def detect_selective_search(self, image_fnames: Sequence[str]
                                ) -> list[dict[str, Any]]:      # Any: as above
        """Scores of the windows that selective search proposes, as `detect_windows` gives them.

        RuntimeError if its package, which runs MATLAB, is not installed.
        """
        try:
            search = importlib.import_module(SELECTIVE_SEARCH)
        except ImportError as error:
            raise RuntimeError(
                f"the package {SELECTIVE_SEARCH} is not installed; it runs the selective search of "
                "its authors in MATLAB. With windows from elsewhere call detect_windows"
                ) from error
        paths = [os.path.abspath(path) for path in image_fnames]    # MATLAB works elsewhere
        windows = search.get_windows(paths, cmd="selective_search_rcnn")
        return self.detect_windows(zip(paths, windows, strict=True))

    def crop(self, im: Array, window: Array) -> Array:
        """Cut a window (ymin, xmin, ymax, xmax) out of an image (height, width, channels).

        With `context_pad` the result has the size of the net's input: what is around the window as
        far as the image goes, and the mean beyond.
        """
        y1, x1, y2, x2 = (int(side) for side in window)
        if not self.context_pad:
            cut = im[y1:y2, x1:x2]
            if not cut.size:
                raise ValueError(f"the window {(y1, x1, y2, x2)} (ymin, xmin, ymax, xmax) has no "
                                 f"pixels of the image {im.shape[0]} x {im.shape[1]}")
            return cut
        size = int(self.crop_dims[0])       # of a square
        factor = size / (size - 2.0 * self.context_pad)
        half = np.array([y2 - y1 + 1, x2 - x1 + 1]) / 2.0
        center = np.array([y1, x1]) + half
        low = np.round(center - factor * half)
        high = np.round(center + factor * half)
        scale = size / (high - low + 1)
        pad = np.round(np.maximum(0, -low) * scale).astype(int)
        limit = np.array(im.shape[:2])
        low = np.clip(low, 0, limit).astype(int)
        high = np.clip(high, 0, limit).astype(int)
        inside = np.round((high - low + 1) * scale).astype(int)
        inside = np.minimum(inside, size - pad)
        part = im[low[0]:high[0], low[1]:high[1]]
        crop = np.ones(tuple(self.crop_dims), np.float32) * self.crop_mean
        crop[pad[0]:pad[0] + inside[0], pad[1]:pad[1] + inside[1]] = io.resize_image(
            part, tuple(int(side) for side in inside))
        return crop

    def configure_crop(self, context_pad: int | None) -> None:
        """Set the crop's size, and the mean in the values and order of images to pad with.

        context_pad  as of the class
        """
        name = self.inputs[0]
        transformer = self.transformer
        order = transformer.transpose[name]
        inverse = [order[axis] for axis in order]
        self.crop_dims = np.array(self.blobs[name].shape[1:])[inverse]
        if context_pad and not 0 < 2 * context_pad < self.crop_dims[0]:
            raise ValueError(f"context_pad is {context_pad}; it must be below half of the input's "
                             f"side, {self.crop_dims[0]}")
        self.context_pad = context_pad
        self.crop_mean: Array = np.zeros(tuple(self.crop_dims), np.float32)
        mean = transformer.mean.get(name)
        if not context_pad or mean is None:
            return
        mean = mean.transpose(inverse).copy()
        swap = transformer.channel_swap.get(name)
        if swap is not None:
            mean = mean[:, :, [tuple(swap).index(channel) for channel in range(mean.shape[2])]]
        raw_scale = transformer.raw_scale.get(name)
        self.crop_mean = mean / raw_scale if raw_scale is not None else mean
