"""FLOWriter and FloatWriter: blobs as files of optical flows, and of numbers with their size."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import ClassVar

import numpy as np
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import check_four_axes, honour
from framework.system.arrays import Array
from framework.system.atomic import write_file

FIELD = "writer_param"


class FlowFile(Layer):
    """What both writers have in common: the names of the files."""

    reads: ClassVar[tuple[str, ...]] = (FIELD,)
    num_tops = (0, 0)
    no_onnx_form = "it writes a file, which no runtime does"
    ending: ClassVar[str]

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "file folder prefix suffix")
        self.param = spec.proto.writer_param
        check_four_axes(spec, x)
        if not self.param.file and not self.param.folder:
            raise spec.error(f"{FIELD}.folder", "is missing; it or `file` says where the files go")
        self.num_forwards = 0

    @uncompiled
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        if x.is_meta:
            return ()
        for index, item in enumerate(x.detach().float().cpu().numpy()):
            path = self._path(index, len(x))
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, self.content(item))
        self.num_forwards += 1
        return ()

    def _path(self, index: int, num: int) -> Path:
        if self.param.file:
            return Path(self.param.file)
        number = f"{self.num_forwards:07d}" + (f"({index:03d})" if num > 1 else "")
        return Path(self.param.folder) / f"{self.param.prefix}{number}{self.param.suffix}" \
            f".{self.ending}"

    def content(self, item: Array) -> bytes:
        """The bytes of a file of one item (C, H, W)."""
        raise NotImplementedError


@layer
class FLOWriter(FlowFile):
    """Write each item of a flow to a .flo file of Middlebury's form.

    Bottom: flow (N, 2, H, W). No tops. The files are folder/prefix + number of the forward, with
            seven digits, + (item) if there are several + suffix + .flo, or `file`, the last item's.
    `normalize` and `scale` have no effect, as in the original. It cannot be part of a compiled or
    exported graph: writing a file breaks it.
    Errors: SpecError for another number of channels, and without folder and file.
    Source: WriterParameter; flowriter_layer.cpp and output.cpp of lmb-freiburg/flownet2.
    """

    ending = "flo"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec, x)
        if x[1] != 2:
            raise spec.error("bottom", f"has {x[1]} channels; a flow has 2")

    def content(self, item: Array) -> bytes:
        _, height, width = item.shape
        return b"PIEH" + struct.pack("<ii", width, height) + np.ascontiguousarray(
            item.transpose(1, 2, 0), "<f4").tobytes()


@layer
class FloatWriter(FlowFile):
    """Write each item to a .float3 file: a header of text, and the numbers.

    Bottom: x (N, C, H, W). No tops. The files are named as FLOWriter's, with .float3; the header is
            "float", 3, width, height and channels, in a line each.
    `normalize` and `scale` have no effect, as in the original. It cannot be part of a compiled or
    exported graph: writing a file breaks it.
    Errors: SpecError for another number of axes, and without folder and file.
    Source: WriterParameter; floatwriter_layer.cpp and output.cpp of lmb-freiburg/flownet2.
    """

    ending = "float3"

    def content(self, item: Array) -> bytes:
        channels, height, width = item.shape
        header = f"float\n3\n{width}\n{height}\n{channels}\n"
        return header.encode() + np.ascontiguousarray(item, "<f4").tobytes()
