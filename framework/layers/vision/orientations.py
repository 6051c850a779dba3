"""Convolution by filters that are turned, and the maximum over their orientations."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.vision.filters import FIELDS, Filters, convolutions_onnx, read_geometry

# The cells of a kernel of 3 x 3 round its middle, one after the other, clockwise.
RING = (0, 1, 2, 5, 8, 7, 6, 3)


def turned_from(orientations: int, cells: int) -> list[list[int]]:
    """For each turn, where each number of a filter (orientations * cells) comes from.

    A turn by k takes the plane of orientation i to i + k, and its cells k steps round the middle.
    """
    rows = []
    for turn in range(orientations):
        step = turn * len(RING) // orientations
        place = list(range(cells))
        if cells > 1:
            for at, cell in enumerate(RING):
                place[RING[(at + step) % len(RING)]] = cell
        rows.append([(plane - turn) % orientations * cells + place[cell]
                     for plane in range(orientations) for cell in range(cells)])
    return rows


@layer
class ORConvolution(Filters):
    """Convolution by filters of which each is there in all orientations (active rotating filters).

    In texts that are read, a Convolution with `orn_param { orientations: 4 }` or 8 is this type.
    Bottom, top: as in Convolution; channels are groups of orientations, one after the other.
    Blobs:  weight and bias as in Convolution. Of each group of filters the first counts; the others
            are it, turned: their weights are written by each forward of the original, and not read.
            A turn by k takes the plane of orientation i to i + k, and the cells of a kernel of 3 x
            3 8 k / orientations steps clockwise.
    Errors: SpecError as in Convolution, for other orientations than 4 and 8, channels that they do
            not divide, other kernels than 1 x 1 and 3 x 3, and groups.
    Source: ORNParameter; base_conv_layer.hpp and conv_layer.cpp of lilinhao/ShipDetection; Zhou et
            al. 2017.
    """

    reads = ("convolution_param", "orn_param")
    sources: Tensor

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        self.geometry = at = read_geometry(spec, *bottoms)
        self.turns = turns = spec.proto.orn_param.orientations
        if turns not in (4, 8):
            raise spec.error("orn_param.orientations", f"is {turns}; it must be 4 or 8")
        if at.channels % turns or at.num_output % turns or at.group != 1:
            raise spec.error("orn_param.orientations", f"is {turns}; it must divide the "
                             f"{at.channels} channels of the bottom and the {at.num_output} "
                             "outputs, and group must be 1")
        if at.kernel not in ((1, 1), (3, 3)):
            raise spec.error("convolution_param.kernel_size", f"is {at.kernel}; filters that are "
                             "turned have 1 x 1 or 3 x 3 cells")
        self.add_filters()
        sources = turned_from(turns, at.kernel[0] * at.kernel[1])
        self.register_buffer("sources", torch.tensor(sources), persistent=False)

    def filters(self) -> tuple[Tensor, Tensor | None]:
        outputs, inputs = (n // self.turns for n in self.weight.shape[:2])
        first = self.weight.reshape(outputs, self.turns, inputs, -1)[:, 0]
        turned = first[..., self.sources].movedim(2, 1)
        return turned.reshape(self.weight.shape), self.bias

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        turned = self.with_blobs(weight=self.filters()[0].detach())
        return convolutions_onnx(graph, "Conv", turned, self.geometry, bottoms)


@layer
class ORPooling(Layer):
    """The maximum over the orientations, which are channels one after the other.

    Bottom: x (N, C, H, W).
    Top:    (N, C / orientations, H, W). The gradient goes to the first maximum.
    Errors: SpecError unless orientations is above 1 and divides the channels.
    Source: ORNParameter; orpooling_layer.cpp of lilinhao/ShipDetection.
    """

    reads = ("orn_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "orn_param", "orientations")
        self.turns = turns = spec.proto.orn_param.orientations
        if turns < 2:
            raise spec.error("orn_param.orientations", f"is {turns}; it must be above 1")
        if len(x) != 4 or x[1] % turns:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, H, W) with C "
                             f"divisible by {turns} orientations")

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (-1, self.turns)).max(2)[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        _, channels, height, width = graph.shape(bottoms[0])
        planes = graph.reshape(bottoms[0], [-1, channels // self.turns, self.turns, height * width])
        most = graph.reduce("ReduceMax", planes, [2], False)
        return [graph.reshape(most, [-1, channels // self.turns, height, width])]
