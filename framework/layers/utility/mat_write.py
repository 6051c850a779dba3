"""MatWrite: blobs as MATLAB's files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import CaffeError, DataError, reason_of
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import check_sizes, honour
from framework.system.arrays import Array
from framework.system.atomic import write_file
from framework.system.regular import read_regular
from framework.system.text import decoded

MAX_LIST_BYTES = 1 << 28
# element types and classes of MATLAB's level 5 format
INT8, INT32, UINT32, MATRIX = 1, 5, 6, 14
NUMBERS = {np.dtype(np.float32): (7, 7), np.dtype(np.float64): (9, 6)}
MAX_BYTES = 2**31 - 1       # of one element in that format


@layer
class MatWrite(Layer):
    """Write each bottom to a MATLAB file, as `data` (width, height, channels, items).

    Bottoms: any number, up to 4 axes. No tops.
    Every `period`-th forward writes prefix + name + "_blob_0.mat" and so on. The name is the first
    word of the forward's line in `source`, less `strip` characters at its end, or iter_0, iter_1,
    ... without a source. It cannot be part of a compiled or exported graph: writing a file breaks
    it.
    Errors:  SpecError for a missing prefix, a period below 1, more than 4 axes, or a source that
             cannot be read; CaffeError if a file cannot be written or the list has ended.
    Source:  MatWriteParameter; mat_write_layer.cpp and matio_io.cpp of hszhao/PSPNet (DeepLab's).
    """

    num_bottoms = (1, None)
    num_tops = (0, 0)
    no_onnx_form = "it writes a file, which no runtime does"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "mat_write_param", "prefix source strip period")
        param = spec.proto.mat_write_param
        self.prefix = param.prefix
        self.period = param.period
        if not param.prefix:
            raise spec.error("mat_write_param.prefix", "is missing; it begins the names of the "
                             "files")
        check_sizes(spec, "mat_write_param", "period")
        if any(len(shape) > 4 for shape in bottoms):
            raise spec.error("bottom", "has more than 4 axes")
        self.names: list[str] | None = None
        self.num_forwards = 0

    @uncompiled
    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        if bottoms[0].is_meta:
            return ()
        if self.num_forwards % self.period == 0:
            name = self._name()
            for index, bottom in enumerate(bottoms):
                self._write(f"{self.prefix}{name}_blob_{index}.mat",
                            bottom.detach().float().cpu().numpy())
        self.num_forwards += 1
        return ()

    def _name(self) -> str:
        param = self.spec.proto.mat_write_param
        if not param.source:
            return f"iter_{self.num_forwards}"
        if self.names is None:
            try:
                content = read_regular(param.source, MAX_LIST_BYTES)
                lines = decoded(param.source, content).splitlines()
            except (OSError, DataError) as error:
                raise self.spec.error("mat_write_param.source", f"'{param.source}' cannot be "
                                      f"read: {reason_of(error)}") from None
            words = [line.split()[0] for line in lines if line.split()]
            self.names = [word[:len(word) - param.strip] for word in words]
        if self.num_forwards >= len(self.names):
            raise CaffeError(f"{self.spec.place()}: '{param.source}' has {len(self.names)} names, "
                             f"and this is forward {self.num_forwards + 1}")
        return self.names[self.num_forwards]

    def _write(self, path: str, blob: Array) -> None:
        try:
            write_file(Path(path), mat_file("data", blob))
        except OverflowError as error:
            raise CaffeError(f"{self.spec.place()}: '{path}' cannot be written: {error}") from None


def mat_file(name: str, blob: Array) -> bytes:
    """A MATLAB file of level 5 that holds one array of up to 4 axes, float32 or float64.

    Caffe's order of the values is MATLAB's of the reversed shape: they are written as they are.
    Raises OverflowError for 2 GiB or more. Source: MathWorks, MAT-File Format, chapter 1.
    """
    kind, array_class = NUMBERS[blob.dtype]
    dims = np.array([*blob.shape, 1, 1, 1, 1][:4][::-1], "<i4")
    values = np.ascontiguousarray(blob, blob.dtype.newbyteorder("<")).tobytes()
    parts = [_element(UINT32, struct.pack("<II", array_class, 0)),
             _element(INT32, dims.tobytes()), _element(INT8, name.encode()),
             _element(kind, values)]
    matrix = b"".join(parts)
    if len(matrix) > MAX_BYTES:
        raise OverflowError(f"it would have {len(matrix)} bytes; the format takes {MAX_BYTES}")
    text = b"MATLAB 5.0 MAT-file, written by Caffe on Torch".ljust(116)
    return text + bytes(8) + struct.pack("<H2s", 0x0100, b"IM") + struct.pack(
        "<II", MATRIX, len(matrix)) + matrix


def _element(kind: int, content: bytes) -> bytes:
    """A tag, the bytes, and zeros up to a multiple of 8."""
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)
