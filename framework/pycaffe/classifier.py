"""caffe.Classifier: image classification, from one crop or the mean over ten."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from framework.layers.python.blob import Array
from framework.layers.python.protocol import TEST
from framework.pycaffe import io
from framework.pycaffe.images import check_sizes
from framework.pycaffe.net import Net
from framework.pycaffe.preprocessing import make_transformer
from framework.system.wording import shortened


class Classifier(Net):
    """A net for images that gives a score for each class.

    image_dims   (height, width) to resize images to before cropping; by default that of the net
    mean, input_scale, raw_scale, channel_swap   of caffe.io.Transformer
    Source: classifier.py of BVLC/caffe.
    """

    def __init__(self, model_file: str, pretrained_file: str,
                 image_dims: Sequence[int] | None = None, mean: Array | None = None,
                 input_scale: float | None = None, raw_scale: float | None = None,
                 channel_swap: Sequence[int] | None = None):
        super().__init__(model_file, TEST, weights=pretrained_file)
        name = self.inputs[0]
        self.transformer = make_transformer(
            name, self.blobs[name].shape, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[name].shape[2:])
        self.image_dims: Sequence[int] | Array = self.crop_dims
        if image_dims is not None and np.size(image_dims) > 0:
            check_sizes("image_dims", image_dims)
            self.image_dims = image_dims

    def predict(self, inputs: Sequence[Array], oversample: bool = True) -> Array:
        """Scores (N, classes) of N images (height, width, channels).

        oversample  the mean over centre, corners and their mirror images; else the centre alone
        """
        channels = self.blobs[self.inputs[0]].shape[1]
        if np.ndim(inputs) == 0 and not isinstance(inputs, Sequence) or not len(inputs):
            raise ValueError("predict takes a list of images (height, width, channels), one at "
                             f"least; it is given {shortened(repr(inputs))}")
        for image in inputs:
            _check_image(image, channels)
        resized = [io.resize_image(image, self.image_dims) for image in inputs]
        images = np.stack(resized).astype(np.float32)
        if oversample:
            images = io.oversample(images, self.crop_dims)
        else:
            top, left = ((np.array(self.image_dims) - self.crop_dims) / 2.0).astype(int)
            height, width = self.crop_dims
            images = images[:, top:top + height, left:left + width]
        name = self.inputs[0]
        crops = np.stack([self.transformer.preprocess(name, image) for image in images])
        scores = self.forward_all(None, **{name: crops})[self.outputs[0]]
        if oversample:
            scores = scores.reshape(len(scores) // 10, 10, -1).mean(1)
        return scores


def _check_image(image: Array, channels: int) -> None:
    """ValueError unless it is an image (height, width, channels) of as many channels."""
    shape = np.shape(image)
    if len(shape) != 3:
        raise ValueError(f"an image has the shape {shape}; predict takes a list of images (height, "
                         "width, channels): [image] for one image, image[:, :, None] for a grey "
                         "one")
    if shape[2] != channels:
        raise ValueError(f"an image has {shape[2]} channels, and the net takes {channels}; "
                         f"caffe.io.load_image(path, color={channels == 3}) loads it so")
