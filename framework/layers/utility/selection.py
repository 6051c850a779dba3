"""Select items of a batch by numbers that come with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, honour
from framework.proto import FillerParameter


@layer
class Filter(Layer):
    """Filter (boolean mask): keep the items whose selector is not 0.

    Bottoms: blobs (N, ...), and last the selector (N, 1, ...), which gets no gradient.
    Tops:    one for each blob: its chosen items, in order; perhaps 0 items. At build
             the tops have the bottoms' shapes, since only data decide.
    The number of items depends on data: torch.compile breaks the graph here.
    With `filter_param` there is no selector among the bottoms: each top has the `num_output`
    slices along `axis` (1) for which the selector, a blob (size of the axis,), is not 0.
    Errors:  SpecError if the numbers of items, or of blobs and tops, differ; and at forward if the
             blob does not choose `num_output` slices.
    Source:  BVLC filter_layer.cpp; that of ethanhe42/caffe-pro for filter_param.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    selector: Tensor

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        self.num_output = 0
        if spec.proto.HasField("filter_param"):
            self._own_selector(spec, bottoms)
            return
        if len(spec.tops) != len(bottoms) - 1:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be once for each "
                             f"bottom but the selector, {len(bottoms) - 1} times")
        selector = bottoms[-1]
        if math.prod(selector[1:]) != 1:
            raise spec.error("bottom", f"'{spec.bottoms[-1]}' is the selector and has the shape "
                             f"{tuple(selector)}; all axes but the first must be 1")
        for name, shape in zip(spec.bottoms, bottoms, strict=True):
            if shape[0] != selector[0]:
                raise spec.error("bottom", f"'{name}' has {shape[0]} items; the selector "
                                 f"'{spec.bottoms[-1]}' has {selector[0]}")

    def _own_selector(self, spec: LayerSpec, bottoms: tuple[Shape, ...]) -> None:
        honour(spec, "filter_param", "num_output axis")
        param = spec.proto.filter_param
        self.num_output = param.num_output
        self.axis = canonical_axis(spec, "filter_param.axis", param.axis, bottoms[0])
        sizes = {shape[self.axis] for shape in bottoms if len(shape) > self.axis}
        if len(spec.tops) != len(bottoms) or len(sizes) != 1:
            raise spec.error("bottom", f"has the shapes {', '.join(map(str, bottoms))} for "
                             f"{len(spec.tops)} tops; there must be as many of both, of one size "
                             f"on axis {self.axis}")
        [size] = sizes
        if not 1 <= self.num_output <= size:
            raise spec.error("filter_param.num_output", f"is {self.num_output}; it must be from 1 "
                             f"to {size}, the bottom's size on axis {self.axis}")
        self.add_blob("selector", (size,), FillerParameter(type="constant", value=1), learned=False)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        if self.num_output:
            return [(*shape[:self.axis], self.num_output, *shape[self.axis + 1:])
                    for shape in bottoms]
        return [tuple(shape) for shape in bottoms[:-1]]

    def _slices(self) -> Tensor:
        """The numbers of the slices that the own selector chooses."""
        chosen = self.selector.nonzero().squeeze(1)
        if len(chosen) != self.num_output:
            raise self.spec.error("filter_param.num_output", f"is {self.num_output}; the layer's "
                                  f"blob chooses {len(chosen)} slices")
        return chosen

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        if self.num_output:
            chosen = self._slices()
            return tuple(x.index_select(self.axis, chosen) for x in bottoms)
        chosen = bottoms[-1].detach().flatten().nonzero().squeeze(1)
        return tuple(x.index_select(0, chosen) for x in bottoms[:-1])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.num_output:
            indices = graph.integers(self._slices().tolist())
            return [graph.add("Gather", x, indices, axis=self.axis) for x in bottoms]
        chosen = graph.add("Cast", graph.reshape(bottoms[-1], [-1]), to=9)
        return [graph.add("Compress", x, chosen, axis=0) for x in bottoms[:-1]]


@layer
class BatchReindex(Layer):
    """Gather items by index; one may be picked several times, or never.

    Bottoms: x (N, ...), numbers (K,) from 0 to N - 1, which get no gradient.
    Top:     (K, ...). The gradients of an item picked several times are added.
    Errors:  SpecError if the numbers have more than one axis.
    Source:  BVLC batch_reindex_layer.cpp.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    refuses_gradient = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, index: Shape):
        super().__init__(spec)
        if len(index) != 1:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' holds the items' numbers and has the "
                             f"shape {tuple(index)}; it must have one axis")
        self.check = IndexCheck(spec, 1, index, what=f"items of '{spec.bottoms[0]}'")

    def forward(self, x: Tensor, index: Tensor) -> Tensor:
        return x.index_select(0, self.check(index, x.shape[0]))

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return torch.arange(shapes[1][0]) % shapes[0][0] if index else None

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Gather", bottoms[0], graph.add("Cast", bottoms[1], to=7), axis=0)]
