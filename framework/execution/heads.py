"""Horizontal fusion: convolutions of the same bottom run as a single convolution."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framework.execution.packed import Packed, must_run_singly
from framework.layers.vision.filters import Geometry

MOST = 128      # channels of a head that is joined with others: more keep all cores busy alone


class Heads:
    """Convolutions of one bottom and one geometry, as SSD has them for offsets and scores.

    Their weights are concatenated, and the tops are parts of one tensor. With gradients, hooks,
    or anything but float32 on a CPU they run one by one.
    chains  the Chain of each, without BatchNorm, Scale and ReLU
    """

    def __init__(self, chains: Sequence[Any]):      # Any: Chain, which knows this class
        self.chains = list(chains)
        self.layers = [chain.head for chain in chains]
        self.sizes = [layer.geometry.num_output for layer in self.layers]
        self._packed: Packed | None = None

    def __repr__(self) -> str:
        return ", ".join(map(repr, self.chains))

    def __getstate__(self) -> dict[str, Any]:   # Any: all fields
        return {**self.__dict__, "_packed": None}

    def __call__(self, x: Tensor) -> tuple[Tensor, ...]:
        if must_run_singly(self.layers, x):
            return tuple(chain(x) for chain in self.chains)
        packed = self._packed
        if packed is None or not packed.is_current():
            self._packed = packed = self._pack()
        return packed(x).split(self.sizes, 1)

    def _pack(self) -> Packed:
        biases = [layer.weight.new_zeros(len(layer.weight)) if layer.bias is None else layer.bias
                  for layer in self.layers]
        at = dataclasses.replace(self.layers[0].geometry, num_output=sum(self.sizes))
        weights = torch.cat([layer.weight for layer in self.layers])
        return Packed(weights, torch.cat(biases), at, False, self.layers)


def fit(chain: Any, other: Any) -> bool:        # Any: Chain, or a layer
    """Whether the two can be joined: plain convolutions of one geometry."""
    geometry = _joinable_geometry(chain)
    return geometry is not None and geometry == _joinable_geometry(other)


def _joinable_geometry(chain: Any) -> Geometry | None:
    """The geometry of a chain without its number of outputs; None if it cannot be joined."""
    at = chain.head.geometry
    is_alone = chain.folds and len(chain.layers) == 1
    if not is_alone or at.group != 1 or at.num_output > MOST:
        return None
    return dataclasses.replace(at, num_output=0)
