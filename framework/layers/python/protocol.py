"""The base class of layers that users write in Python."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from framework.layers.python.blob import Blob, BlobVector


class Phase(IntEnum):
    """A phase: a number as in pycaffe today, whose text is its name as in the pycaffe of 2015."""

    TRAIN = 0
    TEST = 1

    def __str__(self) -> str:
        return self.name


TRAIN, TEST = Phase.TRAIN, Phase.TEST


class Layer:
    """The base class of Python layers, `class Mine(caffe.Layer)`.

    `setup` is called once, `reshape` before every forward; `forward` fills `top[i].data`,
    `backward` fills `bottom[i].diff` where `propagate_down[i]`, and adds to `blobs[i].diff`.
    """

    param_str: str = ""
    param_str_: str = ""
    phase: Phase = TEST
    type: str = "Python"

    def __init__(self, *arguments: Any):  # Any: pycaffe hands the message; few classes read it
        self.blobs = BlobVector()

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read `param_str`, make blobs."""

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the tops their shapes."""

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Compute the tops."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, top: Sequence[Blob], propagate_down: Sequence[bool],
                 bottom: Sequence[Blob]) -> None:
        """Compute the gradients; a layer that has none leaves zeros."""
