"""Convolutions beside one another, of one bottom, as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framework.frozen.packed import Packed, is_plain

MOST = 128                  # tops of a head that is joined with others: more fill the machine


class Heads:
    """Convolutions alone, of one bottom and one geometry, as SSD's offsets and scores have them.

    Read once, the bottom gives the tops of all, which are parts of one tensor. With gradients,
    hooks, or anything but float32 on a CPU they run one by one.
    chains  those that `fuse` made of them
    """

    def __init__(self, chains: Sequence[Any]):      # Any: Chain, which knows this class
        self.chains = list(chains)
        self.sizes = [chain.head.geometry.num_output for chain in chains]
        self._packed: Packed | None = None

    def __repr__(self) -> str:
        return ", ".join(map(repr, self.chains))

    def __getstate__(self) -> dict[str, Any]:   # Any: all fields
        return {**self.__dict__, "_packed": None}

    def __call__(self, x: Tensor) -> tuple[Tensor, ...]:
        if torch.is_grad_enabled() or not is_plain(x) or any(
                chain.has_hooks() for chain in self.chains):
            return tuple(chain(x) for chain in self.chains)
        packed = self._packed
        if packed is None or not packed.is_current():
            self._packed = packed = self._pack()
        return packed(x).split(self.sizes, 1)

    def _pack(self) -> Packed:
        heads = [chain.head for chain in self.chains]
        biases = [head.weight.new_zeros(len(head.weight)) if head.bias is None else head.bias
                  for head in heads]
        at = dataclasses.replace(heads[0].geometry, num_output=sum(self.sizes))
        return Packed(torch.cat([head.weight for head in heads]), torch.cat(biases), at, False,
                      heads)


def fit(chain: Any, other: Any) -> bool:        # Any: Chain, or a layer
    """Whether the two are heads of one geometry."""
    def geometry(one: Any) -> Any:
        at = one.head.geometry
        return dataclasses.replace(at, num_output=0) if (
            one.folds and len(one.layers) == 1 and at.group == 1 and at.num_output <= MOST) \
            else None
    return geometry(chain) is not None and geometry(chain) == geometry(other)
