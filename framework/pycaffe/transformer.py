"""caffe.io.Transformer: image preprocessing for the inputs of a net, and back.

Source: the behaviour of python/caffe/io.py in BVLC/caffe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from framework.errors import CaffeError
from framework.layers.python.blob import Array
from framework.pycaffe.images import resize_image
from framework.system.wording import shortened


class Transformer:
    """Resizes, transposes, scales and subtracts a mean, for each input what was set for it.

    inputs: shapes by the name of the input, {"data": (batch, channels, height, width)}.
    Every method raises CaffeError for a name that is not among them.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]):
        self.inputs = inputs
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float] = {}

    def _shape(self, in_: str) -> tuple[int, ...]:
        if in_ not in self.inputs:
            raise CaffeError(f"{in_} is not one of the net inputs: {', '.join(self.inputs)}")
        return tuple(self.inputs[in_])

    def preprocess(self, in_: str, data: Array) -> Array:
        """The input (channels, height, width) in float32 from an image (height, width, channels).

        In this order: resize, transpose, swap channels, raw scale, mean, input scale. `data`
        stays as it is.
        """
        size = self._shape(in_)[2:]
        values = np.array(data, np.float32)
        self._check_axes(in_, values.shape)
        if values.shape[:2] != size:
            values = resize_image(values, size)
        if in_ in self.transpose:
            values = values.transpose(self.transpose[in_])
        if in_ in self.channel_swap:
            values = values[list(self.channel_swap[in_])]
        if in_ in self.raw_scale:
            values *= self.raw_scale[in_]
        if in_ in self.mean:
            values -= self.mean[in_]
        if in_ in self.input_scale:
            values *= self.input_scale[in_]
        return values

    def _check_axes(self, in_: str, shape: tuple[int, ...]) -> None:
        """ValueError unless transpose and channel swap can be done on an image of that shape."""
        order = self.transpose.get(in_)
        if order is not None and len(order) != len(shape):
            raise ValueError(f"the image has the shape {shape}, and the transpose {tuple(order)} "
                             f"needs {len(order)} axes; a grey image is image[:, :, None]")
        channels = shape[order[0] if order is not None else 0] if shape else 0
        if in_ in self.channel_swap and len(self.channel_swap[in_]) != channels:
            raise ValueError(f"the image has the shape {shape}, and the channel swap "
                             f"{tuple(self.channel_swap[in_])} needs "
                             f"{len(self.channel_swap[in_])} channels; caffe.io.load_image(path) "
                             "makes 3 of a grey image")

    def deprocess(self, in_: str, data: Array) -> Array:
        """The image that an input was made from, in the input's size, without axes of length 1."""
        self._shape(in_)
        kind = data.dtype if np.issubdtype(data.dtype, np.floating) else np.float32
        values = np.array(data, kind).squeeze()
        if in_ in self.input_scale:
            values /= self.input_scale[in_]
        if in_ in self.mean:
            values += self.mean[in_]
        if in_ in self.raw_scale:
            values /= self.raw_scale[in_]
        if in_ in self.channel_swap:
            values = values[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            values = values.transpose(np.argsort(self.transpose[in_]))
        return values

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of axes: (2, 0, 1) turns (height, width, channels) into Caffe's."""
        num_axes = len(self._shape(in_)) - 1
        if len(order) != num_axes:
            raise CaffeError(f"Transpose order {tuple(order)} needs to have the same number of "
                             f"dimensions as the input, {num_axes}")
        if sorted(order) != list(range(num_axes)):
            raise CaffeError(f"Transpose order {tuple(order)} must name each of the axes 0 to "
                             f"{num_axes - 1} once")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of channels, after the transpose: (2, 1, 0) turns RGB into BGR."""
        channels = self._shape(in_)[1]
        if len(order) != channels:
            raise CaffeError(f"Channel swap {tuple(order)} needs to have the same number of "
                             f"dimensions as the input channels, {channels}")
        if not all(index in range(channels) for index in order):
            raise CaffeError(f"Channel swap {tuple(order)} must have numbers from 0 to "
                             f"{channels - 1}")
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """Set the factor before the mean: 255 for values of 0 to 1 and a net trained on bytes."""
        self._shape(in_)
        self.raw_scale[in_] = _factor("raw scale", scale)

    def set_mean(self, in_: str, mean: Array) -> None:
        """Set the mean: (channels,), (channels, height, width), or (height, width) of one channel.

        A mean image of another size is resized. Raises ValueError if the channels differ.
        """
        shape = self._shape(in_)
        mean = np.asarray(mean)
        if mean.dtype.kind not in "fiu":
            raise ValueError(f"Mean must be numbers: {shortened(repr(mean))}")
        if mean.ndim == 1:
            mean = mean[:, np.newaxis, np.newaxis]
        elif mean.ndim == 2:
            mean = mean[np.newaxis]
        if mean.ndim != 3:
            raise ValueError(f"Mean shape invalid: {mean.shape}")
        if mean.shape[0] != shape[1]:
            raise ValueError(f"Mean channels incompatible with input: {mean.shape[0]} channels "
                             f"for {shape[1]}")
        if mean.shape[1:] not in ((1, 1), shape[2:]):
            mean = resize_image(mean.transpose(1, 2, 0), shape[2:]).transpose(2, 0, 1)
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """Set the factor after the mean."""
        self._shape(in_)
        self.input_scale[in_] = _factor("input scale", scale)


def _factor(what: str, scale: float) -> float:
    """The scale, or an array of scales. CaffeError for what is not a finite number."""
    values = np.asarray(scale)
    if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise CaffeError(f"the {what} is {shortened(repr(scale))}; it must be a finite number")
    return scale
