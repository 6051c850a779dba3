"""Layers of a weight blob and a bias blob, and a mask blob of each."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape
from framework.proto import FillerParameter


class MaskedBlobs(Layer):
    """What these layers share: their four blobs. A file of weights may have the first two alone."""

    spare_blobs = 2
    blobs_learn = (True, True, False, False)
    weight: Tensor
    bias: Tensor
    weight_mask: Tensor
    bias_mask: Tensor

    def add_blobs(self, weight: Shape, bias: Shape,
                  fillers: tuple[FillerParameter, FillerParameter], masks: Any) -> None:
        """Make them; `fillers` are of the first two, `masks` the message with those of the others.

        Any: one of several messages.
        """
        self.add_blob("weight", weight, fillers[0])
        self.add_blob("bias", bias, fillers[1])
        self.add_blob("weight_mask", weight, masks.weight_mask_filler, learned=False)
        self.add_blob("bias_mask", bias, masks.bias_mask_filler, learned=False)


def need_bias(spec: LayerSpec, field: str, bias_term: bool) -> None:
    """SpecError for `bias_term: false` of the message `field`."""
    if not bias_term:
        raise spec.error(f"{field}.bias_term", "is false; the original cannot do without a bias, "
                         "whose mask it looks for")
