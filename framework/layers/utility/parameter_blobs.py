"""Blobs between a layer's parameters and its tops or bottoms: Param2Top, Bottom2Param."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.proto import FillerParameter, LayerParameter


@layer
class Param2Top(Layer):
    """Learned blobs as tops, which other layers may share by `param { name }`.

    Tops:   a copy of each blob.
    Blobs:  one for each top, of `shape`, filled by data_filler where data_refill is 1, else 0.
    Errors: SpecError unless shape, and if given data_filler and data_refill, are there once or
            once for each top; for fillers without data_refill, which the original reads beyond
            its end; for a data_refill above 1, which fills the blob anew in each forward.
    Source: Param2TopParameter; param2top_layer.cpp of JiahaoLi-gdut/CAFFE-DACH.
    """

    num_bottoms = (0, 0)
    num_tops = (1, None)
    reads = ("param2top_param",)

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * len(proto.top)

    def __init__(self, spec: LayerSpec):
        super().__init__(spec)
        honour(spec, "param2top_param", "data_filler data_refill shape")
        param, number = spec.proto.param2top_param, len(spec.tops)
        counts = {"shape": param.shape, "data_filler": param.data_filler,
                  "data_refill": param.data_refill}
        for name, given in counts.items():
            free = name == "data_filler" or (name == "data_refill" and not param.data_filler)
            if len(given) not in ((0, 1, number) if free else (1, number)):
                raise spec.error(f"param2top_param.{name}", f"is given {len(given)} times; it must "
                                 f"be once, or once for each of the {number} tops")
        for index in range(number):
            filler = _one_of(param.data_filler, index)
            refill = _one_of(param.data_refill, index) or 0
            if refill > 1:
                raise spec.error("param2top_param.data_refill", f"is {refill}; it must be 0 or 1: "
                                 "blobs are filled once")
            self.add_blob(f"blob{index}", tuple(_one_of(param.shape, index).dim),
                          filler if refill else None)

    def forward(self) -> Tensor | tuple[Tensor, ...]:
        tops = tuple(blob.clone() for blob in self.blobs)
        return tops if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.floats(blob, name)
                for blob, name in zip(self.blobs, self.blob_names, strict=True)]


def _one_of(given: list[FillerParameter], index: int) -> FillerParameter | None:
    """The entry of one top: the only one, or its own; None if there are none."""
    if not given:
        return None
    return given[0] if len(given) == 1 else given[index]


@layer
class Bottom2Param(Layer):
    """Copy the bottoms into blobs, which a Param2Top that shares them gives in the next forward.

    Bottoms: x (...), any number.
    Tops:    none.
    Blobs:   one for each bottom, of its shape. They get no gradient, and the bottoms none.
    Source:  bottom2param_layer.cpp of JiahaoLi-gdut/CAFFE-DACH. There the bottoms get the
             gradient of shared blobs.
    """

    num_bottoms = (1, None)
    num_tops = (0, 0)
    no_onnx_form = "it keeps values for the next forward"

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True,) * len(proto.bottom)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        for index, shape in enumerate(bottoms):
            self.add_blob(f"blob{index}", shape)

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        with torch.no_grad():
            for blob, bottom in zip(self.blobs, bottoms, strict=True):
                blob.copy_(bottom)
        return ()


@layer
class ClassLatch(Layer):
    """The items of data bottoms; with the preforward of its fork's solver, those of one class.

    Bottoms: pairs of x (...) and of labels, one or more for each item of x.
    Tops:    each x.
    The original's solver can run forwards before an iteration (preforward_iter) in which the layer
    gathers the items of the class iteration % label_nmax, and then gives these. Solvers here do
    not; without it the original gives its bottoms too.
    Errors:  SpecError for bottoms that are not two for each top.
    Source:  ClassLatchParameter; class_latch_layer.cpp of JiahaoLi-gdut/CAFFE-DACH.
    """

    num_bottoms = (2, None)
    num_tops = (1, None)
    reads = ("class_latch_param",)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "class_latch_param", "")       # hints are all that it has
        self.no_gradient_bottoms = tuple(range(len(bottoms)))
        if len(bottoms) != 2 * len(spec.tops):
            raise spec.error("bottom", f"is given {len(bottoms)} times; it must be twice for each "
                             f"of the {len(spec.tops)} tops")

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops = tuple(x.detach().clone() for x in bottoms[::2])
        return tops if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Identity", name) for name in bottoms[::2]]
