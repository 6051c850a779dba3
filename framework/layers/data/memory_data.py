"""MemoryData: batches of arrays that the caller sets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, Source, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size

LABEL_FIELDS = ("label_channels", "label_height", "label_width")


def _label_sizes(spec: LayerSpec) -> Shape:
    """The shape of an item's label. SpecError for a size of 0."""
    param = spec.proto.memory_data_param
    for name in LABEL_FIELDS:
        if getattr(param, name) == 0:
            raise spec.error(f"memory_data_param.{name}", "is 0; it must be at least 1")
    return tuple(getattr(param, name) for name in LABEL_FIELDS)


@layer
class MemoryData(Source):
    """Batches of the arrays given by `set_input_arrays`, which are repeated when they end.

    Tops:   data (batch_size, channels, height, width) and label (batch_size, 1, 1, 1), as given;
            data of the shape `dim`, and a label with as many axes, if that is given (BVLC's
            branch opencl); a label (batch_size, label_channels, label_height, label_width) for
            several numbers an item (junhyukoh/caffe-lstm's SEQ_MEMORY_DATA).
    Errors: SpecError if a size is missing; DataError if there are no arrays when one is needed.
    Source: MemoryDataParameter in caffe.proto; BVLC memory_data_layer.cpp;
            seq_memory_data_layer.cpp of junhyukoh/caffe-lstm, commit c8dc5c7, whose schema is
            lost: that its label sizes are 1 by default is a guess.
    """

    num_tops = (2, 2)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.memory_data_param
        images: Shape = (param.batch_size, param.channels, param.height, param.width)
        images = tuple(param.dim) or images     # the whole shape in BVLC's branch opencl
        labels: Shape = (images[0], *(1 for _ in images[1:]))
        if len(labels) == len(LABEL_FIELDS) + 1:
            labels = (images[0], *_label_sizes(spec))
        return [images, labels][:len(spec.tops)]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        param = spec.proto.memory_data_param
        sizes = [param.batch_size, param.channels, param.height, param.width]
        if param.dim:
            sizes = list(param.dim)
            if len(sizes) != 4:
                raise spec.error("memory_data_param.dim", f"is given {len(sizes)} times; it must "
                                 "be four: batch size, channels, height, width")
        for name, size in zip(("batch_size", "channels", "height", "width"), sizes, strict=True):
            if size == 0:
                raise spec.error(f"memory_data_param.{name}", "is missing or 0; it must be at "
                                 "least 1")
        self.batch_size = sizes[0]
        self.top_shapes = [tuple(sizes), (self.batch_size, *_label_sizes(spec))]
        self._arrays: tuple[Tensor, Tensor] | None = None
        self._first_batch: int | None = 0

    def set_input_arrays(self, data: NDArray[Any], labels: NDArray[Any]) -> None:
        """Take arrays (n, channels, height, width) and (n,), n a multiple of the batch size.

        Labels of several numbers are (n, ...) with as many. The next batch is their first.
        DataError for other shapes.
        """
        wanted = self.top_shapes[0][1:]
        label_shape = self.top_shapes[1][1:]
        label_size = math.prod(label_shape)
        if data.ndim != len(wanted) + 1 or data.shape[1:] != wanted or len(data) % self.batch_size \
                or len(data) == 0 or labels.size != len(data) * label_size:
            raise DataError(
                f"{self.spec.place()}: got data {data.shape} and labels "
                f"{labels.shape}; it takes (n, {', '.join(map(str, wanted))}) and "
                f"{f'(n, {label_size})' if label_size > 1 else '(n,)'}, n a "
                f"multiple of the batch size {self.batch_size}")
        self._arrays = (
            torch.from_numpy(np.array(data, np.float32)),
            torch.from_numpy(np.array(labels, np.float32)).reshape(-1, *label_shape))
        self._first_batch = None

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        index = start
        while True:
            if self._arrays is None:
                raise DataError(f"{self.spec.place()}: has no data: call "
                                "set_input_arrays first")
            if self._first_batch is None:
                self._first_batch = index
            data, labels = self._arrays
            begin = (index - self._first_batch) * self.batch_size % len(data)
            end = begin + self.batch_size
            yield data[begin:end], labels[begin:end]
            index += 1
