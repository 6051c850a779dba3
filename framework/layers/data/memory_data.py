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
            data of the shape `dim`, of any number of axes, and a label with as many, if that is
            given (BVLC's branch opencl, where the label may be left out); a label (batch_size,
            label_channels, label_height, label_width) for several numbers an item
            (junhyukoh/caffe-lstm's SEQ_MEMORY_DATA).
    Errors: SpecError if a size is missing; DataError if there are no arrays when one is needed.
    Source: MemoryDataParameter in caffe.proto; BVLC memory_data_layer.cpp;
            seq_memory_data_layer.cpp of junhyukoh/caffe-lstm, commit c8dc5c7, whose schema is
            lost: that its label sizes are 1 by default is a guess.
    """

    num_tops = (1, 2)

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
        names = ["batch_size", "channels", "height", "width"]
        if param.dim:
            sizes = list(param.dim)
            names = ["dim"] * len(sizes)
        for name, size in zip(names, sizes, strict=True):
            if size == 0:
                raise spec.error(f"memory_data_param.{name}", "is missing or 0; it must be at "
                                 "least 1")
        self.batch_size = sizes[0]
        self.top_shapes = self.assumed_shapes(spec)
        self._arrays: tuple[Tensor, ...] | None = None
        self._first_batch: int | None = 0

    def set_input_arrays(self, data: NDArray[Any], labels: NDArray[Any] | None = None) -> None:
        """Take arrays (n, channels, height, width) and (n,), n a multiple of the batch size.

        Labels of several numbers are (n, ...) with as many; without a top for them they are not
        looked at. The next batch is their first. DataError for other shapes.
        """
        given = [data] if len(self.top_shapes) == 1 or labels is None else [data, labels]
        label_sizes = [math.prod(shape[1:]) for shape in self.top_shapes[1:]]
        fits = len(given) == len(self.top_shapes) and data.ndim > 0 \
            and data.shape[1:] == self.top_shapes[0][1:] \
            and len(data) > 0 and len(data) % self.batch_size == 0 \
            and all(array.size == len(data) * size
                    for array, size in zip(given[1:], label_sizes, strict=True))
        if not fits:
            found = " and labels ".join(str(array.shape) for array in given)
            wanted = [f"(n, {', '.join(map(str, self.top_shapes[0][1:]))})",
                      *(f"(n, {size})" if size > 1 else "(n,)" for size in label_sizes)]
            raise DataError(f"{self.spec.place()}: got data {found}; it takes "
                            f"{' and '.join(wanted)}, n a multiple of the batch size "
                            f"{self.batch_size}")
        self._arrays = tuple(
            torch.from_numpy(np.array(array, np.float32)).reshape(-1, *shape[1:])
            for array, shape in zip(given, self.top_shapes, strict=True))
        self._first_batch = None

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        index = start
        while True:
            if self._arrays is None:
                raise DataError(f"{self.spec.place()}: has no data: call "
                                "set_input_arrays first")
            if self._first_batch is None:
                self._first_batch = index
            begin = (index - self._first_batch) * self.batch_size % len(self._arrays[0])
            end = begin + self.batch_size
            yield tuple(array[begin:end] for array in self._arrays)
            index += 1
