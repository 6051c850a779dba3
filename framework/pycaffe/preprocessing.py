"""What caffe.Classifier and caffe.Detector do to pictures, by caffe.io."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from framework.pycaffe.blob import Array


def pycaffe_io() -> ModuleType:
    """caffe.io, imported when it is needed."""
    return importlib.import_module("framework.pycaffe.io")


def make_transformer(name: str, shape: Sequence[int], mean: Array | None,
                     input_scale: float | None, raw_scale: float | None,
                     channel_swap: Sequence[int] | None) -> Any:    # Any: of a module loaded late
    """A caffe.io.Transformer from pictures (height, width, channels) to the blob `name`."""
    transformer = pycaffe_io().Transformer({name: tuple(shape)})
    transformer.set_transpose(name, (2, 0, 1))
    for value, setting in ((mean, transformer.set_mean), (input_scale, transformer.set_input_scale),
                           (raw_scale, transformer.set_raw_scale),
                           (channel_swap, transformer.set_channel_swap)):
        if value is not None:
            setting(name, value)
    return transformer
