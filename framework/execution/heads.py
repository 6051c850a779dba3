"""Convolutions beside one another, of one bottom, as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framework.execution.packed import Packed, must_run_singly

MOST = 128                  # tops of a head that is joined with others: more fill the machine


class Heads:
    """Convolutions alone, of one bottom and one geometry, as SSD's offsets and scores have them.

    Read once, the bottom gives the tops of all, which are parts of one tensor. With gradients,
    hooks, or anything but float32 on a CPU they run one by one.
    chains  those that `fuse` made of them
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
    """Whether the two are heads of one geometry."""
    def geometry(one: Any) -> Any:
        at = one.head.geometry
        return dataclasses.replace(at, num_output=0) if (
            one.folds and len(one.layers) == 1 and at.group == 1 and at.num_output <= MOST) \
            else None
    return geometry(chain) is not None and geometry(chain) == geometry(other)
