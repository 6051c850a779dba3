"""The image preprocessing of caffe.Classifier and caffe.Detector, by caffe.io."""

from __future__ import annotations

from collections.abc import Sequence

from framework.layers.python.blob import Array
from framework.pycaffe import io


def make_transformer(name: str, shape: Sequence[int], mean: Array | None,
                     input_scale: float | None, raw_scale: float | None,
                     channel_swap: Sequence[int] | None) -> io.Transformer:
    """A caffe.io.Transformer from images (height, width, channels) to the blob `name`."""
    transformer = io.Transformer({name: tuple(shape)})
    transformer.set_transpose(name, (2, 0, 1))
    if mean is not None:
        transformer.set_mean(name, mean)
    if input_scale is not None:
        transformer.set_input_scale(name, input_scale)
    if raw_scale is not None:
        transformer.set_raw_scale(name, raw_scale)
    if channel_swap is not None:
        transformer.set_channel_swap(name, channel_swap)
    return transformer
