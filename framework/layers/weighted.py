"""Layers of one weight blob and, unless the text says `bias_term: false`, a bias blob."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from framework.layers.base import Layer, Shape
from framework.proto import LayerParameter


class Weighted(Layer):
    """What these layers share: their blobs, by one message's `bias_term` and fillers."""

    weights_in: ClassVar[str]       # the message, as a field of LayerParameter
    weight: Tensor
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True, True) if getattr(proto, cls.weights_in).bias_term else (True,)

    def add_weights(self, weight: Shape, bias: Shape) -> None:
        """Make the blobs, in these shapes."""
        param = getattr(self.spec.proto, self.weights_in)
        self.add_blob("weight", weight, param.weight_filler)
        if param.bias_term:
            self.add_blob("bias", bias, param.bias_filler)
        else:
            self.bias = None
