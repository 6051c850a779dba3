"""Maps of surface normals from probabilities of a codebook, in form V1."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.number_files import read_numbers, read_rows
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS, UNWRITTEN
from framework.layers.params import check_four_axes, honour
from framework.ops.losses import StraightThrough

MOST_TRIANGLES = 1 << 16
SCALE = 128     # of a byte's half range, and its middle


@layer
class CodebookDecode(Layer):
    """Sum of a codebook's vectors at each position, times their probabilities.

    Bottom: p (N, C, H, W), C being how many vectors of three numbers `source_dict` has.
    Top:    (N, 3, H, W): with `usesoft` of all vectors, else of the three of a triangle: that one
            of `source_triids`, which lists vectors by their numbers from 1, whose p have the
            highest sum; the first of equal ones, and where no sum is above 0 the first of all.
    The gradient is that of the first triangle's sum everywhere, as the original's backward never
    comes to another one.
    Errors: SpecError for files of other sizes or numbers, and, at the first forward, for files that
            are not there.
    Source: DecodeParameter; DECODE, decode_layer.cpp of caomw/caffe-3dnormal_joint_past; Wang,
            Fouhey and Gupta 2015.
    """

    reads = ("decode_param",)
    needs_float32 = True
    no_onnx_form = UNWRITTEN
    codes: Tensor
    members: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "decode_param", "source_dict source_triids usesoft")
        check_four_axes(spec, x)
        param = spec.proto.decode_param
        self.uses_all = param.usesoft
        self.paths = {name: getattr(param, name) for name in ("source_dict", "source_triids")}
        self.register_buffer("codes", torch.zeros(x[1], 3), persistent=False)
        self.register_buffer("members", torch.zeros(1, x[1]), persistent=False)
        self.is_read = False
        if all(path and Path(path).exists() for path in self.paths.values()):
            self._read()

    def _read(self) -> None:
        codes = self._rows("source_dict")
        if len(codes) != len(self.codes):
            raise self.spec.error("decode_param.source_dict", f"has {len(codes)} vectors; the "
                                  f"bottom has {len(self.codes)} channels")
        triangles = torch.tensor(self._rows("source_triids")).long() - 1
        if triangles.min() < 0 or triangles.max() >= len(codes):
            raise self.spec.error("decode_param.source_triids", "lists what is not from 1 to the "
                                  f"{len(codes)} vectors")
        self.codes = torch.tensor(codes).to(self.codes)
        self.members = F.one_hot(triangles, len(codes)).sum(1).to(self.members)
        self.is_read = True

    def _rows(self, name: str) -> list[list[float]]:
        path = self.paths[name]
        if not path:
            raise self.spec.error(f"decode_param.{name}", "is missing; the layer reads it")
        try:
            return read_rows(path, 3, MOST_TRIANGLES)
        except ValueError as error:
            raise self.spec.error(f"decode_param.{name}", f"is '{path}', {error}") from None

    def forward(self, x: Tensor) -> Tensor:
        if not self.is_read and not x.is_meta:
            self._read()
        codes, members = self.codes.to(x.dtype), self.members.to(x.dtype)
        taught = self._sum(x, members[0, :, None, None], codes)
        with torch.no_grad():
            shares = torch.ones_like(x)
            if not self.uses_all:
                sums = torch.einsum("nchw,tc->nthw", x, members).clamp(min=0)
                shares = members[sums.argmax(1)].movedim(-1, 1)
            value = self._sum(x, shares, codes)
        found: Tensor = StraightThrough.apply(taught, value)
        return found

    @staticmethod
    def _sum(x: Tensor, shares: Tensor, codes: Tensor) -> Tensor:
        return torch.einsum("nchw,ck->nkhw", x * shares, codes)


@layer
class MeanRescale(Layer):
    """Values from -1 to 1 as those of an image without its mean: 128 x + 128 - mean.

    Bottom: x (N, ...). Top: as x; the mean of the k-th value of an item is the k-th number of
            `source_dict`.
    Errors: SpecError for a file with fewer numbers than an item has values; at the first forward
            for one that is not there.
    Source: RESCALE, rescale_layer.cpp of caomw/caffe-3dnormal_joint_past.
    """

    reads = ("decode_param",)
    keeps_shape = True
    mean: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "decode_param", "source_dict")
        self.path = spec.proto.decode_param.source_dict
        if not self.path:
            raise spec.error("decode_param.source_dict", "is missing; the layer reads it")
        self.register_buffer("mean", torch.zeros(x[1:]), persistent=False)
        self.is_read = False
        if Path(self.path).exists():
            self._read()

    def _read(self) -> None:
        try:
            numbers = read_numbers(self.path, self.mean.numel(), "values an item")
        except ValueError as error:
            raise self.spec.error("decode_param.source_dict", f"is '{self.path}', {error}"
                                  ) from None
        self.mean = torch.tensor(numbers).to(self.mean).reshape(self.mean.shape)
        self.is_read = True

    def forward(self, x: Tensor) -> Tensor:
        if not self.is_read and not x.is_meta:
            self._read()
        return x * SCALE + SCALE - self.mean.to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if not self.is_read:
            self._read()
        scaled = graph.add("Mul", bottoms[0], graph.floats(float(SCALE)))
        return [graph.add("Add", scaled, graph.floats(SCALE - self.mean))]


@layer
class IdleAccuracy(Layer):
    """Two zeros, whatever the bottoms are: an Accuracy without its code, in nets of codebooks.

    Bottoms: any. Top: (1, 2, 1, 1).
    Source: ACCURACY, accuracy_layer.cpp of caomw/caffe-3dnormal_joint_past.
    """

    num_bottoms = (1, None)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)

    def forward(self, *bottoms: Tensor) -> Tensor:
        return bottoms[0].new_zeros(1, 2, 1, 1)
