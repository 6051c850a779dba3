"""Pruned training: `connectivity_mode` keeps the weights of a layer at 0 that were 0 when loaded.

Source: SkimCaffe (IntelLabs), blob.cpp Disconnect and Update, net.cpp (WeightAlign after weights
are copied), math_functions.cpp caffe_cpu_all_zero_mask; Wen et al. 2016.
"""

from __future__ import annotations

import torch
from torch import Tensor

from framework.layers.base import Layer
from framework.logs.log import Log
from framework.net.net import Net
from framework.proto import enum_name

THRESHOLD = 1e-4        # prune_threshold of SkimCaffe's solver: what is not above it becomes 0
CONNECTED = "CONNECTED"


class Disconnected:
    """The weights (first blobs) of a net that stay at 0.

    DISCONNECTED_ELTWISE   every weight that is 0 when weights are loaded
    DISCONNECTED_GRPWISE   those of outputs whose weights are all 0, and those that are 0 for all
                           outputs of their group of channels
    Without loaded weights all learn, as in the original. As there, an update moves them and they
    are put back after it: `Layer.update_mask`, by which other layers hold weights before it, would
    leave their histories at 0, which snapshots hold, and refuse AdamW and LAMB.
    """

    def __init__(self, net: Net, log: Log):
        self.log = log
        self.layers = [step.layer for step in net.layers if step.layer.blobs
                       and enum_name(step.layer.spec.proto, "connectivity_mode") != CONNECTED]
        self.masks: list[tuple[Tensor, Tensor]] = []

    @torch.no_grad()
    def look(self) -> None:
        """Find the weights that are 0, after weights were loaded; small ones become 0."""
        self.masks = []
        for layer in self.layers:
            weight = layer.blobs[0]
            weight.masked_fill_(weight.abs() <= THRESHOLD, 0)
            mask = _mask(layer, weight)
            self.masks.append((weight, mask))
            count = int(mask.numel() - mask.sum())
            self.log.info(f"{layer.spec.name}: {count} of {mask.numel()} weights stay at 0 "
                          f"({enum_name(layer.spec.proto, 'connectivity_mode')})")

    @torch.no_grad()
    def apply(self) -> None:
        """Undo what an update made of them."""
        for weight, mask in self.masks:
            weight.mul_(mask)


def _mask(layer: Layer, weight: Tensor) -> Tensor:
    """1 for the weights that learn, 0 for the others."""
    proto = layer.spec.proto
    if enum_name(proto, "connectivity_mode") == "DISCONNECTED_ELTWISE":
        return (weight != 0).to(weight.dtype)
    groups = proto.convolution_param.group if proto.HasField("convolution_param") else 1
    outputs = len(weight) if weight.dim() else 1
    kept = weight.reshape(groups, outputs // groups, -1) != 0      # (group, output, input)
    found = kept.any(2, keepdim=True) & kept.any(1, keepdim=True)
    return found.reshape(weight.shape).to(weight.dtype)
