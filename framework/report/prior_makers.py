"""The PriorBox layers of a net, as functions of their sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from framework.layers.base import Shape
from framework.layers.ssd.prior_box import PriorBox
from framework.net.net import Net
from framework.report.prior_match import PriorLayer
from framework.report.receptive_field import receptive_fields


@dataclass(frozen=True)
class PriorMaker:
    """A PriorBox layer of a net and the shapes of its bottoms.

    field  (width, height) in pixels of the input that a cell of its bottom sees; None: unknown
    """

    layer: PriorBox
    shapes: tuple[Shape, ...]
    field: tuple[float, float] | None = None

    def changed(self, **fields: Sequence[float]) -> PriorMaker:
        """The same layer with other values of these fields: min_size, max_size, aspect_ratio."""
        spec = self.layer.spec
        proto = type(spec.proto)()
        proto.CopyFrom(spec.proto)
        for name, values in fields.items():
            getattr(proto.prior_box_param, name)[:] = values
        layer = PriorBox(dataclasses.replace(spec, proto=proto), *self.shapes)
        return dataclasses.replace(self, layer=layer)

    def priors(self) -> PriorLayer:
        """Its priors."""
        shapes = (torch.empty(shape) for shape in self.shapes)
        corners = self.layer(*shapes)[0, 0].reshape(-1, 4)
        param = self.layer.spec.proto.prior_box_param
        return PriorLayer(self.layer.spec.name, corners.numpy(), tuple(param.min_size),
                          tuple(param.max_size))

    @property
    def step(self) -> float:
        """Pixels of the input between the cells."""
        features, image = self.shapes[:2]
        return max(image[2] / features[2], image[3] / features[3])

    @property
    def num_priors(self) -> int:
        """Priors of one cell."""
        rows, columns = self.shapes[0][2:4]
        return len(self.priors().corners) // (rows * columns)


def prior_makers(net: Net) -> list[PriorMaker]:
    """The PriorBox layers of a net."""
    makers = []
    for step in net.layers:
        if isinstance(step.layer, PriorBox):
            shapes = tuple(net.shapes[bottom] for bottom in step.bottoms)
            fields = receptive_fields(net, step.bottoms[1])
            makers.append(PriorMaker(step.layer, shapes, fields.get(step.bottoms[0])))
    return makers
